"""Learning a control and keeping the point, on the screen, by keys alone."""

from __future__ import annotations

import msgspec
import pytest
from screens import SIZES, screen, stopped
from textual.pilot import Pilot
from textual.widgets import Static

from bridge.controllers.targets import check_target
from bridge.session.messages import commands as m
from bridge.session.messages.status import LearnStatus
from bridge.ui.app import BridgeApp
from bridge.ui.dialogs.learn import SHOWN_LOOKS, LearnBox, by_title, learnable, lines
from bridge.ui.engine_link import MemoryLink
from bridge.ui.keymap import Action


def box_text(app: BridgeApp) -> str:
    return str(app.screen.query_one("#learning", Static).render())


async def learning(
    app: BridgeApp, link: MemoryLink, pilot: Pilot[None], status: LearnStatus | None
) -> LearnBox:
    """The box, shown what the engine says."""
    shot = link.latest()
    assert shot is not None
    link.snapshot = msgspec.structs.replace(shot, learn=status)
    box = app.screen
    assert isinstance(box, LearnBox)
    box._refresh()
    await pilot.pause()
    return box


async def opened(pilot: Pilot[None], target: str) -> None:
    await pilot.press("ctrl+k", "slash")
    await pilot.press(*target, "enter")
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
async def test_a_target_is_chosen_and_its_control_is_heard(size: tuple[int, int]) -> None:
    async with screen(stopped(), size) as (app, link, pilot):
        await opened(pilot, "humanize")
        assert link.posted == [m.CancelLearn(), m.Learn("humanize")]
        assert "move a knob" in box_text(app)
        assert "small deviations of time and velocity" in box_text(app)
        status = LearnStatus("humanize", "cc 20 ch 1", "go on")
        await learning(app, link, pilot, status)
        assert "cc 20 ch 1" in box_text(app)
        assert "go on" in box_text(app)


async def test_the_knob_that_is_chosen_is_offered_first() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press("down", "down", "ctrl+k", "enter")
        await pilot.pause()
        assert link.posted[-1] == m.Learn(app.frame.controls[2].name)


async def test_a_conflict_is_asked_about_and_enter_takes_the_control() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await opened(pilot, "humanize")
        text = "cc 20 ch 1 moves 'swing': confirm to take it from there"
        await learning(app, link, pilot, LearnStatus("humanize", "cc 20", conflict=text))
        assert "moves 'swing'" in " ".join(box_text(app).split())
        await pilot.press("enter")
        assert link.posted[-1] == m.ConfirmLearn()


async def test_escape_ends_learning_and_letters_only_play() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await opened(pilot, "humanize")
        await pilot.press("a", "escape")
        await pilot.pause()
        assert [type(c) for c in link.posted[-2:]] == [m.KeyDown, m.CancelLearn]
        assert not isinstance(app.screen, LearnBox)


async def test_the_box_closes_a_moment_after_the_control_is_bound() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await opened(pilot, "humanize")
        done = LearnStatus("humanize", "cc 20 ch 1 moves 'humanize' now", done=True)
        box = await learning(app, link, pilot, done)
        assert "now" in box_text(app)
        for _ in range(SHOWN_LOOKS + 1):
            box._refresh()
        await pilot.pause()
        assert app.screen is not box
        assert link.posted[-1] == m.Learn("humanize"), "nothing to cancel"


async def test_the_result_of_the_time_before_is_not_shown() -> None:
    old = LearnStatus("humanize", "cc 20 ch 1 moves 'humanize' now", done=True)
    async with screen(stopped(learn=old)) as (app, _, pilot):
        await opened(pilot, "humanize")
        assert "now" not in box_text(app)


def test_everything_that_can_be_learned_is_a_target() -> None:
    shot = stopped(anchors=("calm",), numbered=(16, 3))
    names = learnable(shot)
    for name in names:
        check_target(name)
    assert {"swing", "tempo", "fill", "anchor:calm", "direction:random:1", "style:1"} <= set(names)
    assert {"neuron:1", "neuron:16", "style:3", "draw code", "mode:tap"} <= set(names)
    assert len(names) == len(set(names))


def test_targets_are_offered_by_titles_and_each_title_is_one_target() -> None:
    """Fault 20: the list had `direction:bass_density`."""
    names = learnable(stopped(anchors=("calm",), numbered=(16, 3)))
    titles = by_title(names)
    assert list(titles.values()) == list(names)
    raw = ("direction:", "neuron:", "anchor:", "style:", "section:", "form:")
    assert not [title for title in titles if title.startswith(raw)]
    assert titles["place calm"] == "anchor:calm"
    assert titles["inner knob 3"] == "neuron:3"


def test_the_box_says_what_the_engine_says() -> None:
    assert "nothing heard" in lines(LearnStatus("swing")).plain
    assert "to the left" in lines(LearnStatus("swing", "cc 1", "now turn it to the left")).plain


# --- points -------------------------------------------------------------------------------


async def test_the_point_is_saved_with_a_name_and_brought_back() -> None:
    async with screen(stopped(anchors=("calm", "wild"))) as (_, link, pilot):
        await pilot.press("ctrl+o", "slash", *"save", "enter")
        await pilot.pause()
        await pilot.press(*"my", "space", *"place", "enter")
        await pilot.pause()
        assert link.posted == [m.SaveAnchor("my place")]
        await pilot.press("ctrl+o", "slash", *"wild", "enter")
        await pilot.pause()
        assert link.posted[-1] == m.RecallAnchor("wild")


async def test_two_anchors_are_chosen_for_the_morph() -> None:
    async with screen(stopped(anchors=("calm", "wild"))) as (_, link, pilot):
        await pilot.press("ctrl+o", "slash", *"between", "enter")
        await pilot.pause()
        await pilot.press("slash", *"wild", "enter")
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        assert link.posted == [m.SetMorph("wild", "calm")]


async def test_an_anchor_is_forgotten_and_the_point_undone_and_reset() -> None:
    async with screen(stopped(anchors=("calm",))) as (app, link, pilot):
        await pilot.press("ctrl+o", "slash", *"forget", "enter")
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("ctrl+z")
        app.perform(Action.POINT_RESET)
        await pilot.press("ctrl+o", "slash", *"back", "enter")
        await pilot.pause()
        assert link.posted == [
            m.ForgetAnchor("calm"), m.UndoPoint(), m.ResetPoint(), m.ResetPoint(),
        ]  # fmt: skip
