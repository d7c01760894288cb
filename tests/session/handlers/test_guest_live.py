"""A guest model in a session: samples, marked codes, travel, back; a path through both models."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playing import BAR, SPEC, RecordingWorker, during, run, told

from bridge.latent.space import sample, slerp
from bridge.latent.walks import Walk, WalkKind, point_at, trajectory
from bridge.live.devices.user_files import history_entry
from bridge.model.contract import GuestModel
from bridge.session.messages import commands as m
from bridge.session.messages.code_commands import (
    BackCode,
    DrawCode,
    MarkCode,
    PlayCodes,
    PlayPath,
    PlayScore,
    Travel,
    UseModel,
)
from bridge.session.messages.commands import Start
from bridge.session.messages.status import Timing
from bridge.session.recorder import Recorder
from bridge.session.simulation import Played
from bridge.session.snapshot import snapshot
from bridge.session.state.effects import KeepCode, TempoSet
from bridge.session.state.session_state import State

Make = Callable[..., State]
MEL = GuestModel("mel", "melody", 5, 2)
DRUMS = GuestModel("drums", "drums", 5, 2)
DRAW, A, B, TRAVEL, BACK = DrawCode(), MarkCode("a"), MarkCode("b"), Travel(4), BackCode()


class RequestLog(RecordingWorker):
    """The test's worker, which tells what the guest was to play."""

    def code(self, bar: int) -> tuple[float, ...]:
        """The guest's code for a bar."""
        voice = self.asked[bar].voice
        assert voice is not None
        return voice.codes[voice.places[voice.at][0]]


def played(state: State, *events: object, bars: int = 8) -> tuple[Played, RequestLog]:
    log = RequestLog()
    flat = [e for group in events for e in (group if isinstance(group, list) else [group])]
    return run(state, [told(0.0, m.Start()), *flat], bars * BAR, answer=log), log


def code(seed: int, width: int = 5) -> tuple[float, ...]:
    return tuple(sample(1, width, seed)[0].tolist())


def test_a_sample_of_the_guest_is_a_voice_that_the_band_goes_by(session: Make) -> None:
    done, log = played(session(guest=MEL), during(1, DRAW), bars=6)
    assert log.asked[1].voice is None
    assert log.asked[1].guest == "mel"
    for bar, at in ((2, 0), (3, 1), (4, 2), (5, 3)):
        voice = log.asked[bar].voice
        assert voice is not None
        assert voice.model == "mel"
        assert (voice.at, voice.leads, voice.seeds) == (at, True, (1,))
        assert voice.places == ((0, 0), (0, 1), (0, 0), (0, 1))  # two bars, twice in four
        assert log.code(bar) == code(1)
        assert log.asked[bar].listen == 1.0
    assert {r.part for r in done.rows if r.tick >= 2 * 3840} == {"melody", "bass", "drums"}


def test_what_is_kept_is_of_the_guest_as_it_sounds(session: Make) -> None:
    done, _ = played(session(guest=MEL), during(1, DRAW), bars=3)
    (effect,) = [e for e in done.effects if isinstance(e, KeepCode)]
    assert (effect.model, effect.key, effect.codes, effect.bars) == ("mel", "", (code(1),), 0)


def test_travel_leads_between_two_codes_of_the_guest_and_back_again(session: Make) -> None:
    script = [during(1, DRAW), during(2, A, DRAW), during(3, B, TRAVEL)]
    _, log = played(session(guest=MEL), *script, during(9, BACK), bars=12)
    way = slerp(np.float32(code(2)), np.float32(code(1)), np.arange(5) / 4)  # B plays: to A
    assert np.allclose([log.code(bar) for bar in (4, 5, 6, 7, 8)], way, atol=1e-6)
    assert log.code(10) == code(2)


