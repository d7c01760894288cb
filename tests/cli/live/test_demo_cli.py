"""The demo, for one bar, on the real engine with the model that ships as a fake."""

from __future__ import annotations

import threading
import wave
from collections.abc import Callable
from pathlib import Path

import mido
import pytest

from bridge.cli import main
from bridge.cli.live.demo import AIM_SECONDS, bar_seconds, default_bars
from bridge.latent.directions import Directions
from bridge.live import live_session as rigs
from bridge.live.performer import ScriptedPlayer, tune_keys
from bridge.midi.ports import MemoryOut
from bridge.model.answering.answer import answer
from bridge.model.fake import FakeTrio
from bridge.model.messages import FromWorker, Request, WorkerFailed, WorkerReady
from bridge.music.notes import Part
from bridge.music.tunes import DEMO_TUNE, TUNES
from bridge.session.messages.commands import Stop
from bridge.session.messages.snapshot import Snapshot
from bridge.session.state.setup import ModelFacts, Setup


class HereWorker:
    """Stands where the worker process does, and answers from a thread of this one."""

    broken = False

    def __init__(
        self,
        model: str,
        library: Path | None,
        *,
        on_message: Callable[[FromWorker], None],
        on_lost: Callable[[str], None],
        humanizer: str = "",
        tapper: str = "",
        log: Path | None = None,
    ) -> None:
        self._tell = on_message
        if self.broken:
            on_message(WorkerFailed("model.yaml is torn", fatal=True))
        else:
            on_message(WorkerReady("fake", 1.0))

    def ask(self, request: Request) -> None:
        """Answer soon, from elsewhere, as the process does."""
        threading.Thread(target=lambda: self._tell(answer(FakeTrio(), request))).start()

    def close(self) -> None:
        """Nothing to end."""


@pytest.fixture(autouse=True)
def _fake_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = FakeTrio()
    facts = ModelFacts(fake.spec, fake.presets, Directions.of(fake.directions, fake.spec.latent))
    monkeypatch.setattr(rigs, "facts_of", lambda model, folder=None: facts)
    monkeypatch.setattr(rigs, "Worker", HereWorker)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def _render() -> None:
    pytest.importorskip("midirenderer", reason="the extra render is not installed")
    pytest.importorskip("matplotlib", reason="the extra render is not installed")


@pytest.mark.usefixtures("_render")
def test_it_leaves_a_midi_file_a_sound_and_a_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--bars", "2", "--out", "here/it is"]) == 0
    folder = tmp_path / "here" / "it is"
    assert sorted(p.name for p in folder.iterdir()) == ["session.mid", "session.png", "session.wav"]
    midi = mido.MidiFile(folder / "session.mid")
    hits = {t.name: sum(m.type == "note_on" for m in t) for t in midi.tracks if t.name}
    assert set(hits) == {"Melody", "Drums", "Bass"}
    assert min(hits.values()) > 0, hits
    assert any(m.type == "set_tempo" for m in midi.tracks[0])
    with wave.open(str(folder / "session.wav")) as sound:
        assert sound.getnframes() > sound.getframerate()
    out = capsys.readouterr().out
    assert "Played 2 bars" in out
    assert "bar   2" in out, "a line a bar where there is no terminal"
    assert str(Path("here/it is") / "session.mid") in out
    assert "latent-bridge play" in out


def test_every_note_of_the_file_is_closed_before_its_end(tmp_path: Path) -> None:
    assert main(["demo", "--bars", "1", "--quiet", "--out", str(tmp_path / "out")]) == 0
    for track in mido.MidiFile(tmp_path / "out" / "session.mid").tracks:
        sounding: set[tuple[int, int]] = set()
        for message in track:
            if message.type == "note_on" and message.velocity:
                sounding.add((message.channel, message.note))
            elif message.type in ("note_on", "note_off"):
                sounding.discard((message.channel, message.note))
        assert sounding == set(), track.name


def test_quiet_says_only_what_was_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--bars", "1", "--quiet", "--out", str(tmp_path)]) == 0
    assert all("session." in line for line in capsys.readouterr().out.splitlines())


def test_a_missing_extra_costs_its_file_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "midirenderer", None)
    assert main(["demo", "--bars", "1", "--quiet", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "session.mid").exists()
    assert not (tmp_path / "session.wav").exists()
    assert "pip install 'latent-bridge[render]'" in capsys.readouterr().out


def test_a_model_that_does_not_start_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HereWorker, "broken", True)
    assert main(["demo", "--quiet"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "model.yaml is torn" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tune", "siants"], "did you mean 'saints'"),
        (["--style", "rokc"], "did you mean 'rock'"),
        (["--bars", "0"], "--bars"),
        (["--out", "file/folder"], "choose another --out"),
    ],
    ids=["tune", "style", "bars", "out"],
)
def test_a_wrong_argument_is_one_line_before_anything_is_played(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("file").write_text("")
    assert main(["demo", "--quiet", *arguments]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_it_takes_about_half_a_minute_whatever_the_tempo() -> None:
    for tune in TUNES.values():
        bars = default_bars(tune.bpm, tune.metre)
        seconds = bars * bar_seconds(tune.bpm, tune.metre)
        assert 0.7 * AIM_SECONDS < seconds < 1.35 * AIM_SECONDS, tune.name


def test_stopping_the_music_ends_the_demo_unfinished() -> None:
    rig = rigs.LiveSession(Setup(bpm=300.0), "fake", {part: MemoryOut(part.value) for part in Part})

    def stop_once_running(shot: Snapshot) -> None:
        if shot.running:
            rig.tell(Stop())

    rig.publish = stop_once_running
    played = ScriptedPlayer(rig, tune_keys(DEMO_TUNE.notes(), 64), 64)
    played.run()
    assert not played.finished
    assert played.failed == ""
