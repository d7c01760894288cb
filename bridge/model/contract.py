"""What the program asks of a model: its specification, its calls, and the typed messages.

A model folder holds ``model.yaml`` (a :class:`ModelSpec`) and the files that it names with
their checksums. :class:`Trio` is the protocol that the runtime (and the shipped fake)
implements; :class:`Codec` what every model is, a band or not; :class:`Request` and
:class:`Result` are what travels between the session and the worker.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from bridge.latent.prior import Prior
from bridge.latent.steering import Steering

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Window = npt.NDArray[Any]
"""[N, T, C]: int64 classes, a column a track; float32 for the kind "groove" (see Codec)."""

TRACKS = ("melody", "bass", "drums")
CHORD_CLASSES = 25
CHORDS_PER_BAR = 2
DRUMMER_WIDTH = 6
"""So many numbers stand for how a drummer plays."""
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
"""The kinds of models, and the tracks of each."""


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
    """``model.yaml``. ``latent`` and ``style`` are the widths of the two codes.

    ``kind`` is one of :data:`KINDS`; ``tracks`` has the classes of each, of a groove the
    columns. ``chord_classes`` is what a surrogate knows, ``controls`` the width of what a
    decoder is conditioned on at each step (chords, key), 0 for nothing. ``segments`` counts
    the parts that a conductor leads: bars, or the tracks of a multitrack model.
    ``lowest_pitch`` is that of class 2. ``source`` says where the weights come from.
    ``phases``: a surrogate is told which bar of a groove of so many bars the window begins
    with, and styles are of windows that begin with the first; 0 where it is told nothing.
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

    @property
    def steps(self) -> int:
        """Steps in the model's window: 16ths, or the events of a multitrack model."""
        return self.bars * self.steps_per_bar

    @property
    def window(self) -> str:
        """The name of the port that takes or gives a window: ``tokens``, or ``groove``."""
        return "groove" if self.kind == "groove" else "tokens"


@dataclass(frozen=True)
class Gaussian:
    """A diagonal normal distribution over latent codes: ``mu``, ``sigma``, each [N, Z]."""

    mu: Floats
    sigma: Floats


@dataclass(frozen=True)
class Guess:
    """What the surrogate thinks: the code's distribution and chord logits [N, 8, 25]."""

    code: Gaussian
    chord_logits: Floats


@dataclass(frozen=True)
class Touch:
    """How drums are hit: ``velocity`` 0..1 and ``offset`` in shares of a step (late is
    positive), [N, 16, 9] each; of drums that are not hit meaningless."""

    velocity: Floats
    offset: Floats


@dataclass(frozen=True)
class Preset:
    """A named style: its vector [S], a usual tempo in BPM, and a swing amount 0..1."""

    name: str
    vector: Floats
    tempo: float = 120.0
    swing: float = 0.0


class Trio(Protocol):
    """A trio model. Shapes: T = ``spec.steps``, Z = ``spec.latent``, S = ``spec.style``.

    Everything is in the common key when ``spec.common_key`` (see ``music.key``).
    """

    @property
    def spec(self) -> ModelSpec: ...

    @property
    def presets(self) -> dict[str, Preset]:
        """Styles by name, in the order to show them."""

    @property
    def directions(self) -> dict[str, Floats]:
        """Latent directions [Z] by name, scaled so that -1..1 is a knob's useful range."""

    @property
    def steering(self) -> Steering | None:
        """What lets knobs ask for attributes of a bar; None where the model has nothing."""

    def encode(self, tokens: Ints) -> Gaussian:
        """Melody, bass and drums classes [N, T, 3] -> the posterior over codes."""

    def surrogate(
        self, melody: Ints, heard: Floats, style: Floats, chords: Floats, phase: Ints
    ) -> Guess:
        """Melody alone -> the code of a whole trio.

        ``melody`` [N, T] classes; ``heard`` [N, T] 1 where the step was heard, else 0;
        ``style`` [N, S]; ``chords`` [N, 8, 25] one-hot where given, zeros where not;
        ``phase`` [N] the bar that the window begins with, counted from any bar where the
        groove begins (below 0 too), of which models without ``spec.phases`` make nothing.
        """

    @property
    def prior(self) -> Prior | None:
        """What is likely to follow what, over sequences of codes; None without one."""

    def harmony(self, features: Floats) -> Floats | None:
        """Half bars of a melody [N, H, F] (``music.chord_features``) -> chord logits [N, H, 25].

        H is what there is to hear, not the window. None when the model has no chord reader.
        """

    def feel(self, drums: Ints, tempo: Floats, drummer: Floats) -> Touch | None:
        """How the hits of bars [N, 16] are played at a tempo [N] (BPM) by a drummer
        [N, DRUMMER] (standard normal). None when the model does not know."""

    def style_of(self, bass: Ints, drums: Ints) -> Floats:
        """The style vector [N, S] of a window's bass and drums classes, [N, T] each. The
        window begins where the groove does, if ``spec.phases``."""

    def decode(self, z: Floats, bars: Ints, temperature: float, noise: Floats) -> Ints:
        """Codes [N, Z] -> classes [N, K, 16, 3] of the chosen bars [K] of the window.

        ``noise`` [N, K, 16, 3] uniform in [0, 1) does the sampling: the same noise gives
        the same bars; ``temperature`` 0 takes the likeliest class whatever the noise.
        """


class Codec(Protocol):
    """A model of any kind as encoder and decoder of whole windows.

    A :data:`Window` [N, T, C] holds a column for each of ``spec.tracks``, in their order, as
    classes. Drums are a bit for each of nine drums, whatever the network makes of them. Two
    kinds differ: ``groove`` has float32 [N, T, 27], nine hits (0 or 1), nine velocities (0..1)
    and nine offsets (-1..1, of half a step), or [N, 9 T, 3] drum by drum; ``multitrack`` has
    the events of eight tracks, one after another. ``controls`` [N, T, ``spec.controls``] is
    for models that have any.
    """

    @property
    def spec(self) -> ModelSpec: ...

    @property
    def can_encode(self) -> bool:
        """False for a model of which there is the decoder only."""

    def encode(self, window: Window, controls: Floats | None = None) -> Gaussian:
        """Windows [N, T, C] -> the posterior over codes. ModelError without an encoder."""

    def noise_shape(self, count: int) -> tuple[int, ...]:
        """The shape of the noise that ``count`` codes take."""

    def decode(
        self, z: Floats, temperature: float, noise: Floats, controls: Floats | None = None
    ) -> Window:
        """Codes [N, Z] -> windows [N, T, C]; ``noise`` and ``temperature`` as for a Trio."""


MELODY_GUEST_KINDS: Final = ("melody", "rhythm")
"""Kinds of guests whose melody the band goes by."""
DRUM_GUEST_KINDS: Final = ("drums", "groove")
"""Kinds of guests that play drums: the rest of the band goes on following the player."""


class GuestModel(msgspec.Struct, frozen=True):
    """A model of the library beside the band: its name, its kind, the width of its codes and
    the bars that each is."""

    name: str
    kind: str
    latent: int
    bars: int
