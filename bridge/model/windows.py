"""Convert windows of a model of any kind to a song, and a song to windows. Pure.

A window is the decoded form of one code (see :class:`~bridge.model.contract.Codec`). Two kinds are
refused: ``multitrack`` (events instead of a grid) and ``shape`` (no pitches).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from bridge.errors import MidiFileError, ModelError
from bridge.model.contract import TRIO, ModelSpec, Window, check_metre
from bridge.model.messages import BarTokens
from bridge.music.arrange import GM_DRUMS, Feel, accent, arrange_bar
from bridge.music.grid import FOUR_FOUR, SLOTS_PER_BAR, Grid, Metre
from bridge.music.melody_track import find_melody
from bridge.music.notes import PITCH_MAX, Note, Part
from bridge.music.phrase import skyline
from bridge.music.rhythm.song_bars import SongBars, song_bars
from bridge.music.smf.gm_programs import WRITTEN_VOICES
from bridge.music.smf.song import Song, TempoChange, Track, signature_of
from bridge.music.tokens import (
    DRUM_NAMES,
    NO_EVENT,
    NOTE_OFF,
    drum_of_pitch,
    encode_drums,
    encode_line,
    from_slots,
    to_slots,
)
from bridge.music.trio_windows import MIN_MELODY_NOTES, key_of_line, song_classes, trio_windows

RHYTHM_PITCH: Final = 60
"""Pitch of the notes of a model that has rhythms only."""
DRUMS: Final = len(DRUM_NAMES)
DRUM_TICKS: Final = FOUR_FOUR.ticks_per_step // 2
HIT_THRESHOLD: Final = 0.5
"""Value from which a groove's hit counts."""
Parts = Mapping[Part, list[Note]]


# --- windows -> song ----------------------------------------------------------------------


def song_of(
    spec: ModelSpec,
    windows: Window,
    *,
    bpm: float = 120.0,
    back: int = 0,
    swing: float = 0.0,
    metre: Metre = FOUR_FOUR,
) -> Song:
    """Windows [N, T, C] in sequence as a song in ``metre``, with a track for each part that has
    notes.

    ``back`` transposes (semitones) from the common key; ``swing`` 0..1. The song is as long as
    its windows. ModelError for a kind whose windows are not notes, and a metre that it lacks.
    """
    check_metre(spec, metre.name)
    parts: dict[Part, list[Note]] = {part: [] for part in WRITTEN_VOICES}
    for number, window in enumerate(windows):
        for part, notes in window_parts(
            spec, window, number * spec.bars, back=back, swing=swing, metre=metre
        ).items():
            parts[part] += notes
    tracks = tuple(
        Track(part.value.title(), *WRITTEN_VOICES[part], tuple(sorted(notes)))
        for part, notes in parts.items()
        if notes
    )
    length = metre.bar_start(len(windows) * spec.bars)
    return Song(tracks, (TempoChange(0, bpm),), (signature_of(metre),), length)


def window_parts(
    spec: ModelSpec,
    window: Window,
    bar: int,
    *,
    back: int = 0,
    swing: float = 0.0,
    metre: Metre = FOUR_FOUR,
) -> Parts:
    """The notes by part of one window [T, C], in slots of ``metre``, that begins at ``bar``."""
    if spec.kind not in _WRITERS:
        raise ModelError(
            f"the model {spec.name} is of the kind {spec.kind!r}, whose windows are not notes of "
            f"melody, bass and drums: choose one of {', '.join(_WRITERS)}"
        )
    if spec.kind in _STEP_KINDS:
        if spec.steps_per_bar != SLOTS_PER_BAR:
            raise ModelError(f"the model {spec.name} has {spec.steps_per_bar} steps a bar, not 16")
        window = from_slots(window, metre, axis=0)
    return _WRITERS[spec.kind](spec, window, bar, Feel(swing=swing, grid=Grid.of(metre)), back)


def _trio(spec: ModelSpec, window: Window, bar: int, feel: Feel, back: int) -> Parts:
    melody, bass, drums = window.T.tolist()
    parts: dict[Part, list[Note]] = {
        Part.MELODY: _line(melody, bar, spec.lowest_pitch + back, feel.grid.metre),
        Part.BASS: [],
        Part.DRUMS: [],
    }
    length = feel.grid.metre.steps
    for number in range(spec.bars):
        steps = slice(number * length, (number + 1) * length)
        tokens = BarTokens((), tuple(bass[steps]), tuple(drums[steps]))
        near = parts[Part.BASS][-1].pitch if parts[Part.BASS] else None
        made = arrange_bar(tokens, bar + number, feel, transpose=back, near=near)
        parts[Part.BASS] += made[Part.BASS]
        parts[Part.DRUMS] += made[Part.DRUMS]
    return parts


