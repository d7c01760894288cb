"""The screen as a whole: keys in, commands out; snapshots in, text out."""

from __future__ import annotations

import msgspec
import pytest
from screens import SIZES, Clock, everything, listed, playing, screen, stopped
from textual.command import CommandList, CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from bridge.music.notes import Part
from bridge.session.messages import commands as m
from bridge.session.messages.status import (
    ControlStatus,
    Counters,
    FormStatus,
    PortStatus,
    WorkerState,
)
from bridge.ui.app import BridgeApp
from bridge.ui.bindings import bindings
from bridge.ui.dialogs.help import Help
from bridge.ui.dialogs.picker import Picker, matching
from bridge.ui.engine_link import MemoryLink
from bridge.ui.keymap import GROUPS, HINTS, KEYS, Action, canonical
from bridge.ui.sample_session import STYLES, TUNES
from bridge.ui.typing_piano import OFFSETS

# --- keys to commands ---------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("key", "command"),
    [
        ("space", m.Start()),
        ("escape", m.Panic()),
        ("exclamation_mark", m.Panic()),
        ("enter", m.Tap(100.0)),
        ("plus", m.SetTempo(113.0)),
        ("minus", m.SetTempo(111.0)),
        ("m", m.SetMode(m.Mode.LOOP)),
        ("f5", m.Fill()),
        ("F", m.Fill()),
        ("R", m.Capture()),
        ("f8", m.Clear()),
        ("1", m.Mute(Part.MELODY, True)),
        ("2", m.Mute(Part.BASS, True)),
        ("3", m.Mute(Part.DRUMS, True)),
        ("pagedown", m.SetStyle(STYLES[1])),
        ("pageup", m.SetStyle(STYLES[-1])),
        ("left_square_bracket", m.SetControl("volume melody", 0.95)),
        ("a", m.KeyDown(100.0, 60, 96)),
        ("w", m.KeyDown(100.0, 61, 96)),
    ],
)
async def test_a_key_sends_its_command(size: tuple[int, int], key: str, command: m.Command) -> None:
    async with screen(stopped(), size) as (_, link, pilot):
        await pilot.press(key)
        assert link.take() == [command]


async def test_space_stops_what_plays() -> None:
    async with screen(playing()) as (_, link, pilot):
        await pilot.press("space")
        assert link.take() == [m.Stop()]


async def test_a_second_press_of_a_mute_key_lets_the_part_play() -> None:
    async with screen(playing(muted=(Part.DRUMS,))) as (_, link, pilot):
        await pilot.press("3")
        assert link.take() == [m.Mute(Part.DRUMS, False)]


async def test_a_capital_piano_letter_asks_about_caps_lock() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press("D")
        assert link.take() == []
        assert "Caps Lock" in app.status.text


async def test_panic_also_releases_what_is_typed() -> None:
    async with screen(stopped()) as (_, link, pilot):
        await pilot.press("a")
        link.take()
        await pilot.press("escape")
        assert link.take() == [m.KeyUp(100.0, 60), m.Panic()]


async def test_ctrl_q_says_quit_and_closes() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press("ctrl+q")
        await pilot.pause()
        assert link.take() == [m.Quit()]
    assert link.closed
    assert not app.is_running


async def test_ctrl_q_quits_from_a_dialog_too() -> None:
    async with screen(stopped()) as (_, link, pilot):
        await pilot.press("S", "ctrl+q")
        await pilot.pause()
        assert link.take() == [m.Quit()]


async def test_the_screen_closes_when_the_engine_is_gone() -> None:
    link = MemoryLink(stopped())
    app = BridgeApp(link, Clock())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        link.ended = True
        await pilot.pause(0.3)
        assert app._exit
    assert link.take() == []


async def test_octave_and_velocity_keys_change_what_is_played() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press("x", "v", "a")
        assert link.take() == [m.KeyDown(100.0, 72, 106)]
        assert "C5-F6" in app.piano.text
        assert "106" in app.piano.text


async def test_the_knob_that_is_chosen_turns_and_shows_its_value_before_the_engine_answers() -> (
    None
):
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press("down", "down", "down", "right", "right", "shift+right")
        sent = link.take()
        assert [type(command) for command in sent] == [m.SetControl] * 3
        assert [command.target for command in sent] == ["temperature"] * 3  # type: ignore[union-attr]
        assert sent[-1].value == pytest.approx(0.5 + 0.075 + 0.075 + 0.015)  # type: ignore[union-attr]
        app.draw()
        assert "▸temperature" in app.panel.text
        assert "0.67" in app.panel.text or "0.66" in app.panel.text


