"""One example of each function of the latent space, as songs. Pure.

Each :class:`Exhibit` is made separately from a model and a seed, so that a gallery can be shown
while it grows, and stopped. The same model and seed give the same songs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Final

import numpy as np

from bridge.latent.code_statistics import synthesise
from bridge.latent.patterns import blender, fibo, orale, swapper
from bridge.latent.prior import sample_codes
from bridge.latent.space import Floats
from bridge.latent.walks import Walk, WalkKind
from bridge.model.answering.answer import answer
from bridge.model.contract import Codec, Trio
from bridge.model.messages import WorkerReady
from bridge.model.styles.style_metres import styles_in
from bridge.model.windows import song_of
from bridge.music.chords import Chart, parse_chords
from bridge.music.grid import FOUR_FOUR, SLOTS_PER_BAR, TICKS_PER_BEAT, Grid, Metre
from bridge.music.key import Key
from bridge.music.notes import Note
from bridge.music.smf.gm_programs import WRITTEN_VOICES
from bridge.music.smf.song import Song, TempoChange, Track, signature_of
from bridge.music.song_form import SongForm, bars_for_minutes, lay_out
from bridge.music.tunes import TUNES, suits
from bridge.offline.accompany import AccompanyOptions, accompany
from bridge.offline.code_walk import pathway
from bridge.offline.codes import decoded, drawn, preset_code, way
from bridge.offline.compose import ComposeOptions, PriorOptions, compose, prior_of
from bridge.offline.restyle import style_from
from bridge.session.latent.walks import check_walk
from bridge.session.messages.commands import Command, DropAnchor, SetControl, SetWalk, Start, Stop
from bridge.session.new_session import first_state
from bridge.session.simulation import play
from bridge.session.state.events import Answered, CommandReceived, Event, MidiIn
from bridge.session.state.setup import ModelFacts, Setup
from bridge.session.state.song.form_position import LiveForm

BPM: Final = 112.0
TUNE: Final = "saints"
WALK_BARS: Final = 8
PHRASES: Final = 6
"""Codes in the sequence that patterns are applied to."""
MOST_BARS: Final = 24
FORM_MINUTES: Final = 0.6


@dataclass(frozen=True)
class Exhibit:
    """An example: the name of its files, a title, a sentence about it, and its function.

    ``make`` raises ModelError where the model cannot make it.
    """

    name: str
    title: str
    about: str
    make: Callable[[Workshop], Song]


@dataclass(frozen=True)
class Workshop:
    """A band's model, also as a codec, both told the metre; and the forms by name."""

    trio: Trio
    codec: Codec
    facts: ModelFacts
    forms: Mapping[str, SongForm]
    seed: int = 1
    metre: Metre = FOUR_FOUR

    @cached_property
    def tune(self) -> tuple[Note, ...]:
        """The first :data:`WALK_BARS` bars of a tune of the metre."""
        usual = TUNES[TUNE]
        fitting = [t for t in TUNES.values() if suits(t.metre, self.metre)]
        tune = usual if usual in fitting else fitting[0]
        return tuple(n for n in tune.notes() if n.end <= self.metre.bar_start(WALK_BARS))

    @cached_property
    def styles(self) -> Floats:
        """The codes [S, Z] of the model's first styles, with noise: a sequence for patterns."""
        names = list(styles_in(self.trio.presets, self.metre.name))[:PHRASES]
        codes = np.stack([preset_code(self.trio, name) for name in names])
        return codes + 0.3 * self.drawn(len(codes))

    def drawn(self, count: int, again: int = 0) -> Floats:
        """Codes [count, Z] drawn from the model; ``again`` selects other ones."""
        return drawn(self.codec, count, self.seed + 1000 * again)

    def song(self, codes: Floats, bars: int = 1) -> Song:
        """Codes [N, Z] as music: the first ``bars`` bars of each window, one after another."""
        spec = self.trio.spec
        rows = codes[: max(1, MOST_BARS // bars)]
        windows = decoded(self.codec, rows, temperature=0.3, seed=self.seed, stride=0)
        short = windows[:, : bars * SLOTS_PER_BAR]
        return song_of(replace(spec, bars=bars), short, bpm=BPM, metre=self.metre)

    # --- live, off line -------------------------------------------------------------------

    def session(
        self, *commands: Command, setup: Setup | None = None, drop: tuple[float, ...] = ()
    ) -> Song:
        """A tune played into the band for :data:`WALK_BARS` bars, as melody and all parts.

        ``commands`` are given before the start; anchors are dropped at the bars ``drop``.
        """
        setup = replace(setup or Setup(bpm=BPM, seed=self.seed), metre=self.metre)
        begin, bar = 1.0, self.metre.quarters * 60 / setup.bpm
        notes = self.tune
        keys = [
            MidiIn(
                begin + tick / TICKS_PER_BEAT * 60 / setup.bpm, bytes((status, n.pitch, velocity))
            )
            for n in notes
            for tick, status, velocity in ((n.tick, 0x90, n.velocity), (n.end, 0x80, 0))
        ]
        end = begin + WALK_BARS * bar
        given = [CommandReceived(0.5, command) for command in commands]
        anchors = [CommandReceived(begin + at * bar, DropAnchor()) for at in drop]
        events: list[Event] = [
            Answered(0.0, WorkerReady(self.trio.spec.name, 0.0)),
            *given, CommandReceived(begin, Start()), *keys, *anchors,
            CommandReceived(end - 0.01, Stop()),
        ]  # fmt: skip
        played = play(first_state(setup, self.facts), events, partial(answer, self.trio), end + 0.1)
        band = played.recorder.song(setup.channels)
        parts = {t.name.casefold(): t.notes for t in band.tracks} if band is not None else {}
        parts["melody"] = notes
        return _song(parts, setup.bpm, self.metre)


def _song(parts: Mapping[str, tuple[Note, ...]], bpm: float, metre: Metre) -> Song:
    tracks = (
        Track(part.value.title(), *WRITTEN_VOICES[part], tuple(sorted(parts[part.value])))
        for part in WRITTEN_VOICES
        if parts.get(part.value)
    )
    length = metre.bar_start(WALK_BARS)
    return Song(tuple(tracks), (TempoChange(0, bpm),), (signature_of(metre),), length)


# --- exhibits -----------------------------------------------------------------------------


def _walk(kind: WalkKind, about: str) -> Exhibit:
    def make(shop: Workshop) -> Song:
        check_walk(kind, shop.facts)
        drop = (1.4, 2.4, 3.4) if kind is WalkKind.ANCHORS else ()
        return shop.session(SetWalk(kind.value, 4.0), SetControl("walk", 1.0), drop=drop)

    return Exhibit(f"walk-{kind.value}", f"Walk: {kind.value}", about, make)


def _pattern(name: str, about: str, make: Callable[[Workshop], Floats]) -> Exhibit:
    return Exhibit(f"pattern-{name}", f"Pattern: {name}", about, lambda shop: shop.song(make(shop)))


def _other(shop: Workshop) -> Floats:
    """A second sequence, for patterns that need two."""
    return shop.drawn(len(shop.styles), 2)


def _form(name: str, about: str, prior: PriorOptions | None = None) -> Exhibit:
    def make(shop: Workshop) -> Song:
        form = _known_to(shop, shop.forms[name])
        drawn = form.drawn(shop.seed)
        options = ComposeOptions(
            layout=lay_out(form, bars_for_minutes(FORM_MINUTES, drawn.bpm, shop.metre)),
            key=Key.parse(drawn.key),
            bpm=drawn.bpm,
            style=form.style,
            knobs=drawn.knobs,
            enter=form.enter,
            seed=shop.seed,
            prior=prior,
            metre=shop.metre,
        )
        return compose(shop.trio, options).song

    title = f"Form: {name}" + (", led by the prior" if prior else "")
    return Exhibit(f"form-{name}" + ("-prior" if prior else ""), title, about, make)


def _known_to(shop: Workshop, form: SongForm) -> SongForm:
    """The form without the styles and knobs that the model lacks."""
    presets, knobs = styles_in(shop.trio.presets, shop.metre.name), shop.trio.directions
    sections = {
        name: replace(
            section,
            style=section.style if section.style in presets else "",
            knobs={k: v for k, v in section.knobs.items() if k in knobs},
        )
        for name, section in form.sections.items()
    }
    return replace(
        form,
        sections=sections,
        style=form.style if form.style in presets else "",
        choices={k: v for k, v in form.choices.items() if k in knobs},
    )


def _live_form(shop: Workshop) -> Song:
    form = _known_to(shop, shop.forms["arc"])
    live_form = LiveForm(form.name, lay_out(form, WALK_BARS), knobs={})
    return shop.session(setup=Setup(bpm=BPM, seed=shop.seed, form=live_form))


def _prior(shop: Workshop) -> Song:
    return shop.song(sample_codes(prior_of(shop.trio), 8, shop.seed), bars=2)


def _onward(shop: Workshop) -> Song:
    given = np.full((8, shop.trio.spec.latent), np.nan, np.float32)
    given[:4] = shop.styles[:4]
    return shop.song(sample_codes(prior_of(shop.trio), len(given), shop.seed, given=given), bars=2)


def _restyled(shop: Workshop) -> Song:
    """A tune as `restyle` plays it: in the style of another performance, sampled from the space."""
    other = decoded(shop.codec, shop.drawn(2, 5), temperature=0.3, seed=shop.seed)
    performance = song_of(shop.trio.spec, other, bpm=BPM, metre=shop.metre)
    return _accompanied(
        shop, AccompanyOptions(style_from(shop.trio, performance, "another"), tempo=BPM)
    )


def _fixed(charts: str, *, moving: bool) -> Callable[[Workshop], Song]:
    """A tune as `accompany --chords` plays it; the style moves where ``moving``, else it stays."""

    def make(shop: Workshop) -> Song:
        first, *others = styles_in(shop.trio.presets, shop.metre.name).values()
        goal = others[len(others) // 2] if moving and others else None
        return _accompanied(
            shop, AccompanyOptions(first, chords=parse_chords(charts), style_to=goal)
        )

    return make


def _accompanied(shop: Workshop, options: AccompanyOptions) -> Song:
    song = _song({"melody": shop.tune}, BPM, shop.metre)
    melody = song.tracks[0]
    ask = partial(answer, shop.trio)
    options = replace(options, seed=shop.seed, tempo=BPM)
    grid = Grid.of(shop.metre)
    return accompany(ask, shop.trio.spec.bars, song, melody, options, grid=grid).song


def _chords_live(shop: Workshop) -> Song:
    setup = Setup(bpm=BPM, seed=shop.seed, chart=Chart.parse("C F | G C"))
    return shop.session(setup=setup)


def _pathway(shop: Workshop) -> Song:
    """A seeded walk of the band's model; see `play --pathway --also` for two models."""
    walk = Walk(WalkKind.BROWNIAN, shop.seed)
    return pathway(shop.codec, walk, WALK_BARS, restlessness=0.3, temperature=0.3, bpm=BPM,
                   metre=shop.metre)  # fmt: skip


EXHIBITS: Final[tuple[Exhibit, ...]] = (
    Exhibit("sample", "Sample", "Four codes drawn from the prior, two bars of each.",
            lambda shop: shop.song(shop.drawn(4), bars=2)),
    Exhibit("interpolate", "Interpolate (slerp)",
            "From one style's code to another on an arc, a bar a step.",
            lambda shop: shop.song(way(list(shop.styles[:2]), 8))),
    Exhibit("interpolate-linear", "Interpolate (linear)", "The same in a straight line.",
            lambda shop: shop.song(way(list(shop.styles[:2]), 8, straight=True))),
    Exhibit("path", "Closed path", "Through three anchors and back, four bars from each.",
            lambda shop: shop.song(way(list(shop.styles[:3]), 4))),
    Exhibit("synth", "Synth", "New codes with the statistics of a set of codes.",
            lambda shop: shop.song(synthesise(shop.styles, "correlated", 8, shop.seed))),
    _pattern("fibo", "The first row, the first two, three, five ...",
             lambda shop: fibo(shop.styles[:5])),
    _pattern("orale", "Three times as it is, a fourth time slightly changed; and that again.",
             lambda shop: orale(shop.styles[:1], amount=0.5, seed=shop.seed)),
    _pattern("blender", "One sequence turns into another, dimension by dimension.",
             lambda shop: blender(shop.styles[:2], _other(shop)[:2],
                                  dims=max(1, shop.trio.spec.latent // 8))),
    _pattern("swapper", "Values of random places swapped between two sequences.",
             lambda shop: swapper(shop.styles, _other(shop), times=2 * shop.trio.spec.latent,
                                  seed=shop.seed)[0]),
    _walk(WalkKind.BROWNIAN, "At random, held near the prior, under a tune that is played."),
    _walk(WalkKind.ORBIT, "Round a point."),
    _walk(WalkKind.DRIFT, "Towards a target over four bars."),
    _walk(WalkKind.LISSAJOUS, "Along two neurons at once."),
    _walk(WalkKind.ANCHORS, "Through anchors that were dropped on the way."),
    _walk(WalkKind.MIMIC, "Within the mean and spread of what the player played."),
    _walk(WalkKind.APART, "Drums and bass each at a point of their own."),
    _walk(WalkKind.PRIOR, "Where the prior expects the music to go next."),
    _form("song", "Intro, verses, choruses, bridge and ending, in short."),
    _form("fibonacci", "Lengths and entries follow the Fibonacci numbers."),
    _form("jungle", "The same with breaks at 160 to 180 BPM."),
    _form("arc", "To a height and back."),
    Exhibit("form-live", "A form under the player", "The arc runs while a tune is played.",
            _live_form),
    _form("song", "The same form; the prior leads from phrase to phrase.", PriorOptions()),
    Exhibit("restyle", "Style from somewhere else",
            "A tune with the band's style of another performance.", _restyled),
    Exhibit("chords-fixed", "Chords stay, style moves",
            "A tune over C F G C, from one style to another.", _fixed("C F G C", moving=True)),
    Exhibit("style-fixed", "Style stays, chords move",
            "The same tune in one style, over other chords.",
            _fixed("Am F C G Dm Am G C", moving=False)),
    Exhibit("chords-live", "Chords that are fixed live", "The tune is played; the chart goes on.",
            _chords_live),
    Exhibit("pathway", "Seeded pathway", "One seed, a bar a step: other models go the same way.",
            _pathway),
    Exhibit("prior", "A prior over phrases", "Eight phrases sampled one after another.", _prior),
    Exhibit("prior-onward", "Where the music goes next",
            "Four phrases are given, the prior makes four more.", _onward),
)  # fmt: skip
"""All examples, in the order of the page."""
