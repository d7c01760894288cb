"""The contract of models: their specification and the protocols that they implement.

A model folder holds ``model.yaml`` (a :class:`ModelSpec`) and the files it names with their
checksums. :class:`Trio` is the protocol of models that accompany, implemented by the runtime and
the shipped fake; :class:`Codec` is the protocol of every model. The messages between session and
worker are in :mod:`bridge.model.messages`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from bridge.errors import ModelError
from bridge.latent.prior import Prior, PriorSpace
from bridge.latent.steering import Steering
from bridge.music.grid import FOUR_FOUR

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Window = npt.NDArray[Any]
"""[N, T, C]: int64 classes, a column a track; float32 for the kind "groove" (see Codec)."""

TRACKS = ("melody", "bass", "drums")
CHORD_CLASSES = 25
CHORDS_PER_BAR = 2
DRUMMER_WIDTH = 6
"""Width of the vector that describes a drummer's touch."""
TRIO: Final = "trio"
KINDS: Final[dict[str, tuple[str, ...]]] = {
    TRIO: TRACKS,
    "melody": ("melody",),
    "drums": ("drums",),
    "groove": ("groove",),
    "multitrack": ("events",),
    "rhythm": ("rhythm",),
    "shape": ("shape",),
}
"""Kind of model -> its tracks."""


@dataclass(frozen=True)
class GraphSpec:
    """One ONNX graph: its file, sha256 (hex), and the shape of each input and output.

    A dimension is an int, or a name (``N``, ``K``) for one that varies.
    """

    file: str
    sha256: str
    inputs: dict[str, list[int | str]]
    outputs: dict[str, list[int | str]]


@dataclass(frozen=True)
class ExtraSpec:
    """A file beside the graphs (``styles.npz``, ``directions.npz``) and its sha256 (hex)."""

    file: str
    sha256: str


@dataclass(frozen=True)
class ModelSpec:
    """The content of ``model.yaml``. ``latent`` and ``style`` are the widths of the two codes.

    ``kind`` is one of :data:`KINDS`; ``tracks`` maps each track to its number of classes (of a
    groove: columns). ``chord_classes`` is the number that the surrogate knows, ``controls`` the
    width of the conditioning of each decoder step (chords, key), 0 for none. ``segments`` is the
    number of segments of a hierarchical decoder (Roberts et al. 2018, arXiv:1803.05428): bars, or
    the tracks of a multitrack model. ``lowest_pitch`` is the MIDI pitch of class 2. ``source`` is
    the origin of the weights. ``phases`` is the length in bars of the groove cycle: the surrogate
    gets the cycle's bar that the window begins with, and styles are of windows that begin with
    bar 0; 0 for models without. ``metres`` are the names of the metres that it plays
    (``music.grid.METRES``); its bars always have 16 slots (``Metre.slots``).

    A code of two levels begins with ``coarse`` numbers for the whole window; bar by bar follow the
    ``fine`` numbers of each track. Such a model is told the metre, its bass is relative to chords
    (``model.two_level.chord_relative``), and its styles are codes
    (``model.two_level.code_layout``). ``coarse`` 0 is a code of one level. ``earlier`` is the width
    of the codes of the model's earlier version, which the graph ``earlier`` decodes; 0: none.
    """

    name: str
    kind: str
    title: str
    licence: str
    bars: int
    steps_per_bar: int
    latent: int
    tracks: dict[str, int]
    graphs: dict[str, GraphSpec]
    style: int = 0
    common_key: bool = False
    chord_classes: int = 0
    extras: dict[str, ExtraSpec] = field(default_factory=dict)
    segments: int = 1
    controls: int = 0
    lowest_pitch: int = 21
    source: str = ""
    phases: int = 0
    metres: tuple[str, ...] = (FOUR_FOUR.name,)
    coarse: int = 0
    fine: dict[str, int] = field(default_factory=dict)
    earlier: int = 0

    @property
    def steps(self) -> int:
        """Steps of the model's window: 16ths, or events of a multitrack model."""
        return self.bars * self.steps_per_bar

    @property
    def window(self) -> str:
        """Name of the graph input or output that holds a window: ``tokens`` or ``groove``."""
        return "groove" if self.kind == "groove" else "tokens"


def check_metre(spec: ModelSpec, metre: str) -> None:
    """ModelError for a metre (by its name) that a model does not play, with those that it does."""
    if metre not in spec.metres:
        raise ModelError(
            f"the model {spec.name} plays {', '.join(spec.metres)} only, not {metre}: choose one "
            "of its metres, or another model (latent-bridge models list)"
        )


@dataclass(frozen=True)
class Gaussian:
    """A diagonal normal distribution over latent codes: ``mu``, ``sigma``, each [N, Z]."""

    mu: Floats
    sigma: Floats


@dataclass(frozen=True)
class Guess:
    """Output of the surrogate: the code's distribution and chord logits [N, 8, 25]."""

    code: Gaussian
    chord_logits: Floats


@dataclass(frozen=True)
class Touch:
    """Touch of drum hits: ``velocity`` 0..1 and ``offset`` in steps (positive: late),
    [N, 16, 9] each; undefined for drums without a hit."""

    velocity: Floats
    offset: Floats


@dataclass(frozen=True)
class Preset:
    """A named style: its vector [S], a typical tempo in BPM, a swing amount 0..1, and its metre."""

    name: str
    vector: Floats
    tempo: float = 120.0
    swing: float = 0.0
    metre: str = FOUR_FOUR.name


