"""Write a MusicVAE checkpoint with random weights, in magenta.js's form.

Names, shapes and quantization are those of a published checkpoint, from its
``weights_manifest.json`` or (where :data:`PUBLISHED` says so) derived from Magenta's configurations
and the published file's size; the weights come from a seed. It serves comparisons without the real
weights, and tests that need a model of a given size.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.model.musicvae.checkpoint import Checkpoint
from bridge.model.musicvae.family import Sizes, family_with_sizes, tensor_shapes

Floats = npt.NDArray[np.float32]
SHARD = 4 << 20
LEVELS = {1: np.uint8, 2: np.uint16}
PITCHES = {"minPitch": 21, "maxPitch": 108}


@dataclass(frozen=True)
class Published:
    """A published checkpoint: its converter, its widths, its bytes for each weight.

    ``quantized`` is 0 (float32), 1 or 2; ``known`` is the source of the widths.
    """

    converter: str
    args: Mapping[str, Any]
    sizes: Sizes
    quantized: int = 0
    config: Mapping[str, Any] = field(default_factory=dict)
    known: str = ""

    def spec(self) -> dict[str, Any]:
        """``config.json``."""
        converter = {"type": self.converter, "args": dict(self.args)}
        return {"type": "MusicVAE", "dataConverter": converter, **self.config}


_SMALL = Sizes(256, (512,), (256, 256))
_TINY = Sizes(128, (128,), (128, 128))
_MEDIUM_CHORDS = Sizes(256, (1024,), (512, 512, 512))
_TRACKS = Sizes(256, (512, 512), (256, 256, 256), (256, 256, 256), levels=True)
_TRIO = Sizes(256, (512, 512), (256, 256), (256, 256), levels=True)
_TRIO_ARGS = {"melArgs": PITCHES, "bassArgs": PITCHES, "drumsArgs": {"pitchClasses": None}}
_EVENTS = {
    "numSteps": 512,
    "numSegments": 8,
    "stepsPerQuarter": 24,
    "totalSteps": 96,
    "numVelocityBins": 8,
}
_MANIFEST = "the published manifest"
_SIZE = "Magenta's configuration, and the published size fits"
_GUESS = "not confirmed: a guess of a size that can be compared"

PUBLISHED: dict[str, Published] = {
    "mel_2bar_small": Published(
        "MelodyConverter", {"numSteps": 32, **PITCHES}, _SMALL, 0, known=_MANIFEST
    ),
    "mel_4bar_small_q2": Published(
        "MelodyConverter", {"numSteps": 64, **PITCHES}, _SMALL, 2, known=_GUESS
    ),
    "mel_16bar_small_q2": Published(
        "MelodyConverter", {"numSteps": 256, "numSegments": 16, **PITCHES}, _TRIO, 2, known=_SIZE
    ),
    "mel_chords": Published(
        "MelodyConverter",
        {"numSteps": 32, **PITCHES},
        _MEDIUM_CHORDS,
        1,
        {"chordEncoder": "TriadChordEncoder"},
        known=_SIZE,
    ),
    "drums_2bar_lokl_small": Published(
        "DrumsConverter", {"numSteps": 32, "pitchClasses": None}, _SMALL, 0, known=_SIZE
    ),
    "drums_2bar_one_hot": Published(
        "DrumsOneHotConverter", {"numSteps": 32, "pitchClasses": None}, _SMALL, 0, known=_GUESS
    ),
    "drums_2bar_nade_9_q2": Published(
        "DrumRollConverter",
        {"numSteps": 32, "pitchClasses": None},
        Sizes(256, (1024,), (512, 512), nade_hidden=128),
        2,
        known=_SIZE,
    ),
    "trio_4bar": Published(
        "TrioConverter",
        {"numSteps": 64, "numSegments": 4, **_TRIO_ARGS},
        _TRIO,
        1,
        known=_MANIFEST,
    ),
    "trio_16bar": Published(
        "TrioConverter",
        {"numSteps": 256, "numSegments": 16, **_TRIO_ARGS},
        _TRIO,
        0,
        known=_GUESS + "; the published one is of 1.71 GB",
    ),
    "multitrack": Published("MultitrackConverter", _EVENTS, _TRACKS, 1, known=_SIZE),
    "multitrack_chords": Published(
        "MultitrackConverter",
        _EVENTS,
        _TRACKS,
        1,
        {"chordEncoder": "TriadChordEncoder"},
        known=_MANIFEST,
    ),
    "groovae_2bar_humanize": Published(
        "GrooveConverter", {"numSteps": 32, "humanize": True}, _SMALL, 0, known=_SIZE
    ),
    "mel_rhythm_2bar_tiny": Published(
        "MelodyRhythmConverter",
        {"numSteps": 32, **PITCHES},
        _TINY,
        config={"useBooleanDecoder": True},
        known=_GUESS,
    ),
    "mel_shape_2bar_tiny": Published(
        "MelodyShapeConverter", {"numSteps": 32, **PITCHES}, _TINY, known=_GUESS
    ),
    "mel_2bar_multicontrol_tiny": Published(
        "MelodyConverter",
        {"numSteps": 32, **PITCHES},
        Sizes(128, (128,), (128, 128), control_hidden=64),
        config={
            "chordEncoder": "PitchChordEncoder",
            "conditionOnKey": True,
            "extraControls": [{"name": "rhythm", "depth": 1}, {"name": "shape", "depth": 3}],
        },
        known=_GUESS,
    ),
    "tap2drum_2bar": Published(
        "GrooveConverter", {"numSteps": 32, "tapify": True}, _SMALL, 0, known=_SIZE
    ),
}


def tiny(published: Published) -> Published:
    """The same form with layers of few cells, for recorded references."""
    few = published.sizes
    sizes = Sizes(
        latent=8,
        encoder=(12,) * len(few.encoder),
        core=(10,) * len(few.core),
        conductor=(9,) * len(few.conductor),
        levels=few.levels,
        nade_hidden=min(few.nade_hidden, 7),
        control_hidden=min(few.control_hidden, 6),
    )
    return Published(published.converter, published.args, sizes, 0, published.config)


def random_weights(name: str, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Random weights that neither vanish nor saturate: steps differ, and errors stay small."""
    if len(shape) == 1:
        return rng.normal(0, 0.1, shape).astype(np.float32)
    fan_in = shape[0] if len(shape) == 2 else shape[-1]
    gain = 4.0 if "output_projection" in name else 2.0 if "initial_state" in name else 1.2
    return (rng.normal(0, gain / np.sqrt(fan_in), shape)).astype(np.float32)


