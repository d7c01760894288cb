"""The family of MusicVAE in a checkpoint: sizes, tensors, and the encoding of steps.

Pure: the input is ``config.json`` and the shapes of the tensors. Names are those of Magenta's
checkpoints, sizes come from the tensors; the definition is the behaviour of magenta.js 1.23.1
(``music_vae/model.ts``, ``core/data.ts``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from bridge.errors import ModelError
from bridge.music.grid import SLOTS_PER_BAR

Shapes = Mapping[str, tuple[int, ...]]

CELL: Final = "multi_rnn_cell/cell_{}/lstm_cell/"
BOTH: Final = "bidirectional_rnn/{}/multi_rnn_cell/cell_0/lstm_cell/"
FLAT_ENCODER: Final = "encoder/cell_{}/"
LEVEL_ENCODER: Final = "encoder/hierarchical_level_{}/cell_0/"
CONDUCTOR: Final = "decoder/hierarchical_level_0/"
CONTROL: Final = "control_preprocessing/cell_0/"
DRUMS: Final = 9
IGNORED_NAMES: Final = ("opaque_kernel", "opaque_bias", "global_step")
"""Last parts of further tensor names in published checkpoints: CuDNN's copies, a counter."""
CHORD_WIDTHS: Final = {
    "MajorMinorChordEncoder": 25,
    "TriadChordEncoder": 49,
    "PitchChordEncoder": 37,
}
KEYS: Final = 12


class Head(Enum):
    """Conversion of a decoder's outputs to a step."""

    CATEGORICAL = "one class of many"
    BOOLEAN = "a yes or no for each column"
    NADE = "nine drums, one after another"
    GROOVE = "hit, velocity and offset of each drum"


class EncoderInput(Enum):
    """Conversion of a step's classes to the encoder's input."""

    ONE_HOT = "one column a class, the tracks side by side"
    ROLL = "a column a drum and one for silence"
    PLAIN = "the numbers themselves"


@dataclass(frozen=True)
class Sizes:
    """Widths of the layers, as in :class:`Family`."""

    latent: int
    encoder: tuple[int, ...]
    core: tuple[int, ...]
    conductor: tuple[int, ...] = ()
    levels: bool = False
    nade_hidden: int = 0
    control_hidden: int = 0


@dataclass(frozen=True)
class OutputTrack:
    """One output: ``depth`` columns of the decoder's step, ``classes`` values of its token."""

    name: str
    depth: int
    classes: int


@dataclass(frozen=True)
class Family:
    """The sizes of a MusicVAE. Layers are hidden widths, first to last.

    ``segments`` is 1 for a flat decoder, else the conductor's steps; ``controls`` is the width of
    a step's conditioning (chords, key, ...), 0 for none; ``encoder`` is empty where the checkpoint
    has none; ``levels``: its two widths are those of a hierarchical encoder rather than of stacked
    layers; ``end`` is the class that ends a segment of variable length, -1 for fixed lengths.
    """

    converter: str
    steps: int
    segments: int
    latent: int
    tracks: tuple[OutputTrack, ...]
    head: Head
    reading: EncoderInput
    input_depth: int
    controls: int
    control_hidden: int
    encoder: tuple[int, ...]
    levels: bool
    conductor: tuple[int, ...]
    core: tuple[int, ...]
    nade_hidden: int = 0
    end: int = -1

    @property
    def segment_steps(self) -> int:
        """Steps in a segment."""
        return self.steps // self.segments

    @property
    def by_bars(self) -> bool:
        """True if the decoder takes a list of bars: a trio with one bar a segment."""
        return self.converter == "TrioConverter" and self.segment_steps == SLOTS_PER_BAR

    @property
    def draws(self) -> int:
        """Random numbers needed to sample a step."""
        if self.head is Head.CATEGORICAL:
            return len(self.tracks)
        return self.depth // 3 if self.head is Head.GROOVE else self.depth

    @property
    def depth(self) -> int:
        """Columns of a decoded step."""
        return sum(track.depth for track in self.tracks)

    @property
    def embedding(self) -> int:
        """Width of the core decoders' input: a segment's embedding, or the code."""
        return self.conductor[-1] if self.conductor else self.latent

    @property
    def conditioned(self) -> int:
        """Width of the conditioning of the core decoders."""
        return 2 * self.control_hidden or self.controls

    def prefixes(self) -> list[str]:
        """The core decoders' name prefixes, in the order of the tracks."""
        outer = "core_decoder/" if self.segments > 1 else ""
        if len(self.tracks) == 1:
            return [f"{outer}decoder/"]
        return [f"{outer}core_decoder_{i}/decoder/" for i in range(len(self.tracks))]


