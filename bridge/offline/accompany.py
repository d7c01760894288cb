"""Drums and bass for a whole melody, off line. Pure.

The piece is read in overlapping windows of the model's length. Each window gives its inner bars,
so that the model hears music on both sides of every bar; chords of earlier windows are given to
later ones where they overlap. Chords that sound in other tracks stand above what the model would
read from the melody, and the bass follows them beat by beat.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bridge.listening.chord_symbol import ChordSymbol, runs, symbol_of_class
from bridge.listening.follow_chord import anchored, follows
from bridge.listening.harmony import Harmony, half_beats, hear
from bridge.listening.key_finder import find_key
from bridge.model.contract import CHORDS_PER_BAR, Preset
from bridge.model.messages import Request, Result
from bridge.music.arrange import Feel, arrange_bar, crash_in, fill_bar, fill_steps
from bridge.music.chord_features import BARS_BEFORE
from bridge.music.chords import NO_CHORD, held_chord, transpose_class
from bridge.music.grid import TICKS_PER_BEAT, USUAL_GRID, Grid
from bridge.music.key import ALL_KEYS, Key, estimate_key, key_scores, pitch_class_weights
from bridge.music.notes import Note, Part
from bridge.music.phrase import skyline
from bridge.music.repetition import RepetitionMemory, phrase_bars
from bridge.music.rhythm.song_bars import bar_classes
from bridge.music.smf.gm_programs import WRITTEN_VOICES
from bridge.music.smf.song import Song, Track, placed_beside
from bridge.music.tokens import NOTE_OFF, encode_voice, shift_classes

HOP_BARS = 2
"""Bars taken from each window."""
KEY_BARS = 4
"""Bars before and after a bar that its key is estimated from, too."""
KEY_CHANGE = 2.0
"""Cost of a change of key, in correlation with the key profiles summed over bars."""
LONG_TICKS = 4 * TICKS_PER_BEAT
"""Longer notes count as this long in finding keys."""
SLOWEST, FASTEST = 1.0, 1000.0
"""Tempi in BPM that a request may have: the drum touch depends on it, not the timing."""

Answer = Callable[[Request], Result]


@dataclass(frozen=True, slots=True)
class AccompanyOptions:
    """The style of the band, the seed and the model's settings.

    ``temperature`` (0 or more) is the randomness of notes, ``humanize`` and ``fills`` are
    amounts 0..1. ``tempo`` in BPM shapes the drums' velocities and delays, not the speed.
    ``offset`` moves the latent point. ``style_to`` is the style reached at the end (None: the
    style stays). ``chords`` are two classes a bar from the first full bar on, as they sound,
    and repeat; the model chooses where there is no chord.
    """

    style: Preset
    seed: int = 1
    temperature: float = 0.4
    humanize: float = 0.3
    tempo: float = 120.0
    fills: float = 0.5
    offset: tuple[float, ...] = ()
    style_to: Preset | None = None
    chords: tuple[int, ...] = ()

    def style_at(self, share: float) -> tuple[float, ...]:
        """The style's vector at ``share`` 0..1 of the piece."""
        vector = np.asarray(self.style.vector, np.float32)
        if self.style_to is not None:
            goal = np.asarray(self.style_to.vector, np.float32)
            vector = ((1.0 - share) * vector + share * goal).astype(np.float32)
        return tuple(map(float, vector))

    def chord_at(self, half: int) -> int:
        """The given chord class of a half bar (from 0); -1 where none is given."""
        given = self.chords[half % len(self.chords)] if self.chords and half >= 0 else NO_CHORD
        return given if given != NO_CHORD else -1


@dataclass(frozen=True, slots=True)
class Accompaniment:
    """A song with its accompaniment.

    ``song`` holds the original tracks, then Bass and Drums; ``chords`` are two classes a bar
    from ``origin`` on, the tick of the first full bar; ``grid`` are
    its bars, in ticks from there. ``remark`` names a channel that had to be
    shared (mostly empty).
    """

    song: Song
    remark: str
    key: Key
    origin: int
    bars: int
    chords: tuple[int, ...]
    beats: tuple[ChordSymbol | None, ...]
    bass: tuple[Note, ...]
    drums: tuple[Note, ...]
    grid: Grid = USUAL_GRID


