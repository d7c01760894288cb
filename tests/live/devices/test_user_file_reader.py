"""The lists that the engine's process makes of the user's files for the screen."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from bridge.files.history import FOLDER, History, HistoryEntry, packed
from bridge.latent.space import sample
from bridge.live.devices.user_file_reader import UserFileReader, model_list
from bridge.model import library
from bridge.model.contract import GraphSpec, GuestModel, ModelSpec
from bridge.music.notes import Note
from bridge.music.smf import midi_file
from bridge.session.messages.code_commands import PlayScore
from bridge.session.messages.commands import Command
from bridge.session.messages.listings import (
    ChooseForm,
    FormList,
    HistoryList,
    ListForms,
    ListHistory,
    Listing,
    ListModels,
    ModelList,
    NameHistory,
    PlayHistory,
)
from bridge.session.state.song.form_position import LiveForm
from bridge.system.strict_yaml import write_yaml

KICK = 36


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for ``--library`` with an imported melody model and a damaged one, and a user
    without models or history."""
    place = tmp_path / "models"
    graph = GraphSpec("decoder.onnx", "0" * 64, {"z": ["N", 4]}, {"tokens": ["N", 32, 1]})
    spec = ModelSpec(
        "mel", "melody", "A melody", "Apache-2.0", 2, 16, 4, {"melody": 90}, {"decoder": graph}
    )
    (place / "mel").mkdir(parents=True)
    write_yaml(place / "mel" / library.SPEC_FILE, dataclasses.asdict(spec))
    (place / "torn").mkdir()
    (place / "torn" / library.SPEC_FILE).write_text("naem: x\n", encoding="utf-8")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv(FOLDER, str(tmp_path / "history"))
    return place


class Desk:
    """A reader, the lists that it gave and the commands that it told."""

    def __init__(self, folder: Path | None = None) -> None:
        self.shown: list[Listing] = []
        self.told: list[Command] = []
        self.reader = UserFileReader(self.shown.append, self.told.append, "test", folder)


def entry(seed: int, **changes: object) -> HistoryEntry:
    fields = {
        "when": "2026-11-21T12:00:00+00:00", "made": "sample", "model": "test", "width": 2,
        "codes": packed(sample(3, 2, seed)), "seed": seed,
    }  # fmt: skip
    return HistoryEntry(**(fields | changes))  # type: ignore[arg-type]


def test_imported_models_are_listed_with_what_they_can_do(folder: Path) -> None:
    rows = {row.name: row for row in model_list(folder).rows}
    assert rows["mel"].summary == "melody, 2 bars: draws ideas, goes between them"
    assert rows["mel"].advice == "run: latent-bridge sample --model mel"
    assert rows["mel"].guest == GuestModel("mel", "melody", 4, 2)
    assert rows["torn"].summary == "damaged"
    assert "models verify torn" in rows["torn"].advice
    assert rows["torn"].guest is None


def test_a_model_that_was_mended_is_no_longer_listed_as_damaged(folder: Path) -> None:
    def torn() -> str:
        return next(row.summary for row in model_list(folder).rows if row.name == "torn")

    assert torn() == "damaged"
    mended = (folder / "mel" / library.SPEC_FILE).read_text("utf-8")
    (folder / "torn" / library.SPEC_FILE).write_text(mended, "utf-8")
    assert torn() == "melody, 2 bars: draws ideas, goes between them"


def test_the_models_of_the_given_library_are_the_ones_that_are_listed(folder: Path) -> None:
    with_library, without = Desk(folder), Desk()
    for desk in (with_library, without):
        desk.reader.ask(ListModels())
        desk.reader.close()
    names = []
    for desk in (with_library, without):
        (listing,) = desk.shown
        assert isinstance(listing, ModelList)
        names.append({row.name for row in listing.rows})
    assert names[0] - names[1] == {"mel", "torn"}


