"""Standard MIDI Files (MIDI Manufacturers Association, RP-001, "Standard MIDI Files 1.0").

``chunks`` finds the file in its container and its tracks, ``events`` reads a track's events,
``names`` decodes text, ``read`` makes a song of them, ``song`` holds the values, ``write`` makes
bytes of a song, ``append`` adds tracks to a file's bytes, ``midi_file`` does so with paths. All
but ``midi_file`` are pure functions over bytes.

The reader is our own, and mido stays for messages and ports: mido drops the delta time of metas
that it does not know, refuses a whole file for one meta of a wrong length, a stray byte, an
unknown chunk or a torn end, and writes sysex packets, key signatures and data bytes other than
it has read them. A file that a person gives is read as far as it is whole, and what is added to
it leaves every byte of it in place; that needs the places of events in the bytes, which mido
does not keep.
"""