# --- from config.json and shapes --------------------------------------------------------------


@dataclass(frozen=True)
class _ConverterForm:
    """The encoding of a ``dataConverter`` type."""

    tracks: tuple[OutputTrack, ...]
    head: Head
    reading: EncoderInput
    input_depth: int
    end: int = -1


def _melody(args: Mapping[str, Any], name: str = "melody") -> OutputTrack:
    width = _integer(args, "maxPitch", 108) - _integer(args, "minPitch", 21) + 3
    return OutputTrack(name, width, width)


def _drum_count(args: Mapping[str, Any]) -> int:
    classes = args.get("pitchClasses")
    return DRUMS if classes is None else len(classes)


def _drums(args: Mapping[str, Any]) -> OutputTrack:
    size = 1 << _drum_count(args)
    return OutputTrack("drums", size, size)


def _melody_form(args: Mapping[str, Any]) -> _ConverterForm:
    track = _melody(args)
    return _ConverterForm((track,), Head.CATEGORICAL, EncoderInput.ONE_HOT, track.depth)


def _trio_form(args: Mapping[str, Any]) -> _ConverterForm:
    tracks = (
        _melody(args.get("melArgs") or {}),
        _melody(args.get("bassArgs") or {}, "bass"),
        _drums(args.get("drumsArgs") or {}),
    )
    return _ConverterForm(
        tracks, Head.CATEGORICAL, EncoderInput.ONE_HOT, sum(t.depth for t in tracks)
    )


def _one_hot_drums_form(args: Mapping[str, Any]) -> _ConverterForm:
    track = _drums(args)
    return _ConverterForm((track,), Head.CATEGORICAL, EncoderInput.ONE_HOT, track.depth)


def _drums_form(args: Mapping[str, Any]) -> _ConverterForm:
    return _ConverterForm(
        (_drums(args),), Head.CATEGORICAL, EncoderInput.ROLL, _drum_count(args) + 1
    )


def _roll_form(args: Mapping[str, Any]) -> _ConverterForm:
    count = _drum_count(args)
    return _ConverterForm(
        (OutputTrack("drums", count, 1 << count),), Head.NADE, EncoderInput.ROLL, count + 1
    )


def _multitrack_form(args: Mapping[str, Any]) -> _ConverterForm:
    pitches = _integer(args, "maxPitch", 127) - _integer(args, "minPitch", 0) + 1
    events = 2 * pitches + _integer(args, "totalSteps") + _integer(args, "numVelocityBins")
    end = events + 129  # 128 programs, and drums
    track = OutputTrack("events", end + 1, end + 1)
    return _ConverterForm((track,), Head.CATEGORICAL, EncoderInput.ONE_HOT, end + 1, end)


def _groove_form(args: Mapping[str, Any]) -> _ConverterForm:
    width = 3 if args.get("splitInstruments") else 3 * _drum_count(args)
    return _ConverterForm(
        (OutputTrack("groove", width, 0),), Head.GROOVE, EncoderInput.PLAIN, width
    )


def _rhythm_form(_: Mapping[str, Any]) -> _ConverterForm:
    return _ConverterForm((OutputTrack("rhythm", 1, 2),), Head.BOOLEAN, EncoderInput.PLAIN, 1)


def _shape_form(_: Mapping[str, Any]) -> _ConverterForm:
    return _ConverterForm((OutputTrack("shape", 3, 3),), Head.CATEGORICAL, EncoderInput.ONE_HOT, 3)


