"""Windows of a model of any kind as a song, and a song as its windows. Pure.

A model's window is what one code decodes to (see :class:`~bridge.model.contract.Codec`). One
kind is not notes of a score, ``multitrack``'s events, and ``shape`` has no pitches: they are
refused, with a line that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from bridge.errors import MidiFileError, ModelError
from bridge.model.contract import TRIO, ModelSpec, Window
from bridge.model.messages import BarTokens
from bridge.music.arrange import GM_DRUMS, Feel, accent, arrange_bar
from bridge.music.grid import STEPS_PER_BAR, TICKS_PER_BAR, TICKS_PER_STEP, bar_start
from bridge.music.key import estimate_key, pitch_class_weights
from bridge.music.melody_track import bar_origin, find_melody
from bridge.music.notes import PITCH_MAX, Note, Part
from bridge.music.phrase import skyline
from bridge.music.smf.song import DRUM_CHANNEL, Song, TempoChange, Track
from bridge.music.tokens import (
    DRUM_NAMES,
    NO_EVENT,
    NOTE_OFF,
    drum_of_pitch,
    encode_drums,
    encode_line,
)
from bridge.music.trio_windows import LEAST, trio_windows

VOICES: Final = {Part.MELODY: (0, 73), Part.BASS: (1, 33), Part.DRUMS: (DRUM_CHANNEL, 0)}
"""Channel and General MIDI program of each part."""
RHYTHM_PITCH: Final = 60
"""What a model of rhythms alone plays on."""
DRUMS: Final = len(DRUM_NAMES)
DRUM_TICKS: Final = TICKS_PER_STEP // 2
UNHEARD: Final = 0.5
"""A groove's hit that is less than this is none."""
Parts = Mapping[Part, list[Note]]


# --- windows -> song ----------------------------------------------------------------------


def song_of(
    spec: ModelSpec, windows: Window, *, bpm: float = 120.0, back: int = 0, swing: float = 0.0
) -> Song:
    """The windows [N, T, C] one after another as a song with a track for each part that plays.

    ``back`` moves pitches (semitones), away from the common key; ``swing`` 0..1. The song is
    as long as its windows. ModelError for a kind whose windows are no notes.
    """
    parts: dict[Part, list[Note]] = {part: [] for part in VOICES}
    for number, window in enumerate(windows):
        for part, notes in window_parts(
            spec, window, number * spec.bars, back=back, swing=swing
        ).items():
            parts[part] += notes
    tracks = tuple(
        Track(part.value.title(), *VOICES[part], tuple(sorted(notes)))
        for part, notes in parts.items()
        if notes
    )
    return Song(tracks, (TempoChange(0, bpm),), length=bar_start(len(windows) * spec.bars))


def window_parts(
    spec: ModelSpec, window: Window, bar: int, *, back: int = 0, swing: float = 0.0
) -> Parts:
    """The notes of one window [T, C] that begins at ``bar``, by part."""
    if spec.kind not in _PLAYED:
        raise ModelError(
            f"the model {spec.name} is of the kind {spec.kind!r}, whose windows are no notes of "
            f"melody, bass and drums: choose one of {', '.join(_PLAYED)}"
        )
    if spec.kind in _EVEN and spec.steps_per_bar != STEPS_PER_BAR:
        raise ModelError(f"the model {spec.name} has {spec.steps_per_bar} steps a bar, not 16")
    return _PLAYED[spec.kind](spec, window, bar, Feel(swing=swing), back)


def _trio(spec: ModelSpec, window: Window, bar: int, feel: Feel, back: int) -> Parts:
    melody, bass, drums = window.T.tolist()
    parts: dict[Part, list[Note]] = {
        Part.MELODY: _line(melody, bar, spec.lowest_pitch + back),
        Part.BASS: [],
        Part.DRUMS: [],
    }
    for number in range(spec.bars):
        steps = slice(number * STEPS_PER_BAR, (number + 1) * STEPS_PER_BAR)
        tokens = BarTokens((), tuple(bass[steps]), tuple(drums[steps]))
        near = parts[Part.BASS][-1].pitch if parts[Part.BASS] else None
        made = arrange_bar(tokens, bar + number, feel, transpose=back, near=near)
        parts[Part.BASS] += made[Part.BASS]
        parts[Part.DRUMS] += made[Part.DRUMS]
    return parts


