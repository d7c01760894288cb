"""Use an installed Latent Bridge as a person would. Run by .ci/run outside the checkout.

    python installed.py VENV

Prints a line a check and a closing line; the exit code is the number that failed. Not a
pytest module: the environment under test has no pytest, only what a user has.
"""

from __future__ import annotations

import json
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import mido

TUNE = (60, 64, 67, 64, 65, 69, 72, 69, 67, 71, 74, 71, 72, 67, 64, 60)
SECONDS_ALLOWED = 400


def run(venv: Path, *arguments: str) -> str:
    """Run ``latent-bridge`` with arguments; its output. Raises where it fails."""
    script = venv / (
        "Scripts/latent-bridge.exe" if sys.platform == "win32" else "bin/latent-bridge"
    )
    done = subprocess.run(
        [str(script), *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS_ALLOWED,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise AssertionError(f"exit code {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def make_tune(path: Path) -> None:
    """Four bars of quarter notes at 100 BPM."""
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(100))])
    for pitch in TUNE:
        track.append(mido.Message("note_on", note=pitch, velocity=90, time=0))
        track.append(mido.Message("note_off", note=pitch, time=480))
    file = mido.MidiFile(ticks_per_beat=480)
    file.tracks.append(track)
    file.save(str(path))


def check_place(venv: Path) -> None:
    """The package comes from the environment; nothing strange lies beside it."""
    import bridge

    home = Path(bridge.__file__).resolve().parent
    assert home.is_relative_to(venv.resolve()), f"bridge is imported from {home}"
    for name in ("onnx", "mappings", "forms", "tests", "tools", "docs"):
        assert not (home.parent / name).exists(), f"the wheel puts {name} beside the package"
    assert list((home / "_data" / "onnx").glob("*/model.yaml")), "no model in the wheel"


def check_version(venv: Path) -> None:
    """The version is the package's."""
    import bridge

    assert run(venv, "--version").strip() == f"latent-bridge {bridge.__version__}"


def check_styles(venv: Path) -> None:
    """There are styles."""
    assert len(run(venv, "styles").splitlines()) >= 3


def check_models(venv: Path) -> None:
    """The model's files are the ones its specification names."""
    run(venv, "models", "verify")


def check_accompany(venv: Path) -> None:
    """A tune gets drums and bass, on an installed program, by name."""
    make_tune(Path("tune.mid"))
    json.loads(run(venv, "accompany", "tune.mid", "-o", "out.mid", "--seed", "1", "--json"))
    notes = {
        track.name.strip().lower(): sum(m.type == "note_on" and m.velocity > 0 for m in track)
        for track in mido.MidiFile("out.mid").tracks
    }
    assert notes.get("drums", 0) > 0, notes
    assert notes.get("bass", 0) > 0, notes


def check_demo(venv: Path) -> None:
    """The demo leaves its three files."""
    run(venv, "demo", "--out", "demo", "--quiet")
    assert {track.name for track in mido.MidiFile("demo/session.mid").tracks} >= {
        "Melody",
        "Drums",
        "Bass",
    }
    with wave.open("demo/session.wav") as sound:
        assert sound.getnframes() > 5 * sound.getframerate()
    assert Path("demo/session.png").read_bytes().startswith(b"\x89PNG")


CHECKS: tuple[Callable[[Path], None], ...] = (
    check_place,
    check_version,
    check_styles,
    check_models,
    check_accompany,
    check_demo,
)


def main() -> int:
    """Run every check, whatever the one before said."""
    venv = Path(sys.argv[1]).absolute()
    failed = 0
    for check in CHECKS:
        name = check.__name__.removeprefix("check_")
        try:
            check(venv)
            print(f"ok      {name}", flush=True)
        except Exception as exc:
            failed += 1
            print(f"FAILED  {name}: {type(exc).__name__}: {exc}", flush=True)
    print(f"wheel: {len(CHECKS) - failed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(main())
