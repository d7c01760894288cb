"""Figures of the harmony heard: both hands, whole pieces and live; from the melody; keys."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bridge.cli.bench.ears.baseline import commonest_root, template_chord
from bridge.cli.bench.ears.human_playing import HumanPlaying, played
from bridge.cli.bench.ears.leads import Lead, read_leads, split_of
from bridge.cli.bench.ears.scores import ChordScore, Share
from bridge.errors import NameUnknown
from bridge.listening.chord_symbol import ChordSymbol, symbol_of_class
from bridge.listening.harmony import hear
from bridge.listening.key_finder import find_key
from bridge.listening.live_chord import TOGETHER_SECONDS, LiveChord, heard_at
from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT, USUAL_GRID
from bridge.music.key import Key, Weights, estimate_key, pitch_class_weights
from bridge.music.notes import Note
from bridge.music.rhythm.song_bars import SongBars
from bridge.offline.heard_chords import Reader, melody_chords

HALF: Final = FOUR_FOUR.half_step * FOUR_FOUR.ticks_per_step
IN_FOUR: Final = SongBars(FOUR_FOUR, 0, USUAL_GRID)
"""The bars of the leads."""
BOTH_HANDS: Final = Path("test") / "pop909-both-hands.jsonl.xz"
NEAR_SECONDS: Final = 0.12
"""A chord is struck by the first key this close to its half bar's beginning."""
MEMORY_BEATS: Final = 8
KEYED: Final = (
    "songs-bbloomf", "openhymnal", "leadsheets-neonscribe", "oldtime-rjl20", "tuneworks",
    "openscore-lieder", "carols-bbloomf",
)  # fmt: skip
LATER_PASSAGE: Final = re.compile(r"^li-.*-\d+$")
"""Names of passages of songs that are not their beginnings."""
MELODIES: Final = ("nottingham", "openewld", "openhymnal", "openscore-lieder")


def both_hands_of(lead: Lead) -> list[Note]:
    """All notes of a lead: melody and piano."""
    return sorted([*lead.melody, *lead.piano])


def truths(lead: Lead) -> list[tuple[int, ChordSymbol]]:
    """The half bars (numbers from 0) of a lead that have a chord."""
    halves = lead.chords[::2]
    return [(half, chord) for half, chord in enumerate(halves) if chord is not None]


def both_hands(data: Path, pieces: int) -> dict[str, Any]:
    """Root, third and bass of half bars in pop songs played with both hands, as ``accompany`` hears
    them; beside it a plain template."""
    ours, template = ChordScore(), ChordScore()
    for lead in _some(data / BOTH_HANDS, pieces):
        notes = both_hands_of(lead)
        halves = hear(notes, USUAL_GRID, 0, lead.bars).halves
        for half, true in truths(lead):
            ours.add(halves[half], true)
            template.add(template_chord(notes, half * HALF, (half + 1) * HALF), true)
    return {**ours.shares(), "baseline": {"name": "chord template", **template.shares()}}


def live(data: Path, pieces: int, human: HumanPlaying | None = None) -> dict[str, Any]:
    """The same read causally, 60 ms after the first key of each half bar; beside it the template
    over the half bar before that moment."""
    ours, template = ChordScore(), ChordScore()
    for number, lead in enumerate(_some(data / BOTH_HANDS, pieces)):
        notes = both_hands_of(lead)
        if human is not None:
            notes = played(notes, lead.bpm, human, number)
        heard, moments = heard_live(notes, lead.bpm, [half * HALF for half, _ in truths(lead)])
        for (_, true), chord, moment in zip(truths(lead), heard, moments, strict=True):
            ours.add(chord, true)
            template.add(template_chord(_until(notes, moment), moment - HALF, moment), true)
    return {**ours.shares(), "baseline": {"name": "chord template", **template.shares()}}


def heard_live(
    notes: Sequence[Note], bpm: float, starts: Sequence[int]
) -> tuple[list[ChordSymbol | None], list[int]]:
    """The chords heard 60 ms after those of each of ``starts`` (ticks) were struck, and the ticks
    of those moments. Notes after a moment are not known at it."""
    a_second = bpm / 60.0 * TICKS_PER_BEAT
    onsets = [n.tick for n in notes]
    live_chord, first = LiveChord(), 0
    found: list[ChordSymbol | None] = []
    moments: list[int] = []
    for start in starts:
        index = bisect_left(onsets, start - NEAR_SECONDS * a_second)
        near = index < len(onsets) and onsets[index] < start + NEAR_SECONDS * a_second
        struck = onsets[index] if near else start
        moment = max(int(struck + TOGETHER_SECONDS * a_second), moments[-1] if moments else 0)
        while first < len(notes) and notes[first].end < moment - MEMORY_BEATS * TICKS_PER_BEAT:
            first += 1
        known = _until(notes[first : bisect_left(onsets, moment + 1)], moment)
        live_chord = heard_at(live_chord, known, moment, FOUR_FOUR)
        found.append(live_chord.chord)
        moments.append(moment)
    return found, moments


def _until(notes: Sequence[Note], tick: int) -> list[Note]:
    """The notes that began by a tick; those that sound then end after it, as live."""
    return [replace(n, length=min(n.end, tick + 1) - n.tick) for n in notes if n.tick <= tick]


