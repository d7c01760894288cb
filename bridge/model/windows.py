"""Convert windows of a model of any kind to a song, and a song to windows. Pure.

A window is the decoded form of one code (see :class:`~bridge.model.contract.Codec`). Two kinds are
refused: ``multitrack`` (events instead of a grid) and ``shape`` (no pitches).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from bridge.errors import MidiFileError, ModelError
from bridge.model.contract import TRIO, ModelSpec, Window
from bridge.model.messages import BarTokens
from bridge.music.arrange import GM_DRUMS, Feel, accent, arrange_bar
from bridge.music.gm_programs import WRITTEN_VOICES
from bridge.music.grid import STEPS_PER_BAR, TICKS_PER_BAR, TICKS_PER_STEP, bar_start
from bridge.music.key import estimate_key, pitch_class_weights
from bridge.music.melody_track import bar_origin, find_melody
from bridge.music.notes import PITCH_MAX, Note, Part
from bridge.music.phrase import skyline
from bridge.music.smf.song import Song, TempoChange, Track
from bridge.music.tokens import (
    DRUM_NAMES,
    NO_EVENT,
    NOTE_OFF,
    drum_of_pitch,
    encode_drums,
    encode_line,
)
from bridge.music.trio_windows import MIN_MELODY_NOTES, trio_windows

RHYTHM_PITCH: Final = 60
"""Pitch of the notes of a model that has rhythms only."""
DRUMS: Final = len(DRUM_NAMES)
DRUM_TICKS: Final = TICKS_PER_STEP // 2
HIT_THRESHOLD: Final = 0.5
"""Value from which a groove's hit counts."""
Parts = Mapping[Part, list[Note]]


# --- windows -> song ----------------------------------------------------------------------


def song_of(
    spec: ModelSpec, windows: Window, *, bpm: float = 120.0, back: int = 0, swing: float = 0.0
) -> Song:
    """Windows [N, T, C] in sequence as a song, with a track for each part that has notes.

    ``back`` transposes (semitones) from the common key; ``swing`` 0..1. The song is as long as
    its windows. ModelError for a kind whose windows are not notes.
    """
    parts: dict[Part, list[Note]] = {part: [] for part in WRITTEN_VOICES}
    for number, window in enumerate(windows):
        for part, notes in window_parts(
            spec, window, number * spec.bars, back=back, swing=swing
        ).items():
            parts[part] += notes
    tracks = tuple(
        Track(part.value.title(), *WRITTEN_VOICES[part], tuple(sorted(notes)))
        for part, notes in parts.items()
        if notes
    )
    return Song(tracks, (TempoChange(0, bpm),), length=bar_start(len(windows) * spec.bars))


def window_parts(
    spec: ModelSpec, window: Window, bar: int, *, back: int = 0, swing: float = 0.0
) -> Parts:
    """The notes by part of one window [T, C] that begins at ``bar``."""
    if spec.kind not in _WRITERS:
        raise ModelError(
            f"the model {spec.name} is of the kind {spec.kind!r}, whose windows are not notes of "
            f"melody, bass and drums: choose one of {', '.join(_WRITERS)}"
        )
    if spec.kind in _STEP_KINDS and spec.steps_per_bar != STEPS_PER_BAR:
        raise ModelError(f"the model {spec.name} has {spec.steps_per_bar} steps a bar, not 16")
    return _WRITERS[spec.kind](spec, window, bar, Feel(swing=swing), back)


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
    """Hits with the model's velocity and offset (at most half a step)."""
    hits, loud, late = np.moveaxis(_by_drum(window), -1, 0)
    start, found = bar_start(bar), []
    for step, drum in np.argwhere(hits >= HIT_THRESHOLD).tolist():
        by = round(float(np.clip(late[step, drum], -1, 1)) * TICKS_PER_STEP / 2)
        velocity = int(np.clip(round(float(loud[step, drum]) * 127), 1, 127))
        tick = max(start, start + step * TICKS_PER_STEP + by)
        found.append(Note(tick, GM_DRUMS.notes[drum], DRUM_TICKS, velocity))
    return {Part.DRUMS: found}


