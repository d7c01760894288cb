"""The screen as a whole: keys in, commands out; snapshots in, text out."""

from __future__ import annotations

import msgspec
import pytest
from screens import SIZES, Clock, everything, listed, playing, screen, stopped
from textual import events
from textual.command import CommandList, CommandPalette
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from bridge.controllers.catalog import CATALOG, CONTROLS
from bridge.controllers.catalog_types import TargetKind
from bridge.latent.walks import WALK_WORDS, WalkKind
from bridge.music.notes import Part
from bridge.session.messages import commands as m
from bridge.session.messages.arranger_status import ArrangerStatus
from bridge.session.messages.listings import ChooseForm
from bridge.session.messages.setting_forms import SETTING_NAMES
from bridge.session.messages.settings_messages import ChooseSetting, Preferences
from bridge.session.messages.status import (
    ControlStatus,
    Counters,
    FormStatus,
    PortStatus,
    WorkerState,
)
from bridge.ui.app import BridgeApp
from bridge.ui.bindings import bindings, own_keymap
from bridge.ui.dialogs.base import Dialog
from bridge.ui.dialogs.help import TOPICS, Help
from bridge.ui.dialogs.palette import offers
from bridge.ui.dialogs.picker import Picker, matching
from bridge.ui.dialogs.text_prompt import TextPrompt
from bridge.ui.engine_link import MemoryLink
from bridge.ui.keymap import GROUPS, HINTS
from bridge.ui.keys.kitty import ReleaseParser
from bridge.ui.keys.layouts import LAYOUTS, Layout
from bridge.ui.sample_session import STYLES, TUNES
from bridge.ui.view_state import Page

# --- keys to commands ---------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("key", "command"),
    [
        ("space", m.Start()),
        ("exclamation_mark", m.Panic()),
        ("enter", m.Tap(100.0)),
        ("plus", m.SetTempo(113.0)),
        ("minus", m.SetTempo(111.0)),
        ("f4", m.SetMode(m.Mode.LOOP)),
        ("f5", m.Fill()),
        ("f8", m.Capture()),
        ("ctrl+l", m.Clear()),
        ("1", m.Mute(Part.MELODY, True)),
        ("2", m.Mute(Part.BASS, True)),
        ("3", m.Mute(Part.DRUMS, True)),
        ("pagedown", m.SetStyle(STYLES[1])),
        ("pageup", m.SetStyle(STYLES[-1])),
        ("left", m.SetControl("volume melody", 0.95)),
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


async def test_with_caps_lock_on_letters_play_and_are_no_commands() -> None:
    """Fault 4: S opened the styles, F was a fill."""
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press(*"ASDFGHJKLWETYUOPQRIBCVNMXZ")
        await pilot.press(*"qrbnm")
        assert {type(command) for command in link.take()} == {m.KeyDown, m.KeyUp}
        assert not isinstance(app.screen, Dialog)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda layout: layout.name)
async def test_in_every_layout_the_keys_of_the_piano_only_play(layout: Layout) -> None:
    """Fault 7: letters were swapped or dead; and a piano key that is also a command's plays."""
    async with screen(stopped()) as (app, link, pilot):
        link.listings.put(Preferences(layout=layout.name))
        await pilot.pause(0.1)
        for offset, key in layout.labels.items():
            app.post_message(events.Key(_character_to_key(key), key))
            await pilot.pause()
            downs = [c for c in link.take() if isinstance(c, m.KeyDown)]
            assert [c.pitch for c in downs] == [60 + offset], key
        app.post_message(events.Key(_character_to_key(layout.lower[1]), layout.lower[1]))
        await pilot.pause()
        assert app.frame.typing.octave == 5


async def test_the_place_of_a_key_counts_where_the_terminal_tells_it() -> None:
    """A German keyboard under the American layout: z lies where y does, and ö where ; does."""
    async with screen(stopped()) as (app, link, pilot):
        for sequence in ("\x1b[122::121;1;122u", "\x1b[246::59;1;246u"):
            for event in ReleaseParser().feed(sequence):
                app.post_message(event)
            await pilot.pause()
        assert [c.pitch for c in link.take() if isinstance(c, m.KeyDown)] == [68, 76]


