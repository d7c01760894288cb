"""Compare what two checkouts of the program write, byte by byte, for the same input and seeds.

``python -m tools.evaluate.same_output OLD NEW`` runs commands of both on files that it makes
itself, and the golden rows of ``tests/session``. It prints a line for each command and exits
with 1 where one differs: a change of the code that is to leave the music alone is checked so.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import mido

TICKS_PER_BEAT = 480
BARS = 16
SCALE = (60, 62, 64, 65, 67, 69, 71, 72)
GOLDEN_ROWS = """
import sys
from pathlib import Path
sys.path.insert(0, str(Path(sys.argv[1], "tests", "session")))
import make_golden
make_golden.FOLDER = Path(sys.argv[2])
make_golden.main()
"""


@dataclass(frozen=True)
class Case:
    """One command whose output is compared: arguments of ``latent-bridge``; the file or folder
    ``output`` that they write; ``first`` is the case that writes its input."""

    name: str
    arguments: tuple[str, ...]
    output: str
    first: str = ""
    only_when_asked: bool = False


def _case(name: str, arguments: str, output: str, first: str = "") -> Case:
    return Case(name, (*arguments.split(), "-o", output), output, first)


CASES = (
    _case("accompany", "accompany tune.mid --seed 3", "accompany.mid"),
    _case("accompany, free", "accompany tune.mid --seed 4 --temperature 0.8", "free.mid"),
    _case("accompany, moving", "accompany tune.mid --style funk --style-to jazz", "moving.mid"),
    _case("restyle", "restyle tune.mid --style-from band.mid --seed 5", "restyle.mid"),
    _case("compose", "compose --form song --minutes 1 --seed 3", "song.mid"),
    _case("compose, prior", "compose --form song --minutes 1 --prior --seed 4", "prior.mid"),
    _case("compose, melody", "compose --melody tune.mid --minutes 1 --seed 6", "melody.mid"),
    _case("sample", "sample -n 3 --seed 7", "sample.mid"),
    _case("sample, codes", "sample -n 5 --seed 3", "codes.npz"),
    _case("interpolate", "interpolate seed:7 rock band.mid@1 --steps 2", "between.mid"),
    _case("encode", "encode band.mid", "band.npz"),
    _case("encode, wav", "encode band.mid --hop 2", "band.wav"),
    _case("decode", "decode band.npz --seed 2 --key Dm", "decoded.mid", first="encode"),
    Case("golden rows", (), "golden"),
    Case(
        "gallery", ("gallery", "--no-wav", "--seed", "2", "-o", "gallery"), "gallery",
        only_when_asked=True,
    ),
)  # fmt: skip


def write_inputs(folder: Path) -> None:
    """Write ``tune.mid``, a melody, and ``band.mid``, a melody with bass and drums."""
    rng = random.Random(1)
    melody = [(beat, rng.choice(SCALE), 1.0) for beat in range(4 * BARS) if rng.random() < 0.8]
    bass = [(beat, rng.choice((36, 41, 43)), 1.5) for beat in range(0, 4 * BARS, 2)]
    kit = [(beat, 38 if beat % 2 else 36, 0.2) for beat in range(4 * BARS)]
    kit += [(beat / 2, 42, 0.2) for beat in range(8 * BARS)]
    _write_midi(folder / "tune.mid", [("Melody", 0, 0, melody)])
    tracks = [("Melody", 0, 0, melody), ("Bass", 1, 33, bass), ("Drums", 9, 0, kit)]
    _write_midi(folder / "band.mid", tracks)


Notes = Sequence[tuple[float, int, float]]
"""Notes as beat, MIDI pitch and length in beats."""


def _write_midi(path: Path, tracks: Sequence[tuple[str, int, int, Notes]]) -> None:
    """Write tracks of name, channel (0 to 15), General MIDI program (0 to 127) and notes."""
    file = mido.MidiFile(ticks_per_beat=TICKS_PER_BEAT)
    for name, channel, program, notes in tracks:
        events = [
            (round(at * TICKS_PER_BEAT), kind == "note_on", kind, pitch)
            for beat, pitch, length in notes
            for at, kind in ((beat, "note_on"), (beat + 0.95 * length, "note_off"))
        ]
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        track.append(mido.Message("program_change", channel=channel, program=program))
        now = 0
        for tick, _, kind, pitch in sorted(events):
            track.append(
                mido.Message(kind, channel=channel, note=pitch, velocity=90, time=tick - now)
            )
            now = tick
        file.tracks.append(track)
    file.save(path)


@dataclass(frozen=True)
class Checkout:
    """The program of ``root``, run by the interpreter ``python`` in the folder ``scratch``."""

    root: Path
    python: str
    scratch: Path

    def run(self, case: Case) -> str:
        """Run a case; why it failed, or nothing.

        Settings, caches and history are kept in the scratch folder, apart from the user's.
        """
        home = str(self.scratch.with_name(self.scratch.name + "-home"))
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.root),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LATENT_BRIDGE_HISTORY": str(Path(home, "history")),
            **{f"XDG_{kind}_HOME": home for kind in ("CONFIG", "DATA", "CACHE", "STATE")},
        }
        given = ["-m", "bridge", *case.arguments]
        if not case.arguments:
            given = ["-c", GOLDEN_ROWS, str(self.root), case.output]
        done = subprocess.run(
            [self.python, *given], cwd=self.scratch, env=environment, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        if not done.returncode:
            return ""
        return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]

    def written(self, case: Case) -> dict[str, bytes]:
        """The files that a case wrote: content by path relative to the scratch folder."""
        path = self.scratch / case.output
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
        return {file.relative_to(self.scratch).as_posix(): file.read_bytes() for file in files}


def compare(case: Case, old: Checkout, new: Checkout) -> tuple[bool, str]:
    """Run a case in both checkouts: whether their files are the same, and a line about it."""
    for side, checkout in (("old", old), ("new", new)):
        failure = checkout.run(case)
        if failure:
            return False, f"{case.name}: the {side} one fails: {failure}"
    before, after = old.written(case), new.written(case)
    names = sorted(before | after)
    differing = [name for name in names if before.get(name) != after.get(name)]
    if differing or not names:
        return False, f"{case.name}: different: {', '.join(differing) or 'nothing is written'}"
    size = sum(map(len, before.values()))
    return True, f"{case.name}: same ({len(names)} files, {size} bytes)"


def chosen(names: Sequence[str], gallery: bool) -> list[Case]:
    """The cases to run, in order: those named with what they need, or all that are quick."""
    if not names:
        return [case for case in CASES if gallery or not case.only_when_asked]
    needed = {case.first for case in CASES if case.name in names}
    return [case for case in CASES if case.name in names or case.name in needed]


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path, help="folder of the first checkout")
    parser.add_argument("new", type=Path, help="folder of the second checkout")
    parser.add_argument("--python", default=sys.executable, help="interpreter that runs both")
    parser.add_argument(
        "--only", action="append", default=[], choices=[case.name for case in CASES],
        metavar="NAME", help="run this case only; may be given again",
    )  # fmt: skip
    parser.add_argument("--gallery", action="store_true", help="run the gallery too (minutes)")
    parser.add_argument("--keep", type=Path, help="folder that keeps what was written")
    args = parser.parse_args(arguments)
    for folder in (args.old, args.new):
        if not (folder / "bridge").is_dir():
            parser.error(f"{folder} is no checkout: it has no folder bridge")
    with tempfile.TemporaryDirectory() as temporary:
        place = (args.keep or Path(temporary)).resolve()
        sides = []
        for name, folder in (("old", args.old), ("new", args.new)):
            scratch = place / name
            scratch.mkdir(parents=True, exist_ok=True)
            write_inputs(scratch)
            sides.append(Checkout(folder.resolve(), args.python, scratch))
        found = []
        for case in chosen(args.only, args.gallery):
            same, line = compare(case, *sides)
            found.append(same)
            print(line, flush=True)
    print(f"{sum(found)} of {len(found)} the same")
    return 0 if all(found) else 1


if __name__ == "__main__":
    sys.exit(main())
