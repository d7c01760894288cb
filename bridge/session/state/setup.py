"""Setup and model facts: the values that do not change while a session runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from bridge.controllers.catalog import POINT_CONTROLS
from bridge.controllers.memories import Memories, Variation
from bridge.latent.analysis import LatentStatistics
from bridge.latent.anchors import Anchor
from bridge.latent.directions import Directions
from bridge.latent.prior import PriorSpace
from bridge.latent.space import Floats
from bridge.latent.style_axes import style_axes
from bridge.listening.ears import Ears
from bridge.model.contract import GuestModel, ModelSpec, Preset
from bridge.music.arrange import GM_DRUMS, DrumMap
from bridge.music.chords import Chart
from bridge.music.grid import FOUR_FOUR, Metre
from bridge.music.notes import Note, Part
from bridge.session.messages.commands import Mode, WhenSilent
from bridge.session.messages.latent_map import SpaceMap, map_of
from bridge.session.state.song.form_position import LiveForm
from bridge.session.state.song.metronome import ClickSound
from bridge.timing.clock_follower import CLOCKS_PER_SONG_POSITION


class Thru:
    """The player's notes that are passed on to the melody output: nothing, the notes of the
    computer keyboard, all (with pedals, bends, pressure and controllers), or all while the
    program's own sound is on and else those of the computer keyboard."""

    OFF, KEYS, ALL, AUTO = "off", "keys", "all", "auto"


class FeelSource(StrEnum):
    """The source of the band's swing: the player's (found from what is played), or the style's and
    the knob's."""

    FOLLOW = "follow"
    STYLE = "style"


@dataclass(frozen=True, slots=True)
class Setup:
    """The settings of a session. Times in seconds, channels 0..15.

    ``look_ahead`` is the time before a bar line at which the last request for that bar goes out;
    ``commit_ahead`` the time before its tick at which a note becomes final; a note-on later than
    ``patience`` is dropped. Keys below ``split`` (a MIDI note, 0 for none) are chords held
    for the band to follow, not melody. ``offsets`` delay (or, negative, advance) an output.
    ``clock`` is the port of the master whose clock is followed (empty: our own), ``clock_offset``
    delays it; ``clock_unit`` is the number of clocks in one unit of its Song Position. The latent
    point takes ``glide`` beats (bars, if ``glide_by_bar``) to the place that the knobs set;
    ``anchors`` are those the user saved. ``clock_outs`` holds an offset for each output that
    our clock goes to. ``link``: the beat is that of an Ableton Link session. ``chart`` holds the
    fixed chords at first; ``guest`` is a model beside the band's, to draw samples from.
    ``print_every`` bars the band is printed into the DAW as it plays (0: when asked to).
    ``shared_channels`` are those of other parts that play on the melody's output. ``metre`` is the
    one that the music begins in, ``feel`` where the band's swing comes from; ``tune_metres`` are
    those of tunes that are not in 4/4. ``ears`` are the player's choices about what is heard.
    The band begins in ``variation``; ``phrase_bars``, ``intro_bars`` and ``break_drums`` are those
    of the arranger (see ``Arranger``), ``memories`` those stored, ``forms`` the names of the forms
    that can be chosen. ``metronome``: it clicks, as ``click``.
    """

    bpm: float = 110.0
    style: str = ""
    mode: Mode = Mode.FOLLOW
    count_in_bars: int = 0
    sync_start: bool = False
    when_silent: WhenSilent = WhenSilent.KEEP
    look_ahead: float = 0.15
    commit_ahead: float = 0.03
    patience: float = 0.1
    loop_bars: int = 4
    respond_bars: int = 2
    seed: int = 1
    thru: str = Thru.KEYS
    drum_map: DrumMap = GM_DRUMS
    channels: Mapping[Part, int] = field(
        default_factory=lambda: {Part.MELODY: 0, Part.BASS: 1, Part.DRUMS: 9}
    )
    offsets: Mapping[Part, float] = field(default_factory=dict)
    tunes: Mapping[str, tuple[Note, ...]] = field(default_factory=dict)
    key: str = ""
    split: int = 0
    glide: float = POINT_CONTROLS["glide"][2]
    glide_by_bar: bool = False
    anchors: tuple[Anchor, ...] = ()
    clock: str = ""
    clock_offset: float = 0.0
    clock_unit: int = CLOCKS_PER_SONG_POSITION
    form: LiveForm | None = None
    clock_outs: tuple[float, ...] = ()
    link: bool = False
    chart: Chart = field(default_factory=Chart)
    guest: GuestModel | None = None
    print_every: int = 0
    shared_channels: frozenset[int] = frozenset()
    metre: Metre = FOUR_FOUR
    tune_metres: Mapping[str, Metre] = field(default_factory=dict)
    feel: FeelSource = FeelSource.STYLE
    ears: Ears = field(default_factory=Ears)
    variation: Variation = Variation.B
    phrase_bars: int = 4
    intro_bars: int = 4
    break_drums: bool = False
    memories: Memories = field(default_factory=dict)
    forms: tuple[str, ...] = ()
    metronome: bool = False
    click: ClickSound = field(default_factory=ClickSound)


NO_TAPS = "mode tap needs a model: latent-bridge models import tap2drum_2bar"


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """The facts about the model that the session needs without running it.

    ``neurons`` are the dimensions that carry most of the band's music, the surest first.
    ``prior``: the model has a prior over the code that follows. ``taps``: a model that makes
    drums of taps is loaded beside it. ``distribution`` is the normal distribution of its
    codes (None: standard normal); ``known`` are the statistics of its latent space.
    """

    spec: ModelSpec
    presets: Mapping[str, Preset]
    directions: Directions
    neurons: tuple[int, ...] = ()
    prior: bool = False
    taps: bool = False
    distribution: PriorSpace | None = field(default=None, repr=False, compare=False)
    known: LatentStatistics | None = field(default=None, repr=False, compare=False)
    style_axes: Floats = field(init=False, repr=False, compare=False)
    """[N, S], computed from the presets; see ``latent.style_axes``."""
    space: SpaceMap | None = field(init=False, repr=False, compare=False)
    """The map of the latent space, computed from ``known``; None without it."""

    def __post_init__(self) -> None:
        drawn = None if self.known is None else map_of(self.known)
        object.__setattr__(self, "space", drawn)
        rows = [np.asarray(preset.vector, np.float32) for preset in self.presets.values()]
        vectors = np.stack(rows) if rows else np.zeros((0, self.spec.style), np.float32)
        object.__setattr__(self, "style_axes", style_axes(vectors))
