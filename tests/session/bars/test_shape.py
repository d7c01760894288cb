"""A bar's shape, and notes rendered within it: no session is needed."""

from __future__ import annotations

from collections.abc import Callable

from playing import BAR, off, on, run, told

from bridge.model.messages import BarTokens
from bridge.music.arrange import Feel
from bridge.music.grid import FOUR_FOUR
from bridge.music.notes import Note, Part
from bridge.session.bars.render import render_bar
from bridge.session.bars.shape import BarShape, shape_of
from bridge.session.messages import commands as m
from bridge.session.state.bars import GeneratedBar
from bridge.session.state.session_state import State

Make = Callable[..., State]
TOKENS = BarTokens(melody=(50, *[0] * 15), bass=(30, *[0] * 15), drums=(1, 0, 0, 0, 2, *[0] * 11))
BAND = GeneratedBar(TOKENS, 0, (), "rock")


def rendered(shape: BarShape, bar: GeneratedBar = BAND) -> dict[Part, list[Note]]:
    return render_bar(bar, 2, shape, Feel(humanize=0.0), [Note(FOUR_FOUR.bar_start(2), 72, 10, 90)])


def test_a_plain_bar_is_the_notes_generated_and_the_melody_given() -> None:
    parts = rendered(BarShape())
    assert len(parts[Part.DRUMS]) == 2
    assert [note.pitch for note in parts[Part.MELODY]] == [72]
    assert all(2 * FOUR_FOUR.ticks <= n.tick < 3 * FOUR_FOUR.ticks for n in parts[Part.DRUMS])


def test_a_fill_adds_hits_at_the_end_of_the_bar() -> None:
    plain, filled = rendered(BarShape()), rendered(BarShape(fill=4))
    late = FOUR_FOUR.bar_start(3) - FOUR_FOUR.ticks // 4
    assert not [n for n in plain[Part.DRUMS] if n.tick >= late]
    assert [n for n in filled[Part.DRUMS] if n.tick >= late]


def test_a_crash_answers_a_fill() -> None:
    before, after = rendered(BarShape()), rendered(BarShape(after_fill=True))
    assert len(after[Part.DRUMS]) == len(before[Part.DRUMS]) + 1


def test_a_rest_leaves_out_drums_and_bass() -> None:
    parts = rendered(BarShape(rest=True))
    assert parts[Part.DRUMS] == parts[Part.BASS] == []
    assert parts[Part.MELODY]


def test_silent_parts_have_no_notes() -> None:
    parts = rendered(BarShape(silent=frozenset({Part.BASS})))
    assert parts[Part.BASS] == []
    assert parts[Part.DRUMS]


def test_an_answer_plays_its_own_melody() -> None:
    answer = GeneratedBar(TOKENS, 0, (), "rock", answer=True)
    assert [n.pitch for n in rendered(BarShape(), answer)[Part.MELODY]] != [72]


def test_a_bar_of_a_score_is_played_as_written_whatever_its_shape() -> None:
    score = {Part.BASS: (Note(0, 40, 10, 90),), Part.DRUMS: (), Part.MELODY: ()}
    written = GeneratedBar(TOKENS, 0, (), "rock", from_code=True, written=score)
    shape = BarShape(fill=16, rest=True, silent=frozenset({Part.BASS}))
    assert rendered(shape, written)[Part.BASS] == [Note(FOUR_FOUR.bar_start(2), 40, 10, 90)]
    muted = BarShape(muted=frozenset({Part.BASS}))
    assert rendered(muted, written)[Part.BASS] == []


def test_the_shape_knows_the_fill_that_was_asked_for_and_mutes(session: Make) -> None:
    events = [told(0, m.Start()), on(0.1, 60), off(0.3, 60)]
    events += [told(1.5 * BAR, m.Fill()), told(1.6 * BAR, m.Mute(Part.BASS, True))]
    state = run(session(), events, 1.8 * BAR).state
    shape = shape_of(state, 1)
    assert (shape.fill, shape.fill_asked) == (16, True)
    assert shape.silent == shape.muted == {Part.BASS}
    assert shape_of(state, 2).after_fill
