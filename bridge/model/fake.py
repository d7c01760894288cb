"""A deterministic trio model made of tables, without files or networks.

It replaces a trained model in tests and where none is installed. Its code has eight interpretable
numbers: density, bass movement, four styles, syncopation, and the bass roots of the bars packed
into one.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.latent.prior import Prior, PriorSpace
from bridge.model.contract import (
    CHORD_CLASSES,
    CHORDS_PER_BAR,
    Floats,
    Gaussian,
    Guess,
    Ints,
    ModelSpec,
    Preset,
    Touch,
)
from bridge.music.chords import class_pitch_classes, class_root
from bridge.music.grid import FOUR_FOUR, METRES
from bridge.music.tokens import (
    BASS_CLASSES,
    DRUM_CLASSES,
    FIRST_PITCH,
    MELODY_CLASSES,
    NO_EVENT,
    NOTE_OFF,
    to_slots,
)

NAME: Final = "fake"
SPEC: Final = ModelSpec(
    name=NAME,
    kind="trio",
    title="Tables instead of a network, for tests",
    licence="Apache-2.0",
    bars=4,
    steps_per_bar=16,
    latent=8,
    tracks={"melody": MELODY_CLASSES, "bass": BASS_CLASSES, "drums": DRUM_CLASSES},
    graphs={},
    style=4,
    common_key=True,
    chord_classes=CHORD_CLASSES,
    metres=tuple(METRES),
)
DENSITY, MOVEMENT, SYNCOPATION, ROOTS = 0, 1, 6, 7
STYLES: Final = slice(2, 6)

# Kick, snare, closed hat for each step: tenths of a hit probability, "." for never.
_TRIPLE_GROOVES: Final = {
    "rock": ("9.....9.....", "...9.....9..", "977977977977"),
    "funk": ("9.7...9.7...", "...9.3...9.3", "9.79.79.79.7"),
    "swing": ("7.....6.....", "...6.4...6.4", "9..9.89..9.8"),
    "bossa": ("9.79..9.79..", "...7..7..7..", "999999999999"),
}
_GROOVES: Final = {
    "4/4": {
        "rock": ("9.....3.9.5...3.", "....9..3....9..3", "9.7.9.7.9.7.9.7."),
        "funk": ("9..7..3...9..3..", "....9..3.3..9..7", "9595959595959595"),
        "swing": ("7.......6.....3.", "....6..3....6..4", "9...9..89...9..8"),
        "bossa": ("9..79..79..79..7", "7..7..7...7..7..", "9.9.9.9.9.9.9.9."),
    },
    "3/4": {
        "rock": ("9.......3...", "....9...9...", "9.7.9.7.9.7."),
        "funk": ("9..7......3.", "....9.3.9...", "959595959595"),
        "swing": ("7.........3.", "....6..36...", "9...9..89..."),
        "bossa": ("9..7....7...", "....7...7..7", "9.9.9.9.9.9."),
    },
    "6/8": {
        "rock": ("9.........3.", "......9.....", "9.7.7.9.7.7."),
        "funk": ("9...7.....7.", "......9....3", "957575957575"),
        "swing": ("7.....3.....", "......6...4.", "9...7.9...7."),
        "bossa": ("9.....7.....", "....3.9...7.", "9.9.9.9.9.9."),
    },
    "12/8": _TRIPLE_GROOVES,
    "4/4t": _TRIPLE_GROOVES,
}
# Bass onsets in semitones above the root (hexadecimal), "." none: the plain and the moving line.
_TRIPLE_BASSES: Final = {
    "rock": ("0..0..7..7..", "0.00.77.77.9"),
    "funk": ("0.0...7.0...", "0.0.3.5.7.a."),
    "swing": ("0..4..7..9..", "0..4.57..9.8"),
    "bossa": ("0.....7.....", "0.07..0.7..."),
}
_BASSES: Final = {
    "4/4": {
        "rock": ("0.0.0.0.0.0.0.0.", "0.0.7.0.0.0.7.9."),
        "funk": ("0..0..c...0.7...", "0..0.ac..70.7.a."),
        "swing": ("0...4...7...9...", "0..04..47..7a..9"),
        "bossa": ("0.....7.7.....0.", "0..07..77..7c..0"),
    },
    "3/4": {
        "rock": ("0...7...7...", "0...4...7..."),
        "funk": ("0..0..7...0.", "0..07.a...c."),
        "swing": ("0...4...7...", "0...4..27..5"),
        "bossa": ("0.....7...0.", "0..07...c..7"),
    },
    "6/8": {
        "rock": ("0.....7.....", "0...7.0...7."),
        "funk": ("0...0.7...0.", "0.0.7.c.7.0."),
        "swing": ("0.....4...7.", "0.4.7.9.7.4."),
        "bossa": ("0.....7...7.", "0...7.c...7."),
    },
    "12/8": _TRIPLE_BASSES,
    "4/4t": _TRIPLE_BASSES,
}
_TEMPOS: Final = {"rock": 120.0, "funk": 104.0, "swing": 144.0, "bossa": 132.0}
_SWINGS: Final = {"swing": 0.6}
_LOWEST_BASS: Final = 36
_MELODY_PITCH: Final = 72
MIN_TEMPERATURE: Final = 1e-5
"""Lower limit of temperatures above 0, so that they can be divided by."""
_LOGIT_SCALE: Final = 8.0
"""Factor from a table's probability, less 0.5, to a logit."""


