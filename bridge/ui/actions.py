"""What each action does: commands to the engine, dialogs, and the screen's own settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bridge.controllers.catalog import AUTOPILOT, CONTROLS
from bridge.latent.walks import WalkKind
from bridge.music.notes import Part
from bridge.session.messages import commands as m
from bridge.session.messages.code_commands import (
    BackCode,
    DrawCode,
    MarkCode,
    PlayPath,
    Travel,
    UseModel,
)
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import ControlStatus
from bridge.ui import typing_piano
from bridge.ui.dialogs.history import HistoryPage
from bridge.ui.dialogs.picker import Help, Picker
from bridge.ui.dialogs.text_prompt import Ask
from bridge.ui.keymap import Action
from bridge.ui.point_actions import Points
from bridge.ui.views.panel import title
from bridge.ui.views.piano_roll import ZOOMS

if TYPE_CHECKING:
    from bridge.ui.app import BridgeApp

TEMPO_LOW, TEMPO_HIGH = 30.0, 300.0
COARSE, FINE = 1 / 20, 1 / 100
"""Steps of a knob, as shares of its range."""
NO_TUNE = "■ stop the tune"
FOLLOW_KEY = "follow the player"
NO_WALK = "off"
LONGEST_CHART = 240
NO_FORM = "no form is running: start with --form"
TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
KEY_NAMES = tuple(f"{tonic} {kind}" for kind in ("major", "minor") for tonic in TONICS)
_MODES = tuple(m.Mode)
_PLAIN: dict[Action, tuple[Callable[[], m.Command], str]] = {
    Action.PANIC: (m.Panic, "panic: all notes off"),
    Action.FILL: (m.Fill, "fill"),
    Action.CLEAR: (m.Clear, "the phrase is forgotten"),
    Action.CAPTURE: (m.Capture, "saving what was played"),
    Action.ANCHOR: (m.DropAnchor, ""),
    Action.DRAW: (DrawCode, ""),
    Action.SET_A: (lambda: MarkCode("a"), ""),
    Action.SET_B: (lambda: MarkCode("b"), ""),
    Action.TRAVEL: (Travel, ""),
    Action.BACK: (BackCode, ""),
    Action.PATHWAY: (PlayPath, ""),
    Action.SECTION_HOLD: (m.HoldSection, ""),
    Action.SOUND: (m.SwitchSound, ""),
}
_MUTES = {
    Action.MUTE_MELODY: Part.MELODY,
    Action.MUTE_BASS: Part.BASS,
    Action.MUTE_DRUMS: Part.DRUMS,
}
_TURNS = {
    Action.KNOB_DOWN: -COARSE,
    Action.KNOB_UP: COARSE,
    Action.KNOB_DOWN_FINE: -FINE,
    Action.KNOB_UP_FINE: FINE,
}
_STEPS = {
    Action.FASTER: 1, Action.SLOWER: -1, Action.STYLE_BEFORE: -1, Action.STYLE_AFTER: 1,
    Action.KNOB_BEFORE: -1, Action.KNOB_AFTER: 1, Action.OCTAVE_DOWN: -1, Action.OCTAVE_UP: 1,
    Action.SECTION_BEFORE: -1, Action.SECTION_AFTER: 1,
    Action.SOFTER: -1, Action.LOUDER: 1, Action.ZOOM_OUT: -1, Action.ZOOM_IN: 1,
}  # fmt: skip


class Actions:
    """Runs actions for the screen. Each method is one; the table says which."""

    def __init__(self, app: BridgeApp) -> None:
        self._app = app
        self._table: dict[Action, Callable[[Action], None]] = {
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
            Action.SECTIONS: self._sections,
            Action.HISTORY: self._history,
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
            Action.ZOOM_OUT: self._zoom,
            Action.ZOOM_IN: self._zoom,
            Action.SPACE: self._space,
            Action.HELP: self._help,
            Action.QUIT: self._quit,
            **Points(app).table,
            **dict.fromkeys(_PLAIN, self._plain),
            **dict.fromkeys(_MUTES, self._mute),
            **dict.fromkeys(_TURNS, self._turn),
        }

    def run(self, action: Action) -> None:
        """Do it."""
        self._table[action](action)

    @property
    def _shot(self) -> Snapshot:
        return self._app.link.latest() or self._app.frame.snapshot

    def _plain(self, action: Action) -> None:
        make, notice = _PLAIN[action]
        if action is Action.PANIC:
            self._app.typed(typing_piano.release(self._app.frame.typing, self._app.clock()))
        self._app.post(make())
        if notice:
            self._app.say(notice)

    def _start_stop(self, _: Action) -> None:
        self._app.post(m.Stop() if self._shot.running else m.Start())

    def _tap(self, _: Action) -> None:
        self._app.post(m.Tap(self._app.clock()))

    def _tempo(self, action: Action) -> None:
        bpm = min(TEMPO_HIGH, max(TEMPO_LOW, round(self._shot.bpm) + _STEPS[action]))
        self._app.post(m.SetTempo(float(bpm)))

    def _mode(self, _: Action) -> None:
        shot = self._shot
        pending = m.Mode(shot.pending_mode) if shot.pending_mode in set(m.Mode) else shot.mode
        after = _MODES[(_MODES.index(pending) + 1) % len(_MODES)]
        self._app.post(m.SetMode(after))
        self._app.say(f"mode: {after}")

    def _mute(self, action: Action) -> None:
        part = _MUTES[action]
        self._app.post(m.Mute(part, part not in self._shot.muted))

    def _near_style(self, action: Action) -> None:
        shot = self._shot
        if not shot.styles:
            return
        name = shot.pending_style or shot.style
        at = shot.styles.index(name) if name in shot.styles else 0
        self._app.post(m.SetStyle(shot.styles[(at + _STEPS[action]) % len(shot.styles)]))

    # --- dialogs ----------------------------------------------------------------------

    def _styles(self, _: Action) -> None:
        shot = self._shot
        if not shot.styles:
            self._app.say("the model has no styles (yet)")
            return
        picker = Picker("Style", shot.styles, shot.pending_style or shot.style)
        self._app.push_screen(picker, self._send(m.SetStyle))

    def _tunes(self, _: Action) -> None:
        shot = self._shot
        if not shot.tunes:
            self._app.say("there are no tunes")
            return

        def command(name: str) -> m.Command:
            return m.PlayTune(False) if name == NO_TUNE else m.PlayTune(True, name)

        stop = (NO_TUNE,) if shot.tune else ()
        picker = Picker("Let a tune be played", (*stop, *shot.tunes), shot.tune)
        self._app.push_screen(picker, self._send(command))

    def _models(self, _: Action) -> None:
        from bridge.ui.dialogs.models import models  # reads files: only when asked for

        rows = models()
        if not rows:
            self._app.say("there are no models")
            return
        shot = self._shot
        drawn = shot.codes.model if shot.codes and shot.codes.model else shot.model
        current = next((row.line for row in rows if row.name == drawn), "")

        def chosen(line: str | None) -> None:
            row = next((row for row in rows if row.line == line), None)
            if row is None:
                return
            if row.name == shot.model:
                self._app.post(UseModel())
            elif row.guest is not None:
                self._app.post(UseModel(row.guest))
            else:
                self._app.say(row.advice)

        self._app.push_screen(Picker("Models", [row.line for row in rows], current), chosen)

    def _key(self, _: Action) -> None:
        def command(name: str) -> m.Command:
            return m.SetKey("" if name == FOLLOW_KEY else name)

        current = self._shot.key if self._shot.key_pinned else FOLLOW_KEY
        picker = Picker("Key", (FOLLOW_KEY, *KEY_NAMES), current)
        self._app.push_screen(picker, self._send(command))

    def _chart(self, _: Action) -> None:
        hint = "Am F C G; nothing: as you play"
        asking = Ask("Chords, one a bar", hint, self._shot.chart, LONGEST_CHART)
        self._app.push_screen(asking, self._send(m.SetChords))

    def _walk(self, _: Action) -> None:
        picker = Picker("Let the band walk", (NO_WALK, *WalkKind), self._shot.walk or NO_WALK)
        self._app.push_screen(picker, self._send(m.SetWalk))

    def _history(self, _: Action) -> None:
        self._app.push_screen(HistoryPage(self._app.post, self._shot))

    def _sections(self, _: Action) -> None:
        form = self._shot.form
        if form is None:
            self._app.say(NO_FORM)
            return
        picker = Picker("Go to a section", form.sections, form.pending or form.section)
        self._app.push_screen(picker, self._send(m.GoToSection))

    def _near_section(self, action: Action) -> None:
        if self._shot.form is None:
            self._app.say(NO_FORM)
            return
        self._app.post(m.GoToSection(by=_STEPS[action]))

    def _send(self, command: Callable[[str], m.Command]) -> Callable[[str | None], None]:
        def chosen(name: str | None) -> None:
            if name is not None:
                self._app.post(command(name))

        return chosen

    def _space(self, _: Action) -> None:
        self._app.change(space=not self._app.frame.space)

    def _help(self, _: Action) -> None:
        self._app.push_screen(Help())

    def _quit(self, _: Action) -> None:
        self._app.typed(typing_piano.release(self._app.frame.typing, self._app.clock()))
        self._app.post(m.Quit())
        self._app.exit()

    # --- knobs ------------------------------------------------------------------------

    def _chosen(self) -> ControlStatus | None:
        controls = self._app.frame.controls
        return controls[self._app.frame.knob % len(controls)] if controls else None

    def _choose(self, action: Action) -> None:
        count = len(self._app.frame.controls)
        if count:
            self._app.change(knob=(self._app.frame.knob + _STEPS[action]) % count)

    def _turn(self, action: Action) -> None:
        control = self._chosen()
        if control is not None:
            step = _TURNS[action] * (control.high - control.low)
            self._app.set_control(control, control.value + step)
            self._app.draw()

    def _reset(self, _: Action) -> None:
        control = self._chosen()
        if control is not None:
            known = CONTROLS | AUTOPILOT
            default = known.get(control.name, (0.0, 0.0, 0.0))[2]
            self._app.set_control(control, default)
            self._app.say(f"{title(control.name)}: back to {default:g}")

    # --- the typing piano and the view -------------------------------------------------

    def _octave(self, action: Action) -> None:
        frame = self._app.frame
        self._app.typed(typing_piano.shift_octave(frame.typing, _STEPS[action], self._app.clock()))

    def _velocity(self, action: Action) -> None:
        self._app.change(typing=typing_piano.shift_velocity(self._app.frame.typing, _STEPS[action]))

    def _chords(self, _: Action) -> None:
        self._app.typed(typing_piano.toggle_chord(self._app.frame.typing, self._app.clock()))

    def _zoom(self, action: Action) -> None:
        zoom = min(len(ZOOMS) - 1, max(0, self._app.frame.zoom + _STEPS[action]))
        self._app.change(zoom=zoom)