FORMS: Final = {
    "MelodyConverter": _melody_form,
    "MelodyRhythmConverter": _rhythm_form,
    "MelodyShapeConverter": _shape_form,
    "TrioConverter": _trio_form,
    "DrumsOneHotConverter": _one_hot_drums_form,
    "DrumsConverter": _drums_form,
    "DrumRollConverter": _roll_form,
    "MultitrackConverter": _multitrack_form,
    "GrooveConverter": _groove_form,
}


def family_of(config: Mapping[str, Any], shapes: Shapes) -> Family:
    """The family of a checkpoint with checked tensors. ModelError where they do not match."""
    family = family_with_sizes(config, _sizes(config, shapes))
    _check(family, shapes)
    return family


def family_with_sizes(config: Mapping[str, Any], sizes: Sizes) -> Family:
    """The family of a ``config.json`` with layers of the given widths."""
    converter, args = _converter(config)
    form = FORMS[converter](args)
    steps, segments = _integer(args, "numSteps"), _integer(args, "numSegments", 1)
    if args.get("splitInstruments"):
        steps *= _drum_count(args)
    if not segments or steps % segments:
        raise ModelError(
            f"config.json: {steps} steps are not a whole number of {segments} segments"
        )
    return Family(
        converter=converter,
        steps=steps,
        segments=segments,
        latent=sizes.latent,
        tracks=form.tracks,
        head=form.head,
        reading=form.reading,
        input_depth=form.input_depth,
        controls=_controls(config),
        control_hidden=sizes.control_hidden,
        encoder=sizes.encoder,
        levels=sizes.levels,
        conductor=sizes.conductor,
        core=sizes.core,
        nade_hidden=sizes.nade_hidden,
        end=form.end,
    )


def _sizes(config: Mapping[str, Any], shapes: Shapes) -> Sizes:
    """The layer widths, read from the tensors' shapes."""
    converter, args = _converter(config)
    form = FORMS[converter](args)
    conducted = _integer(args, "numSegments", 1) > 1
    outer = "core_decoder/" if conducted else ""
    prefix = f"{outer}{'core_decoder_0/' if len(form.tracks) > 1 else ''}decoder/"
    first = f"{CONDUCTOR}initial_state/" if conducted else f"{prefix}z_to_initial_state/"
    levels = f"{LEVEL_ENCODER.format(0)}{BOTH.format('fw')}kernel" in shapes
    encoder = (LEVEL_ENCODER if levels else FLAT_ENCODER) + BOTH.format("fw")
    conductor = tuple(_layers(shapes, CONDUCTOR + "cell_{}/lstm_cell/")) if conducted else ()
    return Sizes(
        latent=_size(shapes, f"{first}kernel", 0),
        encoder=tuple(_layers(shapes, encoder)),
        core=tuple(_layers(shapes, prefix + CELL)),
        conductor=conductor,
        levels=levels,
        nade_hidden=_size(shapes, f"{prefix}nade/w_enc", 2) if form.head is Head.NADE else 0,
        control_hidden=next(_layers(shapes, CONTROL + BOTH.format("fw")), 0),
    )