def _chances(line: str) -> list[float]:
    return [0.0 if c == "." else int(c) / 10 + 0.05 for c in line]


def _steps(line: str) -> list[int]:
    return [-1 if c == "." else int(c, 16) for c in line]


_HITS: Final[dict[str, Floats]] = {
    name: to_slots(
        np.array([[_chances(line) for line in groove] for groove in grooves.values()], np.float32),
        METRES[name],
    )
    for name, grooves in _GROOVES.items()
}
"""[4, 3, 16] for each metre."""
_LINES: Final[dict[str, Ints]] = {
    name: to_slots(
        1 + np.array([[_steps(line) for line in lines] for lines in basses.values()], np.int64),
        METRES[name],
    )
    - 1
    for name, basses in _BASSES.items()
}
"""[4, 2, 16] for each metre."""
_CHORD_TONES: Final[Floats] = np.array(
    [[pc in class_pitch_classes(c) for pc in range(12)] for c in range(CHORD_CLASSES)], np.float32
)  # [25, 12]
_CHORD_ROOTS: Final[Ints] = np.array([class_root(c) or 0 for c in range(CHORD_CLASSES)], np.int64)
_ROOT_BASES: Final[Ints] = 12 ** np.arange(4, dtype=np.int64)
_PACK_SCALE: Final = 12**4
_OFF_BEAT: Final[Floats] = (np.arange(16) % 4 != 0).astype(np.float32)


