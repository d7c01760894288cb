"""Whole pieces from a form, off line: sections as anchors in the latent space. Pure.

A section's anchor is a code sampled where the model expects the section's style and chords,
moved by its knobs; its windows lie around it. The same anchor gives the same codes and the same
decoding noise, so that a repeated section is recognised; its ``variation`` is the amount of
change by then. Bars at a section's end travel to the beginning of the next one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from zlib import crc32

import numpy as np

from bridge.errors import ModelError
from bridge.latent.prior import STEPS, Guidance, Prior, continue_codes
from bridge.latent.space import Floats, slerp
from bridge.model.answering import steered
from bridge.model.answering.answer import chord_input
from bridge.model.contract import CHORDS_PER_BAR, TRACKS, Guess, Ints, Preset, Trio, check_metre
from bridge.model.messages import BarTokens
from bridge.model.styles.style_metres import style_in_metre, styles_in
from bridge.music.arrange import Feel, arrange_bar, closing_bar, fill_bar
from bridge.music.chords import NO_CHORD, chord_changes, chord_class, transpose_class
from bridge.music.grid import FOUR_FOUR, SLOTS_PER_BAR, Grid, Metre
from bridge.music.key import Key
from bridge.music.notes import Note, Part
from bridge.music.phrase import skyline
from bridge.music.smf.gm_programs import WRITTEN_VOICES
from bridge.music.smf.song import Song, TempoChange, Track, signature_of
from bridge.music.song_form import PROGRESSIONS, FormLayout, PlacedSection, Section
from bridge.music.tokens import NOTE_OFF, encode_voice, from_slots, shift_classes, to_slots

FOR_MELODY: Final = 0.4
"""Factor 0..1 on the spread of codes where a melody is given."""
BATCH: Final = 16
"""Bars decoded at once; progress is reported after each batch."""


@dataclass(frozen=True)
class PriorOptions:
    """Settings of the model's prior where it leads from window to window (see ``latent.prior``)."""

    steps: int = STEPS
    temperature: float = 1.0
    normalize: bool = False


@dataclass(frozen=True)
class ComposeOptions:
    """The form, key and tempo of a piece, and the model's settings.

    ``layout`` is the form; ``style`` the name for sections without their own (empty: the
    model's first); ``knobs`` (-1..1 by direction) move the whole piece; ``enter`` is the bar,
    from 1, at which a part enters. ``spread`` 0..1 is the distance from the likeliest codes.
    ``prior`` lets the prior lead; without it windows lie at random round their section's anchor.
    ``metre`` is that of the piece.
    """

    layout: FormLayout
    key: Key
    bpm: float
    style: str
    knobs: Mapping[str, float] = field(default_factory=dict)
    enter: Mapping[Part, int] = field(default_factory=dict)
    seed: int = 1
    temperature: float = 0.5
    spread: float = 0.7
    humanize: float = 0.3
    prior: PriorOptions | None = None
    metre: Metre = FOUR_FOUR


@dataclass(frozen=True)
class Piece:
    """A composed piece of B bars.

    ``codes`` [B, Z] and ``tokens`` (in the common key) are a bar each; ``chords`` two classes
    a bar as they sound.
    """

    song: Song
    layout: FormLayout
    key: Key
    codes: Floats
    tokens: tuple[BarTokens, ...]
    chords: tuple[int, ...]