def accompany(
    answer: Answer,
    window_bars: int,
    song: Song,
    melody: Track,
    options: AccompanyOptions,
    *,
    origin: int = 0,
    grid: Grid = USUAL_GRID,
    listen: Sequence[Track] = (),
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Accompaniment:
    """Drums and bass for ``melody``, bar by bar of ``grid`` from tick ``origin`` to the last note.

    ``answer`` is the model (``model.answering.answer``), ``window_bars`` the length of its window.
    The harmony is heard in the tracks ``listen`` where more than a single line sounds in them;
    elsewhere the model reads it from the melody. ``progress`` is called with (bars done, bars in
    all). The same options give the same notes.
    """
    voice = [replace(n, tick=n.tick - origin) for n in skyline(melody.notes)]
    heard = sorted({*melody.notes, *(n for track in listen for n in track.notes)})
    bars = grid.bar_of(max(n.end for n in heard) - origin - 1) + 1
    keys = keys_by_bar(heard, origin, bars, grid)
    first = first_bar([replace(n, tick=n.tick - origin) for n in heard], grid)
    harmony = hear(heard if listen else (), grid, origin, bars)
    chords = given_chords(options, harmony)
    parts: dict[Part, list[Note]] = {Part.BASS: [], Part.DRUMS: []}
    feel = Feel(options.style.swing, options.humanize, seed=options.seed, grid=grid)
    phrase = phrase_bars(_period(voice, bars, grid))
    lead = max(0, (window_bars - HOP_BARS) // 2)
    for start in range(first, bars, HOP_BARS):
        shift = keys[start].shift
        request = _request(
            voice, start - lead, lead, window_bars, bars, shift, chords, options, first, grid
        )
        result = answer(request)
        for half, cls in enumerate(result.chords):
            at = (start - lead) * CHORDS_PER_BAR + half
            chords.setdefault(at, transpose_class(cls, -shift))
        for index, tokens in enumerate(result.bars):
            if start + index < bars:
                bass_before = parts[Part.BASS][-1].pitch if parts[Part.BASS] else None
                arranged = arrange_bar(
                    tokens, start + index, feel, transpose=-shift, near=bass_before
                )
                if start + index + 1 < bars:
                    arranged[Part.DRUMS] = _with_fills(
                        arranged[Part.DRUMS], start + index, first, phrase, options.fills, feel
                    )
                for part, notes in parts.items():
                    notes += arranged[part]
        progress(min(bars, start + HOP_BARS), bars)
    halves = tuple(chords.get(half, NO_CHORD) for half in range(bars * CHORDS_PER_BAR))
    beats = chords_of_beats(halves, options, harmony)
    parts[Part.BASS] = followed(parts[Part.BASS], halves, beats, grid)
    end = max(song.end, *(n.end for n in heard))
    bass, drums = (tuple(_within(parts[p], origin, end)) for p in (Part.BASS, Part.DRUMS))
    ours, remark = placed_beside(song, band_tracks(bass, drums))
    texts = tuple((origin + grid.beat_start(b), chord.name) for b, _, chord in runs(beats))
    return Accompaniment(
        song=replace(song, tracks=song.tracks + ours, length=song.end, chords=texts),
        remark=remark,
        key=key_of(beats, heard, grid) if listen else estimate_key(_weights(heard)),
        origin=origin,
        bars=bars,
        chords=halves,
        beats=beats,
        bass=bass,
        drums=drums,
        grid=grid,
    )


def given_chords(options: AccompanyOptions, harmony: Harmony) -> dict[int, int]:
    """The chord classes of half bars that the model is given: the options', then those heard."""
    given: dict[int, int] = {}
    for half, symbol in enumerate(harmony.halves):
        fixed = options.chord_at(half)
        if fixed >= 0:
            given[half] = fixed
        elif symbol is not None:
            given[half] = symbol.cls
    return given


def chords_of_beats(
    halves: Sequence[int], options: AccompanyOptions, harmony: Harmony
) -> tuple[ChordSymbol | None, ...]:
    """The full chord of each beat: as heard, where the options fix none; else of the half bar's
    class."""
    grid = harmony.grid
    found: list[ChordSymbol | None] = []
    for beat, heard in enumerate(harmony.beats):
        half = grid.half_of(grid.beat_start(beat))
        fixed = options.chord_at(half) >= 0 or heard is None
        found.append(symbol_of_class(halves[half]) if fixed else heard)
    return tuple(found)


def followed(
    bass: Sequence[Note],
    halves: Sequence[int],
    beats: Sequence[ChordSymbol | None],
    grid: Grid = USUAL_GRID,
) -> list[Note]:
    """The bass moved to the chord of each beat, from that of its half bar; where a chord begins,
    its first note is the chord's bass note."""
    early = grid.metre.ticks_per_step // 2
    moved: list[Note] = []
    for note in bass:
        beat = min(len(beats) - 1, grid.beat_of(note.tick + early))
        made_for = symbol_of_class(halves[grid.half_of(grid.beat_start(beat))])
        moved.append(follows(note, made_for, beats[beat]))
    for beat, chord in enumerate(beats):
        begins = beat == 0 or chord != beats[beat - 1]
        if chord is not None and begins:
            start, stop = (grid.beat_start(b) - early for b in (beat, beat + 1))
            moved = anchored(moved, start, stop, chord)
    return moved


def key_of(beats: Sequence[ChordSymbol | None], notes: Sequence[Note], grid: Grid) -> Key:
    """The key of a piece, from the chords of its half bars and from its notes."""
    chords = [beats[beat] for beat in half_beats(grid, len(beats))]
    return find_key(chords, _weights(notes) / TICKS_PER_BEAT)


def _with_fills(
    drums: list[Note], bar: int, first: int, phrase: int, amount: float, feel: Feel
) -> list[Note]:
    """A fill where a phrase ends, and a crash where the next begins."""
    steps, place = fill_steps(amount, feel.grid.metre_of(bar)), (bar - first) % phrase
    if steps and place == phrase - 1:
        return fill_bar(drums, bar, feel, steps)
    return crash_in(drums, bar, feel) if steps and place == 0 and bar > first else drums


def _period(voice: Sequence[Note], bars: int, grid: Grid) -> int:
    """The period of the tune in bars, as estimated at its end; 0 for none."""
    form = RepetitionMemory()
    for bar in range(bars):
        form = form.with_melody(bar, bar_classes(encode_voice, voice, grid, bar, 1).tolist())
    return form.period


def chord_track(track: Track, origin: int, bars: int, grid: Grid = USUAL_GRID) -> tuple[int, ...]:
    """The chords of a track, two classes a bar from ``origin`` on, as they sound.

    Each half bar has the chord of the notes that sound longest in it; one without notes keeps
    the chord before.
    """
    halves: list[dict[int, int]] = [{} for _ in range(bars * CHORDS_PER_BAR)]
    for note in track.notes:
        first, last = (grid.half_of(t - origin) for t in (note.tick, note.end - 1))
        for half in range(max(0, first), min(len(halves), last + 1)):
            start, stop = (origin + grid.half_start(h) for h in (half, half + 1))
            inside = min(note.end, stop) - max(note.tick, start)
            halves[half][note.pitch] = max(halves[half].get(note.pitch, 0), inside)
    found: list[int] = []
    for heard in halves:
        # Short passing notes are no part of the chord.
        held = [p for p, ticks in heard.items() if 2 * ticks >= max(heard.values())]
        found.append(held_chord(held) or (found[-1] if found else NO_CHORD))
    return tuple(found)


def first_bar(voice: Sequence[Note], grid: Grid = USUAL_GRID) -> int:
    """The bar that the band begins with: 0, or 1 where bar 0 holds only a pickup.

    A pickup has notes in the second half of the bar alone, after a rest.
    """
    start, length = min(n.tick for n in voice), grid.bar_start(1)
    bar = max(0, grid.bar_of(start + grid.metre.ticks_per_step // 2))
    late = start - grid.bar_start(bar) >= length // 2
    return 1 if bar == 0 and late and max(n.end for n in voice) > length else 0


def keys_by_bar(
    notes: Sequence[Note], origin: int, bars: int, grid: Grid = USUAL_GRID
) -> list[Key]:
    """The key of each bar: the sequence that fits the surrounding bars best, with few changes.

    The sequence is found by Viterbi's algorithm; a change costs :data:`KEY_CHANGE`.
    """
    if bars < 1:
        return []
    heard = np.zeros((bars, 12))
    for note in notes:
        bar = min(bars - 1, max(0, grid.bar_of(note.tick - origin)))
        heard[bar, note.pitch % 12] += min(note.length, LONG_TICKS)
    near = [heard[max(0, b - KEY_BARS) : b + KEY_BARS + 1].sum(axis=0) for b in range(bars)]
    scores = np.array([key_scores(weights) for weights in near])
    best, came = scores[0], np.zeros((bars, len(ALL_KEYS)), np.int64)
    for bar in range(1, bars):
        leader = int(best.argmax())
        moves = best[leader] - KEY_CHANGE > best
        came[bar] = np.where(moves, leader, np.arange(len(ALL_KEYS)))
        best = np.maximum(best, best[leader] - KEY_CHANGE) + scores[bar]
    path = [int(best.argmax())]
    for bar in range(bars - 1, 0, -1):
        path.append(int(came[bar, path[-1]]))
    return [ALL_KEYS[index] for index in reversed(path)]


def _weights(notes: Sequence[Note]) -> np.ndarray:
    return pitch_class_weights((n.pitch, float(min(n.length, LONG_TICKS))) for n in notes)


def _request(
    voice: Sequence[Note],
    window_start: int,
    lead: int,
    window_bars: int,
    bars: int,
    shift: int,
    chords: dict[int, int],
    options: AccompanyOptions,
    first: int,
    grid: Grid,
) -> Request:
    """The request for the bars from ``window_start + lead`` on, of a band that begins at ``first``.

    Steps before the piece or after its end, and a window of silence, count as not heard.
    """
    metre = grid.metre
    classes = bar_classes(encode_voice, voice, grid, window_start, window_bars)
    bar_numbers = window_start + np.arange(len(classes)) // metre.steps
    heard = ((bar_numbers >= 0) & (bar_numbers < bars)).astype(np.int64)
    if not (classes > NOTE_OFF).any():
        heard[:] = 0
    first_half = window_start * CHORDS_PER_BAR
    given = (chords.get(first_half + k, -1) for k in range(window_bars * CHORDS_PER_BAR))
    return Request(
        generation=window_start + lead,
        target_bar=window_start + lead,
        bars=tuple(range(lead, min(window_bars, lead + HOP_BARS))),
        melody=tuple(shift_classes(np.where(heard > 0, classes, 0), shift).tolist()),
        heard=tuple(heard.tolist()),
        style=options.style_at(max(0, window_start + lead) / max(1, bars - 1)),
        chords=tuple(-1 if c < 0 else transpose_class(c, shift) for c in given),
        offset=options.offset,
        temperature=options.temperature,
        seed=options.seed,
        before=_before(voice, window_start, shift, grid),
        tempo=min(max(options.tempo, SLOWEST), FASTEST),
        drummer=options.seed,
        phase=window_start - first,
        metre=metre.name,
    )


def _before(voice: Sequence[Note], bar: int, shift: int, grid: Grid) -> tuple[int, ...]:
    """The melody of the bars before ``bar``, for the chord reader."""
    count = min(BARS_BEFORE, bar)
    if count <= 0:
        return ()
    line = bar_classes(encode_voice, voice, grid, bar - count, count)
    return tuple(shift_classes(line, shift).tolist())


def _within(notes: Sequence[Note], origin: int, end: int) -> list[Note]:
    """Notes moved to the song's ticks and cut at its end."""
    moved = (replace(n, tick=n.tick + origin) for n in notes)
    return sorted(replace(n, length=min(n.length, end - n.tick)) for n in moved if n.tick < end)


def band_tracks(bass: tuple[Note, ...], drums: tuple[Note, ...]) -> tuple[Track, Track]:
    """The band's tracks on their usual channels, with their usual programs."""
    return (
        Track("Bass", *WRITTEN_VOICES[Part.BASS], bass),
        Track("Drums", *WRITTEN_VOICES[Part.DRUMS], drums),
    )
