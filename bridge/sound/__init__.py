"""Live sound: the band through General MIDI instruments, on the default audio device.

The synthesiser runs in a process of its own (:mod:`bridge.sound.__main__`), so that audio never
delays a note of the engine, nor the engine the audio. The engine sees outputs like any other
(:mod:`bridge.sound.output`). What plays are recordings of the notes of an instrument
(:mod:`bridge.sound.sample_bank`), made once by the synthesiser that also renders WAV files.
"""