@pytest.mark.usefixtures("folder")
def test_the_history_is_listed_newest_first_and_only_when_it_has_changed() -> None:
    desk, history = Desk(), History()
    history.add([entry(1), entry(2)])
    desk.reader.answer(ListHistory())
    first = desk.shown[-1]
    assert isinstance(first, HistoryList)
    assert [(row.number, row.seed, row.codes) for row in first.rows] == [(2, 2, 3), (1, 1, 3)]
    desk.reader.answer(ListHistory(first.stamp))
    assert desk.shown == [first]
    history.add([entry(3)])
    desk.reader.answer(ListHistory(first.stamp))
    second = desk.shown[-1]
    assert isinstance(second, HistoryList)
    assert [row.number for row in second.rows] == [3, 2, 1]


@pytest.mark.usefixtures("folder")
def test_an_entry_of_a_model_that_is_gone_is_not_played_and_the_list_says_why() -> None:
    desk = Desk()
    History().add([entry(1, model="gone")])
    desk.reader.answer(PlayHistory(1))
    desk.reader.answer(PlayHistory(7))
    messages = [listing.message for listing in desk.shown if isinstance(listing, HistoryList)]
    assert "gone" in messages[0]
    assert "history entry" in messages[1]
    assert desk.told == []


@pytest.mark.usefixtures("folder")
def test_an_entry_that_is_a_song_is_played_as_its_notes() -> None:
    desk, history = Desk(), History()
    track = midi_file.Track("drums", 9, 0, (Note(0, KICK, 240, 100),))
    path = history.path.parent / "song.mid"
    path.parent.mkdir(parents=True)
    midi_file.write(path, midi_file.Song((track,)))
    song = history.keep_song(path.read_bytes())
    history.add([entry(1, codes=b"", song=song)])
    desk.reader.answer(PlayHistory(1))
    (command,) = desk.told
    assert isinstance(command, PlayScore)
    assert command.notes[0][0] == "drums"


@pytest.mark.usefixtures("folder")
def test_requests_are_answered_in_order_and_close_waits_for_them() -> None:
    desk = Desk()
    History().add([entry(1)])
    desk.reader.ask(NameHistory(1, "dawn"))
    desk.reader.ask(PlayHistory(1))
    desk.reader.close()
    lists = [listing for listing in desk.shown if isinstance(listing, HistoryList)]
    assert [listing.rows[0].name for listing in lists] == ["dawn", "dawn"]
    assert lists[1].message == "plays from the next bar on: history 1 'dawn'"
    assert len(desk.told) == 1


# --- forms --------------------------------------------------------------------------------

OWN_FORM = """
about: mine
metre: 4/4
tempo: 100
sections: {a: {bars: 2}, b: {bars: 4, like: a}}
order: [a, b, a]
"""


@pytest.fixture
def own_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's forms, with one that is whole and one that is not."""
    place = tmp_path / "forms"
    place.mkdir()
    (place / "mine.yaml").write_text(OWN_FORM, encoding="utf-8")
    (place / "torn.yaml").write_text("order: [a]\nsectoins: {}\n", encoding="utf-8")
    for module in ("bridge.files.forms", "bridge.live.devices.user_file_reader"):
        monkeypatch.setattr(f"{module}.user_folder", lambda: place)
    return place


@pytest.mark.usefixtures("own_forms")
def test_forms_are_listed_with_their_length_and_what_is_wrong_with_them() -> None:
    desk = Desk()
    desk.reader.answer(ListForms())
    (listing,) = desk.shown
    assert isinstance(listing, FormList)
    rows = {row.name: row for row in listing.rows}
    mine = rows["mine"]
    assert (mine.about, mine.bars, mine.sections, mine.own) == ("mine", 8, ("a", "b", "a"), True)
    assert not rows["song"].own
    assert "torn.yaml:" in rows["torn"].problem


@pytest.mark.usefixtures("own_forms")
def test_a_form_that_is_chosen_is_read_and_one_that_cannot_be_is_said() -> None:
    read: list[LiveForm] = []
    shown: list[Listing] = []
    reader = UserFileReader(shown.append, lambda _: None, "test", form=read.append, seed=3)
    for name in ("mine", "torn", "nine"):
        reader.answer(ChooseForm(name))
    assert [(form.name, form.bpm, form.layout.bars) for form in read] == [("mine", 100.0, 8)]
    said = [listing.message for listing in shown if isinstance(listing, FormList)]
    assert said[0] == ""
    assert "torn.yaml:" in said[1]
    assert "mine" in said[2]
