"""The action table: each action sends commands, opens a dialog or changes the screen."""

from __future__ import annotations

from collections.abc import Callable

from bridge.controllers.catalog import CATALOG, control_range
from bridge.latent.walks import WALK_WORDS, WalkKind
from bridge.music.chords import Chart
from bridge.music.key import NOTE_NAMES
from bridge.music.notes import Part
from bridge.session.messages import commands as m
from bridge.session.messages.arranger_commands import Solo, SwitchMetronome
from bridge.session.messages.ear_commands import ThisIsOne
from bridge.session.messages.listings import ChooseForm
from bridge.session.messages.status import ControlStatus
from bridge.timing.tempo import clamp_bpm
from bridge.ui.dialogs.help import Help
from bridge.ui.dialogs.history import HistoryPage
from bridge.ui.dialogs.models import ModelPicker
from bridge.ui.dialogs.picker import Picker
from bridge.ui.dialogs.takes import TakesPage
from bridge.ui.dialogs.text_prompt import TextPrompt
from bridge.ui.host import Host
from bridge.ui.keymap import Action
from bridge.ui.keys import typing_piano
from bridge.ui.point_actions import Points
from bridge.ui.view_state import Page
from bridge.ui.views.latent_map import target_at
from bridge.ui.views.piano_roll import ZOOMS

COARSE, FINE = 1 / 20, 1 / 100
"""Steps of a knob, as shares of its range."""
NO_TUNE = "■ stop the tune"
FOLLOW_KEY = "follow the player"
NO_WALK = "off"
LONGEST_CHART = 240
NO_FORM = "no form is running: choose one first"
NO_FORMS = "there are no forms: see `latent-bridge compose --list`"
SMALLEST_MAP = 4
"""Columns below which there is no map to move on."""
KEY_NAMES = tuple(f"{tonic} {kind}" for kind in ("major", "minor") for tonic in NOTE_NAMES)
_MODES = tuple(m.Mode)
_PLAIN: dict[Action, m.Command] = {
    **{action: m.ACTIONS[action] for action in Action if action in m.ACTIONS},
    Action.SOUND: m.SwitchSound(),
    Action.ONE: ThisIsOne(),
}
"""Actions that are one command: those of the catalog, and what is no target."""
_NOTICES = {
    Action.PANIC: "panic: all notes off",
    Action.FILL: "fill",
    Action.CLEAR: "the phrase is forgotten",
    Action.CAPTURE: "saving what was played",
}
_MUTES = {
    Action.MUTE_MELODY: Part.MELODY,
    Action.MUTE_BASS: Part.BASS,
    Action.MUTE_DRUMS: Part.DRUMS,
}
_SOLOS = {
    Action.SOLO_MELODY: Part.MELODY,
    Action.SOLO_BASS: Part.BASS,
    Action.SOLO_DRUMS: Part.DRUMS,
}
_TURNS = {
    Action.KNOB_DOWN: -COARSE,
    Action.KNOB_UP: COARSE,
    Action.KNOB_DOWN_FINE: -FINE,
    Action.KNOB_UP_FINE: FINE,
}
_CURSOR = {
    Action.KNOB_BEFORE: (0, 1), Action.KNOB_AFTER: (0, -1),
    Action.KNOB_DOWN: (-1, 0), Action.KNOB_UP: (1, 0),
    Action.KNOB_DOWN_FINE: (-4, 0), Action.KNOB_UP_FINE: (4, 0),
}  # fmt: skip
"""The cells by which the arrows move the cursor on the map."""
_STEPS = {
    Action.FASTER: 1, Action.SLOWER: -1, Action.STYLE_BEFORE: -1, Action.STYLE_AFTER: 1,
    Action.KNOB_BEFORE: -1, Action.KNOB_AFTER: 1, Action.OCTAVE_DOWN: -1, Action.OCTAVE_UP: 1,
    Action.SECTION_BEFORE: -1, Action.SECTION_AFTER: 1,
    Action.SOFTER: -1, Action.LOUDER: 1, Action.ZOOM_OUT: -1, Action.ZOOM_IN: 1,
}  # fmt: skip


def no_chart(text: str) -> str:
    """Why ``text`` is no chord chart; empty for one, and for none at all."""
    try:
        Chart.parse(text)
    except ValueError as error:
        return str(error)
    return ""