async def test_backspace_puts_a_knob_back_to_its_default() -> None:
    async with screen(stopped()) as (_, link, pilot):
        await pilot.press("up", "backspace")
        assert link.take() == [m.SetControl("direction:complexity", 0.0)]


async def test_a_note_typed_ends_when_its_time_has_passed() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press("a")
        app.clock.now += 2.0  # type: ignore[attr-defined]
        await pilot.pause(0.2)
        sent = link.take()
        assert [type(command) for command in sent] == [m.KeyDown, m.KeyUp]


# --- dialogs ------------------------------------------------------------------------------


async def test_the_style_picker_narrows_while_one_types_and_sends_the_choice() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press("S")
        assert isinstance(app.screen, Picker)
        await pilot.press(*"blu")
        assert app.screen.query_one(OptionList).option_count == 1
        await pilot.press("enter")
        await pilot.pause()
        assert link.take() == [m.SetStyle("Slow Blues")]
        assert not isinstance(app.screen, Picker)


async def test_the_picker_moves_with_the_arrows_and_escape_leaves_without_a_command() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press("S", "down", "down", "enter")
        await pilot.pause()
        assert link.take() == [m.SetStyle(STYLES[2])]
        await pilot.press("S", "down", "escape")
        await pilot.pause()
        assert link.take() == []
        assert not isinstance(app.screen, Picker)


async def test_piano_letters_typed_into_a_picker_play_nothing() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press("S", "a", "s", "1", "space")
        assert app.screen.query_one(Input).value == "as1 "
        assert link.take() == []


async def test_a_playing_tune_can_be_stopped_from_the_tune_list() -> None:
    async with screen(playing()) as (_, link, pilot):
        await pilot.press("T", "up", "enter")
        await pilot.pause()
        assert link.take() == [m.PlayTune(False)]
        await pilot.press("T", *"joy", "enter")
        await pilot.pause()
        assert link.take() == [m.PlayTune(True, TUNES[1])]


async def test_the_band_can_be_let_walk_and_sent_to_a_section() -> None:
    form = FormStatus("song", "verse", 1, 8, "chorus", sections=("verse", "chorus", "ending"))
    async with screen(msgspec.structs.replace(stopped(), form=form)) as (_, link, pilot):
        await pilot.press("W", *"orb", "enter")
        await pilot.pause()
        await pilot.press("A", "N", *"end", "enter")
        await pilot.pause()
        await pilot.press("greater_than_sign", "less_than_sign", "H")
        assert link.take() == [
            m.SetWalk("orbit"), m.DropAnchor(), m.GoToSection("ending"),
            m.GoToSection(by=1), m.GoToSection(by=-1), m.HoldSection(),
        ]  # fmt: skip


async def test_without_a_form_the_keys_for_sections_say_so() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press("N")
        await pilot.pause()
        assert "no form is running" in everything(app)
        assert link.take() == []


async def test_the_key_can_be_pinned_and_let_go() -> None:
    async with screen(stopped()) as (_, link, pilot):
        await pilot.press("K", *"f# min", "enter")
        await pilot.pause()
        await pilot.press("K", *"follow", "enter")
        await pilot.pause()
        assert link.take() == [m.SetKey("F# minor"), m.SetKey("")]


def test_the_picker_offers_the_nearest_names_when_none_fits() -> None:
    assert matching(STYLES, "bosa nvoa") == ["Bossa Nova"]
    assert matching(STYLES, "ro ba") == ["Rock Ballad"]
    assert matching(STYLES, "") == list(STYLES)


@pytest.mark.parametrize("size", SIZES)
async def test_the_help_names_every_key_and_any_key_closes_it(size: tuple[int, int]) -> None:
    async with screen(stopped(), size) as (app, link, pilot):
        await pilot.press("question_mark")
        assert isinstance(app.screen, Help)
        shown = "\n".join(str(static.render()) for static in app.screen.query("Static"))
        for group in GROUPS.values():
            for entry in group:
                assert entry.meaning in shown
        await pilot.press("down", "escape")
        await pilot.pause()
        assert not isinstance(app.screen, Help)
        assert link.take() == []


def test_a_key_is_explained_by_the_catalog_or_by_itself_but_not_by_both() -> None:
    entries = [entry for group in GROUPS.values() for entry in group]
    for entry in entries:
        assert bool(entry.own_meaning) is (entry.target is None), entry.action
    named = {entry.target.name for entry in entries if entry.target}
    assert {"fill", "undo point", "mute bass", "previous sample"} <= named


