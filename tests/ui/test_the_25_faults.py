"""The 25 faults that the screen had when it was tried as a new user would: each is gone, by a test
here or by one that is named here."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from screens import everything, playing, screen, stopped

from bridge.controllers.catalog import CATALOG, FAMILIES
from bridge.session.messages import commands as m
from bridge.session.messages.setting_forms import SETTING_FORMS
from bridge.session.messages.status import PortStatus, WorkerState
from bridge.ui.app import MESSAGE, NOTICE
from bridge.ui.dialogs.help import PLAYING, TOPICS
from bridge.ui.dialogs.learn import NO_INPUT, LearnBox
from bridge.ui.keymap import GROUPS
from bridge.ui.point_actions import SAVE
from bridge.ui.view_state import Frame
from bridge.ui.views import keyboard, status_lines
from tools.screen import recording

TESTS = Path(__file__).resolve().parents[1]
ELSEWHERE: dict[int, tuple[str, ...]] = {
    1: ("ui/keys/test_typing_piano.py::"
        "test_a_key_struck_again_and_again_sounds_at_once_each_time",
        "ui/test_screen_app.py::test_the_measured_repeat_delay_is_kept_for_the_next_time"),
    2: ("session/transport/test_thru.py::"
        "test_all_that_is_played_is_passed_on_unchanged_on_its_channel",
        "live/test_settings_desk.py::test_thru_is_applied_at_once_and_the_screen_is_told"),
    3: ("live/devices/test_take_writer.py::"
        "test_killed_at_any_moment_all_that_was_on_the_disk_is_there",
        "live/devices/test_take_writer.py::"
        "test_at_its_end_a_take_gets_its_length_and_the_farewell_names_it",
        "cli/live/test_resuming.py::test_the_last_session_comes_back",
        "integration/test_takes_jack.py::test_a_program_that_is_ended_says_what_it_kept"),
    4: ("ui/test_screen_app.py::test_with_caps_lock_on_letters_play_and_are_no_commands",),
    5: ("ui/test_screen_app.py::test_escape_only_goes_back",),
    6: ("ui/test_screen_app.py::"
        "test_a_chart_with_a_word_that_is_no_chord_stays_in_the_prompt_with_the_reason",
        "cli/live/test_play_plan.py::"
        "test_a_word_that_is_no_chord_is_refused_before_any_port_is_opened"),
    7: ("ui/test_screen_app.py::test_in_every_layout_the_keys_of_the_piano_only_play",
        "ui/test_screen_app.py::test_the_place_of_a_key_counts_where_the_terminal_tells_it"),
    8: ("ui/views/test_roll_view.py::"
        "test_the_ruler_names_now_and_next_and_no_digit_is_covered",),
    12: ("ui/views/test_latent_map_view.py::"
         "test_the_cursor_moves_by_the_arrows_and_enter_sends_the_band_there",
         "ui/views/test_latent_map_view.py::test_the_way_to_where_the_band_goes_is_drawn"),
    13: ("ui/views/test_roll_view.py::"
         "test_the_roll_remembers_what_has_passed_as_far_as_the_window_shows",),
    14: ("ui/test_mouse.py::test_a_click_sets_a_knob_and_mutes_a_part_and_the_wheel_turns",
         "ui/views/test_arranger_row.py::test_a_click_gives_the_command_of_the_button_under_it"),
    17: ("ui/test_screen_app.py::test_the_help_names_every_key_and_wraps_within_the_box",
         "ui/test_screen_app.py::test_the_help_is_searched",
         "ui/test_screen_app.py::test_the_help_begins_with_where_one_is"),
    22: ("sound/test_sound_stall.py::"
         "test_a_server_that_pulls_no_block_for_seconds_and_goes_on_is_waited_for",),
    23: ("ui/views/test_frugal_update.py::test_only_the_cells_that_changed_are_written",),
    24: ("integration/test_stop_signal.py::"
         "test_a_stop_signal_leaves_a_clean_shell_and_the_program_can_be_quit_after_it",
         "ui/test_screen_app.py::"
         "test_ctrl_c_copies_what_is_selected_in_a_field_and_else_leaves_it"),
    25: ("cli/test_early.py::test_play_without_a_terminal_says_headless_and_ends_with_2",
         "cli/manual/test_completion.py::test_names_are_completed",
         "cli/manual/test_manual.py::test_every_command_has_examples_and_every_example_a_command",
         "cli/manual/test_manual.py::test_an_output_file_is_always_out",
         "cli/pieces/test_compose_cli.py::test_the_list_names_the_shipped_forms"),
}  # fmt: skip
"""Fault -> the tests that it is gone, by file and name."""


# --- says what is not so --------------------------------------------------------------------


def test_fault_9_the_picture_of_the_readme_is_of_a_session_that_the_core_played() -> None:
    svg = (TESTS.parent / "docs" / "screenshot.svg").read_text(encoding="utf-8")
    shown = set(
        " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg)).replace("&#160;", " ").split()
    )
    shots = recording.read().shots
    said = [{s.style, s.pending_style, s.tune, f"{s.bpm:.1f}"} for s in shots if s.pending_style]
    assert any(each <= shown for each in said)


async def test_fault_10_messages_expire() -> None:
    async with screen(stopped(message="panic: all notes off", said=1)) as (app, link, pilot):
        assert "panic: all notes off" in app.status.text
        app.clock.now += MESSAGE + 0.1  # type: ignore[attr-defined]
        app.draw()
        assert "panic" not in app.status.text
        await pilot.press("f5")
        link.take()
        assert "fill" in app.status.text
        app.clock.now += NOTICE + 0.1  # type: ignore[attr-defined]
        app.draw()
        assert "fill" not in app.status.text


async def test_fault_10_waiting_for_the_engine_is_not_said_once_it_is_there() -> None:
    async with screen(None) as (app, link, _):
        assert "waiting for the engine" in app.status.text
        link.snapshot = stopped()
        app.draw()
        assert "waiting" not in app.status.text


@pytest.mark.parametrize("width", [60, 70, 80, 90, 104, 120])
def test_fault_11_the_header_drops_the_least_important_first(width: int) -> None:
    shot = playing(walk="brownian", tune="a tune with a long name", worker=WorkerState.READY)
    first, second = (
        "".join(text for text, _ in line) for line in status_lines.header(Frame(shot), width)
    )
    assert "▶" in first
    assert f"{shot.bpm:.1f}" in first
    assert shot.style[:6] in second
    assert max(cell_len(first), cell_len(second)) <= width


# --- out of reach ---------------------------------------------------------------------------


def test_fault_15_everything_can_be_set_on_the_screen() -> None:
    assert {
        "ports.in", "ports.melody", "ports.bass", "ports.drums", "sound.play", "sound.system",
        "thru", "split", "count_in_bars", "clock", "link", "metre", "screen.layout", "screen.theme",
    } <= set(SETTING_FORMS)  # fmt: skip
    shown = {str(entry.action) for group in GROUPS.values() for entry in group}
    assert {"forms", "models", "settings"} <= shown


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_fault_16_the_empty_roll_says_how_to_begin(size: tuple[int, int]) -> None:
    starting = stopped(roll=(), worker=WorkerState.STARTING)
    async with screen(starting, size) as (app, link, _):
        assert "the band is warming" in app.roll.text
        assert "Play a s d f" in app.roll.text
        assert "F3 plays a tune" in app.roll.text
        assert "F2 changes the style" in app.roll.text
        link.snapshot = playing(0.5)
        app.draw()
        assert "Play a s d f" not in app.roll.text


async def test_fault_18_more_knobs_have_a_sign_and_the_tune_is_named_at_80x24() -> None:
    async with screen(playing(tune="greensleeves"), (80, 24)) as (app, _, _pilot):
        assert re.search(r"▼ \d+ more below", app.panel.text)
        assert "greensleeves" in everything(app)


async def test_fault_19_learning_without_an_input_says_where_to_choose_one() -> None:
    async with screen(stopped(ports=())) as (app, link, pilot):
        await pilot.press("ctrl+k", "enter")
        await pilot.pause()
        assert isinstance(app.screen, LearnBox)
        text = " ".join(str(app.screen.query_one("#learning").render()).split())  # type: ignore[attr-defined]
        assert NO_INPUT in text
        link.snapshot = stopped(ports=(PortStatus("in", "Keys", True),))
        app.screen._refresh()
        text = " ".join(str(app.screen.query_one("#learning").render()).split())  # type: ignore[attr-defined]
        assert NO_INPUT not in text


JARGON = re.compile(
    r"\b(latent|neurons?|anchors?|samples?|pathways?|morph|codes?|point|prior)\b|direction:\w"
)


def test_fault_20_texts_for_players_are_in_a_musicians_words() -> None:
    texts = [TOPICS[topic] for topic in TOPICS] + [" ".join(line) for line in PLAYING]
    texts += [entry.own_meaning for group in GROUPS.values() for entry in group]
    for target in (*CATALOG.targets, *(family.pattern for family in FAMILIES)):
        explanation = re.sub(r"`[^`]*`", "", target.explanation)
        own_word = target.title == target.name  # a knob that is called so everywhere
        texts.append(explanation if own_word else f"{target.title}: {explanation}")
    assert not [text for text in texts if JARGON.search(text)]


async def test_fault_21_enter_on_the_places_saves_each_time() -> None:
    for anchors in ((), ("home",)):
        async with screen(stopped(anchors=anchors)) as (app, link, pilot):
            await pilot.press("ctrl+o")
            await pilot.pause()
            assert app.screen._fitting[0] == SAVE  # type: ignore[attr-defined]
            await pilot.press("enter")
            await pilot.pause()
            await pilot.press(*"mine", "enter")
            await pilot.pause()
            assert link.take() == [m.SaveAnchor("mine")]


def test_fault_24_a_pressed_key_is_marked_without_colours() -> None:
    shot = playing(held=(60,))
    drawn = ["".join(text for text, _ in line) for line in keyboard.rows(Frame(shot), 80, 6)]
    silent = [
        "".join(text for text, _ in line) for line in keyboard.rows(Frame(playing(held=())), 80, 6)
    ]
    assert any("".join(keyboard.PRESSED[:1]) + "a" in line for line in drawn)
    assert not any("".join(keyboard.PRESSED[:1]) + "a" in line for line in silent)


# --- all of them ----------------------------------------------------------------------------


def _functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, kinds)}


@pytest.mark.parametrize("fault", ELSEWHERE)
def test_the_tests_that_are_named_are_there(fault: int) -> None:
    for place in ELSEWHERE[fault]:
        file, _, name = place.partition("::")
        assert name in _functions(TESTS / file), place


def test_every_fault_has_a_test() -> None:
    found = (re.match(r"test_fault_(\d+)_", name) for name in _functions(Path(__file__)))
    here = {int(match[1]) for match in found if match}
    assert here | set(ELSEWHERE) == set(range(1, 26))
