"""Walks in a session: seeds, steps bar by bar, controls, and every kind of walk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from playing import BAR, DIRECTIONS, run, simple_answer, told, tune

from bridge.latent.prior import PriorSpace
from bridge.latent.walks import Walk, WalkKind, trajectory
from bridge.model.messages import FromWorker, Request
from bridge.session.messages.commands import DropAnchor, SetControl, SetWalk, Start, Stop
from bridge.session.simulation import Played
from bridge.session.state.effects import Ask
from bridge.session.state.events import Event
from bridge.session.state.session_state import State

Session = Callable[..., State]


def answer_heard(request: Request) -> FromWorker:
    """The test's answer with a code of the music heard: the pitch of its last onset."""
    heard = [c for c, h in zip(request.melody, request.heard, strict=True) if h and c > 1]
    code = (heard[-1] / 10, 1.0) if heard else (0.0, 0.0)
    return msgspec.structs.replace(simple_answer(request), heard=code)


def walked(state: State, *events: Event, bars: int = 8, walk: str = "brownian") -> Played:
    first = [told(-0.5, SetWalk(walk, 4.0)), told(-0.4, SetControl("walk", 0.5))]
    played = [told(0, Start()), *tune(bars), told(bars * BAR - 0.01, Stop())]
    return run(state, [*first, *events, *played], bars * BAR + 1, answer_heard)


def requests(played: Played) -> dict[int, Request]:
    """The last request of each bar."""
    asked = [e.request for e in played.effects if isinstance(e, Ask)]
    return {r.target_bar: r for r in asked}


@pytest.mark.parametrize("kind", WalkKind)
def test_the_same_seed_and_keys_walk_the_same_way_live(session: Session, kind: WalkKind) -> None:
    first, again = (walked(session(seed=5), walk=kind) for _ in range(2))
    assert first.rows == again.rows
    places = [
        [(r.offset, r.points, r.onward) for r in requests(p).values()] for p in (first, again)
    ]
    assert places[0] == places[1]
    other = [
        (r.offset, r.points, r.onward)
        for r in requests(walked(session(seed=6), walk=kind)).values()
    ]
    if kind not in (WalkKind.LISSAJOUS, WalkKind.MIMIC):  # led by controls, by the player
        assert other != places[0]


@pytest.mark.parametrize("kind", [WalkKind.BROWNIAN, WalkKind.ORBIT, WalkKind.DRIFT])
def test_the_band_is_where_the_pure_walk_is_times_the_knob(
    session: Session, kind: WalkKind
) -> None:
    asked = requests(walked(session(seed=5), walk=kind))
    points = trajectory(Walk(kind, 5, 4.0), 8, 2)[0]
    for bar in range(8):
        assert np.allclose(asked[bar].offset, 0.5 * points[bar], atol=1e-6)
        assert asked[bar].listen == 1.0


def test_a_bar_asked_for_again_stays_where_it_was(session: Session) -> None:
    knob = told(3.85 * BAR, SetControl("direction:density", 0.25))
    played = walked(session(), knob)
    asked = [e.request for e in played.effects if isinstance(e, Ask)]
    of_four = [np.asarray(r.offset) for r in asked if r.target_bar == 4]
    assert len(of_four) >= 2
    assert np.allclose(of_four[-1] - of_four[0], [0.25, 0.0], atol=1e-6)


def test_a_start_begins_the_walk_anew(session: Session) -> None:
    first = walked(session(), bars=4)
    second = run(first.state, [told(20, Start()), told(20 + 4 * BAR - 0.01, Stop())],
                 20 + 4 * BAR, answer_heard)  # fmt: skip
    offsets = [[requests(p)[bar].offset for bar in (1, 2, 3)] for p in (first, second)]
    assert offsets[0] == offsets[1]


def test_a_figure_swings_along_the_models_first_two_directions(session: Session) -> None:
    asked = requests(walked(session(), walk="lissajous"))
    turns = (np.arange(8) + 1) / 4
    expected = np.sin(2 * np.pi * np.outer(turns, [3, 2])) @ DIRECTIONS.vectors
    assert np.allclose([asked[b].offset for b in range(8)], 0.5 * expected, atol=1e-6)


def test_anchors_take_the_place_of_the_melody_by_as_much_as_the_knob_says(
    session: Session,
) -> None:
    drops = [told(2.5 * BAR, DropAnchor()), told(4.5 * BAR, DropAnchor())]
    played = walked(session(), *drops, walk="anchors", bars=12)
    assert len(played.state.walking.anchors) == 2
    last = requests(played)[11]
    assert last.listen == 0.5
    low, high = sorted(a[0] for a in played.state.walking.anchors)
    assert 0.5 * low - 1e-4 <= last.offset[0] <= 0.5 * high + 1e-4


def test_a_drift_with_an_anchor_arrives_there(session: Session) -> None:
    played = walked(session(), told(1.5 * BAR, DropAnchor()), walk="drift", bars=10)
    last = requests(played)[9]
    assert last.listen == 0.5
    assert np.allclose(last.offset, 0.5 * np.asarray(played.state.walking.anchors[0]), atol=1e-6)


def test_an_anchor_needs_something_heard(session: Session) -> None:
    played = run(session(), [told(0, DropAnchor())], 1, answer_heard)
    assert played.state.walking.anchors == ()
    assert "play a bar" in played.state.message