def _weights(shapes: Mapping[str, tuple[int, ...]], seed: int) -> dict[str, Floats]:
    """All weights; those of a decoder's input are larger, so that its steps differ."""
    rng = np.random.default_rng(seed)
    found = {name: random_weights(name, shape, rng) for name, shape in shapes.items()}
    for name, value in found.items():
        if name.endswith("output_projection/bias"):
            prefix = name.removesuffix("output_projection/bias")
            nade = found.get(f"{prefix}nade/w_enc")
            depth = value.size - (0 if nade is None else nade.shape[-1])
            kernel = found[f"{prefix}multi_rnn_cell/cell_0/lstm_cell/kernel"]
            kernel[:depth] = rng.normal(0, 1, (depth, kernel.shape[1]))
    return found


def tensors_of(published: Published, seed: int) -> dict[str, Floats]:
    """Every tensor that such a checkpoint has."""
    return _weights(tensor_shapes(family_with_sizes(published.spec(), published.sizes)), seed)


def from_manifest(manifest: list[dict[str, Any]], seed: int) -> dict[str, Floats]:
    """Every tensor of a published ``weights_manifest.json``."""
    weights = [weight for group in manifest for weight in group["weights"]]
    return _weights({w["name"]: tuple(w["shape"]) for w in weights}, seed)


def write(
    folder: Path, config: Mapping[str, Any], tensors: Mapping[str, Floats], quantized: int = 0
) -> Checkpoint:
    """Write magenta.js's form; returns the checkpoint as a reader finds it (quantized, if so)."""
    folder.mkdir(parents=True, exist_ok=True)
    weights, content = [], bytearray()
    read: dict[str, Floats] = {}
    for name, value in tensors.items():
        entry: dict[str, Any] = {"name": name, "shape": list(value.shape), "dtype": "float32"}
        if quantized:
            stored, entry["quantization"] = _quantize(value, quantized)
            scale, low = entry["quantization"]["scale"], entry["quantization"]["min"]
            read[name] = (stored * np.float64(scale) + low).astype(np.float32)
        else:
            stored, read[name] = value, value
        weights.append(entry)
        content += stored.tobytes()
    count = max(1, -(-len(content) // SHARD))
    paths = [f"group1-shard{i + 1}of{count}" for i in range(count)]
    for path, shard in zip(paths, _shards(bytes(content)), strict=True):
        (folder / path).write_bytes(shard)
    manifest = [{"paths": paths, "weights": weights}]
    (folder / "weights_manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps(dict(config)), encoding="utf-8")
    return Checkpoint(folder.name, config, read)


def _shards(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), SHARD):
        yield content[start : start + SHARD]


def _quantize(value: Floats, size: int) -> tuple[npt.NDArray[Any], dict[str, Any]]:
    """Quantize as tensorflowjs: whole multiples of ``scale`` over ``min``, zero among them."""
    kind = LEVELS[size]
    top = np.iinfo(kind).max
    low, high = min(float(value.min()), 0.0), max(float(value.max()), 0.0)
    scale = (high - low) / top or 1.0
    low = round(low / scale) * scale
    stored = np.clip(np.round((value - low) / scale), 0, top).astype(kind)
    return stored, {"dtype": np.dtype(kind).name, "scale": scale, "min": low}


def make(name: str, folder: Path, manifests: Path | None = None, seed: int = 0) -> Checkpoint:
    """Write the checkpoint ``name``, with its published manifest if the folder has it."""
    published = PUBLISHED[name]
    manifest = None if manifests is None else manifests / f"{name}-manifest"
    if manifest is not None and manifest.is_dir():
        config = json.loads((manifest / "config.json").read_text(encoding="utf-8"))
        text = (manifest / "weights_manifest.json").read_text(encoding="utf-8")
        tensors = from_manifest(json.loads(text), seed)
    else:
        config, tensors = published.spec(), tensors_of(published, seed)
    return write(folder, config, tensors, published.quantized)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=PUBLISHED)
    parser.add_argument("folder", type=Path, help="folder to write")
    parser.add_argument("--manifests", type=Path, help="folder of NAME-manifest folders")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    made = make(args.name, args.folder, args.manifests, args.seed)
    count = sum(value.size for value in made.tensors.values())
    print(f"{args.folder}: {len(made.tensors)} tensors, {count} weights")
    print(f"widths: {PUBLISHED[args.name].known}")


if __name__ == "__main__":
    main()
