"""Guest models: a second model beside the band plays the melody, the drums, or all three parts.

A guest is loaded in the worker when it is first named. The band follows a guest's melody like the
player's, in that melody's key; a guest's drums replace the band's.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np

from bridge.errors import ModelError
from bridge.model.answering.answer import answer, decode_windows, no_chords, noise_of
from bridge.model.contract import (
    DRUM_GUEST_KINDS,
    MELODY_GUEST_KINDS,
    TRIO,
    Codec,
    GuestModel,
    Ints,
    ModelSpec,
    Trio,
    Window,
)
from bridge.model.messages import BarTokens, GuestVoice, Request, Result
from bridge.model.windows import RHYTHM_PITCH, window_parts
from bridge.music.arrange import GM_DRUMS
from bridge.music.grid import FOUR_FOUR, SLOTS_PER_BAR
from bridge.music.key import estimate_key, pitch_class_weights
from bridge.music.notes import Part
from bridge.music.tokens import NOTE_OFF, decode_line, fold_pitch, pitch_to_class, shift_classes

WINDOWS_CACHED: Final = 24
"""Decoded windows in the cache; each is requested bar by bar."""
PLAYABLE: Final = (TRIO, *MELODY_GUEST_KINDS, *DRUM_GUEST_KINDS)
"""Kinds of models that can be guests."""


PARTS_OF_KIND: Final[Mapping[str, frozenset[Part]]] = {
    TRIO: frozenset(Part),
    **dict.fromkeys(MELODY_GUEST_KINDS, frozenset({Part.MELODY})),
    **dict.fromkeys(DRUM_GUEST_KINDS, frozenset({Part.DRUMS})),
}
"""Kind of guest -> the parts that it plays."""


def guest_of(spec: ModelSpec) -> GuestModel:
    """The description of a guest model for the session. ModelError for a model whose windows are
    not notes on a grid of 16ths."""
    even = spec.kind == "groove" or spec.steps_per_bar == SLOTS_PER_BAR
    if spec.kind not in PLAYABLE or not even:
        raise ModelError(
            f"the model {spec.name} is of the kind {spec.kind!r}, which has no notes to play "
            f"live: choose one of {', '.join(PLAYABLE)}"
        )
    return GuestModel(spec.name, spec.kind, spec.latent, spec.bars)


@dataclass
class Guests:
    """The loaded guest models and a cache of their last decoded windows."""

    load: Callable[[str], Codec]
    _codecs: dict[str, Codec] = field(default_factory=dict)
    _windows: OrderedDict[tuple[object, ...], Window] = field(default_factory=OrderedDict)

    def ready(self, name: str) -> Codec:
        """The model of that name, loaded and warmed up on first use. ModelError or NameUnknown."""
        if name not in self._codecs:
            codec = self.load(name)
            guest_of(codec.spec)
            self._codecs[name] = codec
            self._window(codec, (0.0,) * codec.spec.latent, 0, 0.5)
        return self._codecs[name]

    def windows(self, voice: GuestVoice) -> list[Window]:
        """The decoded window [T, C] of each of the voice's codes."""
        codec = self.ready(voice.model)
        return [
            self._window(codec, code, seed, voice.temperature)
            for code, seed in zip(voice.codes, voice.seeds, strict=True)
        ]

    def _window(
        self, codec: Codec, code: tuple[float, ...], seed: int, temperature: float
    ) -> Window:
        key = (codec.spec.name, code, seed, temperature)
        if key not in self._windows:
            self._windows[key] = decode_windows(
                codec, np.asarray([code], np.float32), temperature=temperature,
                controls=no_chords(codec.spec), noise=noise_of(codec, seed),
            )[0]  # fmt: skip
            while len(self._windows) > WINDOWS_CACHED:
                self._windows.popitem(last=False)
        return self._windows[key]


def answer_with_guest(band: Trio, guests: Guests, request: Request) -> Result:
    """Answer a request in which a guest plays. ModelError where it cannot play."""
    voice = request.voice
    assert voice is not None
    spec = guests.ready(voice.model).spec
    if request.metre != FOUR_FOUR.name:
        raise ModelError(f"the model {spec.name} plays beside the band in 4/4 only")
    windows = guests.windows(voice)
    if spec.kind in MELODY_GUEST_KINDS:
        return _answer_melody_guest(band, request, voice, spec, windows)
    number, bar = voice.places[voice.at]
    played = bar_of_window(spec, windows[number], bar)
    result = answer(band, request)
    if spec.kind == TRIO:
        return msgspec.structs.replace(result, bars=(played,), chords=(), shift=0)
    replaced = msgspec.structs.replace(result.bars[0], drums=played.drums, touch=played.touch)
    return msgspec.structs.replace(result, bars=(replaced,))