class FakeTrio:
    """A ``Trio`` of eight latent numbers, four styles and three directions; deterministic. It
    knows all metres."""

    def __init__(self, metre: str = FOUR_FOUR.name) -> None:
        self._metre = METRES[metre]
        self._hits, self._lines = _HITS[metre], _LINES[metre]

    def in_metre(self, metre: str) -> FakeTrio:
        """The trio with the tables of a metre."""
        return self if metre == self._metre.name else FakeTrio(metre)

    @property
    def spec(self) -> ModelSpec:
        """Four bars, Z = 8, S = 4, in the common key."""
        return SPEC

    @property
    def presets(self) -> dict[str, Preset]:
        """rock, funk, swing, bossa."""
        rows = np.eye(4, dtype=np.float32)
        return {
            name: Preset(name, rows[i], _TEMPOS[name], _SWINGS.get(name, 0.0))
            for i, name in enumerate(_TEMPOS)
        }

    @property
    def directions(self) -> dict[str, Floats]:
        """density, bass_movement, syncopation: one number of the code each."""
        rows = np.eye(SPEC.latent, dtype=np.float32)
        return {
            "density": rows[DENSITY],
            "bass_movement": rows[MOVEMENT],
            "syncopation": rows[SYNCOPATION],
        }

    @property
    def steering(self) -> None:
        """None: its directions are exact at every code, so that no steering is needed."""

    def encode(self, tokens: Ints, chords: Ints | None = None) -> Gaussian:
        """The code whose tables are most similar to the window [N, 64, 3]."""
        bass, drums = tokens[..., 1], tokens[..., 2]
        mu = np.zeros((len(tokens), SPEC.latent), np.float32)
        mu[:, STYLES] = self.style_of(bass, drums)
        mu[:, DENSITY] = (drums > 0).mean(-1) - 0.5
        mu[:, MOVEMENT] = (bass > NOTE_OFF).mean(-1) - 0.4
        by_bar = bass.reshape(len(bass), SPEC.bars, SPEC.steps_per_bar)
        first = np.take_along_axis(by_bar, (by_bar > NOTE_OFF).argmax(-1)[..., None], -1)[..., 0]
        roots = np.where(first > NOTE_OFF, (first + FIRST_PITCH - 2) % 12, 0)
        mu[:, ROOTS] = _pack(roots)
        return Gaussian(mu, _sigma(len(tokens)))

    def surrogate(
        self, melody: Ints, heard: Floats, style: Floats, chords: Floats, phase: Ints
    ) -> Guess:
        """Chords from the heard pitch classes, roots from the chords, density from the onsets."""
        count = len(melody)
        onset = (melody > NOTE_OFF) * (heard > 0)
        pitch_class = (melody + FIRST_PITCH - 2) % 12
        seen = np.eye(12, dtype=np.float32)[pitch_class] * onset[..., None]
        halves = seen.reshape(count, SPEC.bars * CHORDS_PER_BAR, -1, 12).sum(2)
        logits = halves @ _CHORD_TONES.T + 10 * chords
        logits[..., 1] += 0.5  # silence is C in the common key
        mu = np.zeros((count, SPEC.latent), np.float32)
        mu[:, DENSITY] = onset.mean(-1) - 0.25
        mu[:, STYLES] = style
        mu[:, ROOTS] = _pack(_CHORD_ROOTS[logits[:, ::CHORDS_PER_BAR].argmax(-1)])
        return Guess(Gaussian(mu, _sigma(count)), logits.astype(np.float32))

    @property
    def prior(self) -> Prior:
        """A prior with codes near the mean of the given ones, else standard normal."""
        rows = np.eye(SPEC.latent, dtype=np.float32)
        return Prior(PriorSpace(rows[0] * 0, rows, 2 * _sigma(1)[0]), _velocity)

    def harmony(self, features: Floats) -> Floats | None:
        """None: the surrogate predicts the chords itself."""
        return None

    def feel(self, drums: Ints, tempo: Floats, drummer: Floats) -> Touch | None:
        """None: velocities come from the metrical position."""
        return None

    def style_of(self, bass: Ints, drums: Ints, chords: Ints | None = None) -> Floats:
        """Similarity [N, 4] of the drums to each style's kick, snare and hat; sums to 1."""
        bits = drums[..., None] >> np.arange(3) & 1
        bars = bits.reshape(len(drums), SPEC.bars, SPEC.steps_per_bar, 3).mean(1)
        gap = ((bars.transpose(0, 2, 1)[:, None] - self._hits) ** 2).sum((-1, -2))
        return _softmax(-gap).astype(np.float32)

    def decode(
        self,
        z: Floats,
        bars: Ints,
        temperature: float,
        noise: Floats,
        chords: Ints | None = None,
    ) -> Ints:
        """Bars sampled from the style's tables, with the density as a bias on the logits."""
        count, chosen = len(z), len(bars)
        style = z[:, STYLES].argmax(-1)
        roots = _unpack(z[:, ROOTS])[:, bars]  # [N, K]
        out = np.zeros((count, chosen, SPEC.steps_per_bar, 3), np.int64)
        last = self._metre.slots[-1]
        out[..., 2] = _drums(z, self._hits[style], temperature, noise[..., 2])
        out[..., 1] = _bass(z, self._lines[style], roots, temperature, noise[..., 1], last)
        out[..., 0, 0] = _MELODY_PITCH + roots - FIRST_PITCH + 2
        out[..., last, 0] = NOTE_OFF
        return out