def _converter(config: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    spec = config.get("dataConverter")
    if not isinstance(spec, Mapping):
        spec = config  # the older converter.json is the converter itself
    elif config.get("type", "MusicVAE") != "MusicVAE":
        raise ModelError(f"config.json is of a {config['type']!r}, not a MusicVAE")
    name, args = spec.get("type"), spec.get("args")
    if name not in FORMS:
        known = ", ".join(FORMS)
        raise ModelError(f"config.json: no data converter {name!r}; known are {known}")
    if not isinstance(args, Mapping):
        raise ModelError("config.json: the data converter has no args")
    return str(name), args


def _controls(config: Mapping[str, Any]) -> int:
    """Columns of chords, key and extra controls, in this order."""
    chords = config.get("chordEncoder")
    if chords is not None and chords not in CHORD_WIDTHS:
        raise ModelError(f"config.json: no chord encoder {chords!r}")
    width = CHORD_WIDTHS[chords] if chords else 0
    width += KEYS if config.get("conditionOnKey") else 0
    return width + sum(_integer(extra, "depth") for extra in config.get("extraControls") or ())


def _integer(args: Mapping[str, Any], key: str, default: int | None = None) -> int:
    value = args.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 1 << 16:
        raise ModelError(f"config.json: {key} is {value!r}, not a whole number")
    return value


def _size(shapes: Shapes, name: str, axis: int) -> int:
    """A dimension of a required tensor."""
    shape = shapes.get(name)
    if shape is None:
        raise ModelError(f"the checkpoint lacks the tensor {name}: fetch it again")
    if axis >= len(shape):
        raise ModelError(f"the tensor {name} has the shape {list(shape)}: fetch it again")
    return shape[axis]


def _layers(shapes: Shapes, cell: str) -> Iterator[int]:
    """Hidden widths of the existing cells; ``{}`` in the name is the layer."""
    layer = 0
    while (shape := shapes.get(f"{cell.format(layer)}kernel")) is not None:
        if len(shape) != 2 or shape[1] % 4:
            raise ModelError(f"the tensor {cell.format(layer)}kernel has the shape {list(shape)}")
        yield shape[1] // 4
        layer += 1
        if "{}" not in cell:
            return


# --- required tensors -------------------------------------------------------------------------


def tensor_shapes(family: Family) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor of a checkpoint of this family."""
    found: dict[str, tuple[int, ...]] = {}

    def dense(name: str, into: int, out: int) -> None:
        found[f"{name}kernel"] = (into, out)
        found[f"{name}bias"] = (out,)

    def cells(name: str, into: int, layers: tuple[int, ...]) -> None:
        for layer, hidden in enumerate(layers):
            dense(name.format(layer), into + hidden, 4 * hidden)
            into = hidden

    width = family.input_depth + family.controls
    for layer, hidden in enumerate(family.encoder):
        start = (LEVEL_ENCODER if family.levels else FLAT_ENCODER).format(layer)
        for way in ("fw", "bw"):
            dense(start + BOTH.format(way), width + hidden, 4 * hidden)
        width = 2 * hidden
    if family.encoder:
        dense("encoder/mu/", width, family.latent)
        dense("encoder/sigma/", width, family.latent)
    if family.control_hidden:
        for way in ("fw", "bw"):
            into = family.controls + family.control_hidden
            dense(CONTROL + BOTH.format(way), into, 4 * family.control_hidden)
    if family.conductor:
        dense(f"{CONDUCTOR}initial_state/", family.latent, 2 * sum(family.conductor))
        cells(CONDUCTOR + "cell_{}/lstm_cell/", 1, family.conductor)
    for track, prefix in zip(family.tracks, family.prefixes(), strict=True):
        dense(f"{prefix}z_to_initial_state/", family.embedding, 2 * sum(family.core))
        into = track.depth + family.embedding + family.conditioned
        cells(prefix + CELL, into, family.core)
        dense(f"{prefix}output_projection/", family.core[-1], track.depth + family.nade_hidden)
        if family.nade_hidden:
            for name in ("w_enc", "w_dec_t"):
                found[f"{prefix}nade/{name}"] = (track.depth, 1, family.nade_hidden)
    return found


def _check(family: Family, shapes: Shapes) -> None:
    """ModelError with the first tensor that is missing, unknown, or of a wrong shape."""
    if not family.core:
        raise ModelError("the checkpoint lacks the decoder's LSTM cells: fetch it again")
    if family.segments > 1 and not family.conductor:
        raise ModelError("the checkpoint lacks the conductor's LSTM cells: fetch it again")
    if family.levels and len(family.encoder) != 2:
        raise ModelError(f"the checkpoint's encoder has {len(family.encoder)} levels, not 2")
    wanted = tensor_shapes(family)
    for name, shape in wanted.items():
        if name not in shapes:
            raise ModelError(f"the checkpoint lacks the tensor {name}: fetch it again")
        if tuple(shapes[name]) != shape:
            raise ModelError(
                f"the tensor {name} has the shape {list(shapes[name])}, not {list(shape)}: "
                "fetch the checkpoint again"
            )
    for name in shapes:
        left = name.startswith("encoder/") and not family.encoder  # of an incomplete encoder
        if name not in wanted and not left and name.rpartition("/")[2] not in IGNORED_NAMES:
            raise ModelError(f"the checkpoint has an unknown tensor {name}: it is not a MusicVAE")
