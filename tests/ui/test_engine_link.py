"""The screen's ends of the pipe, and the position it shows between snapshots."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys

import msgspec
import pytest

from bridge.music.notes import Part
from bridge.session.messages import commands as m
from bridge.session.messages.listings import (
    HistoryList,
    ListHistory,
    ListModels,
    ModelList,
    ModelRow,
)
from bridge.session.messages.snapshot import FromEngine, Goodbye
from bridge.system.ipc import CHANNEL, Channel
from bridge.ui.engine_link import ChannelLink
from bridge.ui.sample_session import SampleLink, snapshot_at
from bridge.ui.view_state import beat_at, position


def pair() -> tuple[ChannelLink, Channel[FromEngine, m.Command]]:
    """A link, and the engine's end of its pipe."""
    ours, theirs = multiprocessing.Pipe(duplex=True)
    return ChannelLink(Channel(ours, FromEngine)), Channel(theirs, m.Command)


def wait_for(link: ChannelLink, engine: Channel[FromEngine, m.Command]) -> None:
    """Close the engine's end and wait until the link has read everything."""
    engine.close()
    link._ended.wait(60)


def test_the_newest_snapshot_is_the_one_that_counts() -> None:
    link, engine = pair()
    for beat in (1.0, 2.0, 3.0):
        engine.send(snapshot_at(beat))
    wait_for(link, engine)
    shot = link.latest()
    assert shot is not None
    assert shot.beat == 3.0


def test_the_newest_list_of_each_kind_arrives_beside_the_snapshots() -> None:
    link, engine = pair()
    models = ModelList((ModelRow("a", "trio, 4 bars: sample", "run: x"),))
    for message in (ModelList(), snapshot_at(1.0), HistoryList(message="m"), models):
        engine.send(message)
    wait_for(link, engine)
    assert link.listing(ModelList) == models
    assert link.listing(HistoryList) == HistoryList(message="m")
    assert link.latest() is not None


def test_commands_arrive_in_order_and_close_waits_for_them() -> None:
    link, engine = pair()
    sent = [m.Start(), m.KeyDown(1.0, 60), m.KeyUp(1.5, 60), m.Quit()]
    for command in sent:
        link.post(command)
    link.close()
    assert [engine.receive() for _ in sent] == sent


@pytest.mark.parametrize("goodbye", [True, False])
def test_goodbye_and_a_broken_pipe_both_end_the_link(goodbye: bool) -> None:
    link, engine = pair()
    if goodbye:
        engine.send(Goodbye())
    else:
        engine.close()
    assert link._ended.wait(60)
    assert link.ended
    link.post(m.Quit())
    link.close()


def test_without_an_engine_the_process_says_what_to_run_and_exits_with_two() -> None:
    env = {key: value for key, value in os.environ.items() if key != CHANNEL}
    done = subprocess.run(
        [sys.executable, "-m", "bridge.ui"], env=env, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 2
    assert "latent-bridge" in done.stderr
    assert len(done.stderr.strip().split("\n")) == 1


def test_the_position_goes_on_between_snapshots_but_not_for_ever() -> None:
    shot = msgspec.structs.replace(snapshot_at(8.0, 10.0), bpm=120.0)
    assert beat_at(shot, 10.25) == pytest.approx(8.5)
    assert beat_at(shot, 99.0) == pytest.approx(10.0)
    assert beat_at(shot, 9.9) == 8.0


def test_a_small_step_back_is_jitter_and_a_large_one_a_jump() -> None:
    shot = snapshot_at(8.0, 10.0)
    assert beat_at(shot, 10.0, before=8.1) == 8.1
    assert beat_at(shot, 10.0, before=12.0) == 8.0


def test_a_stopped_session_stands_still() -> None:
    assert beat_at(snapshot_at(8.0, 10.0, running=False), 11.0, before=8.1) == 8.0


@pytest.mark.parametrize(
    ("beat", "shown"),
    [
        (0.0, (1, 1)),
        (3.99, (1, 4)),
        (4.0, (2, 1)),
        (-0.01, (-1, 4)),
        (-4.0, (-1, 1)),
        (-5, (-2, 4)),
    ],
)
def test_bars_and_beats_are_counted_from_one_and_the_count_in_backwards(
    beat: float, shown: tuple[int, int]
) -> None:
    assert position(beat) == shown


def test_the_made_up_session_answers_commands() -> None:
    link = SampleLink(lambda: 50.0)
    link.post(m.SetStyle("Swing"))
    link.post(m.SetControl("swing", 0.7))
    link.post(m.Mute(Part.BASS, True))
    link.post(m.Stop())
    shot = link.latest()
    assert (shot.style, shot.muted, shot.running) == ("Swing", (Part.BASS,), False)
    assert {c.name: c.value for c in shot.controls}["swing"] == 0.7
    assert link.listing(ModelList) is None
    link.post(ListModels())
    link.post(ListHistory())
    models, history = link.listing(ModelList), link.listing(HistoryList)
    assert models is not None
    assert history is not None
    assert (len(models.rows), [row.number for row in history.rows]) == (1, [2, 1])
