"""The commands ``ports`` and ``monitor`` against a real JACK server, as a user runs them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
from interrupts import answer_to_ctrl_c
from jackserver import PATIENCE, JackServer, wait_for

from bridge.midi.rtmidi_ports import Backend

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("each_driver")]
PROGRAM = [sys.executable, "-u", "-m", "bridge"]


def test_ports_lists_what_is_there_as_json(jack: JackServer) -> None:
    with Backend.choose("jack") as backend:
        backend.open_out("Latent Bridge Drums", virtual=True)
        done = subprocess.run(
            [*PROGRAM, "ports", "--json"],
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
            check=True,
        )
    facts = json.loads(done.stdout)
    assert facts["backend"] == "jack"
    assert facts["virtual_ports"] is True
    assert facts["inputs"] == ["Latent Bridge Drums:out"]


def test_a_name_that_is_not_there_is_one_line_with_exit_code_2(jack: JackServer) -> None:
    done = subprocess.run(
        [*PROGRAM, "monitor", "Piano"],
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "Piano" in done.stderr


def test_monitor_decodes_what_arrives_and_ends_quietly_on_ctrl_c(jack: JackServer) -> None:
    process = subprocess.Popen(
        [*PROGRAM, "monitor", "--virtual"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=answer_to_ctrl_c,
    )
    assert process.stdout is not None
    try:
        with Backend.choose("jack") as backend:
            wait_for(lambda: "Latent Bridge In:in" in backend.outputs(), "the monitor's port")
            out = backend.open_out("Latent Bridge In")
            out.send(b"\x99\x24\x64")
            line = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert line.split()[1:] == ["note", "on", "ch", "10", "36", "C2", "v100"]
    assert rest == ""
    assert "Traceback" not in errors
    assert process.returncode == 0
