"""Compare our graphs with magenta.js, family by family: ``python -m tools.parity --help``.

For each family a checkpoint of random weights in the published form (``random_checkpoint``) is
loaded by magenta.js on node and by our importer; both encode windows and decode codes. Needs node
with ``npm i @magenta/music@1.23.1 @tensorflow/tfjs@2.8.6`` in ``--modules``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bridge.model.musicvae.checkpoint import Checkpoint
from bridge.model.musicvae.family import Family, Head, family_of
from tools.parity.magenta import PACKAGES, Magenta, modules
from tools.parity.our_graphs import Array, OurGraphs, random_windows
from tools.parity.random_checkpoint import PUBLISHED, Published, make, tensors_of, tiny, write

CHORDS = ("C", "Am", "F", "G7")
TRIADS = ("C", "Am", "F", "Bdim")
CODES, WINDOWS = 20, 6
TOLERANCE = 1e-4
GROOVE_TOLERANCE = 1e-4


def control_of(published: Published) -> dict[str, Any] | None:
    """Chords, key and further controls to condition on, as magenta.js takes them."""
    spec = published.spec()
    if "chordEncoder" not in spec:
        return None
    # magenta.js takes one chord only where the segments vary in length.
    chords = TRIADS if spec["chordEncoder"] == "TriadChordEncoder" else CHORDS
    control: dict[str, Any] = {"chords": chords[: 1 if "numVelocityBins" in published.args else 4]}
    if spec.get("conditionOnKey"):
        control["key"] = 3
    rng = np.random.default_rng(5)
    steps = published.args["numSteps"]
    control["extra"] = {
        extra["name"]: rng.integers(0, 2, (steps, extra["depth"])).tolist()
        for extra in spec.get("extraControls", ())
    }
    return control


@dataclass(frozen=True)
class Row:
    """The result of one family: largest difference of an encoding, and equal steps."""

    family: str
    tensors: int
    weights: int
    encode: float
    steps: int
    equal: int
    known: str
    groove: float = 0.0

    @property
    def same(self) -> bool:
        """True if encodings are within tolerance and all steps are equal."""
        close = self.encode <= TOLERANCE and self.groove <= GROOVE_TOLERANCE
        return close and self.steps == self.equal


def record(
    peer: Magenta, name: str, published: Published, windows: Array, z: Array
) -> dict[str, Any]:
    """The output of magenta.js for a served checkpoint, in the form of a reference file."""
    loaded = peer.load(name, control_of(published))
    return {
        "magenta.js": "1.23.1",
        "tfjs": loaded["tfjs"],
        "controls": loaded["controls"],
        "windows": windows.tolist(),
        "mu": peer.ask("encode", windows=windows.tolist())["mu"],
        "z": z.tolist(),
        "decoded": peer.ask("decode", z=z.tolist())["windows"],
    }


def compare(name: str, checkpoint: Checkpoint, reference: Mapping[str, Any], known: str) -> Row:
    """Our encodings and decodings compared with a reference."""
    controls = reference["controls"]
    ours = OurGraphs(checkpoint, None if controls is None else np.array(controls, np.float32))
    groove = ours.family.head is Head.GROOVE
    windows = np.array(reference["windows"], np.float32 if groove else np.int64)
    encode = np.abs(ours.encode(windows) - np.array(reference["mu"], np.float32)).max()
    got, want = ours.decode(np.array(reference["z"])), np.array(reference["decoded"])
    choices = slice(0, ours.family.draws) if groove else slice(None)
    same = (got[..., choices] == want[..., choices]).all(-1)
    return Row(
        name,
        len(checkpoint.tensors),
        sum(value.size for value in checkpoint.tensors.values()),
        float(encode),
        same.size,
        int(same.sum()),
        known,
        float(np.abs(got - want).max()) if groove else 0.0,
    )


def live(peer: Magenta, root: Path, name: str, manifests: Path | None, seed: int) -> Row:
    """One family at its published size, both programs run now."""
    published = PUBLISHED[name]
    checkpoint = make(name, root / name, manifests, seed)
    family = _family(checkpoint)
    windows = random_windows(family, WINDOWS, seed)
    z = np.random.default_rng(seed).normal(size=(CODES, family.latent)).astype(np.float32)
    return compare(name, checkpoint, record(peer, name, published, windows, z), published.known)


def golden_checkpoint(name: str, seed: int) -> Checkpoint:
    """The checkpoint that a committed reference was made with."""
    published = tiny(PUBLISHED[name])
    return Checkpoint(name, published.spec(), tensors_of(published, seed))


def golden(peer: Magenta, root: Path, name: str, seed: int) -> dict[str, Any]:
    """A reference of the family with small layers, small enough to be committed."""
    published = tiny(PUBLISHED[name])
    made = golden_checkpoint(name, seed)
    family = _family(write(root / name, made.config, made.tensors))
    windows = random_windows(family, 2, seed)
    z = np.random.default_rng(seed).normal(size=(4, family.latent)).round(4).astype(np.float32)
    found: dict[str, Any] = _short(record(peer, name, published, windows, z))
    return {"family": name, "seed": seed, **found}


def _short(value: Any) -> Any:
    """The same value with all floats rounded to six decimals."""
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_short(item) for item in value]
    return round(value, 6) if isinstance(value, float) else value


def _family(checkpoint: Checkpoint) -> Family:
    shapes = {name: value.shape for name, value in checkpoint.tensors.items()}
    return family_of(checkpoint.config, shapes)


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    head = "| family | weights | encode, largest difference | decode, equal steps | widths from |"
    lines = [head, "|---|---:|---:|---:|---|"]
    for row in rows:
        decode = f"{row.equal} of {row.steps}"
        if row.groove:
            decode += f", values to {row.groove:.1e}"
        lines.append(
            f"| `{row.family}` | {row.weights / 1e6:.1f} M | {row.encode:.1e} | {decode} "
            f"| {row.known} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.parity", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "names", nargs="*", metavar="FAMILY", help="families to compare (default: all)"
    )
    parser.add_argument("--modules", type=Path, help=f"folder with node_modules: npm i {PACKAGES}")
    parser.add_argument("--manifests", type=Path, help="folder of published NAME-manifest folders")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--golden", type=Path, help="folder to write small references to, instead of comparing"
    )
    parser.add_argument("--bench", action="store_true", help="time both programs side by side")
    args = parser.parse_args()
    unknown = set(args.names) - set(PUBLISHED)
    if unknown:
        parser.error(f"no family {', '.join(unknown)}; known are {', '.join(PUBLISHED)}")
    folder = modules(args.modules)
    if folder is None:
        parser.error(f"no node with magenta.js: npm i {PACKAGES}, and name that folder --modules")
    if args.bench:
        from tools.parity.bench import bench

        return bench(folder, args.names, args.manifests, args.json)
    names = args.names or list(PUBLISHED)
    rows = []
    with tempfile.TemporaryDirectory() as scratch, Magenta(folder, Path(scratch)) as peer:
        for name in names:
            if args.golden:
                found = golden(peer, Path(scratch), name, args.seed)
                text = json.dumps(found, separators=(",", ":"))
                (args.golden / f"{name}.json").write_text(text + "\n", encoding="utf-8")
                continue
            begun = time.perf_counter()
            rows.append(live(peer, Path(scratch), name, args.manifests, args.seed))
            seconds = time.perf_counter() - begun
            print(f"{name}: {'same' if rows[-1].same else 'DIFFERENT'}, {seconds:.0f} s",
                  file=sys.stderr)  # fmt: skip
    if args.json:
        print(json.dumps([{**asdict(row), "same": row.same} for row in rows], indent=1))
    elif rows:
        print(table(rows))
    return 0 if all(row.same for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
