"""Live sound: the band through General MIDI instruments, on the default audio device.

The sampler runs in its own process (:mod:`bridge.sound.__main__`), so that audio never delays a
note of the engine, nor the engine the audio. The engine sees ordinary outputs
(:mod:`bridge.sound.output`). The samples (:mod:`bridge.sound.sample_bank`) are recorded once from
the synthesiser that also renders WAV files.
"""