def _melody(spec: ModelSpec, window: Window, bar: int, feel: Feel, back: int) -> Parts:
    line = window[:, 0].tolist()
    return {Part.MELODY: _line(line, bar, spec.lowest_pitch + back, feel.grid.metre)}


def _drums(spec: ModelSpec, window: Window, bar: int, feel: Feel, back: int) -> Parts:
    hits: list[Note] = []
    length = feel.grid.metre.steps
    for number in range(spec.bars):
        steps = window[number * length : (number + 1) * length, 0]
        tokens = BarTokens((), (), tuple(steps.tolist()))
        hits += arrange_bar(tokens, bar + number, feel)[Part.DRUMS]
    return {Part.DRUMS: hits}


def _rhythm(spec: ModelSpec, window: Window, bar: int, feel: Feel, back: int) -> Parts:
    onsets = np.flatnonzero(window[:, 0]).tolist()
    ends = [*onsets[1:], len(window)]
    metre = feel.grid.metre
    return {
        Part.MELODY: [
            Note(
                metre.bar_start(bar) + step * metre.ticks_per_step, RHYTHM_PITCH,
                (end - step) * metre.ticks_per_step, accent(step, metre),
            )
            for step, end in zip(onsets, ends, strict=True)
        ]
    }  # fmt: skip


def _groove(spec: ModelSpec, window: Window, bar: int, feel: Feel, back: int) -> Parts:
    """Hits with the model's velocity and offset (at most half a step)."""
    hits, loud, late = np.moveaxis(_by_drum(window), -1, 0)
    start, found, length = feel.grid.bar_start(bar), [], FOUR_FOUR.ticks_per_step
    for step, drum in np.argwhere(hits >= HIT_THRESHOLD).tolist():
        by = round(float(np.clip(late[step, drum], -1, 1)) * length / 2)
        velocity = int(np.clip(round(float(loud[step, drum]) * 127), 1, 127))
        tick = max(start, start + step * length + by)
        found.append(Note(tick, GM_DRUMS.notes[drum], DRUM_TICKS, velocity))
    return {Part.DRUMS: found}


def _by_drum(window: Window) -> Window:
    """The groove as [T, 9, 3]: hit, velocity and offset of each drum at each step."""
    if window.shape[1] == 3:  # drum by drum, one after another
        return window.reshape(-1, DRUMS, 3)
    return window.reshape(len(window), 3, DRUMS).transpose(0, 2, 1)


def _line(classes: Sequence[int], bar: int, lowest: int, metre: Metre) -> list[Note]:
    """Melody classes of a window as notes; each lasts to its note-off, the next onset, or the end.
    ``lowest`` is the pitch of class 2."""
    notes: list[Note] = []
    sounding: tuple[int, int] | None = None
    for step, cls in enumerate([*classes, NOTE_OFF]):
        if cls == NO_EVENT:
            continue
        if sounding is not None:
            at, pitch = sounding
            tick = metre.bar_start(bar) + at * metre.ticks_per_step
            length = (step - at) * metre.ticks_per_step
            notes.append(Note(tick, pitch, length, accent(at, metre)))
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


def windows_of(
    spec: ModelSpec,
    song: Song,
    *,
    hop: int = 0,
    silent: bool = False,
    placed: SongBars | None = None,
) -> Window:
    """The windows [N, T, C] of a song, one every ``hop`` bars (0: the window length), with bars of
    16 slots in its metre.

    They are in the common key for models of that key. (Nearly) empty windows are left out unless
    ``silent``. ``placed`` are the song's bars where they are known. MidiFileError for a song
    without the tracks that the model reads, ModelError for a kind whose windows are not notes and
    for a metre that the model lacks.
    """
    if spec.kind not in _READERS:
        raise ModelError(
            f"the model {spec.name} is of the kind {spec.kind!r}, which cannot be encoded from a "
            f"MIDI file: choose one of {', '.join(_READERS)}"
        )
    if spec.steps_per_bar != SLOTS_PER_BAR and spec.kind in _STEP_KINDS:
        raise ModelError(f"the model {spec.name} has {spec.steps_per_bar} steps a bar, not 16")
    placed = placed or song_bars(song)
    check_metre(spec, placed.metre.name)
    return _READERS[spec.kind](spec, song, placed, hop or spec.bars, silent)


