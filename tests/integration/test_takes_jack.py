"""Takes of the real program: killed at once, closed by its terminal, and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import mido
import pytest
from jackserver import PATIENCE, JackServer, wait_for

from bridge.cli import main
from bridge.files.takes.take_folder import takes_folder
from bridge.offline.takes import Takes

pytestmark = pytest.mark.integration
PLAYED_SECONDS = 5.0


def band(jack: JackServer) -> subprocess.Popen[str]:
    """The program without a screen, which starts at once."""
    return subprocess.Popen(
        [sys.executable, "-m", "bridge", "play", "--headless", "--start", "now", "--bpm", "120"],
        env={**os.environ, **jack.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def recorded_for(seconds: float) -> None:
    """Wait until a take is under way, and then so long."""
    wait_for(lambda: bool(Takes(takes_folder()).listed()), "the first note")
    time.sleep(seconds)


def test_a_killed_program_loses_no_more_than_a_second(
    jack: JackServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = band(jack)
    try:
        recorded_for(PLAYED_SECONDS)
    finally:
        program.kill()
        program.wait()
    (take,) = Takes(takes_folder()).listed()
    assert take.state == "recovered"
    assert take.seconds > PLAYED_SECONDS - 1.0
    assert take.notes > 10
    out = tmp_path / "take.mid"
    assert main(["takes", "export", "last", "-o", str(out)]) == 0
    file = mido.MidiFile(out)
    assert [track.name for track in file.tracks[1:]] == ["Melody", "Drums", "Bass"]
    assert file.length == pytest.approx(take.seconds, abs=0.5)
    assert Takes(takes_folder()).recover()[0].notes == take.notes
    capsys.readouterr()
    assert main(["takes", "list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["takes"]
    assert row["state"] == "recovered"
    assert row["name"].endswith("s")  # its length is in its name now


@pytest.mark.parametrize("name", ["SIGHUP", "SIGTERM", "SIGINT"])
def test_a_program_that_is_ended_says_what_it_kept(jack: JackServer, name: str) -> None:
    program = band(jack)
    try:
        recorded_for(1.5)
        program.send_signal(getattr(signal, name))
        said, _ = program.communicate(timeout=PATIENCE)
    finally:
        program.kill()
        program.wait()
    (take,) = Takes(takes_folder()).listed()
    assert take.state == "kept"
    assert said.splitlines()[-1].endswith(f"kept as {take.path}")
    assert program.returncode == 0