def _melody(spec: ModelSpec, window: Window, bar: int, feel: Feel, back: int) -> Parts:
    return {Part.MELODY: _line(window[:, 0].tolist(), bar, spec.lowest_pitch + back)}


def _drums(spec: ModelSpec, window: Window, bar: int, feel: Feel, back: int) -> Parts:
    hits: list[Note] = []
    for number in range(spec.bars):
        steps = window[number * STEPS_PER_BAR : (number + 1) * STEPS_PER_BAR, 0]
        tokens = BarTokens((), (), tuple(steps.tolist()))
        hits += arrange_bar(tokens, bar + number, feel)[Part.DRUMS]
    return {Part.DRUMS: hits}


def _rhythm(spec: ModelSpec, window: Window, bar: int, feel: Feel, back: int) -> Parts:
    onsets = np.flatnonzero(window[:, 0]).tolist()
    ends = [*onsets[1:], len(window)]
    return {
        Part.MELODY: [
            Note(
                bar_start(bar) + step * TICKS_PER_STEP, RHYTHM_PITCH,
                (end - step) * TICKS_PER_STEP, accent(step),
            )
            for step, end in zip(onsets, ends, strict=True)
        ]
    }  # fmt: skip


def _groove(spec: ModelSpec, window: Window, bar: int, feel: Feel, back: int) -> Parts:
    """Hits with their own velocity, and their own place within half a step."""
    hits, loud, late = np.moveaxis(_by_drum(window), -1, 0)
    start, found = bar_start(bar), []
    for step, drum in np.argwhere(hits >= UNHEARD).tolist():
        by = round(float(np.clip(late[step, drum], -1, 1)) * TICKS_PER_STEP / 2)
        velocity = int(np.clip(round(float(loud[step, drum]) * 127), 1, 127))
        tick = max(start, start + step * TICKS_PER_STEP + by)
        found.append(Note(tick, GM_DRUMS.notes[drum], DRUM_TICKS, velocity))
    return {Part.DRUMS: found}


def _by_drum(window: Window) -> Window:
    """[T, 9, 3]: hit, velocity and offset of each drum at each step."""
    if window.shape[1] == 3:  # drum by drum, one after another
        return window.reshape(-1, DRUMS, 3)
    return window.reshape(len(window), 3, DRUMS).transpose(0, 2, 1)


def _line(classes: Sequence[int], bar: int, lowest: int) -> list[Note]:
    """Melody classes of a window as notes; each lasts to its off, the next, or the end.
    ``lowest`` is the pitch of class 2."""
    notes: list[Note] = []
    begun: tuple[int, int] | None = None
    for step, cls in enumerate([*classes, NOTE_OFF]):
        if cls == NO_EVENT:
            continue
        if begun is not None:
            at, pitch = begun
            tick, length = bar_start(bar) + at * TICKS_PER_STEP, (step - at) * TICKS_PER_STEP
            notes.append(Note(tick, pitch, length, accent(at)))
        begun = None if cls == NOTE_OFF else (step, _inside(cls - 2 + lowest))
    return notes