async def test_in_a_terminal_that_tells_releases_notes_last_as_long_as_they_are_held() -> None:
    async with screen(stopped()) as (app, link, pilot):
        chord = "\x1b[?31u\x1b[97;1;97u\x1b[100;1;100u\x1b[97;1:2;97u"
        for event in ReleaseParser().feed(chord):
            app.post_message(event)
        await pilot.pause()
        app.clock.now += 5.0  # type: ignore[attr-defined]
        await pilot.pause(0.2)
        sent = link.take()
        assert [type(command) for command in sent] == [m.KeyDown, m.KeyDown]
        assert "as long as held" in app.piano.text
        for event in ReleaseParser().feed("\x1b[97;1:3u"):
            app.post_message(event)
        await pilot.pause()
        assert link.take() == [m.KeyUp(105.0, 60)]
        app.post_message(events.AppBlur())
        await pilot.pause()
        assert link.take() == [m.KeyUp(105.0, 64)]


async def test_escape_only_goes_back() -> None:
    """Fault 5: one escape too many ended the song."""
    async with screen(playing()) as (app, link, pilot):
        await pilot.press("f11", "f2", "escape", "escape", "escape", "escape")
        await pilot.pause()
        assert link.take() == []
        assert app.frame.page is Page.ROLL
        await pilot.press("exclamation_mark")
        assert link.take() == [m.Panic()]


@pytest.mark.parametrize("key", ["f2", "f3", "f7", "f9", "f1", "ctrl+s", "9"])
async def test_the_piano_plays_on_under_every_list(key: str) -> None:
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press(key)
        assert isinstance(app.screen, Dialog)
        link.take()
        await pilot.press("a", "W")
        downs = [c.pitch for c in link.take() if isinstance(c, m.KeyDown)]
        assert downs == [60, 61]
        await pilot.press("escape")
        await pilot.pause()
        assert not isinstance(app.screen, Dialog)


async def test_the_measured_repeat_delay_is_kept_for_the_next_time() -> None:
    async with screen(stopped()) as (app, link, pilot):
        for at in (0.0, 0.5, 0.533, 0.566):
            app.clock.now = 100.0 + at  # type: ignore[attr-defined]
            app.post_message(events.Key("a", "a"))
            await pilot.pause()
        assert ChooseSetting("screen.repeat_delay_ms", 500.0) in link.take()
        link.listings.put(Preferences(repeat_delay_ms=500.0))
    async with screen(stopped(), link=link) as (app, _, pilot):
        await pilot.pause(0.1)
        assert app.frame.typing.delay == 0.5


async def test_keys_of_ones_own_do_their_actions_and_no_key_of_the_piano_can_be_one() -> None:
    async with screen(stopped()) as (_app, link, pilot):
        link.listings.put(Preferences(keys={"fill": ("f6",), "panic": ("a",), "fil": ("f7",)}))
        await pilot.pause(0.1)
        await pilot.press("f6")
        assert link.take() == [m.Fill()]
        await pilot.press("a")
        assert [type(command) for command in link.take()] == [m.KeyDown]
        assert own_keymap({"panic": ("a",), "fil": ("f7",)}, LAYOUTS["us"]) == (
            {},
            ["keys: 'a' plays the piano, so it cannot be 'panic'",
             "keys: there is no action 'fil'"],
        )  # fmt: skip


async def test_the_pedal_is_switched_by_tab() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press("tab", "a")
        app.clock.now += 5.0  # type: ignore[attr-defined]
        await pilot.pause(0.2)
        assert [type(command) for command in link.take()] == [m.KeyDown]
        assert "pedal" in app.piano.text
        await pilot.press("tab")
        assert link.take() == [m.KeyUp(105.0, 60)]


async def test_panic_also_releases_what_is_typed() -> None:
    async with screen(stopped()) as (_, link, pilot):
        await pilot.press("a")
        link.take()
        await pilot.press("exclamation_mark")
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
        await pilot.press("f2", "ctrl+q")
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
        assert "▸freedom" in app.panel.text
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
        await pilot.press("f2")
        assert isinstance(app.screen, Picker)
        await pilot.press("slash", *"blu")
        assert app.screen.query_one(OptionList).option_count == 1
        await pilot.press("enter")
        await pilot.pause()
        assert link.take() == [m.SetStyle("Slow Blues")]
        assert not isinstance(app.screen, Picker)