def test_no_key_has_two_meanings() -> None:
    keys = [key for group in GROUPS.values() for entry in group for key in entry.keys]
    assert len(keys) == len(set(keys))
    assert not set(keys) & set(OFFSETS)
    assert len(HINTS) == len({keys for keys, _ in HINTS})


def test_the_hints_name_the_first_key_of_an_action_and_one_word() -> None:
    assert {("space", "start"), ("1 2 3", "mute"), ("↑ ↓ ← →", "knobs"), ("^Q", "quit")} <= set(
        HINTS
    )


def test_a_capital_letter_is_known_by_both_names_that_terminals_give_it() -> None:
    assert KEYS[canonical("shift+s")] is KEYS[canonical("S")]
    assert canonical("shift+left") == "shift+left"


async def found(app: BridgeApp, pilot: Pilot[None], count: int) -> list[str]:
    """The lines of the command palette, once it lists so many commands."""
    for _ in range(100):
        if app.screen.query_one(CommandList).option_count == count:
            break
        await pilot.pause(0.02)
    return listed(app)


@pytest.mark.parametrize("key", ["colon", "ctrl+p"])
async def test_an_action_is_found_by_its_meaning_and_run(key: str) -> None:
    async with screen(playing()) as (app, link, pilot):
        await pilot.press(key, *"fill")
        (line,) = await found(app, pilot, 1)
        assert line == "a fill, now\na drum fill until the bar ends · F F5"
        await pilot.press("enter")
        await pilot.pause()
        assert link.take() == [m.Fill()]
        assert not CommandPalette.is_open(app)


async def test_the_palette_lists_every_action_and_a_dialog_opens_from_it() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press("colon")
        count = len(set(Action)) - 1  # all but itself
        shown = await found(app, pilot, count)
        assert len(shown) == count
        assert shown[0] == "start, stop\non: the band plays; off: it stops · space"
        assert "turn down\nKnobs · ← [" in shown
        await pilot.press(*"choose a style")
        await found(app, pilot, 1)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, Picker)
        assert link.take() == []


async def test_the_palette_types_no_music_and_opens_over_no_dialog() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press("colon", "a", "space", "escape")
        assert link.take() == []
        await pilot.press("S", "colon", "ctrl+p")
        assert isinstance(app.screen, Picker)
        assert app.screen.query_one(Input).value == ":"


def test_every_key_of_the_table_is_bound_and_only_quitting_works_over_dialogs() -> None:
    bound = {binding.key: binding for binding in bindings()}
    assert {canonical(key) for key in bound} == set(KEYS)
    assert {bound[key].key_display for key in ("S", "shift+s", "f2")} == {"S  F2"}
    assert [binding.key for binding in bound.values() if binding.priority] == ["ctrl+q"]


# --- snapshots to text --------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_the_top_lines_show_the_session(size: tuple[int, int]) -> None:
    shot = playing(9.5, pending_style="Swing", chord="Am7", next_chord="Dm7", filling=True)
    async with screen(shot, size) as (app, _, _):
        text = app.header.text
        for part in ("Latent Bridge", "playing", "3.2", "112.0", "Bossa Nova", "▸ Swing",
                     "follow", "A minor", "Am7", "→ Dm7", "model ready"):  # fmt: skip
            assert part in text


async def test_the_position_never_moves_the_text_beside_it() -> None:
    columns = set()
    for beat in (-4.0, -0.1, 0.0, 39.9, 3999.9, 39990.0):
        async with screen(playing(beat, bpm=90.0 + beat / 400)) as (app, _, _):
            columns.add(app.header.text.split("\n")[0].index("bpm"))
    assert len(columns) == 1


async def test_the_count_in_is_shown_as_such() -> None:
    async with screen(playing(-2.5, count_in=True)) as (app, _, _):
        assert "count-in" in app.header.text
        assert "-1.2" in app.header.text


@pytest.mark.parametrize("size", SIZES)
async def test_knobs_ports_roll_and_piano_are_all_on_the_screen(size: tuple[int, int]) -> None:
    async with screen(playing(), size) as (app, _, _):
        text = everything(app)
        for part in ("temperature", "0.50", "density", "+0.40", "● drums", "○ clock",
                     "kick", "snare", "hat", "melody", "planned", "0.12 ms", "octave"):  # fmt: skip
            assert part in text
        assert "direction:" not in text
        size_of_text = [len(line) for line in app.roll.text.split("\n")]
        assert set(size_of_text) == {app.roll.size.width}