def _answer_melody_guest(
    band: Trio, request: Request, voice: GuestVoice, spec: ModelSpec, windows: list[Window]
) -> Result:
    """Answer with a guest that has a melody: the band follows it, or (unless ``voice.leads``) it
    is transposed to the band's key."""
    lines = [bar_of_window(spec, windows[n], bar).melody for n, bar in voice.places]
    mine = lines[voice.at]
    weights = pitch_class_weights(
        (note.pitch, float(note.length))
        for line in (_melody_of_window(spec, window) for window in windows)
        for note in decode_line(line, 0)
    )
    key = estimate_key(weights).shift
    if not voice.leads:
        moved = (
            tuple(shift_classes(np.asarray(mine), key).tolist()) if spec.kind == "melody" else mine
        )
        result = answer(band, request)
        bar = msgspec.structs.replace(result.bars[0], melody=moved)
        return msgspec.structs.replace(result, bars=(bar,))
    shift = key if voice.shift is None else voice.shift
    melody = np.concatenate([np.asarray(line) for line in lines])
    sounds = bool((melody > NOTE_OFF).any()) and spec.kind == "melody"
    led_request = msgspec.structs.replace(
        request,
        bars=(voice.at,),
        melody=tuple(shift_classes(melody, shift).tolist()) if sounds else (0,) * len(melody),
        heard=(int(sounds),) * len(melody),
        before=(),
        voice=None,
    )
    result = answer(band, led_request)
    bar = msgspec.structs.replace(result.bars[0], melody=mine)
    return msgspec.structs.replace(result, bars=(bar,), shift=shift)


def _melody_of_window(spec: ModelSpec, window: Window) -> list[int]:
    return [cls for bar in range(spec.bars) for cls in bar_of_window(spec, window, bar).melody]


# --- windows as bars ----------------------------------------------------------------------


def bar_of_window(spec: ModelSpec, window: Window, bar: int) -> BarTokens:
    """One bar of a window [T, C] as the session's classes, at the model's own pitches."""
    return _BARS[spec.kind](spec, window, bar)


def _steps(spec: ModelSpec, window: Window, bar: int) -> Window:
    length = len(window) // spec.bars
    return window[bar * length : (bar + 1) * length]


def _to_session_classes(classes: Ints, spec: ModelSpec) -> tuple[int, ...]:
    """Melody classes of the model as the session's, in which class 2 is MIDI note 21."""
    lowest = spec.lowest_pitch
    return tuple(
        cls if cls <= NOTE_OFF else pitch_to_class(fold_pitch(cls - 2 + lowest))
        for cls in classes.tolist()
    )


def _trio(spec: ModelSpec, window: Window, bar: int) -> BarTokens:
    melody, bass, drums = _steps(spec, window, bar).T
    return BarTokens(
        _to_session_classes(melody, spec), _to_session_classes(bass, spec), tuple(drums.tolist())
    )


def _melody(spec: ModelSpec, window: Window, bar: int) -> BarTokens:
    return _line(_to_session_classes(_steps(spec, window, bar)[:, 0], spec))


def _rhythm(spec: ModelSpec, window: Window, bar: int) -> BarTokens:
    onsets = _steps(spec, window, bar)[:, 0].tolist()
    return _line(tuple(pitch_to_class(RHYTHM_PITCH) if onset else 0 for onset in onsets))


def _drums(spec: ModelSpec, window: Window, bar: int) -> BarTokens:
    return BarTokens(_REST, _REST, tuple(_steps(spec, window, bar)[:, 0].tolist()))


def _groove(spec: ModelSpec, window: Window, bar: int) -> BarTokens:
    """Hits with the model's velocities and offsets."""
    notes = window_parts(spec, window, 0)[Part.DRUMS]
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for note in notes:
        step = FOUR_FOUR.nearest_step(note.tick)
        if step // SLOTS_PER_BAR == bar:
            late = note.tick - step * FOUR_FOUR.ticks_per_step
            found[step % SLOTS_PER_BAR, GM_DRUMS.notes.index(note.pitch)] = (note.velocity, late)
    drums = [0] * SLOTS_PER_BAR
    for step, drum in found:
        drums[step] |= 1 << drum
    return BarTokens(_REST, _REST, tuple(drums), tuple(found[hit] for hit in sorted(found)))


def _line(melody: tuple[int, ...]) -> BarTokens:
    return BarTokens(melody, _REST, (0,) * SLOTS_PER_BAR)


_REST: Final = (0,) * SLOTS_PER_BAR
_BARS: Final[Mapping[str, Callable[[ModelSpec, Window, int], BarTokens]]] = {
    TRIO: _trio,
    "melody": _melody,
    "rhythm": _rhythm,
    "drums": _drums,
    "groove": _groove,
}