async def test_the_picker_moves_with_the_arrows_and_escape_leads_back_to_what_was_heard() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press("f2", "down", "down", "enter")
        await pilot.pause()
        assert link.take() == [m.SetStyle(STYLES[n]) for n in (1, 2, 2)], "heard, then chosen"
        await pilot.press("f2", "down", "escape")
        await pilot.pause()
        assert link.take() == [m.SetStyle(STYLES[1]), m.SetStyle(STYLES[0])], "and back"
        assert not isinstance(app.screen, Picker)


async def test_piano_letters_typed_into_a_search_play_nothing() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press("f2", "slash", "a", "s", "1", "space")
        assert app.screen.query_one(Input).value == "as1 "
        assert link.take() == []


async def test_a_playing_tune_can_be_stopped_from_the_tune_list() -> None:
    async with screen(playing()) as (_, link, pilot):
        await pilot.press("f3", "up", "enter")
        await pilot.pause()
        assert link.take() == [m.PlayTune(False)]
        await pilot.press("f3", "slash", *"joy", "enter")
        await pilot.pause()
        assert link.take() == [m.PlayTune(True, TUNES[1])]


async def test_the_band_can_be_let_walk_and_sent_to_a_section() -> None:
    form = FormStatus("song", "verse", 1, 8, "chorus", sections=("verse", "chorus", "ending"))
    async with screen(msgspec.structs.replace(stopped(), form=form)) as (app, link, pilot):
        await pilot.press("f9")
        await pilot.pause()
        listed_walks = "\n".join(listed(app))
        for kind in WalkKind:
            assert f"{kind:<9} {WALK_WORDS[kind]}" in listed_walks
        await pilot.press("slash", *"orb", "enter")
        await pilot.pause()
        await pilot.press("f10", "slash", *"end", "enter")
        await pilot.pause()
        await pilot.press("greater_than_sign", "less_than_sign", "equals_sign")
        assert link.take() == [
            m.SetWalk("orbit"), m.GoToSection("ending"),
            m.GoToSection(by=1), m.GoToSection(by=-1), m.HoldSection(),
        ]  # fmt: skip


async def test_without_a_form_the_keys_for_sections_say_so_or_offer_the_forms() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press("greater_than_sign")
        await pilot.pause()
        assert "no form is running" in everything(app)
        await pilot.press("f10")
        await pilot.pause()
        assert "there are no forms" in everything(app)
        assert link.take() == []
        link.snapshot = stopped(arranger=ArrangerStatus(forms=("arc", "song")))
        app.draw()
        await pilot.press("f10", "down", "enter")
        await pilot.pause()
        assert link.take() == [ChooseForm("song")]


async def test_the_key_can_be_pinned_and_let_go() -> None:
    async with screen(stopped()) as (_, link, pilot):
        await pilot.press("f7", "slash", *"f# min", "enter")
        await pilot.pause()
        await pilot.press("f7", "slash", *"follow", "enter")
        await pilot.pause()
        assert link.take() == [m.SetKey("F# minor"), m.SetKey("")]


def test_the_picker_offers_the_nearest_names_when_none_fits() -> None:
    assert matching(STYLES, "bosa nvoa") == ["Bossa Nova"]
    assert matching(STYLES, "ro ba") == ["Rock Ballad"]
    assert matching(STYLES, "") == list(STYLES)


@pytest.mark.parametrize("size", [*SIZES, (60, 20), (200, 60)])
async def test_the_help_names_every_key_and_wraps_within_the_box(size: tuple[int, int]) -> None:
    """Fault 17: one page of 76 columns, wrapped without indent, not searchable."""
    async with screen(stopped(), size) as (app, link, pilot):
        await pilot.press("question_mark")
        assert isinstance(app.screen, Help)
        lines = help_lines(app)
        text = " ".join(" ".join(lines).split())
        for group in GROUPS.values():
            for entry in group:
                assert entry.meaning in text
        assert all(line[:10].strip() == "" or line[9] == " " for line in lines), "an indent"
        await pilot.press("escape")
        await pilot.pause()
        assert not isinstance(app.screen, Help)
        assert link.take() == []