async def test_problems_and_a_lost_worker_are_named() -> None:
    counters = Counters(results_late=3, notes_dropped=2)
    shot = stopped(worker=WorkerState.LOST, counters=counters, message="")
    async with screen(shot, (120, 40)) as (app, _, _):
        assert "late 3" in app.status.text
        assert "dropped 2" in app.status.text
        assert "lost" in app.header.text


@pytest.mark.parametrize(("width", "shown"), [(60, "●"), (80, "● model ready"), (120, "clock DAW")])
async def test_the_top_line_says_as_much_of_model_and_clock_as_fits(width: int, shown: str) -> None:
    async with screen(playing(clock="DAW"), (width, 24)) as (app, _, _):
        assert shown in app.header.text.split("\n")[0]


async def test_before_the_first_snapshot_the_screen_waits_politely() -> None:
    async with screen(None) as (app, link, pilot):
        assert "waiting for the engine" in app.status.text
        await pilot.press("S", "T", "up", "right", "space")
        assert link.take() == [m.Start()]


async def test_nothing_is_redrawn_when_nothing_changed() -> None:
    async with screen(stopped()) as (app, _, pilot):
        refreshed: list[object] = []
        for widget in (app.header, app.ports, app.roll, app.panel, app.piano, app.status):
            widget.refresh = lambda *a, **k: refreshed.append(a)  # type: ignore[method-assign,assignment]
        for _ in range(5):
            app.draw()
        await pilot.pause(0.2)
        assert refreshed == []


# --- hard cases ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "size",
    [(1, 1), (20, 5), (59, 20), (60, 19), (60, 20), (61, 21), (103, 31), (104, 32), (220, 70)],
)
async def test_no_size_breaks_the_screen(size: tuple[int, int]) -> None:
    async with screen(playing(), size) as (app, link, pilot):
        await pilot.press("question_mark", "escape", "S", "escape", "a")
        await pilot.pause()
        assert [type(command) for command in link.take()] == [m.KeyDown]
        small = size[0] < 60 or size[1] < 20
        assert app.small.display is small


async def test_a_window_that_is_too_small_says_so_and_recovers() -> None:
    async with screen(playing(), (40, 10)) as (app, _, pilot):
        assert "60 x 20" in str(app.small.render())
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
        app.draw()
        assert not app.small.display
        assert "kick" in app.roll.text


async def test_long_and_strange_names_are_cut_not_wrapped() -> None:
    long = "Ünïcødé 日本語 🎹 " * 12 + "\n\x1b[31m"
    ports = tuple(PortStatus(role, long, True, 99.9) for role in ("in", "melody", "drums", "odd"))
    shot = playing(
        style=long, pending_style=long, key=long, chord=long, next_chord=long, ports=ports,
        message=long, model=long, tune=long, styles=(long, "b"), clock=long,
        controls=(ControlStatus(long, 0, 0, 0), ControlStatus("direction:" + long, -1, 1, 9)),
    )  # fmt: skip
    for size in SIZES:
        async with screen(shot, size) as (app, _, pilot):
            assert "\x1b" not in everything(app)
            from rich.cells import cell_len

            for widget in (app.header, app.ports, app.panel, app.status, app.hints):
                for line in widget.text.split("\n"):
                    assert cell_len(line) <= widget.size.width
            await pilot.press("S", "escape")


async def test_a_session_without_ports_or_controls_says_how_to_play() -> None:
    async with screen(stopped(ports=(), controls=(), roll=(), styles=())) as (app, link, pilot):
        assert "no MIDI ports" in app.ports.text
        await pilot.press("right", "up", "S", "pagedown")
        assert link.take() == []
        assert "no styles" in app.frame.notice


async def test_without_colours_the_screen_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with screen(playing()) as (app, link, pilot):
        assert app.no_color
        await pilot.press("a")
        assert "kick" in everything(app)
        assert link.take()


@pytest.mark.parametrize("size", SIZES)
async def test_an_svg_of_the_screen_can_be_taken(size: tuple[int, int]) -> None:
    async with screen(playing(), size) as (app, _, _):
        svg = app.export_screenshot()
        assert "Latent" in svg
        assert "▏" in svg


async def test_a_chart_with_a_word_that_is_no_chord_stays_in_the_prompt_with_the_reason() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press("C", *"Am", "space", *"Cfoo", "enter")
        await pilot.pause()
        assert link.take() == []
        assert app.screen.query_one(Input).value == "Am Cfoo"
        reason = app.screen.query_one("#reason")
        assert reason.display
        assert "'Cfoo' is not a chord name (the 2nd of the line)" in str(reason.render())
        await pilot.press("backspace", "backspace", "backspace", "enter")
        await pilot.pause()
        assert link.take() == [m.SetChords("Am C")]