def _by_drum(window: Window) -> Window:
    """The groove as [T, 9, 3]: hit, velocity and offset of each drum at each step."""
    if window.shape[1] == 3:  # drum by drum, one after another
        return window.reshape(-1, DRUMS, 3)
    return window.reshape(len(window), 3, DRUMS).transpose(0, 2, 1)


def _line(classes: Sequence[int], bar: int, lowest: int) -> list[Note]:
    """Melody classes of a window as notes; each lasts to its note-off, the next onset, or the end.
    ``lowest`` is the pitch of class 2."""
    notes: list[Note] = []
    sounding: tuple[int, int] | None = None
    for step, cls in enumerate([*classes, NOTE_OFF]):
        if cls == NO_EVENT:
            continue
        if sounding is not None:
            at, pitch = sounding
            tick, length = bar_start(bar) + at * TICKS_PER_STEP, (step - at) * TICKS_PER_STEP
            notes.append(Note(tick, pitch, length, accent(at)))
        sounding = None if cls == NOTE_OFF else (step, _fold_to_midi(cls - 2 + lowest))
    return notes


def _fold_to_midi(pitch: int) -> int:
    """The pitch moved by octaves into MIDI's range 0..127."""
    while pitch > PITCH_MAX:
        pitch -= 12
    return pitch + -(-max(0, -pitch) // 12) * 12


_WRITERS: Final[Mapping[str, Callable[[ModelSpec, Window, int, Feel, int], Parts]]] = {
    TRIO: _trio,
    "melody": _melody,
    "drums": _drums,
    "groove": _groove,
    "rhythm": _rhythm,
}
_STEP_KINDS: Final = (TRIO, "melody", "drums", "rhythm")


# --- song -> windows ----------------------------------------------------------------------


def windows_of(spec: ModelSpec, song: Song, *, hop: int = 0, silent: bool = False) -> Window:
    """The windows [N, T, C] of a song, one every ``hop`` bars (0: the window length).

    They are in the common key for models of that key. (Nearly) empty windows are left out unless
    ``silent``. MidiFileError for a song without the tracks that the model reads, ModelError for a
    kind whose windows are not notes.
    """
    if spec.kind not in _READERS:
        raise ModelError(
            f"the model {spec.name} is of the kind {spec.kind!r}, which cannot be encoded from a "
            f"MIDI file: choose one of {', '.join(_READERS)}"
        )
    if spec.steps_per_bar != STEPS_PER_BAR and spec.kind in _STEP_KINDS:
        raise ModelError(f"the model {spec.name} has {spec.steps_per_bar} steps a bar, not 16")
    return _READERS[spec.kind](spec, song, hop or spec.bars, silent)


def _read_trio(spec: ModelSpec, song: Song, hop: int, silent: bool) -> Window:
    least = 0 if silent else MIN_MELODY_NOTES
    return trio_windows(song, spec.bars, hop, common_key=spec.common_key, least=least)


def _read_melody(spec: ModelSpec, song: Song, hop: int, silent: bool) -> Window:
    track = find_melody(song)
    origin = bar_origin(song)
    tune = skyline(track.notes)
    by = 0
    if spec.common_key:
        by = estimate_key(pitch_class_weights((n.pitch, float(n.length)) for n in tune)).shift
    steps = _steps(song, origin)
    classes = _to_model_classes(encode_line(tune, origin, steps), spec, by)
    return _windows(classes[:, None], spec, hop, "a melody", silent)


def _to_model_classes(classes: np.ndarray, spec: ModelSpec, by: int) -> np.ndarray:
    """Melody classes (2 is MIDI note 21) transposed ``by`` semitones, as the model's classes."""
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
    """Number of 16ths from the first full bar to the end of the last bar."""
    return max(1, -(-(song.end - origin) // TICKS_PER_BAR)) * STEPS_PER_BAR


def _windows(
    table: np.ndarray, spec: ModelSpec, hop: int, what: str, silent: bool, length: int = 0
) -> Window:
    """A table [steps, C] cut into windows [N, length, C], by default of the model's length;
    empty ones are left out unless ``silent``."""
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


_READERS: Final[Mapping[str, Callable[[ModelSpec, Song, int, bool], Window]]] = {
    TRIO: _read_trio,
    "melody": _read_melody,
    "drums": _read_drums,
    "groove": _read_groove,
}