def test_mimicry_stays_where_the_player_was(session: Session) -> None:
    played = walked(session(), told(-0.3, SetControl("walk", 1.0)), walk="mimic", bars=16)
    asked = requests(played)
    profile = played.state.walking.profile
    assert profile is not None
    assert profile.weight > 10
    for bar in range(10, 16):
        far = np.abs(np.asarray(asked[bar].offset) - profile.mean)
        assert (far <= 4 * profile.spread + 0.3).all()
        assert asked[bar].listen == 0.0


def test_drums_and_bass_walk_apart_each_with_its_own_ear(session: Session) -> None:
    knobs = [
        told(-0.3, SetControl("listen drums", 0.25)),
        told(-0.2, SetControl("restless bass", 0.0)),
        told(-0.15, SetControl("lean bass", 0.0)),
    ]
    asked = requests(walked(session(), *knobs, walk="apart"))
    for bar in range(8):
        drums, bass = asked[bar].points
        assert (drums.part, bass.part) == ("drums", "bass")
        assert (drums.listen, bass.listen) == (0.25, 0.9)
    places = {asked[bar].points[0].offset for bar in range(2, 8)}
    assert len(places) == 6, "the drums are restless"


def test_walk_controls_come_and_go_with_the_walk(session: Session) -> None:
    on = run(session(), [told(0, SetWalk("apart"))], 1).state
    assert "lean bass" in on.band.controls
    off = run(on, [told(1, SetWalk("off"))], 2).state
    assert set(off.band.controls) == set(session().band.controls)
    wrong = run(session(), [told(0, SetWalk("browniam"))], 1).state
    assert "did you mean 'brownian'?" in wrong.message


def test_without_a_walk_nothing_moves(session: Session) -> None:
    played = run(session(), [told(0, Start()), *tune(4)], 4 * BAR)
    for request in requests(played).values():
        assert not any(request.offset)
        assert (request.listen, request.points) == (1.0, ())


def test_the_prior_is_told_what_was_played_a_window_apart(session: Session) -> None:
    """Bar 8 follows bars 4 and 0, whose windows are adjacent. One sample a window."""
    asked = requests(walked(session(seed=5), walk="prior", bars=10))
    onward = [asked[bar].onward for bar in range(10)]
    assert [len(o.past) for o in onward if o] == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]
    assert [o.seed for o in onward if o] == [(5, bar // 4) for bar in range(10)]
    assert {o.share for o in onward if o} == {0.5}
    assert all(np.allclose(asked[bar].offset, 0) for bar in range(10))


def test_a_model_without_a_prior_says_so_and_walks_as_before(session: Session) -> None:
    state = session()
    state = state.but(facts=replace(state.facts, prior=False))
    after = run(state, [told(0, SetWalk("orbit")), told(1, SetWalk("prior"))], 2).state
    assert "cannot go on by itself" in after.message
    assert after.walking.walk is not None
    assert after.walking.walk.kind is WalkKind.ORBIT


def test_knobs_say_along_which_neurons_a_figure_swings(session: Session) -> None:
    state = session()
    state = state.but(facts=replace(state.facts, neurons=(1, 0)))
    one = requests(walked(state, told(-0.3, SetControl("neuron y", 1)), walk="lissajous"))
    swings = np.array([one[bar].offset for bar in range(8)])
    assert np.abs(swings[:, 1]).max() > 0.5  # both axes are the neuron 1, dimension 1
    assert np.allclose(swings[:, 0], 0)


def test_how_long_a_round_takes_can_be_turned(session: Session) -> None:
    state = session()
    quick = requests(walked(state, told(-0.3, SetControl("walk bars", 2)), walk="orbit"))
    assert np.allclose(quick[1].offset, quick[3].offset, atol=1e-6)
    assert not np.allclose(quick[1].offset, quick[2].offset, atol=1e-3)


def test_an_orbit_goes_round_the_last_anchor(session: Session) -> None:
    asked = requests(walked(session(), told(3.5 * BAR, DropAnchor()), walk="orbit", bars=16))
    assert asked[2].listen == 1.0
    assert asked[12].listen == pytest.approx(0.5)


def test_turned_knobs_go_home_as_fast_as_return_says(session: Session) -> None:
    turned = [told(-0.3, SetControl("return", 0.5)), told(-0.2, SetControl("direction:wild", 1))]
    controls = walked(session(), *turned, walk="mimic", bars=4).state.band.controls
    assert controls["direction:wild"] == pytest.approx(0.5**4)  # bars 1 to 4


def test_without_return_knobs_stay_where_they_are(session: Session) -> None:
    turned = told(-0.2, SetControl("direction:wild", 1))
    assert walked(session(), turned, walk="mimic").state.band.controls["direction:wild"] == 1


def test_walks_go_as_far_along_each_axis_as_the_models_codes_lie(session: Session) -> None:
    state = session(seed=5)
    axis, mean = np.array([[0.0, 1.0]], np.float32), np.zeros(2, np.float32)
    flat = PriorSpace(mean, axis, np.array([3.0], np.float32))
    state = state.but(facts=replace(state.facts, distribution=flat))
    asked = requests(walked(state, walk="brownian"))
    points = trajectory(Walk(WalkKind.BROWNIAN, 5, 4.0), 8, 2)[0]
    for bar in range(8):
        assert np.allclose(asked[bar].offset, [0.0, 0.5 * 3.0 * points[bar, 0]], atol=1e-5)