class Actions:
    """Runs the actions of a screen, by a table with a method for each kind of action; the command
    palette is Textual's."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._table: dict[Action, Callable[[Action], None]] = {
            **dict.fromkeys(_PLAIN, self._plain),
            Action.START_STOP: self._start_stop,
            Action.TAP: self._tap,
            Action.FASTER: self._tempo,
            Action.SLOWER: self._tempo,
            Action.STYLES: self._styles,
            Action.STYLE_BEFORE: self._near_style,
            Action.STYLE_AFTER: self._near_style,
            Action.TUNES: self._tunes,
            Action.MODELS: self._models,
            Action.MODE: self._mode,
            Action.KEY: self._key,
            Action.CHART: self._chart,
            Action.WALK: self._walk,
            Action.FORMS: self._forms,
            Action.SECTIONS: self._sections,
            Action.HISTORY: self._history,
            Action.TAKES: lambda _: self._host.open(TakesPage(self._host)),
            Action.SECTION_BEFORE: self._near_section,
            Action.SECTION_AFTER: self._near_section,
            Action.KNOB_BEFORE: self._choose,
            Action.KNOB_AFTER: self._choose,
            Action.KNOB_RESET: self._reset,
            Action.OCTAVE_DOWN: self._octave,
            Action.OCTAVE_UP: self._octave,
            Action.SOFTER: self._velocity,
            Action.LOUDER: self._velocity,
            Action.CHORDS: self._chords,
            Action.SUSTAIN: self._sustain,
            Action.ZOOM_OUT: self._zoom,
            Action.ZOOM_IN: self._zoom,
            Action.SPACE: self._page,
            Action.HELP: self._help,
            Action.SETTINGS: lambda _: self._host.open_settings(),
            Action.BACK_ONE: self._go_back,
            Action.QUIT: self._quit,
            **Points(host).table,
            **dict.fromkeys(_MUTES, self._mute),
            **dict.fromkeys(_SOLOS, self._solo),
            Action.METRONOME: lambda _: self._host.post(SwitchMetronome()),
            **dict.fromkeys(_TURNS, self._turn),
        }

    def run(self, action: Action) -> None:
        """Carry out an action; on the map the arrows and enter are the cursor's."""
        on_map = self._host.frame.page is Page.MAP
        if on_map and action in _CURSOR:
            self._move_cursor(*_CURSOR[action])
        elif on_map and action is Action.TAP and self._host.frame.cursor is not None:
            self.travel(self._host.frame.cursor)
        else:
            self._table[action](action)

    def _move_cursor(self, dx: int, dy: int) -> None:
        shot, (width, height) = self._host.newest, self._host.map_size
        if width < SMALLEST_MAP:  # it is not drawn yet
            return
        start = self._host.frame.cursor or (shot.trail[-1] if shot.trail else (0.0, 0.0))
        x = start[0] + 2 * dx / max(1, width - 1)
        y = start[1] + 2 * dy / max(1, height - 1)
        self._host.change(cursor=(min(1.0, max(-1.0, x)), min(1.0, max(-1.0, y))))

    def travel(self, spot: tuple[float, float]) -> None:
        """Send the band to a spot of the map: to the style or the place of yours that lies there,
        else to the spot itself."""
        self._host.change(cursor=spot)
        target = target_at(self._host.newest, spot, *self._host.map_size)
        kind, _, name = target.partition(":")
        named: dict[str, Callable[[str], m.Command]] = {
            "style": m.SetStyle,
            "anchor": m.RecallAnchor,
        }
        self._host.post(named[kind](name) if kind else m.GoToPlace(*spot))
        self._host.say(f"on the way to {name or 'there'}")

    def _plain(self, action: Action) -> None:
        if action is Action.PANIC:
            self._release()
        self._host.post(_PLAIN[action])
        if action in _NOTICES:
            self._host.say(_NOTICES[action])

    def _start_stop(self, _: Action) -> None:
        self._host.post(m.Stop() if self._host.newest.running else m.Start())

    def _tap(self, _: Action) -> None:
        self._host.post(m.Tap(self._host.clock()))

    def _tempo(self, action: Action) -> None:
        self._host.post(m.SetTempo(clamp_bpm(float(round(self._host.newest.bpm) + _STEPS[action]))))

    def _mode(self, _: Action) -> None:
        shot = self._host.newest
        pending = m.Mode(shot.pending_mode) if shot.pending_mode in set(m.Mode) else shot.mode
        after = _MODES[(_MODES.index(pending) + 1) % len(_MODES)]
        self._host.post(m.SetMode(after))
        self._host.say(f"mode: {after}")

    def _mute(self, action: Action) -> None:
        part = _MUTES[action]
        self._host.post(m.Mute(part, part not in self._host.newest.muted))

    def _solo(self, action: Action) -> None:
        part = _SOLOS[action]
        self._host.post(Solo(part, part not in self._host.newest.solo))

    def _near_style(self, action: Action) -> None:
        shot = self._host.newest
        if not shot.styles:
            return
        name = shot.pending_style or shot.style
        at = shot.styles.index(name) if name in shot.styles else 0
        self._host.post(m.SetStyle(shot.styles[(at + _STEPS[action]) % len(shot.styles)]))

    # --- dialogs ----------------------------------------------------------------------

    def _styles(self, _: Action) -> None:
        shot = self._host.newest
        if not shot.styles:
            self._host.say("the model has no styles (yet)")
            return
        picker = Picker(
            "Style",
            shot.styles,
            shot.pending_style or shot.style,
            audition=lambda name: self._host.post(m.SetStyle(name)),
        )
        self._host.open(picker, self._send(m.SetStyle))

    def _tunes(self, _: Action) -> None:
        shot = self._host.newest
        if not shot.tunes:
            self._host.say("there are no tunes")
            return

        def command(name: str) -> m.Command:
            return m.PlayTune(False) if name == NO_TUNE else m.PlayTune(True, name)

        stop = (NO_TUNE,) if shot.tune else ()
        picker = Picker("Let a tune be played", (*stop, *shot.tunes), shot.tune)
        self._host.open(picker, self._send(command))

    def _models(self, _: Action) -> None:
        picker = ModelPicker(self._host)
        self._host.open(picker, picker.use)

    def _key(self, _: Action) -> None:
        def command(name: str) -> m.Command:
            return m.SetKey("" if name == FOLLOW_KEY else name)

        current = self._host.newest.key if self._host.newest.key_pinned else FOLLOW_KEY
        picker = Picker("Key", (FOLLOW_KEY, *KEY_NAMES), current)
        self._host.open(picker, self._send(command))

    def _chart(self, _: Action) -> None:
        hint = "Am F C G; nothing: as you play"
        prompt = TextPrompt(
            "Chords, one a bar", hint, self._host.newest.chart, LONGEST_CHART, no_chart, "Chords"
        )
        self._host.open(prompt, self._send(m.SetChords))

    def _walk(self, _: Action) -> None:
        picker = Picker(
            "Let the band walk", (NO_WALK, *WalkKind), self._host.newest.walk or NO_WALK,
            words=WALK_WORDS,
        )  # fmt: skip
        self._host.open(picker, self._send(m.SetWalk))

    def _history(self, _: Action) -> None:
        self._host.open(HistoryPage(self._host))

    def _forms(self, _: Action) -> None:
        shot = self._host.newest
        if not shot.arranger.forms:
            self._host.say(NO_FORMS)
            return
        current = shot.arranger.form or (shot.form.name if shot.form else "")
        self._host.open(Picker("Form", shot.arranger.forms, current), self._send(ChooseForm))

    def _sections(self, action: Action) -> None:
        form = self._host.newest.form
        if form is None:
            self._forms(action)
            return
        picker = Picker("Go to a section", form.sections, form.pending or form.section)
        self._host.open(picker, self._send(m.GoToSection))

    def _near_section(self, action: Action) -> None:
        if self._host.newest.form is None:
            self._host.say(NO_FORM)
            return
        self._host.post(m.GoToSection(by=_STEPS[action]))

    def _send(self, command: Callable[[str], m.Command]) -> Callable[[str | None], None]:
        def chosen(name: str | None) -> None:
            if name is not None:
                self._host.post(command(name))

        return chosen

    def _page(self, _: Action) -> None:
        self._host.change(page=self._host.frame.page.after)

    def _help(self, _: Action) -> None:
        self._host.open(Help(self._host.topic, self._host.frame.typing.layout))

    def _go_back(self, _: Action) -> None:
        """From the map to the roll; on the roll there is nothing to go back to."""
        self._host.change(page=Page.ROLL)

    def _quit(self, _: Action) -> None:
        self._release()
        self._host.post(m.Quit())
        self._host.leave()

    def _release(self) -> None:
        self._host.typed(*typing_piano.release(self._host.frame.typing, self._host.clock()))

    # --- knobs ------------------------------------------------------------------------

    def _chosen(self) -> ControlStatus | None:
        controls = self._host.frame.controls
        return controls[self._host.frame.knob % len(controls)] if controls else None

    def _choose(self, action: Action) -> None:
        count = len(self._host.frame.controls)
        if count:
            self._host.change(knob=(self._host.frame.knob + _STEPS[action]) % count)

    def _turn(self, action: Action) -> None:
        control = self._chosen()
        if control is not None:
            step = _TURNS[action] * (control.high - control.low)
            self._host.set_control(control, control.value + step)
            self._host.draw()

    def _reset(self, _: Action) -> None:
        control = self._chosen()
        if control is not None:
            default = control_range(control.name).default
            self._host.set_control(control, default)
            self._host.say(f"{CATALOG.short_title(control.name)}: back to {default:g}")

    # --- the typing piano and the view -------------------------------------------------

    def _octave(self, action: Action) -> None:
        frame = self._host.frame
        self._host.typed(
            *typing_piano.shift_octave(frame.typing, _STEPS[action], self._host.clock())
        )

    def _velocity(self, action: Action) -> None:
        self._host.change(
            typing=typing_piano.shift_velocity(self._host.frame.typing, _STEPS[action])
        )

    def _chords(self, _: Action) -> None:
        self._host.typed(*typing_piano.toggle_chord(self._host.frame.typing, self._host.clock()))

    def _sustain(self, _: Action) -> None:
        typing = self._host.frame.typing
        self._host.typed(*typing_piano.set_sustain(typing, not typing.sustain, self._host.clock()))

    def _zoom(self, action: Action) -> None:
        zoom = min(len(ZOOMS) - 1, max(0, self._host.frame.zoom + _STEPS[action]))
        self._host.change(zoom=zoom)