def _read_trio(spec: ModelSpec, song: Song, placed: SongBars, hop: int, silent: bool) -> Window:
    least = 0 if silent else MIN_MELODY_NOTES
    windows = trio_windows(
        song, spec.bars, hop, common_key=spec.common_key, least=least, placed=placed
    )
    return to_slots(windows, placed.metre, axis=1)


def _read_melody(spec: ModelSpec, song: Song, placed: SongBars, hop: int, silent: bool) -> Window:
    track = find_melody(song)
    tune = skyline(track.notes)
    by = 0
    if spec.common_key:
        by = key_of_line(tune).shift
    line = to_slots(song_classes(encode_line, tune, placed, _end(song, placed)), placed.metre)
    classes = _to_model_classes(line, spec, by)
    return _windows(classes[:, None], spec, hop, "a melody", silent)


def _to_model_classes(classes: np.ndarray, spec: ModelSpec, by: int) -> np.ndarray:
    """Melody classes (2 is MIDI note 21) transposed ``by`` semitones, as the model's classes."""
    highest = spec.tracks["melody"] - 1
    moved = classes + 21 + by - spec.lowest_pitch
    moved = np.where(moved < 2, moved + 12 * -(-(2 - moved) // 12), moved)
    moved = np.where(moved > highest, moved - 12 * -(-(moved - highest) // 12), moved)
    return np.where(classes > NOTE_OFF, moved, classes)


def _read_drums(spec: ModelSpec, song: Song, placed: SongBars, hop: int, silent: bool) -> Window:
    classes = song_classes(encode_drums, _hits(song), placed, _end(song, placed))
    classes = to_slots(classes, placed.metre)
    return _windows(classes[:, None], spec, hop, "drums", silent)


def _read_groove(spec: ModelSpec, song: Song, placed: SongBars, hop: int, silent: bool) -> Window:
    origin, length = placed.origin, FOUR_FOUR.ticks_per_step
    table = np.zeros(((_end(song, placed) - origin) // length, DRUMS, 3), np.float32)
    for hit in _hits(song):
        drum = drum_of_pitch(hit.pitch)
        step, rest = divmod(hit.tick - origin + length // 2, length)
        if drum is not None and 0 <= step < len(table):
            late = (rest - length // 2) / (length / 2)
            table[step, drum] = (1.0, hit.velocity / 127, late)
    columns = sum(spec.tracks.values())
    if columns == 3:
        rows = table.reshape(len(table), -1)
        cut = _windows(rows, spec, hop, "drums", silent, spec.steps // DRUMS)
        return cut.reshape(len(cut), spec.steps, 3)
    rows = table.transpose(0, 2, 1).reshape(len(table), -1)
    return _windows(rows, spec, hop, "drums", silent)


def _hits(song: Song) -> Sequence[Note]:
    return [note for track in song.tracks if track.is_drums for note in track.notes]


def _end(song: Song, placed: SongBars) -> int:
    """The tick at which the last bar of the song ends."""
    last = placed.grid.bar_of(max(1, song.end - placed.origin) - 1)
    return placed.origin + placed.grid.bar_start(last + 1)


def _windows(
    table: np.ndarray, spec: ModelSpec, hop: int, what: str, silent: bool, length: int = 0
) -> Window:
    """A table [steps, C] cut into windows [N, length, C], by default of the model's length;
    empty ones are left out unless ``silent``."""
    length = length or spec.steps
    padded = np.pad(table, ((0, max(0, length - len(table))), (0, 0)))
    starts = range(0, len(padded) - length + 1, hop * SLOTS_PER_BAR)
    cut = np.stack([padded[at : at + length] for at in starts])
    kept = (
        cut if silent else cut[(cut > NOTE_OFF if what == "a melody" else cut > 0).any(axis=(1, 2))]
    )
    if not len(kept):
        raise MidiFileError(f"no {spec.bars} bars of it hold {what}: choose a longer piece")
    return np.asarray(kept)


_READERS: Final[Mapping[str, Callable[[ModelSpec, Song, SongBars, int, bool], Window]]] = {
    TRIO: _read_trio,
    "melody": _read_melody,
    "drums": _read_drums,
    "groove": _read_groove,
}