def _inside(pitch: int) -> int:
    """A pitch moved by octaves into MIDI's range."""
    while pitch > PITCH_MAX:
        pitch -= 12
    return pitch + -(-max(0, -pitch) // 12) * 12


_PLAYED: Final[Mapping[str, Callable[[ModelSpec, Window, int, Feel, int], Parts]]] = {
    TRIO: _trio,
    "melody": _melody,
    "drums": _drums,
    "groove": _groove,
    "rhythm": _rhythm,
}
_EVEN: Final = (TRIO, "melody", "drums", "rhythm")


# --- song -> windows ----------------------------------------------------------------------


def windows_of(spec: ModelSpec, song: Song, *, hop: int = 0, silent: bool = False) -> Window:
    """The windows [N, T, C] of a song that begin every ``hop`` bars (0: as they follow each
    other), in the common key where the model knows no other; those that hold next to nothing
    only when ``silent`` says so.

    MidiFileError for a song that has nothing of what the model reads, ModelError for a kind
    whose windows are no notes.
    """
    if spec.kind not in _READ:
        raise ModelError(
            f"the model {spec.name} is of the kind {spec.kind!r}, which no MIDI file is encoded "
            f"for: choose one of {', '.join(_READ)}"
        )
    if spec.steps_per_bar != STEPS_PER_BAR and spec.kind in _EVEN:
        raise ModelError(f"the model {spec.name} has {spec.steps_per_bar} steps a bar, not 16")
    return _READ[spec.kind](spec, song, hop or spec.bars, silent)


def _read_trio(spec: ModelSpec, song: Song, hop: int, silent: bool) -> Window:
    least = 0 if silent else LEAST
    return trio_windows(song, spec.bars, hop, common_key=spec.common_key, least=least)


def _read_melody(spec: ModelSpec, song: Song, hop: int, silent: bool) -> Window:
    track = find_melody(song)
    origin = bar_origin(song)
    tune = skyline(track.notes)
    by = 0
    if spec.common_key:
        by = estimate_key(pitch_class_weights((n.pitch, float(n.length)) for n in tune)).shift
    steps = _steps(song, origin)
    classes = _refitted(encode_line(tune, origin, steps), spec, by)
    return _windows(classes[:, None], spec, hop, "a melody", silent)


def _refitted(classes: np.ndarray, spec: ModelSpec, by: int) -> np.ndarray:
    """Classes (2 is MIDI note 21) moved ``by`` semitones to the model's own."""
    highest = spec.tracks["melody"] - 1
    moved = classes + 21 + by - spec.lowest_pitch
    moved = np.where(moved < 2, moved + 12 * -(-(2 - moved) // 12), moved)
    moved = np.where(moved > highest, moved - 12 * -(-(moved - highest) // 12), moved)
    return np.where(classes > NOTE_OFF, moved, classes)


def _read_drums(spec: ModelSpec, song: Song, hop: int, silent: bool) -> Window:
    origin = bar_origin(song)
    classes = encode_drums(_hits(song), origin, _steps(song, origin))
    return _windows(classes[:, None], spec, hop, "drums", silent)


def _read_groove(spec: ModelSpec, song: Song, hop: int, silent: bool) -> Window:
    origin = bar_origin(song)
    table = np.zeros((_steps(song, origin), DRUMS, 3), np.float32)
    for hit in _hits(song):
        drum = drum_of_pitch(hit.pitch)
        step, rest = divmod(hit.tick - origin + TICKS_PER_STEP // 2, TICKS_PER_STEP)
        if drum is not None and 0 <= step < len(table):
            late = (rest - TICKS_PER_STEP // 2) / (TICKS_PER_STEP / 2)
            table[step, drum] = (1.0, hit.velocity / 127, late)
    columns = sum(spec.tracks.values())
    if columns == 3:
        rows = table.reshape(len(table), -1)
        cut = _windows(rows, spec, hop, "drums", silent, spec.steps // DRUMS)
        return cut.reshape(len(cut), spec.steps, 3)
    rows = table.transpose(0, 2, 1).reshape(len(table), -1)
    return _windows(rows, spec, hop, "drums", silent)


def _hits(song: Song) -> Iterable[Note]:
    return [note for track in song.tracks if track.is_drums for note in track.notes]


def _steps(song: Song, origin: int) -> int:
    """16ths from the first full bar to the end of the last."""
    return max(1, -(-(song.end - origin) // TICKS_PER_BAR)) * STEPS_PER_BAR


def _windows(
    table: np.ndarray, spec: ModelSpec, hop: int, what: str, silent: bool, length: int = 0
) -> Window:
    """A table [steps, C] in windows of the model's ``length``."""
    length = length or spec.steps
    padded = np.pad(table, ((0, max(0, length - len(table))), (0, 0)))
    starts = range(0, len(padded) - length + 1, hop * STEPS_PER_BAR)
    cut = np.stack([padded[at : at + length] for at in starts])
    kept = (
        cut if silent else cut[(cut > NOTE_OFF if what == "a melody" else cut > 0).any(axis=(1, 2))]
    )
    if not len(kept):
        raise MidiFileError(f"no {spec.bars} bars of it hold {what}: choose a longer piece")
    return np.asarray(kept)


_READ: Final[Mapping[str, Callable[[ModelSpec, Song, int, bool], Window]]] = {
    TRIO: _read_trio,
    "melody": _read_melody,
    "drums": _read_drums,
    "groove": _read_groove,
}