async def test_the_help_is_searched() -> None:
    async with screen(stopped()) as (app, _, pilot):
        await pilot.press("f1", "slash", *"drum fill")
        await pilot.pause()
        text = "\n".join(help_lines(app))
        assert "a fill, now" in text
        assert "octave" not in text
        await pilot.press(*"xyz")
        await pilot.pause()
        assert "nothing is called that" in "\n".join(help_lines(app))


@pytest.mark.parametrize(
    ("keys", "topic"),
    [((), "The roll"), (("f11",), "The map"), (("f2",), "Lists"), (("f6",), "Chords"),
     (("9",), "Ideas"), (("ctrl+s",), "Settings")],
)  # fmt: skip
async def test_the_help_begins_with_where_one_is(keys: tuple[str, ...], topic: str) -> None:
    async with screen(stopped()) as (app, _, pilot):
        await pilot.press(*keys, "f1")
        assert isinstance(app.screen, Help)
        assert topic in str(app.screen.query_one("#box").border_title)
        assert TOPICS[topic].split()[0] in help_lines(app)[2]


def test_a_key_is_explained_by_the_catalog_or_by_itself_but_not_by_both() -> None:
    entries = [entry for group in GROUPS.values() for entry in group]
    for entry in entries:
        assert bool(entry.own_meaning) is (entry.target is None), entry.action
    named = {entry.target.name for entry in entries if entry.target}
    assert {"fill", "undo point", "mute bass", "previous sample"} <= named


def test_no_key_has_two_meanings() -> None:
    keys = [key for group in GROUPS.values() for entry in group for key in entry.keys]
    assert len(keys) == len(set(keys))
    letters = {key for key in keys if len(key) == 1 and key.isalpha()}
    assert not letters, "no letter is a command"
    assert len(HINTS) == len({keys for keys, _, _ in HINTS})


def test_the_hints_name_the_first_key_of_an_action_and_one_word() -> None:
    shown = {(keys, word) for keys, word, _ in HINTS}
    assert {("space", "start"), ("1 2 3", "mute"), ("↑ ↓ ← →", "knobs"), ("^Q", "quit")} <= shown


def help_lines(app: BridgeApp) -> list[str]:
    page = app.screen.query_one("#page", Static)
    return [page.render_line(y).text for y in range(page.size.height)]


async def found(app: BridgeApp, pilot: Pilot[None], words: str) -> None:
    """Wait until the command palette has searched for these words."""
    for _ in range(100):
        palette = app.screen
        searched = isinstance(palette, CommandPalette) and not palette._show_busy
        if searched and palette.query_one(Input).value == words:
            lines = palette.query_one(CommandList).option_count
            await pilot.pause(0.05)
            if lines and lines == palette.query_one(CommandList).option_count:
                return
        await pilot.pause(0.02)
    pytest.fail(f"nothing found for {words!r}")


@pytest.mark.parametrize("key", ["colon", "ctrl+p"])
@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("drum fill", m.Fill()),
        ("all notes off", m.Panic()),
        ("style: swing", m.SetStyle("Swing")),
        ("lay out: off", m.MoveTarget("lay out", 0.0)),
        ("half the tempo", m.MoveTarget("halve tempo", 1.0)),
        ("temperature 1.2", m.SetControl("temperature", 1.2)),
        ("tempo 96", m.SetTempo(96.0)),
        ("place for walks", m.DropAnchor()),
    ],
)
async def test_the_palette_finds_by_any_name_and_runs(
    key: str, words: str, command: m.Command
) -> None:
    async with screen(playing()) as (app, link, pilot):
        await pilot.press(key, *("space" if c == " " else c for c in words))
        await found(app, pilot, words)
        await pilot.press("enter")
        await pilot.pause()
        assert link.take() == [command]
        assert not CommandPalette.is_open(app)


async def test_the_palette_offers_every_action_of_the_catalog_and_every_setting() -> None:
    async with screen(stopped()) as (app, _, _):
        offered = list(offers(app))
        names = {name for offer in offered for name in (offer.title, *offer.names)}
        for target in CATALOG.targets:
            there = {target.name, target.title, *target.aliases} <= names or any(
                target.name in offer.names for offer in offered
            )
            needs_session = target.kind is TargetKind.CONTROL and target.name not in CONTROLS
            assert there or needs_session, target.name
        assert set(SETTING_NAMES) <= names
        assert {f"style: {style}" for style in STYLES} <= names


