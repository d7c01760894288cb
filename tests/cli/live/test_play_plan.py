"""The plan of a live session: options and settings, checked before any port is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from bridge.cli.live.play import play
from bridge.cli.live.play_plan import PlayPlan, plan_of
from bridge.controllers.memories import Memory, Variation
from bridge.errors import BridgeError, ChordError, NameUnknown
from bridge.files.memories import memories_path, write_memories
from bridge.files.settings import VIRTUAL
from bridge.latent.walks import WalkKind
from bridge.model.worker.child import FAKE
from bridge.session.messages.arranger_commands import Intro, RecallMemory
from bridge.session.messages.code_commands import PlayPath
from bridge.session.messages.commands import SetControl, SetWalk, Start

SETTINGS = """
bpm: 96
style: rock
start: key
ports: {drums: Kit}
minimum_gap_ms: 2
"""


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.files.settings.settings_path", lambda: tmp_path / "none.yaml")


def flags(*words: str) -> dict[str, Any]:
    """The options of ``play`` as click reads them."""
    return play.make_context("play", ["--model", FAKE, *words]).params


def plan(*words: str) -> PlayPlan:
    return plan_of(flags(*words))


def test_a_number_as_tempo_is_the_tempo_in_beats_per_minute() -> None:
    assert plan("--tempo", "96.5").setup.bpm == 96.5
    with pytest.raises(click.UsageError, match="leave one out"):
        plan("--tempo", "96", "--bpm", "90")
    with pytest.raises(click.UsageError, match="'quick' is not a valid tempo"):
        plan("--tempo", "quick")


def test_options_replace_the_settings_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(SETTINGS, encoding="utf-8")
    as_written = plan("--settings", str(path))
    assert (as_written.setup.bpm, as_written.settings.ports["drums"]) == (96.0, "Kit")
    assert as_written.settings.minimum_gap_ms == 2
    assert not as_written.settings.one_port
    assert plan("--one-port").settings.one_port
    changed = plan("--settings", str(path), "--bpm", "140", "--out", "Synth", "--minimum-gap", "1")
    assert changed.setup.bpm == 140.0
    assert [changed.settings.ports[r] for r in ("in", "melody", "bass", "drums")] == [
        VIRTUAL, "Synth", "Synth", "Synth"]  # fmt: skip
    assert changed.settings.minimum_gap_ms == 1
    assert changed.settings.style == "rock"


def test_a_walk_begins_before_the_controls_are_set() -> None:
    made = plan("--walk", "orbit", "--walk-bars", "4", "--set", "walk=0.5", "--set", "swing=0.3")
    assert made.commands == (
        SetWalk("orbit", 4.0), SetControl("walk", 0.5), SetControl("swing", 0.3),
    )  # fmt: skip
    assert made.when_ready == ()


def test_a_pathway_takes_the_place_of_the_walk_and_precedes_the_start() -> None:
    made = plan("--pathway", "7", "--start", "now")
    assert made.commands == ()
    assert made.when_ready == (PlayPath(7, WalkKind.BROWNIAN.value, 16.0), Start())


def test_the_band_starts_with_a_key_unless_asked() -> None:
    assert plan().setup.sync_start
    assert plan().when_ready == ()
    assert not plan("--start", "now").setup.sync_start


@pytest.mark.parametrize(
    ("words", "error", "text"),
    [
        (("--link", "--clock", "DAW"), click.UsageError, "two masters"),
        (("--style", "polka"), NameUnknown, "no style named 'polka'"),
        (("--walk", "orbits"), NameUnknown, "orbits"),
        (("--set", "swng=1"), NameUnknown, "no control named 'swng'"),
        (("--set", "swing=much"), click.BadParameter, "not NAME=NUMBER"),
        (("--form", "sonata"), NameUnknown, "no form named 'sonata'"),
        (("--humanizer", "nobody"), BridgeError, "nobody"),
        (("--also", "nobody"), BridgeError, "nobody"),
    ],
)
def test_a_wrong_option_is_an_error_of_the_plan(
    words: tuple[str, ...], error: type[Exception], text: str
) -> None:
    given = flags(*words)
    with pytest.raises(error, match=text):
        plan_of(given)


def test_a_word_that_is_no_chord_is_refused_before_any_port_is_opened() -> None:
    with pytest.raises(ChordError, match=r"'Cfoo' .*the 1st of bar 2.*did you mean 'C'"):
        plan("--chords", "Am F | Cfoo G")


def test_the_arrangers_options_replace_the_settings_and_come_before_the_music() -> None:
    made = plan(
        "--variation", "C", "--phrase", "8", "--metronome", "--click", "Pads", "--memory", "2",
        "--transpose", "-3", "--intro",
    )  # fmt: skip
    setup = made.setup
    assert (setup.variation, setup.phrase_bars, setup.metronome) == (Variation.C, 8, True)
    assert made.settings.metronome.port == "Pads"
    assert made.commands == (RecallMemory(2), SetControl("transpose", -3.0), Intro())


def test_the_memories_and_forms_of_the_user_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    write_memories(memories_path(FAKE), {3: Memory("home", "rock", 100.0)})
    setup = plan().setup
    assert setup.memories == {3: Memory("home", "rock", 100.0)}
    assert "song" in setup.forms


@pytest.mark.parametrize("words", [("--variation", "E"), ("--memory", "9"), ("--transpose", "13")])
def test_an_option_of_the_arranger_out_of_range_is_refused(words: tuple[str, str]) -> None:
    with pytest.raises(click.UsageError):
        plan(*words)