class Trio(Protocol):
    """A trio model. Shapes: T = ``spec.steps``, Z = ``spec.latent``, S = ``spec.style``.

    Everything is in the common key when ``spec.common_key`` (see ``music.key``).
    """

    @property
    def spec(self) -> ModelSpec: ...

    def in_metre(self, metre: str) -> Trio:
        """The model told the metre of all that it is given and gives: one of ``spec.metres``. A
        bar has 16 slots in any metre (``music.tokens.to_slots``)."""

    @property
    def presets(self) -> dict[str, Preset]:
        """Styles by name, in display order."""

    @property
    def directions(self) -> dict[str, Floats]:
        """Latent directions [Z] by name, scaled for knob values of -1..1."""

    @property
    def steering(self) -> Steering | None:
        """Data for steering attributes of a bar; None where the model has none."""

    def encode(self, tokens: Ints, chords: Ints | None = None) -> Gaussian:
        """Melody, bass and drums classes [N, T, 3] -> the posterior over codes.

        ``chords`` [N, 8] are the chord classes of the half bars, for models whose bass is relative
        to them; None: as they are heard in melody and bass. Other models ignore them, here and
        below.
        """

    def surrogate(
        self, melody: Ints, heard: Floats, style: Floats, chords: Floats, phase: Ints
    ) -> Guess:
        """Predict the code of a whole trio from a melody.

        ``melody`` [N, T] classes; ``heard`` [N, T] 1 where the step was heard, else 0;
        ``style`` [N, S]; ``chords`` [N, 8, 25] one-hot where given, else zeros; ``phase`` [N] the
        number of the window's first bar, relative to any first bar of the groove cycle (also
        negative), ignored by models without ``spec.phases``.
        """

    @property
    def prior(self) -> Prior | None:
        """The prior over sequences of codes; None without one."""

    def harmony(self, features: Floats) -> Floats | None:
        """Half bars of a melody [N, H, F] (``music.chord_features``) -> chord logits [N, H, 25].

        H may exceed the window. None when the model has no chord reader.
        """

    def feel(self, drums: Ints, tempo: Floats, drummer: Floats) -> Touch | None:
        """Touch of the hits in bars of drum classes [N, 16], for a tempo [N] (BPM) and a drummer
        [N, DRUMMER_WIDTH] (standard normal). None when the model has no network for it."""

    def style_of(self, bass: Ints, drums: Ints, chords: Ints | None = None) -> Floats:
        """The style vector [N, S] of bass and drums classes, [N, T] each. With ``spec.phases``
        the window has to begin with a groove cycle."""

    def decode(
        self,
        z: Floats,
        bars: Ints,
        temperature: float,
        noise: Floats,
        chords: Ints | None = None,
    ) -> Ints:
        """Codes [N, Z] -> classes [N, K, 16, 3] of the chosen bars [K] of the window. ``chords``
        [N, 8] are those that the bass is to play; None: as they are read in the melody.

        ``noise`` [N, K, 16, 3], uniform in [0, 1), determines the samples: equal noise gives
        equal bars; ``temperature`` 0 takes the likeliest class.
        """


class Codec(Protocol):
    """A model of any kind as encoder and decoder of whole windows.

    A :data:`Window` [N, T, C] holds the classes of each of ``spec.tracks``, in order. A drum
    class has one bit for each of nine drums. Two kinds differ: ``groove`` is float32 [N, T, 27],
    nine hits (0 or 1), nine velocities (0..1) and nine offsets (-1..1, in half steps), or
    [N, 9 T, 3] drum by drum; ``multitrack`` has the events of eight tracks one after another.
    ``controls`` [N, T, ``spec.controls``] is for models that have any.
    """

    @property
    def spec(self) -> ModelSpec: ...

    def in_metre(self, metre: str) -> Codec:
        """As for a Trio."""

    @property
    def distribution(self) -> PriorSpace | None:
        """The normal distribution of the model's codes; None: standard normal."""

    @property
    def can_encode(self) -> bool:
        """False for a model without an encoder."""

    def encode(self, window: Window, controls: Floats | None = None) -> Gaussian:
        """Windows [N, T, C] -> the posterior over codes. ModelError without an encoder."""

    def moved(self, codes: Floats) -> tuple[Floats, Ints]:
        """Codes [N, ``spec.earlier``] of the model's earlier version -> its codes [N, Z] of the
        same notes, and the chords [N, H] heard in them. ModelError for a model without one."""

    def again(self, window: Window) -> Window:
        """Windows [N, T, C] encoded and decoded at temperature 0, over the chords heard in them."""

    def noise_shape(self, count: int) -> tuple[int, ...]:
        """The shape of the decoder's noise for ``count`` codes."""

    def decode(
        self,
        z: Floats,
        temperature: float,
        noise: Floats,
        controls: Floats | None = None,
        chords: Ints | None = None,
    ) -> Window:
        """Codes [N, Z] -> windows [N, T, C]; ``noise``, ``temperature`` and ``chords`` [N, H] as
        for a Trio; other models ignore chords."""


MELODY_GUEST_KINDS: Final = ("melody", "rhythm")
"""Kinds of guest models with a melody that the band follows."""
DRUM_GUEST_KINDS: Final = ("drums", "groove")
"""Kinds of guest models that play drums; the rest of the band keeps following the player."""


class GuestModel(msgspec.Struct, frozen=True):
    """A model that plays beside the band: its name, its kind, the width of its codes and the
    number of bars of each."""

    name: str
    kind: str
    latent: int
    bars: int