async def test_the_palette_types_no_music_and_opens_over_no_dialog() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await pilot.press("colon", "a", "space", "escape")
        assert link.take() == []
        await pilot.press("f2", "slash", "colon", "ctrl+p")
        assert isinstance(app.screen, Picker)
        assert app.screen.query_one(Input).value == ":"


def test_only_quitting_and_help_work_over_dialogs() -> None:
    bound = {binding.key: binding for binding in bindings()}
    assert {key for key, b in bound.items() if b.priority} == {"ctrl+q", "f1"}


async def test_ctrl_c_copies_what_is_selected_in_a_field_and_else_leaves_it() -> None:
    """Fault 24: it did nothing in a text field."""
    async with screen(stopped(chart="Am F")) as (app, link, pilot):
        await pilot.press("f6", "shift+home", "ctrl+c")
        assert app.clipboard == "Am F"
        assert isinstance(app.screen, TextPrompt)
        await pilot.press("end", "ctrl+c")
        await pilot.pause()
        assert not isinstance(app.screen, TextPrompt)
        assert link.take() == []
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert link.take() == [m.Quit()]


# --- snapshots to text --------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_the_top_lines_show_the_session(size: tuple[int, int]) -> None:
    shot = playing(9.5, pending_style="Swing", chord="Am7", next_chord="Dm7", filling=True)
    async with screen(shot, size) as (app, _, _):
        text = app.header.text
        assert ("Latent Bridge" in text) is (size[0] >= 120)
        for part in ("playing", "3.2", "112.0", "Bossa Nova", "▸ Swing",
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
        assert ("+0.40" in text) is (size[1] >= 40) is ("more below" not in text)
        for part in ("freedom", "0.50", "● drums", "○ clock",
                     "kick", "snare", "hat", "melody", "NOW", "NEXT", "0.12 ms",
                     "octave"):  # fmt: skip
            assert part in text
        assert "direction:" not in text
        size_of_text = [len(line) for line in app.roll.text.split("\n")]
        assert set(size_of_text) == {app.roll.size.width}


async def test_problems_and_a_lost_worker_are_named() -> None:
    counters = Counters(results_late=3, notes_dropped=2)
    shot = stopped(worker=WorkerState.LOST, counters=counters, message="")
    async with screen(shot, (120, 40)) as (app, _, _):
        assert "bars too late 3" in app.status.text
        assert "notes left out 2" in app.status.text
        assert "lost" in app.header.text


@pytest.mark.parametrize(
    ("width", "shown"), [(60, "♪ Greensleeves"), (80, "●"), (120, "clock DAW")]
)
async def test_the_top_line_says_as_much_of_model_and_clock_as_fits(width: int, shown: str) -> None:
    async with screen(playing(clock="DAW"), (width, 24)) as (app, _, _):
        assert shown in app.header.text.split("\n")[0]


async def test_before_the_first_snapshot_the_screen_waits_politely() -> None:
    async with screen(None) as (app, link, pilot):
        assert "waiting for the engine" in app.status.text
        await pilot.press("f2", "f3", "up", "right", "space")
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
        await pilot.press("question_mark", "escape", "f2", "escape", "a")
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
            await pilot.press("f2", "escape")


async def test_a_session_without_ports_or_controls_says_how_to_play() -> None:
    async with screen(stopped(ports=(), controls=(), roll=(), styles=())) as (app, link, pilot):
        assert "no MIDI ports" in app.ports.text
        await pilot.press("right", "up", "f2", "pagedown")
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
        await pilot.press("f6", *"Am", "space", *"Cfoo", "enter")
        await pilot.pause()
        assert link.take() == []
        assert app.screen.query_one(Input).value == "Am Cfoo"
        reason = app.screen.query_one("#reason")
        assert reason.display
        assert "'Cfoo' is not a chord name (the 2nd of the line)" in str(reason.render())
        await pilot.press("backspace", "backspace", "backspace", "enter")
        await pilot.pause()
        assert link.take() == [m.SetChords("Am C")]