def _velocity(x: Floats, given: Floats, level: Floats) -> Floats:
    """The velocity of an ideal denoiser of normal codes, pulled to the mean of the given ones."""
    angle = np.pi / 2 * level[:, None, None]
    held = given[..., None]
    mean = (x * held).sum(1, keepdims=True) / np.maximum(held.sum(1, keepdims=True), 1)
    clean = np.cos(angle) * x + np.sin(angle) ** 2 * mean
    velocity: Floats = ((np.cos(angle) * x - clean) / np.maximum(np.sin(angle), 1e-3)).astype(
        np.float32
    )
    return velocity


def _drums(z: Floats, table: Floats, temperature: float, noise: Floats) -> Ints:
    """Drum classes [N, K, 16] by a table [N, 3, 16] of chances."""
    logit = _LOGIT_SCALE * (table - 0.5) + 2 * z[:, DENSITY, None, None]
    logit = logit + 2 * z[:, SYNCOPATION, None, None] * (2 * _OFF_BEAT - 1)
    logit = np.where(table > 0, logit, -_LOGIT_SCALE)[:, None]
    # One uniform number a step serves three drums: its multiples modulo 1 are uniform too.
    uniform = np.stack([noise * k % 1.0 for k in (1, 7, 53)], axis=2)
    if temperature <= 0:
        hit = np.broadcast_to(logit > 0, uniform.shape)
    else:
        hit = uniform < 1 / (
            1 + np.exp(np.clip(-logit / max(temperature, MIN_TEMPERATURE), -60, 60))
        )
    bits: Ints = (hit * (1 << np.arange(3))[:, None]).sum(2)
    return bits


def _bass(
    z: Floats, lines: Ints, roots: Ints, temperature: float, noise: Floats, last: int
) -> Ints:
    """Bass classes [N, K, 16]: the plain or the moving one of ``lines`` [N, 2, 16] on the roots of
    the bars, up to the slot ``last``."""
    moving = (z[:, MOVEMENT] > 0.5).astype(np.int64)
    line = np.broadcast_to(lines[np.arange(len(z)), moving][:, None], noise.shape)
    leap = noise < 0.15 * temperature  # occasional octave leaps
    pitch = _LOWEST_BASS + roots[..., None] + line + 12 * (leap & (line == 0))
    classes = np.where(line >= 0, pitch - FIRST_PITCH + 2, NO_EVENT)
    classes[..., last] = np.where(classes[..., last] == NO_EVENT, NOTE_OFF, classes[..., last])
    return classes.astype(np.int64)


def _sigma(count: int) -> Floats:
    """Standard deviations [N, 8]: 0.25, but almost 0 for the roots, which are integers."""
    sigma = np.full((count, SPEC.latent), 0.25, np.float32)
    sigma[:, ROOTS] = 1e-6
    return sigma


def _pack(roots: Ints) -> Floats:
    """Pack four roots 0..11 [N, 4] into one number 0..1 each [N]."""
    return ((roots @ _ROOT_BASES) / _PACK_SCALE).astype(np.float32)


def _unpack(packed: Floats) -> Ints:
    """[N] -> [N, 4]: the inverse of :func:`_pack`, for any float."""
    whole = np.rint(packed.astype(np.float64) * _PACK_SCALE).astype(np.int64)
    roots: Ints = whole[:, None] // _ROOT_BASES % 12
    return roots


def _softmax(x: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    grown = np.exp(x - x.max(-1, keepdims=True))
    shares: npt.NDArray[np.floating] = grown / grown.sum(-1, keepdims=True)
    return shares