def compose(
    trio: Trio,
    options: ComposeOptions,
    melody: Sequence[Note] = (),
    *,
    steer: Callable[[Floats], Floats] | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Piece:
    """Compose a piece. The same options give the same piece.

    ``melody`` (from tick 0 on) is followed and played; without it the model writes its own.
    ``steer`` may change the bars' codes [B, Z] before they are decoded; ``progress`` is called
    with (bars done, bars in all). NameUnknown for a style or knob that the model lacks,
    ModelError for a metre that it lacks.
    """
    metre = options.metre
    check_metre(trio.spec, metre.name)
    trio = trio.in_metre(metre.name)
    sections = _SectionCodes(trio, options, melody)
    codes = travelled(options.layout, sections.codes())
    if steer is not None:
        codes = steer(codes)
    tokens, codes = _decoded(trio, options, codes, melody, progress)
    parts = _arranged(trio, options, tokens, melody)
    song = Song(
        tracks=tuple(
            Track(part.value.title(), *WRITTEN_VOICES[part], tuple(sorted(notes)))
            for part, notes in parts.items()
            if notes
        ),
        tempi=(TempoChange(0, options.bpm),),
        signatures=(signature_of(metre),),
        length=max(metre.bar_start(options.layout.bars), *(n.end for n in melody), 0),
        markers=tuple((metre.bar_start(s.start), s.section.name) for s in options.layout.sections),
    )
    chords = tuple(transpose_class(c, options.key.back) for c in sections.chords())
    song = replace(song, chords=chord_changes(chords, Grid.of(metre).half_start))
    return Piece(song, options.layout, options.key, codes, tokens, chords)


# --- codes --------------------------------------------------------------------------------


class _SectionCodes:
    """The codes of a piece's bars, before those at the ends of sections travel."""

    def __init__(self, trio: Trio, options: ComposeOptions, melody: Sequence[Note]) -> None:
        self._trio, self._options = trio, options
        self._voice = skyline(melody) if melody else []
        self._directions = steered.directions_of(trio)
        self._windows = [
            (placed, first)
            for placed in options.layout.sections
            for first in range(0, placed.bars, trio.spec.bars)
        ]
        self._guess = self._guessed()
        self._prior_codes = (
            self._codes_by_prior(options.prior) if options.prior is not None else None
        )

    def codes(self) -> Floats:
        """[B, Z], a code a bar: that of the window that the bar lies in."""
        rows = [
            self._code(place, placed, first)
            for place, (placed, first) in enumerate(self._windows)
            for _ in range(min(self._trio.spec.bars, placed.bars - first))
        ]
        return np.stack(rows).astype(np.float32)

    def chords(self) -> list[int]:
        """Two classes a bar, in the common key: the given ones, else those the model expects."""
        found: list[int] = []
        likeliest = self._guess.chord_logits.argmax(-1)
        for place, (placed, first) in enumerate(self._windows):
            bars = min(self._trio.spec.bars, placed.bars - first)
            given = [] if self._voice else self._given(placed.section, first)
            found += (given or likeliest[place].tolist())[: CHORDS_PER_BAR * bars]
        return found

    def _code(self, place: int, placed: PlacedSection, first: int) -> Floats:
        """The code [Z] of a window: the model's expectation, moved by deviation and knobs."""
        options, section = self._options, placed.section
        mu, sigma = self._guess.code.mu[place], self._guess.code.sigma[place]
        spread = options.spread * (FOR_MELODY if self._voice else 1.0)
        knobs = self._directions.offset(_sum(options.knobs, section.knobs))
        if self._prior_codes is None:
            away = sigma * self._deviation(placed, first)
        else:
            away = self._prior_codes[place] - mu
        return np.asarray(mu + spread * away + knobs, np.float32)

    def _codes_by_prior(self, led: PriorOptions) -> Floats:
        """The windows' codes [W, Z], sampled by the prior section after section.

        A repeated section has its earlier codes, changed by its variation; the sections after
        it continue from there.
        """
        prior, mu, sigma = prior_of(self._trio), self._guess.code.mu, self._guess.code.sigma
        codes = np.zeros_like(mu)
        known: dict[tuple[str, int], int] = {}
        place = 0
        while place < len(codes):
            placed, first = self._windows[place]
            anchor = placed.section.anchor
            before = known.get((anchor, first))
            rows = slice(place, place + 1)
            if before is not None:
                again = _noise(self._options.seed, anchor, f"time {first}", placed.time)
                change = sigma[place] * again.standard_normal(mu.shape[1])
                codes[place] = codes[before] + placed.section.variation * change
            else:
                rows = slice(place, place + self._unknown(place, known))
                codes[rows] = continue_codes(
                    prior, codes[:place], rows.stop - place,
                    [self._options.seed, crc32(anchor.encode()), first],
                    steps=led.steps, temperature=led.temperature,
                    normalize=led.normalize, pull=Guidance(mu[rows], sigma[rows]),
                )  # fmt: skip
            for at in range(place, rows.stop):
                known.setdefault((anchor, self._windows[at][1]), at)
            place = rows.stop
        return codes

    def _unknown(self, place: int, known: Mapping[tuple[str, int], int]) -> int:
        """The number of windows of this section, from ``place`` on, that are not yet known."""
        placed = self._windows[place][0]
        rest = itertools.takewhile(lambda w: w[0] is placed, self._windows[place:])
        key = placed.section.anchor
        return sum(1 for _ in itertools.takewhile(lambda w: (key, w[1]) not in known, rest))

    def _deviation(self, placed: PlacedSection, first: int) -> Floats:
        """A normal deviation [Z] of the section's anchor, varied by window and by repetition."""
        section, width = placed.section, self._trio.spec.latent
        drawn = _noise(self._options.seed, section.anchor, "place").standard_normal(width)
        window = _noise(self._options.seed, section.anchor, "window", first)
        drawn = _near(drawn, window.standard_normal(width), section.wander)
        if placed.time:
            again = _noise(self._options.seed, section.anchor, "time", placed.time)
            drawn = _near(drawn, again.standard_normal(width), section.variation)
        return np.asarray(drawn, np.float32)

    def _guessed(self) -> Guess:
        """The model's expectation of every window: [W, Z] and [W, 8, 25]."""
        spec = self._trio.spec
        melody, heard = self._heard()
        styles = np.stack([self._style(s.section).vector for s, _ in self._windows])
        none = [-1] * (CHORDS_PER_BAR * spec.bars)
        chords = np.asarray(
            [none if self._voice else self._given(s.section, f) for s, f in self._windows],
            np.int64,
        )
        return self._trio.surrogate(
            melody,
            heard.astype(np.float32),
            styles.astype(np.float32),
            chord_input(chords),
            np.array([first for _, first in self._windows]),
        )

    def _heard(self) -> tuple[Ints, Ints]:
        """The given melody in the common key, and 1 where it is heard, [W, T] each."""
        steps, bars, metre = self._trio.spec.steps, self._trio.spec.bars, self._options.metre
        melody = np.zeros((len(self._windows), steps), np.int64)
        for row, (placed, first) in enumerate(self._windows if self._voice else []):
            start = metre.bar_start(placed.start + first)
            classes = encode_voice(self._voice, start, bars * metre.steps, metre)
            melody[row] = to_slots(shift_classes(classes, self._options.key.shift), metre)
        sounds = np.any(melody > NOTE_OFF, axis=1, keepdims=True)
        heard = np.repeat(sounds, steps, axis=1)
        return melody, heard.astype(np.int64)

    def _given(self, section: Section, first: int) -> list[int]:
        """Two classes for each bar of a window: the section's chords, repeated."""
        names = section.chords or _progression(self._options.seed, section.anchor)
        classes = [chord_class(name) for name in names]
        bars = [classes[(first + bar) % len(classes)] for bar in range(self._trio.spec.bars)]
        # The surrogate cannot be asked for "no chord".
        return [c if c != NO_CHORD else -1 for c in bars for _ in range(CHORDS_PER_BAR)]

    def _style(self, section: Section) -> Preset:
        options = self._options
        return find_preset(self._trio, section.style or options.style, options.metre.name)


def find_preset(trio: Trio, name: str, metre: str = FOUR_FOUR.name) -> Preset:
    """The style of that name; the model's first for the metre where none is named. NameUnknown
    for an unknown name, ModelError for a style of another metre."""
    first = next(iter(styles_in(trio.presets, metre)))
    return style_in_metre(trio.presets, name or first, metre)


def prior_of(trio: Trio) -> Prior:
    """The model's prior over phrases. ModelError without one."""
    if trio.prior is None:
        raise ModelError(f"the model {trio.spec.name} has no prior: choose another, or do without")
    return trio.prior


def travelled(layout: FormLayout, codes: Floats) -> Floats:
    """Codes [B, Z] in which the last bars of a section travel on arcs to the next one's first."""
    moved = codes.copy()
    for here, there in zip(layout.sections, layout.sections[1:], strict=False):
        for bar in range(here.start, here.end):
            if share := here.travelled(bar - here.start):
                moved[bar] = slerp(codes[bar], codes[there.start], share)
    return moved


def _progression(seed: int, anchor: str) -> tuple[str, ...]:
    drawn = int(_noise(seed, anchor, "chords").integers(len(PROGRESSIONS)))
    return tuple(PROGRESSIONS[drawn].split())


def _noise(seed: int, anchor: str, what: str, number: int = 0) -> np.random.Generator:
    """Random numbers of an anchor, independent of the sections before it."""
    key = [seed, crc32(anchor.encode()), crc32(what.encode()), number]
    return np.random.Generator(np.random.PCG64(key))


def _near(value: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    """``value`` with a share (0..1) of ``other``; the result is normal as both are."""
    return np.asarray(np.sqrt(1.0 - share * share) * value + share * other)


def _sum(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    return {k: first.get(k, 0.0) + second.get(k, 0.0) for k in {**first, **second}}


# --- bars ---------------------------------------------------------------------------------


def _decoded(
    trio: Trio, options: ComposeOptions, codes: Floats, melody: Sequence[Note],
    progress: Callable[[int, int], None],
) -> tuple[tuple[BarTokens, ...], Floats]:  # fmt: skip
    """Each bar, decoded from its own code at its position in the window; and the codes [B, Z].

    Knobs choose among several decoded bars, as live; the returned codes include their moves.
    """
    bars, codes = range(options.layout.bars), codes.copy()
    voice, metre = skyline(melody) if melody else [], options.metre
    found: list[BarTokens] = []
    for batch in (bars[i : i + BATCH] for i in range(0, len(bars), BATCH)):
        knobs = [_knobs_at(options, bar) for bar in batch]
        moves = [steered.moves_of(trio, turned) for turned in knobs]
        tried = _tried(trio, options, batch, codes, moves)
        for bar, turned in zip(batch, knobs, strict=True):
            line = encode_voice(voice, metre.bar_start(bar), metre.steps, metre)
            played = to_slots(shift_classes(line, options.key.shift), metre)[None]
            heard = np.full(played.shape, int(bool(voice)), np.int64)
            rows, move = steered.choose_bars(trio, turned, tried[bar], played, heard)
            codes[bar] += move
            tune, bass, drums = (tuple(t) for t in from_slots(rows[0], metre, 0).T.tolist())
            found.append(BarTokens(tune, bass, drums))
        progress(len(found), len(bars))
    return tuple(found), codes


def _tried(
    trio: Trio,
    options: ComposeOptions,
    batch: Sequence[int],
    codes: Floats,
    moves: Sequence[Floats],
) -> dict[int, Ints]:
    """Bar -> its classes [K, 1, 16, 3], decoded after each of its K moves."""
    layout, spec = options.layout, trio.spec
    found: dict[int, Ints] = {}
    for index in range(spec.bars):
        mine = [
            (bar, own)
            for bar, own in zip(batch, moves, strict=True)
            if (bar - layout.at(bar).start) % spec.bars == index
        ]
        if not mine:
            continue
        noise = [np.repeat(_bar_noise(options, bar), len(own), axis=0) for bar, own in mine]
        classes = trio.decode(
            np.concatenate([codes[bar] + own for bar, own in mine]).astype(np.float32),
            np.array([index]), options.temperature, np.concatenate(noise),
        )  # fmt: skip
        ends = np.cumsum([len(own) for _, own in mine])
        for (bar, own), end in zip(mine, ends, strict=True):
            found[bar] = classes[end - len(own) : end]
    return found


def _bar_noise(options: ComposeOptions, bar: int) -> Floats:
    """The decoder's noise [1, 1, 16, 3] of a bar, from its section's anchor."""
    placed = options.layout.at(bar)
    drawn = _noise(options.seed, placed.section.anchor, "bar", bar - placed.start)
    return drawn.random((1, 1, SLOTS_PER_BAR, len(TRACKS)), dtype=np.float32)


def _knobs_at(options: ComposeOptions, bar: int) -> dict[str, float]:
    """The knobs of a bar: the sum of the piece's and its section's.

    Where the section travels, they move to the next section's.
    """
    layout = options.layout
    place = layout.index_at(bar)
    here = layout.sections[place]
    knobs = _sum(options.knobs, here.section.knobs)
    share = here.travelled(bar - here.start)
    if not share or place + 1 == len(layout.sections):
        return knobs
    there = _sum(options.knobs, layout.sections[place + 1].section.knobs)
    return _sum(
        {name: value * (1 - share) for name, value in knobs.items()},
        {name: value * share for name, value in there.items()},
    )


def _arranged(
    trio: Trio, options: ComposeOptions, tokens: Sequence[BarTokens], melody: Sequence[Note]
) -> dict[Part, list[Note]]:
    """The notes of all parts, each where its sections and its entry let it play."""
    parts: dict[Part, list[Note]] = {part: [] for part in WRITTEN_VOICES}
    parts[Part.MELODY] += melody
    grid = Grid.of(options.metre)
    for placed in options.layout.sections:
        section = placed.section
        style = find_preset(trio, section.style or options.style, options.metre.name)
        feel = Feel(style.swing, options.humanize, seed=options.seed, grid=grid)
        for bar in range(placed.start, placed.end):
            near = parts[Part.BASS][-1].pitch if parts[Part.BASS] else None
            made = arrange_bar(tokens[bar], bar, feel, transpose=options.key.back, near=near)
            last = bar == placed.end - 1
            if section.fill and last:
                made[Part.DRUMS] = fill_bar(made[Part.DRUMS], bar, feel)
            if section.close and last:
                made = closing_bar(made, bar, feel)
            for part in section.parts:
                playing = bar + 1 >= options.enter.get(part, 1)
                if playing and not (part is Part.MELODY and melody):
                    parts[part] += made[part]
    return parts
