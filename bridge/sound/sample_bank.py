"""Sample banks: recordings of an instrument's notes, made once and stored in the user's cache.

The synthesiser (:mod:`bridge.sound.soundfont`) renders files, not live. So each instrument is
recorded from it, a few seconds for every third semitone (drums: every note), which takes a second
or two. Later starts map the file into memory.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import platformdirs

from bridge.sound.soundfont import soundfont

RATE: Final = 48_000
PURPOSE: Final = "sound"
EXTRA: Final = "sound"
SILENT_AMPLITUDE: Final = 8
SILENCE_HOP: Final = 16
"""A recording is silent from the frame on after which no sample exceeds this amplitude
(-72 dBFS), tested every :data:`SILENCE_HOP` frames."""
VERSION: Final = 1
"""Version of the cached files; to be raised when the layout changes."""


@dataclass(frozen=True, slots=True)
class BankLayout:
    """The recorded notes: MIDI pitches ``low`` to ``high`` in steps of ``step``, each held for
    ``hold`` seconds with ``tail`` seconds of release."""

    low: int
    high: int
    step: int
    hold: float
    tail: float

    @property
    def pitches(self) -> range:
        """The recorded notes."""
        return range(self.low, self.high + 1, self.step)

    @property
    def frames(self) -> int:
        """Frames of each recording."""
        return round((self.hold + self.tail) * RATE)

    def nearest(self, pitch: int) -> tuple[int, float] | None:
        """(Index of the recording, playback speed) for ``pitch``; None for a drum without
        one."""
        index = round((pitch - self.low) / self.step)
        if self.step == 1:
            return (index, 1.0) if pitch in self.pitches else None
        index = min(len(self.pitches) - 1, max(0, index))
        return index, 2 ** ((pitch - self.pitches[index]) / 12)


PITCHED: Final = BankLayout(24, 102, 3, hold=4.0, tail=0.5)
DRUMS: Final = BankLayout(33, 81, 1, hold=2.25, tail=0.5)


@dataclass(frozen=True, slots=True)
class Bank:
    """One instrument: ``samples`` int16 [notes, frames, 2] at full velocity, in the order of the
    layout; ``ends`` int [notes], the frame from which a recording is silent."""

    layout: BankLayout
    samples: npt.NDArray[np.int16]
    ends: npt.NDArray[np.int64]

    @classmethod
    def of(cls, layout: BankLayout, samples: npt.NDArray[np.int16]) -> Bank:
        """An instrument from its recordings."""
        heard = np.abs(samples[:, ::SILENCE_HOP]).max(axis=2) > SILENT_AMPLITUDE
        last = heard.shape[1] - heard[:, ::-1].argmax(axis=1)
        ends = np.where(heard.any(axis=1), np.minimum(last * SILENCE_HOP, samples.shape[1]), 2)
        return cls(layout, samples, ends)

    def note(self, pitch: int) -> tuple[npt.NDArray[np.int16], float] | None:
        """(Samples [frames, 2], playback speed) for ``pitch``; None where there is none."""
        place = self.layout.nearest(pitch)
        if place is None:
            return None
        index, step = place
        return self.samples[index, : self.ends[index]], step


def bank_path(program: int, drums: bool, font: Path, folder: Path | None = None) -> Path:
    """Path of an instrument's bank file; its folder contains a digest of the font's content."""
    digest = hashlib.sha256(font.read_bytes()).hexdigest()[:12]
    place = folder or platformdirs.user_cache_path("latent-bridge") / "sounds"
    kind = "drums" if drums else "program"
    return place / f"{font.stem}-{digest}-{VERSION}" / f"{kind}-{program}.npy"


def read_bank(path: Path, drums: bool) -> Bank | None:
    """A bank file mapped into memory; None where it is missing or damaged."""
    layout = DRUMS if drums else PITCHED
    try:
        samples = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    wanted = (len(layout.pitches), layout.frames, 2)
    if samples.shape != wanted or samples.dtype != np.int16:
        return None
    return Bank.of(layout, samples)


def default_font() -> Path:
    """Path of the shipped SoundFont. ExtraMissing where it is not installed."""
    return soundfont(PURPOSE, EXTRA)
