"""Files that the version before wrote are read as they were: nothing of a user's is lost.

The folder ``last_version`` was written by version 0.1.0: settings, anchors, a history, and a
mapping file that binds every target it knew.
"""

from __future__ import annotations

from pathlib import Path

from bridge.controllers.mapping_file import read_mapping
from bridge.files.anchors import read_anchors
from bridge.files.history import History
from bridge.files.settings import read_settings

FOLDER = Path(__file__).with_name("last_version")


def test_settings_are_read() -> None:
    settings = read_settings(FOLDER / "settings.yaml")
    assert (settings.bpm, settings.style, settings.mode) == (96, "rock", "loop")
    assert settings.channels["bass"] == 2
    assert settings.offsets_ms["drums"] == -12


def test_anchors_are_read() -> None:
    warm, numbered = read_anchors(FOLDER / "anchors.yaml")
    assert (warm.name, numbered.name) == ("warm place", "anchor 1")
    assert warm.values == {"direction:density drums": 0.5, "axis:2": -0.25}
    assert len(warm.code) == 4
    assert numbered.values == {"neuron:3": 1.0}


def test_the_history_is_read() -> None:
    entries = History(FOLDER / "history.jsonl").entries()
    assert [entry.name for entry in entries] == ["", "a round trip"]
    assert entries[0].seed == 7
    assert entries[0].table().shape[0] == 1


def test_every_target_of_the_version_before_can_still_be_bound() -> None:
    mapping = read_mapping(FOLDER / "mapping.yaml")
    lines = (FOLDER / "mapping.yaml").read_text(encoding="utf-8").count("target:")
    assert len(mapping.bindings) == lines > 60