def test_anchors_of_two_models_have_no_way_between_them(session: Make) -> None:
    script = [during(1, DRAW), during(2, A, UseModel(), DRAW), during(3, B, TRAVEL)]
    done, log = played(session(guest=MEL), *script, bars=5)
    assert "different models" in done.state.message
    assert log.asked[4].voice is None  # the sample of the band's own model plays on
    assert len(log.asked[4].offset) == SPEC.latent


def test_drums_take_the_place_of_the_bands_and_the_rest_follows(session: Make) -> None:
    done, log = played(session(guest=DRUMS), during(1, DRAW), bars=4)
    voice = log.asked[3].voice
    assert voice is not None
    assert (voice.places, voice.at, voice.leads) == (((0, 1),), 0, False)
    assert log.asked[3].bars == (3,)  # as it follows the player
    assert not any(r.part == "melody" for r in done.rows)


def test_one_seed_drives_both_models_on_the_bar_line(session: Make) -> None:
    done, log = played(session(guest=MEL), during(1, PlayPath(7)), bars=6)
    walk = Walk(WalkKind.BROWNIAN, 7, 16.0)
    band, guest = trajectory(walk, 4, 2)[0], trajectory(walk, 4, 5)[0]
    for step, bar in enumerate((2, 3, 4, 5)):
        request = log.asked[bar]
        assert np.allclose(request.offset, band[step], atol=1e-6)
        assert (request.listen, request.seed) == (0.0, 7 + step)
        assert np.allclose(log.code(bar), guest[step], atol=1e-6)
        assert request.voice is not None
        assert not request.voice.leads
    assert np.allclose(band[:, :2], guest[:, :2])
    models = [e.model for e in done.effects if isinstance(e, KeepCode)]
    assert models == ["", "mel"]


def test_a_path_is_kept_as_the_codes_it_went_through(session: Make) -> None:
    done, log = played(session(), during(1, PlayPath(3, "orbit", 8.0)), bars=5)
    (effect,) = [e for e in done.effects if isinstance(e, KeepCode)]
    entry = history_entry(effect, SPEC)
    assert (entry.made, entry.seed, entry.bars, entry.stride) == ("live: pathway orbit", 3, 1, 1)
    assert np.allclose(entry.table()[:3], [log.asked[b].offset for b in (2, 3, 4)], atol=1e-6)


def test_a_path_needs_no_player(session: Make) -> None:
    done, _ = played(session(), during(1, PlayPath(3, "mimic")), bars=2)
    assert done.state.message == "the walk mimic goes by what is played: choose another"
    assert done.state.codes.sequence is None


def test_a_walk_taken_bar_by_bar_is_the_walk() -> None:
    walk = Walk(WalkKind.BROWNIAN, 11)
    whole = trajectory(walk, 9, 4)[0]
    for bar in (8, 0, 3, 5, 8):
        assert np.array_equal(point_at(walk, bar, 4), whole[bar])


def test_the_screen_is_told_which_model_is_drawn_from(session: Make) -> None:
    state = session(guest=MEL)
    shot = snapshot(state, 0.0, Recorder(120.0), (), Timing())
    assert shot.codes is not None
    assert shot.codes.model == "mel"
    assert snapshot(session(), 0.0, Recorder(120.0), (), Timing()).codes is None


def test_codes_that_do_not_fit_the_guest_are_refused_in_a_line(session: Make) -> None:
    wrong = PlayCodes(((0.0, 1.0),), 1, "wrong", guest=MEL)
    done, _ = played(session(), during(1, wrong), bars=2)
    assert "5" in done.state.message
    assert done.state.codes.sequence is None


@pytest.mark.parametrize("guest", [MEL, DRUMS])
def test_a_stopped_session_starts_with_the_guests_sample(session: Make, guest: GuestModel) -> None:
    log = RequestLog()
    done = run(session(guest=guest), [told(0.1, DRAW)], 2 * BAR, answer=log)
    assert done.state.clock.running
    assert log.asked[0].voice is not None


# --- scores -------------------------------------------------------------------------------


