"""MusicVAE's trio classes: notes on the 16th grid <-> small integers.

Melody and bass have 90 classes: 0 no event, 1 note off, 2..89 a note-on of MIDI pitch
21..108. Drums have 512: nine bits, bit i for the i-th drum of :data:`DRUM_NAMES`. These are
exactly the classes of Magenta's ``OneHotMelodyConverter`` and ``DrumsConverter`` (Roberts et
al., "A Hierarchical Latent Vector Model for Learning Long-Term Structure in Music", 2018),
so that its checkpoints fit.
"""

from __future__ import annotations

NO_EVENT = 0
NOTE_OFF = 1
FIRST_PITCH = 21
LAST_PITCH = 108
MELODY_CLASSES = LAST_PITCH - FIRST_PITCH + 3
BASS_CLASSES = MELODY_CLASSES
DRUM_NAMES = (
    "kick",
    "snare",
    "closed hat",
    "open hat",
    "low tom",
    "mid tom",
    "high tom",
    "crash",
    "ride",
)
DRUM_CLASSES = 1 << len(DRUM_NAMES)


def pitch_to_class(pitch: int) -> int:
    """The note-on class (2..89) of a MIDI pitch 21..108."""
    if not FIRST_PITCH <= pitch <= LAST_PITCH:
        raise ValueError(f"pitch {pitch} is outside {FIRST_PITCH}..{LAST_PITCH}")
    return pitch - FIRST_PITCH + 2


def class_to_pitch(cls: int) -> int:
    """The MIDI pitch 21..108 of a note-on class 2..89."""
    if not NOTE_OFF < cls < MELODY_CLASSES:
        raise ValueError(f"class {cls} is not a note-on (2..{MELODY_CLASSES - 1})")
    return cls + FIRST_PITCH - 2
