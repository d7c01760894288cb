"""Codes of a model's earlier version: moved to the model of today, in files and in the history."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from bridge.cli.shared.code_music import entry_of, renewed
from bridge.cli.shared.earlier_codes import kept, of_earlier, renew_anchors, renew_history
from bridge.cli.shared.models import OpenedModel
from bridge.errors import ModelError
from bridge.files.anchors import read_anchors, write_anchors
from bridge.files.history import History
from bridge.latent.anchors import Anchor
from bridge.latent.space import sample
from bridge.model.codec import TrioCodec
from bridge.model.fake import FakeTrio
from bridge.offline.codes import fitted

OLD = 3
CHORDS = np.arange(8)


class Renewed(TrioCodec):
    """The fake model with an earlier version of codes of three numbers: a moved code begins with
    them."""

    def __init__(self) -> None:
        super().__init__(FakeTrio())

    @property
    def spec(self):
        return replace(super().spec, earlier=OLD)

    def moved(self, codes):
        return np.pad(codes, ((0, 0), (0, 8 - OLD))), np.tile(CHORDS, (len(codes), 1))


@pytest.fixture
def model() -> OpenedModel:
    return OpenedModel("fake", None, Renewed())


def entry(model: OpenedModel, codes: np.ndarray):
    made = entry_of(model, "sample", codes, seed=3, temperature=0.0, bpm=90.0)
    return msgspec.structs.replace(made, width=codes.shape[1])


def test_codes_of_the_earlier_version_are_moved_and_it_is_said(model: OpenedModel) -> None:
    said: list[str] = []
    codes, chords = fitted(model.codec, sample(2, OLD, 1), said.append)
    assert codes.shape == (2, 8)
    assert np.array_equal(chords, [CHORDS, CHORDS])
    assert said == ["2 codes of an earlier fake: moved to this one through their notes"]


def test_codes_of_today_stay_and_others_are_refused(model: OpenedModel) -> None:
    codes = sample(2, 8, 1)
    assert np.array_equal(fitted(model.codec, codes)[0], codes)
    with pytest.raises(ModelError, match="codes are 5 wide, the model's are 8"):
        fitted(model.codec, sample(2, 5, 1))


def test_an_old_entry_gets_the_codes_and_the_chords_of_its_notes(model: OpenedModel) -> None:
    old = entry(model, sample(2, OLD, 1))
    assert of_earlier(old, model.spec)
    new = renewed(model, old)
    assert not of_earlier(new, model.spec)
    assert new.table().shape == (2, 8)
    assert np.array_equal(new.chord_table(), [CHORDS, CHORDS])
    assert (new.seed, new.bpm, new.when) == (old.seed, old.bpm, old.when)


def test_the_history_is_moved_whole_and_kept_as_it_was(model: OpenedModel, tmp_path: Path) -> None:
    history = History(tmp_path / "history.jsonl")
    today = entry(model, sample(1, 8, 2))
    history.add([entry(model, sample(2, OLD, 1)), today])
    history.name("1", "sunrise")
    before = history.path.read_bytes()
    assert renew_history(model, history) == 1
    assert kept(history.path).read_bytes() == before
    first, second = history.entries()
    assert (first.name, first.width, second) == ("sunrise", 8, today)
    assert renew_history(model, history) == 0
    assert kept(history.path).read_bytes() == before


def test_anchors_keep_their_knobs_and_their_order(model: OpenedModel, tmp_path: Path) -> None:
    path = tmp_path / "anchors.yaml"
    codes = [tuple(row.tolist()) for row in sample(2, OLD, 5)]
    write_anchors(path, [
        Anchor("a", {"variation": 0.5}, codes[0]), Anchor("b", {}), Anchor("c", {}, codes[1]),
    ])  # fmt: skip
    assert renew_anchors(model, path) == 2
    a, b, c = read_anchors(path)
    assert (a.name, b.name, c.name) == ("a", "b", "c")
    assert a.values == {"variation": 0.5}
    assert [len(each.code) for each in (a, b, c)] == [8, 0, 8]
    assert a.code[:OLD] == pytest.approx(codes[0])
    assert len(read_anchors(kept(path))[0].code) == OLD
