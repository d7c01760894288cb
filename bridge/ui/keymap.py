"""The keys and their actions: one table, read by the screen's bindings, the command palette,
the hints and the help.

A key does a target of the catalog (:mod:`bridge.controllers.catalog`), whose title is its text
in the help, or something of the screen's own, with a text here.

The letters of the piano (and ``z x c v`` beside them) stay free of commands, so a slip of
the finger never ends a session. Capital letters are second names for function keys, which
some terminals keep for themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bridge.controllers.catalog import CATALOG
from bridge.controllers.catalog_types import Target, TargetKind


class Action(StrEnum):
    """An action of the screen, that a key or the command palette runs. The value is the name of
    an action or switch of the catalog, or a name of the screen's own that is no target's."""

    START_STOP = "play"
    PANIC = "panic"
    TAP = "tap"
    FASTER = "faster"
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
    SPACE = "space"
    PALETTE = "palette"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"
    HELP = "help"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class KeyBinding:
    """An action, its keys (by Textual's names), their text on the screen, and the meaning of
    an action that is no target of the catalog."""

    action: Action
    keys: tuple[str, ...]
    shown: str
    own_meaning: str = ""

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
        KeyBinding(Action.PANIC, ("escape", "exclamation_mark"), "esc  !"),
        KeyBinding(Action.STYLES, ("f2", "S"), "S  F2", "choose a style"),
        KeyBinding(Action.STYLE_BEFORE, ("pageup",), "PgUp"),
        KeyBinding(Action.STYLE_AFTER, ("pagedown",), "PgDn"),
        KeyBinding(Action.TUNES, ("f3", "T"), "T  F3", "let a tune be played"),
        KeyBinding(Action.MODELS, ("f10", "I"), "I  F10", "models to draw from"),
        KeyBinding(Action.MODE, ("f4", "m", "M"), "M  F4", "the next mode"),
        KeyBinding(Action.METRE, ("V",), "V"),
        KeyBinding(Action.FILL, ("f5", "F"), "F  F5"),
        KeyBinding(Action.KEY, ("f7", "K"), "K  F7", "pin the key"),
        KeyBinding(Action.CHART, ("C",), "C", "fix the chords, or free them"),
        KeyBinding(Action.CAPTURE, ("f6", "R"), "R  F6"),
        KeyBinding(Action.TAKES, ("ctrl+t",), "^T", "all that was played: takes"),
        KeyBinding(Action.PRINT, ("f12", "B"), "B  F12"),
        KeyBinding(Action.PRINT_UNDO, ("Z",), "Z"),
        KeyBinding(Action.CLEAR, ("f8", "ctrl+l"), "F8  ^L"),
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
        KeyBinding(Action.TRY_NEXT, ("alt+t",), "alt+t"),
        KeyBinding(Action.TRY_BEFORE, ("alt+r",), "alt+r"),
        KeyBinding(Action.TRY_KEEP, ("alt+k",), "alt+k"),
        KeyBinding(Action.TRY_BACK, ("alt+o",), "alt+o"),
        KeyBinding(Action.TRANSPOSE_UP, ("alt+u",), "alt+u"),
        KeyBinding(Action.TRANSPOSE_DOWN, ("alt+d",), "alt+d"),
        KeyBinding(Action.METRONOME, ("alt+m",), "alt+m"),
        KeyBinding(Action.FORM_START, ("alt+f",), "alt+f"),
        KeyBinding(Action.FORM_LEAVE, ("alt+l",), "alt+l"),
    ),
    "Walk, form": (
        KeyBinding(Action.WALK, ("f9", "W"), "W  F9", "let the band walk by itself"),
        KeyBinding(Action.ANCHOR, ("A",), "A"),
        KeyBinding(Action.SECTIONS, ("N",), "N", "go to a section of the form"),
        KeyBinding(Action.SECTION_AFTER, ("greater_than_sign",), ">"),
        KeyBinding(Action.SECTION_BEFORE, ("less_than_sign",), "<"),
        KeyBinding(Action.SECTION_HOLD, ("H",), "H"),
    ),
    "Latent space": (
        KeyBinding(Action.DRAW, ("4",), "4"),
        KeyBinding(Action.SET_A, ("5",), "5"),
        KeyBinding(Action.SET_B, ("6",), "6"),
        KeyBinding(Action.TRAVEL, ("7",), "7"),
        KeyBinding(Action.BACK, ("8",), "8"),
        KeyBinding(Action.PATHWAY, ("G",), "G"),
        KeyBinding(Action.HISTORY, ("9",), "9", "all that was sampled and made"),
    ),
    "Tempo": (
        KeyBinding(Action.TAP, ("enter",), "enter"),
        KeyBinding(Action.FASTER, ("plus", "equals_sign"), "+", "1 BPM faster"),
        KeyBinding(Action.SLOWER, ("minus",), "-", "1 BPM slower"),
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
    "Knobs": (
        KeyBinding(Action.KNOB_BEFORE, ("up",), "↑", "the knob above"),
        KeyBinding(Action.KNOB_AFTER, ("down",), "↓", "the knob below"),
        KeyBinding(Action.KNOB_DOWN, ("left", "left_square_bracket"), "←  [", "turn down"),
        KeyBinding(Action.KNOB_UP, ("right", "right_square_bracket"), "→  ]", "turn up"),
        KeyBinding(Action.KNOB_DOWN_FINE, ("shift+left",), "⇧ ←", "a little down"),
        KeyBinding(Action.KNOB_UP_FINE, ("shift+right",), "⇧ →", "a little up"),
        KeyBinding(Action.KNOB_RESET, ("backspace", "delete"), "backsp.", "back to its default"),
        KeyBinding(Action.LEARN, ("L",), "L", "learn a control"),
        KeyBinding(Action.POINTS, ("P",), "P", "save, recall points"),
        KeyBinding(Action.POINT_UNDO, ("U", "ctrl+z"), "U  ^Z"),
        KeyBinding(Action.POINT_RESET, ("O",), "O"),
    ),
    "Piano": (
        KeyBinding(Action.OCTAVE_DOWN, ("z",), "z", "octave down"),
        KeyBinding(Action.OCTAVE_UP, ("x",), "x", "octave up"),
        KeyBinding(Action.SOFTER, ("c",), "c", "play softer"),
        KeyBinding(Action.LOUDER, ("v",), "v", "play harder"),
        KeyBinding(Action.CHORDS, ("tab",), "tab", "single notes or chords"),
    ),
    "Screen": (
        KeyBinding(Action.ZOOM_OUT, ("comma",), ",", "see more time"),
        KeyBinding(Action.ZOOM_IN, ("full_stop",), ".", "see less time"),
        KeyBinding(Action.SPACE, ("f11", "X"), "X  F11", "the space's map, or the roll"),
        KeyBinding(Action.PALETTE, ("colon", "ctrl+p"), ":  ^P", "find a command by name"),
        KeyBinding(Action.HELP, ("question_mark", "f1"), "?  F1", "this page"),
        KeyBinding(Action.QUIT, ("ctrl+q", "ctrl+c"), "^Q", "quit"),
    ),
}

KEYS: dict[str, Action] = {
    key: entry.action for group in GROUPS.values() for entry in group for key in entry.keys
}

_ENTRIES: dict[Action, KeyBinding] = {
    entry.action: entry for group in GROUPS.values() for entry in group
}


def shown_key(action: Action) -> str:
    """The first key of an action, as the screen shows it."""
    return _ENTRIES[action].shown.split()[0]


def _hint(*actions: Action, word: str = "") -> tuple[str, str]:
    """The first key of each action, and a word for them all: the catalog's unless it is given."""
    keys = " ".join(map(shown_key, actions))
    return keys, word or CATALOG.short_title(actions[0])


HINTS: tuple[tuple[str, str], ...] = (
    _hint(Action.START_STOP),
    _hint(Action.STYLES, word="style"),
    _hint(Action.TUNES, word="tune"),
    _hint(Action.MODE),
    _hint(Action.HELP),
    _hint(Action.QUIT),
    _hint(Action.PANIC),
    _hint(Action.FILL),
    _hint(Action.MUTE_MELODY, Action.MUTE_BASS, Action.MUTE_DRUMS),
    _hint(Action.SOUND),
    _hint(Action.KNOB_BEFORE, Action.KNOB_AFTER, Action.KNOB_DOWN, Action.KNOB_UP, word="knobs"),
    _hint(Action.TAP),
    _hint(Action.CAPTURE),
    _hint(Action.SPACE, word="map"),
    _hint(Action.PALETTE, word="find"),
)
"""The keys named at the bottom of the screen with a word for each, the most used first."""


def canonical(key: str) -> str:
    """The name of a key in the tables: some terminals say ``shift+s`` for ``S``."""
    head, _, letter = key.rpartition("+")
    return letter.upper() if head == "shift" and len(letter) == 1 else key


def spellings(key: str) -> tuple[str, ...]:
    """All names that terminals give a key of the tables."""
    return (key, f"shift+{key.lower()}") if len(key) == 1 and key.isupper() else (key,)
