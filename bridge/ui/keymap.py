"""The keys and their actions: one table, read by the screen's bindings, the command palette,
the hints and the help.

There are two layers. The keys of the piano (:mod:`bridge.ui.keys.layouts`) only play, whatever is
open, with Caps Lock too; no letter is a command. Commands are behind the palette (``:`` and
Ctrl+P, which finds everything), the function keys, and keys that no layout's piano has. Escape
only goes back.

A key does a target of the catalog (:mod:`bridge.controllers.catalog`), whose title is its text
in the help, or something of the screen's own, with a text here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bridge.controllers.catalog import CATALOG
from bridge.controllers.catalog_types import Target, TargetKind
from bridge.ui.keys.layouts import (
    LOUDER,
    OCTAVE_DOWN,
    OCTAVE_UP,
    SOFTER,
    US,
    Layout,
)


class Action(StrEnum):
    """An action of the screen, that a key or the command palette runs. The value is the name of
    an action or switch of the catalog, or a name of the screen's own that is no target's."""

    START_STOP = "play"
    PANIC = "panic"
    TAP = "tap"
    FASTER = "faster"
    LISTEN_TEMPO = "listen tempo"
    ONE = "this is one"
    TAKE_STYLE = "take style"
    SLOWER = "slower"
    STYLES = "styles"
    STYLE_BEFORE = "previous style"
    STYLE_AFTER = "next style"
    TUNES = "tunes"
    MODELS = "models"
    MODE = "mode"
    METRE = "next metre"
    FILL = "fill"
    KEY = "key"
    CHART = "chart"
    CAPTURE = "capture"
    TAKES = "takes"
    PRINT = "print"
    PRINT_UNDO = "undo print"
    CLEAR = "clear"
    WALK = "choose walk"
    ANCHOR = "drop anchor"
    SECTION_BEFORE = "previous section"
    SECTION_AFTER = "next section"
    FORMS = "forms"
    SECTIONS = "sections"
    SECTION_HOLD = "hold section"
    LEARN = "learn"
    POINTS = "points"
    POINT_UNDO = "undo point"
    POINT_RESET = "reset point"
    DRAW = "draw code"
    SET_A = "set a"
    SET_B = "set b"
    TRAVEL = "travel"
    BACK = "previous sample"
    HISTORY = "history"
    PATHWAY = "pathway"
    MUTE_MELODY = "mute melody"
    MUTE_BASS = "mute bass"
    MUTE_DRUMS = "mute drums"
    SOUND = "sound"
    KNOB_BEFORE = "knob_before"
    KNOB_AFTER = "knob_after"
    KNOB_DOWN = "knob_down"
    KNOB_UP = "knob_up"
    KNOB_DOWN_FINE = "knob_down_fine"
    KNOB_UP_FINE = "knob_up_fine"
    KNOB_RESET = "knob_reset"
    OCTAVE_DOWN = "octave_down"
    OCTAVE_UP = "octave_up"
    SOFTER = "softer"
    LOUDER = "louder"
    CHORDS = "chords"
    VARIATION_A = "variation:A"
    VARIATION_B = "variation:B"
    VARIATION_C = "variation:C"
    VARIATION_D = "variation:D"
    INTRO = "intro"
    BREAK = "break"
    BREAK_HOLD = "hold break"
    ENDING = "ending"
    MEMORY_1 = "memory:1"
    MEMORY_2 = "memory:2"
    MEMORY_3 = "memory:3"
    MEMORY_4 = "memory:4"
    MEMORY_5 = "memory:5"
    MEMORY_6 = "memory:6"
    MEMORY_7 = "memory:7"
    MEMORY_8 = "memory:8"
    MEMORY_STORE = "store memory"
    TRY_NEXT = "try next style"
    TRY_BEFORE = "try previous style"
    TRY_KEEP = "keep style"
    TRY_BACK = "old style"
    TRANSPOSE_UP = "transpose up"
    TRANSPOSE_DOWN = "transpose down"
    FORM_START = "start form"
    FORM_LEAVE = "leave form"
    METRONOME = "metronome"
    SOLO_MELODY = "solo melody"
    SOLO_BASS = "solo bass"
    SOLO_DRUMS = "solo drums"
    SUSTAIN = "sustain"
    SPACE = "space"
    SETTINGS = "settings"
    BACK_ONE = "go back"
    PALETTE = "palette"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"
    HELP = "help"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class KeyBinding:
    """An action, its keys (by Textual's names), their text on the screen, and the meaning of
    an action that is no target of the catalog. ``place`` is that of the piano's own key for it
    (:mod:`bridge.ui.keys.layouts`), whose character depends on the layout."""

    action: Action
    keys: tuple[str, ...]
    shown: str
    own_meaning: str = ""
    place: int | None = None

    @property
    def target(self) -> Target | None:
        """The action or switch of the catalog; None for the screen's own actions."""
        found = CATALOG.by_name.get(self.action)
        return None if found is None or found.kind is TargetKind.CONTROL else found

    @property
    def meaning(self) -> str:
        """The line of the help: the title of the target, or the meaning of its own."""
        return self.own_meaning if self.target is None else self.target.title

    @property
    def explanation(self) -> str:
        """The effect of the target in a line; empty for the screen's own actions."""
        return "" if self.target is None else self.target.explanation


GROUPS: dict[str, tuple[KeyBinding, ...]] = {
    "Band": (
        KeyBinding(Action.START_STOP, ("space",), "space"),
        KeyBinding(Action.PANIC, ("exclamation_mark",), "!"),
        KeyBinding(Action.STYLES, ("f2",), "F2", "choose a style"),
        KeyBinding(Action.STYLE_BEFORE, ("pageup",), "PgUp"),
        KeyBinding(Action.STYLE_AFTER, ("pagedown",), "PgDn"),
        KeyBinding(Action.TUNES, ("f3",), "F3", "let a tune be played"),
        KeyBinding(Action.MODELS, (), "", "models to draw from"),
        KeyBinding(Action.MODE, ("f4",), "F4", "the next mode"),
        KeyBinding(Action.METRE, ("alt+n",), "alt+n"),
        KeyBinding(Action.FILL, ("f5",), "F5"),
        KeyBinding(Action.CHART, ("f6",), "F6", "fix the chords, or free them"),
        KeyBinding(Action.KEY, ("f7",), "F7", "fix the key, or free it"),
        KeyBinding(Action.CAPTURE, ("f8",), "F8"),
        KeyBinding(Action.TAKES, ("ctrl+t",), "^T", "all that was played: takes"),
        KeyBinding(Action.PRINT, ("f12",), "F12"),
        KeyBinding(Action.PRINT_UNDO, (), ""),
        KeyBinding(Action.CLEAR, ("ctrl+l",), "^L"),
    ),
    "Arranger": (
        KeyBinding(Action.VARIATION_A, ("shift+f5", "f17"), "⇧F5"),
        KeyBinding(Action.VARIATION_B, ("shift+f6", "f18"), "⇧F6"),
        KeyBinding(Action.VARIATION_C, ("shift+f7", "f19"), "⇧F7"),
        KeyBinding(Action.VARIATION_D, ("shift+f8", "f20"), "⇧F8"),
        KeyBinding(Action.INTRO, ("shift+f9", "f21"), "⇧F9"),
        KeyBinding(Action.BREAK, ("shift+f10", "f22"), "⇧F10"),
        KeyBinding(Action.BREAK_HOLD, ("shift+f11", "f23"), "⇧F11"),
        KeyBinding(Action.ENDING, ("shift+f12", "f24"), "⇧F12"),
        KeyBinding(Action.MEMORY_1, ("ctrl+f5",), "^F5"),
        KeyBinding(Action.MEMORY_2, ("ctrl+f6",), "^F6"),
        KeyBinding(Action.MEMORY_3, ("ctrl+f7",), "^F7"),
        KeyBinding(Action.MEMORY_4, ("ctrl+f8",), "^F8"),
        KeyBinding(Action.MEMORY_5, ("ctrl+f9",), "^F9"),
        KeyBinding(Action.MEMORY_6, ("ctrl+f10",), "^F10"),
        KeyBinding(Action.MEMORY_7, ("ctrl+f11",), "^F11"),
        KeyBinding(Action.MEMORY_8, ("ctrl+f12",), "^F12"),
        KeyBinding(Action.MEMORY_STORE, ("alt+s",), "alt+s"),
        KeyBinding(Action.TAKE_STYLE, ("alt+y",), "alt+y"),
        KeyBinding(Action.TRY_NEXT, ("alt+t",), "alt+t"),
        KeyBinding(Action.TRY_BEFORE, ("alt+r",), "alt+r"),
        KeyBinding(Action.TRY_KEEP, ("alt+k",), "alt+k"),
        KeyBinding(Action.TRY_BACK, ("alt+o",), "alt+o"),
        KeyBinding(Action.TRANSPOSE_UP, ("alt+u",), "alt+u"),
        KeyBinding(Action.TRANSPOSE_DOWN, ("alt+d",), "alt+d"),
        KeyBinding(Action.METRONOME, ("alt+m",), "alt+m"),
        KeyBinding(Action.FORM_START, ("alt+p",), "alt+p"),
        KeyBinding(Action.FORM_LEAVE, ("alt+l",), "alt+l"),
    ),
    "Walk, form": (
        KeyBinding(Action.WALK, ("f9",), "F9", "let the band walk by itself"),
        KeyBinding(Action.ANCHOR, (), ""),
        KeyBinding(Action.FORMS, ("alt+g",), "alt+g", "choose a form"),
        KeyBinding(Action.SECTIONS, ("f10",), "F10", "go to a section of the form"),
        KeyBinding(Action.SECTION_AFTER, ("greater_than_sign",), ">"),
        KeyBinding(Action.SECTION_BEFORE, ("less_than_sign",), "<"),
        KeyBinding(Action.SECTION_HOLD, ("equals_sign",), "="),
    ),
    "Ideas of the model": (
        KeyBinding(Action.DRAW, ("4",), "4"),
        KeyBinding(Action.SET_A, ("5",), "5"),
        KeyBinding(Action.SET_B, ("6",), "6"),
        KeyBinding(Action.TRAVEL, ("7",), "7"),
        KeyBinding(Action.BACK, ("8",), "8"),
        KeyBinding(Action.PATHWAY, (), ""),
        KeyBinding(Action.HISTORY, ("9",), "9", "all that was drawn and made"),
    ),
    "Tempo": (
        KeyBinding(Action.TAP, ("enter",), "enter"),
        KeyBinding(Action.FASTER, ("plus",), "+", "1 BPM faster"),
        KeyBinding(Action.SLOWER, ("minus",), "-", "1 BPM slower"),
        KeyBinding(Action.LISTEN_TEMPO, ("alt+e",), "alt+e"),
        KeyBinding(Action.ONE, ("alt+j",), "alt+j"),
    ),
    "Parts": (
        KeyBinding(Action.MUTE_MELODY, ("1",), "1"),
        KeyBinding(Action.MUTE_BASS, ("2",), "2"),
        KeyBinding(Action.MUTE_DRUMS, ("3",), "3"),
        KeyBinding(Action.SOLO_MELODY, ("alt+x",), "alt+x"),
        KeyBinding(Action.SOLO_BASS, ("alt+c",), "alt+c"),
        KeyBinding(Action.SOLO_DRUMS, ("alt+v",), "alt+v"),
        KeyBinding(Action.SOUND, ("0",), "0", "its own sound, on or off"),
    ),
    "Feel": (
        KeyBinding(Action.KNOB_BEFORE, ("up",), "↑", "the knob above"),
        KeyBinding(Action.KNOB_AFTER, ("down",), "↓", "the knob below"),
        KeyBinding(Action.KNOB_DOWN, ("left",), "←", "turn down"),
        KeyBinding(Action.KNOB_UP, ("right",), "→", "turn up"),
        KeyBinding(Action.KNOB_DOWN_FINE, ("shift+left",), "⇧←", "a little down"),
        KeyBinding(Action.KNOB_UP_FINE, ("shift+right",), "⇧→", "a little up"),
        KeyBinding(Action.KNOB_RESET, ("backspace", "delete"), "backsp.", "back to its default"),
        KeyBinding(Action.LEARN, ("ctrl+k",), "^K", "learn a knob of your controller"),
        KeyBinding(Action.POINTS, ("ctrl+o",), "^O", "your places: save, recall, forget"),
        KeyBinding(Action.POINT_UNDO, ("ctrl+z",), "^Z"),
        KeyBinding(Action.POINT_RESET, (), ""),
    ),
    "Piano": (
        KeyBinding(Action.OCTAVE_DOWN, ("shift+down",), "⇧↓", "octave down", OCTAVE_DOWN),
        KeyBinding(Action.OCTAVE_UP, ("shift+up",), "⇧↑", "octave up", OCTAVE_UP),
        KeyBinding(Action.SOFTER, (), "", "play softer", SOFTER),
        KeyBinding(Action.LOUDER, (), "", "play harder", LOUDER),
        KeyBinding(Action.SUSTAIN, ("tab",), "tab", "the sustain pedal"),
        KeyBinding(Action.CHORDS, ("grave_accent",), "`", "single notes or chords"),
    ),
    "Screen": (
        KeyBinding(Action.PALETTE, ("colon", "ctrl+p"), ":  ^P", "find a command by name"),
        KeyBinding(Action.SPACE, ("f11", "asterisk"), "F11  *", "the map, or the roll"),
        KeyBinding(Action.ZOOM_OUT, ("ctrl+down",), "^↓", "see more time"),
        KeyBinding(Action.ZOOM_IN, ("ctrl+up",), "^↑", "see less time"),
        KeyBinding(Action.SETTINGS, ("ctrl+s",), "^S", "settings"),
        KeyBinding(Action.HELP, ("f1", "question_mark"), "F1  ?", "help"),
        KeyBinding(Action.BACK_ONE, ("escape",), "esc", "go back"),
        KeyBinding(Action.QUIT, ("ctrl+q", "ctrl+c"), "^Q", "quit"),
    ),
}

KEYS: dict[str, Action] = {
    key: entry.action for group in GROUPS.values() for entry in group for key in entry.keys
}
NAMES: Mapping[Action, tuple[str, ...]] = {
    Action.STYLES: ("style", "preset", "genre", "rhythm"),
    Action.TUNES: ("song", "demo", "melody"),
    Action.MODE: ("loop", "respond", "follow", "answer"),
    Action.FILL: ("drum fill", "break"),
    Action.CHART: ("chords", "harmony", "chart", "lead sheet"),
    Action.KEY: ("tonality", "scale", "pin the key"),
    Action.CAPTURE: ("record", "take", "midi file", "export"),
    Action.PANIC: ("all notes off", "silence", "stuck notes"),
    Action.CLEAR: ("reset", "forget"),
    Action.TAP: ("tap tempo", "bpm", "beat"),
    Action.FASTER: ("tempo up", "bpm"),
    Action.LISTEN_TEMPO: ("find the tempo", "count me in", "free time"),
    Action.ONE: ("downbeat", "bar line"),
    Action.TAKE_STYLE: ("learn", "drummer", "loop", "groove"),
    Action.SLOWER: ("tempo down", "bpm"),
    Action.SOUND: ("audio", "synth", "own sound", "speaker"),
    Action.LEARN: ("midi learn", "map a controller", "assign"),
    Action.POINTS: ("places", "anchors", "points", "presets", "save", "recall"),
    Action.ANCHOR: ("anchor", "place", "walk"),
    Action.FORMS: ("form", "song form", "arrangement", "structure"),
    Action.SPACE: ("map", "latent space", "roll"),
    Action.SETTINGS: ("preferences", "options", "configuration", "ports", "theme", "layout"),
    Action.CHORDS: ("polyphony", "one at a time"),
    Action.SUSTAIN: ("pedal", "damper"),
    Action.OCTAVE_DOWN: ("transpose the keyboard",),
    Action.OCTAVE_UP: ("transpose the keyboard",),
    Action.ZOOM_IN: ("zoom in",),
    Action.ZOOM_OUT: ("zoom out",),
    Action.HELP: ("manual", "keys", "shortcuts"),
    Action.QUIT: ("exit", "end", "close"),
    Action.DRAW: ("sample", "random", "new idea"),
    Action.HISTORY: ("samples", "list"),
    Action.MODELS: ("model", "library"),
    Action.WALK: ("autopilot", "wander"),
}
"""Other names by which people look for an action of the screen; the catalog has those of its
targets."""

_ENTRIES: dict[Action, KeyBinding] = {
    entry.action: entry for group in GROUPS.values() for entry in group
}


def keys_shown(entry: KeyBinding, layout: Layout = US) -> str:
    """The keys of an action as the screen shows them: the piano's own first."""
    own = "" if entry.place is None else layout.lower[entry.place]
    return "  ".join(filter(None, (own, entry.shown)))


def shown_key(action: Action) -> str:
    """The first key of an action, as the screen shows it; its name in the palette without one."""
    entry = _ENTRIES[action]
    return (keys_shown(entry) or f":{entry.meaning}").split("  ")[0]


Hint = tuple[str, str, Action]
"""Keys, a word, and the action that a click on them does."""


def _hint(*actions: Action, word: str = "") -> Hint:
    """The first key of each action, and a word for them all: the catalog's unless it is given."""
    keys = " ".join(map(shown_key, actions))
    return keys, word or CATALOG.short_title(actions[0]), actions[0]


HINTS: tuple[Hint, ...] = (
    _hint(Action.START_STOP),
    _hint(Action.PALETTE, word="commands"),
    _hint(Action.HELP),
    _hint(Action.STYLES, word="style"),
    _hint(Action.TUNES, word="tune"),
    _hint(Action.QUIT),
    _hint(Action.FILL),
    _hint(Action.MODE),
    _hint(Action.MUTE_MELODY, Action.MUTE_BASS, Action.MUTE_DRUMS),
    _hint(Action.PANIC),
    _hint(Action.SOUND),
    _hint(Action.SPACE, word="map"),
    _hint(Action.KNOB_BEFORE, Action.KNOB_AFTER, Action.KNOB_DOWN, Action.KNOB_UP, word="knobs"),
    _hint(Action.TAP),
    _hint(Action.SETTINGS),
    _hint(Action.CAPTURE),
)
"""The keys named at the bottom of the screen with a word for each, the most used first."""
