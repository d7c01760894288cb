"""A sample-accurate mixer of voices: timed MIDI messages in, blocks of samples out. Pure.

Each message takes effect at its own frame: a block is rendered up to it, the message is applied,
and rendering goes on. Messages keep the order in which they arrived, whatever their times, so that
a note-off never overtakes its note-on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.midi.messages import (
    CC_ALL_NOTES_OFF,
    CC_ALL_SOUND_OFF,
    CC_PEDAL,
    ControlChange,
    NoteOff,
    NoteOn,
    decode,
)
from bridge.music.notes import Part
from bridge.sound.sample_bank import RATE, Bank

Samples = npt.NDArray[np.float32]

MAX_VOICES: Final = 64
GAIN: Final = 2.0 / 32768
"""Output per sample value: a drum at full velocity peaks at about half of full scale; the sum is
limited by tanh."""
SILENT_LEVEL: Final = 1e-3
RELEASE_SECONDS: Final = {Part.MELODY: 0.09, Part.BASS: 0.05}
"""Time constant (seconds to 1/e) of a released note. Drums ring to the end of their sample."""
CHOKE_SECONDS: Final = 0.01
CUT_SECONDS: Final = 0.002
"""Time constants (seconds to 1/e) of a choked hi-hat and of a cut: fast, but without a click."""
HI_HATS: Final = frozenset((42, 44, 46))
"""Mutually exclusive notes: only one sounds at a time (General MIDI level 1, percussion)."""
_MAX_SEGMENT_FRAMES: Final = 4096


@dataclass(slots=True)
class MixerVoice:
    """A sounding note: the position ``at`` in its samples, ``step`` frames per frame of output,
    its ``gain``, and after release the ``level`` and time constant ``fading`` (seconds) of the
    fade."""

    part: Part
    pitch: int
    samples: npt.NDArray[np.int16]
    step: float
    gain: float
    at: float = 0.0
    level: float = 1.0
    fading: float = 0.0
    held: bool = True
    sustained: bool = False

    def release(self, seconds: float) -> None:
        """Start the fade with a time constant of ``seconds``; a faster one is kept."""
        self.held = self.sustained = False
        self.fading = min(self.fading or seconds, seconds)

    def add_to(self, out: Samples) -> bool:
        """Add the next ``len(out)`` frames to ``out``; False when the note is over."""
        count = len(out)
        if self.step == 1.0:
            start = int(self.at)
            heard = self.samples[start : start + count].astype(np.float32)
            self.at = start + count
        else:
            heard = self._resampled(count)
        count = len(heard)
        if self.fading:
            curve = np.exp(np.arange(1, count + 1, dtype=np.float32) / (-self.fading * RATE))
            out[:count] += heard * (curve * np.float32(self.gain * self.level))[:, None]
            self.level *= float(curve[-1]) if count else 0.0
        else:
            out[:count] += heard * np.float32(self.gain)
        return self.level > SILENT_LEVEL and self.at < len(self.samples) - 1

    def _resampled(self, count: int) -> Samples:
        """The samples at another speed, by linear interpolation."""
        last = len(self.samples) - 1
        places = self.at + self.step * np.arange(count)
        places = places[: int(np.searchsorted(places, last))]
        whole = places.astype(np.intp)
        share = (places - whole).astype(np.float32)[:, None]
        self.at += self.step * count
        left: Samples = self.samples[whole] * (1 - share)
        return left + self.samples[whole + 1] * share


@dataclass
class Mixer:
    """Plays messages on the banks of the parts. ``banks`` may be replaced while it plays; a part
    without a bank is silent."""

    banks: dict[Part, Bank] = field(default_factory=dict)
    frame: int = 0
    late: int = 0
    voices: list[MixerVoice] = field(default_factory=list)
    pedals: set[Part] = field(default_factory=set)
    _waiting: deque[tuple[int, Part, bytes]] = field(default_factory=deque)
    _last: int = 0

    def play(self, frame: int, part: Part, message: bytes) -> None:
        """Schedule a message for ``frame``, or the next frame if that has passed, but never
        before an earlier message."""
        if frame < self.frame:
            self.late += 1
        self._last = max(frame, self._last, self.frame)
        self._waiting.append((self._last, part, message))

    def render(self, count: int) -> Samples:
        """The next ``count`` frames, float32 [count, 2] between -1 and 1."""
        out = np.zeros((count, 2), np.float32)
        done = 0
        while done < count:
            while self._waiting and self._waiting[0][0] <= self.frame:
                _, part, message = self._waiting.popleft()
                self.apply(part, message)
            until = self._waiting[0][0] - self.frame if self._waiting else count
            length = min(count - done, until, _MAX_SEGMENT_FRAMES)
            self._mix(out[done : done + length])
            done += length
            self.frame += length
        return np.tanh(out)

    def silence(self) -> None:
        """Drop waiting messages and fade all voices within a few milliseconds."""
        self._waiting.clear()
        self._release(self.voices, CUT_SECONDS)
        self.pedals.clear()

    @property
    def quiet(self) -> bool:
        """True if no voice sounds and no message waits."""
        return not self.voices and not self._waiting

    # --- messages -------------------------------------------------------------------------

    def apply(self, part: Part, message: bytes) -> None:
        """Apply a MIDI message at the current frame."""
        match decode(message):
            case NoteOn(_, pitch, velocity):
                self._begin(part, pitch, velocity)
            case NoteOff(_, pitch, _):
                self._end(part, pitch)
            case ControlChange(_, control, value):
                self._control(part, control, value)

    def _begin(self, part: Part, pitch: int, velocity: int) -> None:
        self._end(part, pitch)
        bank = self.banks.get(part)
        found = bank.note(pitch) if bank else None
        if found is None:
            return
        samples, step = found
        if part is Part.DRUMS and pitch in HI_HATS:
            self._release((v for v in self._of(part) if v.pitch in HI_HATS), CHOKE_SECONDS)
        if len(self.voices) >= MAX_VOICES:
            self.voices.remove(min(self.voices, key=lambda v: (v.held, v.level, -v.at)))
        # A SoundFont's loudness goes with the square of the velocity (SoundFont 2.04, 8.4.1).
        gain = GAIN * (velocity / 127) ** 2
        self.voices.append(MixerVoice(part, pitch, samples, step, gain))

    def _end(self, part: Part, pitch: int) -> None:
        if part is Part.DRUMS:
            return
        for voice in self._of(part):
            if voice.pitch == pitch and voice.held:
                if part in self.pedals:
                    voice.held, voice.sustained = False, True
                else:
                    voice.release(RELEASE_SECONDS[part])

    def _control(self, part: Part, control: int, value: int) -> None:
        if control == CC_ALL_SOUND_OFF:
            self._release(self._of(part), CUT_SECONDS)
        elif control == CC_ALL_NOTES_OFF:
            self._release((v for v in self._of(part) if v.part is not Part.DRUMS), CHOKE_SECONDS)
        elif control == CC_PEDAL and value >= 64:
            self.pedals.add(part)
        elif control == CC_PEDAL:
            self.pedals.discard(part)
            self._release(
                (v for v in self._of(part) if v.sustained), RELEASE_SECONDS.get(part, CHOKE_SECONDS)
            )

    def _of(self, part: Part) -> list[MixerVoice]:
        return [voice for voice in self.voices if voice.part is part]

    @staticmethod
    def _release(voices: Iterable[MixerVoice], seconds: float) -> None:
        for voice in voices:
            voice.release(seconds)

    def _mix(self, out: Samples) -> None:
        if self.voices:
            self.voices = [voice for voice in self.voices if voice.add_to(out)]