def from_melody(data: Path, pieces: int, read: Reader) -> dict[str, Any]:
    """The root of half bars from the melody alone, by the model's chord reader; beside it the
    commonest root of each piece in hindsight."""
    sources: dict[str, tuple[Path, Callable[[Lead], bool]]] = {
        name: (data / "leads" / f"{name}.jsonl", lambda lead: split_of(lead.name) == "test")
        for name in MELODIES
    }
    sources["pop"] = (data / BOTH_HANDS, lambda lead: True)
    found: dict[str, Any] = {}
    for name, (path, wanted) in sources.items():
        ours, common = Share(), Share()
        for lead in _some(path, pieces, wanted):
            halves = melody_chords(lead.melody, IN_FOUR, lead.bars, read)
            root = commonest_root(lead.chords)
            for half, true in truths(lead):
                heard = symbol_of_class(halves[half]) if half < len(halves) else None
                ours.add(heard is not None and heard.root == true.root)
                common.add(root == true.root)
        found[name] = {"root": ours.value, "baseline": common.value, "chords": int(ours.count)}
    return found


def keys(data: Path, pieces: int) -> dict[str, Any]:
    """The key right after four bars, from melody and chords, on test leads that name their key;
    beside it the profiles of Krumhansl and Kessler on the melody. ``parallel`` and ``relative``
    are the shares that are taken for that key instead; ``whole`` is the share right with all bars
    of a lead, ``beginnings`` the share without later passages of longer pieces, which are often in
    another key than the piece."""
    found: dict[str, Any] = {}
    total, base = Share(), Share()
    whole, beginnings = Share(), Share()
    parallel, relative = Share(), Share()
    for name in KEYED:
        ours, profile = Share(), Share()
        for lead in _some(data / "leads" / f"{name}.jsonl", pieces, _is_keyed_test):
            key = named_key(lead)
            weights, heard = key_heard(lead, *opening(lead))
            _, with_all = key_heard(lead, 0, lead.bars * FOUR_FOUR.ticks)
            whole.add(with_all == key)
            if not LATER_PASSAGE.search(lead.name):
                beginnings.add(heard == key)
            for share, is_right in (
                (ours, heard == key), (total, heard == key),
                (profile, estimate_key(weights) == key), (base, estimate_key(weights) == key),
                (parallel, heard.mode != key.mode and heard.tonic == key.tonic),
                (relative, heard.mode != key.mode and heard.shift == key.shift),
            ):  # fmt: skip
                share.add(is_right)
        found[name] = {"right": ours.value, "baseline": profile.value, "leads": int(ours.count)}
    return {
        "right": total.value, "parallel": parallel.value, "relative": relative.value,
        "whole": whole.value, "beginnings": beginnings.value, "baseline": base.value,
        "leads": int(total.count), "by_source": found,
    }  # fmt: skip


def key_heard(lead: Lead, start: int, end: int) -> tuple[Weights, Key]:
    """The melody's weights, and the key heard, from what lies in [start, end) ticks."""
    weights = pitch_class_weights(
        (n.pitch, n.length / TICKS_PER_BEAT) for n in lead.melody if start <= n.tick < end
    )
    chords = lead.chords[start // TICKS_PER_BEAT : end // TICKS_PER_BEAT : 2]
    return weights, find_key(chords, weights)


def named_key(lead: Lead) -> Key:
    """The key that a lead names; Dorian counts as minor, Mixolydian as major. NameUnknown."""
    return Key.parse(lead.key.replace("dor", "m").replace("mix", ""))


def _is_keyed_test(lead: Lead) -> bool:
    if split_of(lead.name) != "test" or not lead.melody or not lead.key:
        return False
    try:
        named_key(lead)
    except NameUnknown:
        return False
    return True


def opening(lead: Lead) -> tuple[int, int]:
    """The ticks of the first four full bars of a lead: from, to."""
    first = min(n.tick for n in lead.melody)
    bar = first // FOUR_FOUR.ticks + (first % FOUR_FOUR.ticks > FOUR_FOUR.ticks // 4)
    return bar * FOUR_FOUR.ticks, (bar + 4) * FOUR_FOUR.ticks


def consonance(data: Path, pieces: int) -> dict[str, Any]:
    """The share of melody time that lies in the chord under it: heard live, and true."""
    ours, true = Share(), Share()
    for lead in _some(data / BOTH_HANDS, pieces):
        starts = [beat * TICKS_PER_BEAT for beat in range(len(lead.chords))]
        heard, moments = heard_live(both_hands_of(lead), lead.bpm, starts)
        for note in lead.melody:
            beat = bisect_left(moments, note.tick) - 1
            written = note.tick // TICKS_PER_BEAT
            for share, chords, at in ((ours, heard, beat), (true, lead.chords, written)):
                chord = chords[at] if 0 <= at < len(chords) else None
                if chord is not None:
                    share.add(note.pitch % 12 in chord.pitch_classes, note.length)
    ratio = round(ours.value / true.value, 4) if true.value else 0.0
    return {"live": ours.value, "true": true.value, "ratio": ratio,
            "baseline": {"name": "GAPT on other data", "live": 0.5, "true": 0.73}}  # fmt: skip


def _some(
    path: Path, pieces: int, wanted: Callable[[Lead], bool] = lambda lead: True
) -> list[Lead]:
    """The leads of a file that are wanted, at most ``pieces`` (0: all), evenly spread."""
    found = [lead for lead in read_leads(path) if wanted(lead)]
    return found[:: max(1, -(-len(found) // pieces))] if pieces else found