def test_a_score_plays_note_for_note_and_goes_round(session: Make) -> None:
    bar = 3840
    notes = (
        ("melody", 0, 960, 60, 90), ("bass", 480, 240, 36, 80), ("drums", bar + 7, 120, 38, 70),
    )  # fmt: skip
    score = PlayScore(notes, 2, "history 5", 120.0)
    done, log = played(session(), during(1, score), during(6, BACK), bars=8)
    on = [(r.tick, r.part, r.note, r.velocity) for r in done.rows if r.kind == "on"]
    mine = [row for row in on if 2 * bar <= row[0] < 7 * bar]
    assert mine == [
        (tick + first * bar, part, pitch, velocity)
        for first in (2, 4)
        for part, tick, _, pitch, velocity in notes
    ] + [(6 * bar, "melody", 60, 90), (6 * bar + 480, "bass", 36, 80)]
    offs = [(r.tick, r.note) for r in done.rows if r.kind == "off" and r.part == "melody"]
    assert offs[0] == (2 * bar + 960, 60)
    assert not {3, 4, 5, 6} & set(log.asked)  # a bar of a score needs no request
    assert any(row[0] >= 7 * bar for row in on)  # and the band is back


def test_a_stopped_session_starts_with_a_score_at_once(session: Make) -> None:
    score = PlayScore((("melody", 0, 960, 60, 90),), 1, "history 5", 90.0)
    done = run(session(), [told(0.5, score)], 2 * BAR)
    assert done.state.clock.running
    assert done.state.clock.line.bpm == pytest.approx(90.0)
    first = next(r for r in done.rows if r.kind == "on")
    assert (first.tick, first.part, first.note) == (0, "melody", 60)


def test_an_empty_score_is_refused(session: Make) -> None:
    done, _ = played(session(), during(1, PlayScore((), 4, "history 9")), bars=2)
    assert done.state.message == "history 9: there are no notes in it"


def test_a_score_says_which_of_its_bars_plays(session: Make) -> None:
    score = PlayScore((("melody", 0, 960, 60, 90),), 4, "take night", 120.0)
    done = run(session(), [told(0.5, score)], 0.5 + 5.5 * BAR)
    shot = snapshot(done.state, done.state.clock.now, done.recorder, (), Timing())
    assert shot.codes is not None
    assert (shot.codes.label, shot.codes.code, shot.codes.codes) == ("take night", 2, 4)


def test_a_score_is_played_in_its_tempi_each_round(session: Make) -> None:
    tempi = ((0, 120.0), (1, 60.0))
    score = PlayScore((("melody", 0, 960, 60, 90),), 2, "take night", 120.0, tempi=tempi)
    done = run(session(), [told(0.5, score)], 16.0)
    found = [(e.tick // (4 * 960), e.bpm) for e in done.effects if isinstance(e, TempoSet)]
    assert [change for change in found if change[0] > 0] == [
        (bar, 60.0 if bar % 2 else 120.0) for bar in range(1, len(found) - 1)
    ]
    assert len(found) > 3


def test_a_master_leads_the_tempo_of_a_score_too(session: Make) -> None:
    tempi = ((0, 120.0), (1, 60.0))
    score = PlayScore((("melody", 0, 960, 60, 90),), 2, "take night", None, tempi=tempi)
    done = run(session(clock="DAW"), [told(0.5, score), told(0.6, Start())], 8.0)
    assert not [e for e in done.effects if isinstance(e, TempoSet)]


def test_a_score_is_not_thinned_where_nobody_plays(session: Make) -> None:
    """A band thins out for a quiet player; what was played before is played as it was."""
    hits = tuple(("drums", 240 * n, 120, 38 + n % 2, 60 + n) for n in range(16))
    state = session()
    state = state.but(band=state.band.with_control("follow energy", 1.0))
    done = run(state, [told(0.5, PlayScore(hits, 1, "take night", 120.0))], 0.5 + 4 * BAR)
    ons = [r.tick for r in done.rows if r.kind == "on" and 3840 <= r.tick < 3 * 3840]
    assert len(ons) == 2 * len(hits)
