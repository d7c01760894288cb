"""``latent-bridge web``: what is refused, what is said."""

from __future__ import annotations

import importlib.util
import socket
from typing import Any

import click
import pytest

from bridge.cli.app import main
from bridge.cli.live import web as command
from bridge.cli.live.play import play
from bridge.ui.web.door import Door


def test_without_the_extra_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find = importlib.util.find_spec
    absent = {"textual_serve"}
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name in absent else find(name, *a)
    )
    assert main(["web"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "pip install 'latent-bridge[web]'" in said.err


def test_a_port_that_is_taken_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["web", "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert f"127.0.0.1:{port}" in said
    assert "--port" in said
    assert said.count("\n") == 1


def test_every_option_of_play_but_headless_is_taken() -> None:
    def names(of: click.Command) -> set[str]:
        return {name for each in of.params for name in each.opts}

    assert names(play) - names(command.web) == {"--headless"}
    assert names(command.web) - names(play) == {"--port", "--host", "--name"}


def test_a_host_beyond_this_machine_is_warned_of_and_loopback_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    played: list[tuple[Any, str]] = []
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(
        command, "play_live", lambda flags, program, address: played.append((program, address))
    )
    assert main(["web", "--port", "0"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["web", "--port", "0", "--host", "0.0.0.0"]) == 0
    assert "Warning: 0.0.0.0 can be reached from other machines" in capsys.readouterr().err
    (program, address), _ = played
    assert not program.terminal
    assert address.startswith("http://127.0.0.1:")
    token = address.split("/")[3]
    assert token in program.env["LATENT_BRIDGE_DOOR"]


def test_on_all_addresses_the_printed_one_is_no_placeholder() -> None:
    assert "0.0.0.0" not in command.address_of(Door("0.0.0.0", 80, "T"))
    assert command.address_of(Door("tower", 80, "T")) == "http://tower:80/T/"
