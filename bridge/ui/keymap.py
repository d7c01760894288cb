"""Which key does what: one table, read by the screen, the hints and the help.

The letters of the piano (and ``z x c v`` beside them) stay free of commands, so a slip of
the finger never ends a session. Capital letters are second names for function keys, which
some terminals keep for themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What a key asks of the screen."""

    START_STOP = "start_stop"
    PANIC = "panic"
    TAP = "tap"
    FASTER = "faster"
    SLOWER = "slower"
    STYLES = "styles"
    STYLE_BEFORE = "style_before"
    STYLE_AFTER = "style_after"
    TUNES = "tunes"
    MODELS = "models"
    MODE = "mode"
    FILL = "fill"
    KEY = "key"
    CHART = "chart"
    CAPTURE = "capture"
    CLEAR = "clear"
    WALK = "walk"
    ANCHOR = "anchor"
    SECTION_BEFORE = "section_before"
    SECTION_AFTER = "section_after"
    SECTIONS = "sections"
    SECTION_HOLD = "section_hold"
    LEARN = "learn"
    POINTS = "points"
    POINT_UNDO = "point_undo"
    POINT_RESET = "point_reset"
    DRAW = "draw"
    SET_A = "set_a"
    SET_B = "set_b"
    TRAVEL = "travel"
    BACK = "back"
    HISTORY = "history"
    PATHWAY = "pathway"
    MUTE_MELODY = "mute_melody"
    MUTE_BASS = "mute_bass"
    MUTE_DRUMS = "mute_drums"
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
    SPACE = "space"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"
    HELP = "help"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class Entry:
    """Keys (as Textual names them), how to print them, and what they do."""

    action: Action
    keys: tuple[str, ...]
    shown: str
    meaning: str


GROUPS: dict[str, tuple[Entry, ...]] = {
    "Band": (
        Entry(Action.START_STOP, ("space",), "space", "start, stop"),
        Entry(Action.PANIC, ("escape", "exclamation_mark"), "esc  !", "panic: silence now"),
        Entry(Action.STYLES, ("f2", "S"), "S  F2", "choose a style"),
        Entry(Action.STYLE_BEFORE, ("pageup",), "PgUp", "style before"),
        Entry(Action.STYLE_AFTER, ("pagedown",), "PgDn", "style after"),
        Entry(Action.TUNES, ("f3", "T"), "T  F3", "let a tune be played"),
        Entry(Action.MODELS, ("f10", "I"), "I  F10", "the models; which to draw of"),
        Entry(Action.MODE, ("f4", "m", "M"), "M  F4", "follow, loop, respond, tap"),
        Entry(Action.FILL, ("f5", "F"), "F  F5", "a fill, now"),
        Entry(Action.KEY, ("f7", "K"), "K  F7", "pin the key"),
        Entry(Action.CHART, ("C",), "C", "fix the chords, or free them"),
        Entry(Action.CAPTURE, ("f6", "R"), "R  F6", "save what was played"),
        Entry(Action.CLEAR, ("f8", "ctrl+l"), "F8  ^L", "forget the phrase"),
    ),
    "Course": (
        Entry(Action.WALK, ("f9", "W"), "W  F9", "let the band walk by itself"),
        Entry(Action.ANCHOR, ("A",), "A", "drop an anchor for its walks"),
        Entry(Action.SECTIONS, ("N",), "N", "go to a section of the form"),
        Entry(Action.SECTION_AFTER, ("greater_than_sign",), ">", "the next section"),
        Entry(Action.SECTION_BEFORE, ("less_than_sign",), "<", "the section before"),
        Entry(Action.SECTION_HOLD, ("H",), "H", "stay in the section, or go on"),
    ),
    "Latent space": (
        Entry(Action.DRAW, ("4",), "4", "draw a sample, and play it"),
        Entry(Action.SET_A, ("5",), "5", "set A to what plays"),
        Entry(Action.SET_B, ("6",), "6", "set B to what plays"),
        Entry(Action.TRAVEL, ("7",), "7", "travel from A to B, and back"),
        Entry(Action.BACK, ("8",), "8", "back to what played before"),
        Entry(Action.PATHWAY, ("G",), "G", "a seeded way through the models"),
        Entry(Action.HISTORY, ("9",), "9", "all that was sampled and made"),
    ),
    "Tempo": (
        Entry(Action.TAP, ("enter",), "enter", "tap, three times or more"),
        Entry(Action.FASTER, ("plus", "equals_sign"), "+", "1 BPM faster"),
        Entry(Action.SLOWER, ("minus",), "-", "1 BPM slower"),
    ),
    "Parts": (
        Entry(Action.MUTE_MELODY, ("1",), "1", "mute the melody"),
        Entry(Action.MUTE_BASS, ("2",), "2", "mute the bass"),
        Entry(Action.MUTE_DRUMS, ("3",), "3", "mute the drums"),
        Entry(Action.SOUND, ("0",), "0", "its own sound, on or off"),
    ),
    "Knobs": (
        Entry(Action.KNOB_BEFORE, ("up",), "up", "the knob above"),
        Entry(Action.KNOB_AFTER, ("down",), "down", "the knob below"),
        Entry(Action.KNOB_DOWN, ("left", "left_square_bracket"), "left  [", "turn down"),
        Entry(Action.KNOB_UP, ("right", "right_square_bracket"), "right ]", "turn up"),
        Entry(Action.KNOB_DOWN_FINE, ("shift+left",), "⇧ left", "a little down"),
        Entry(Action.KNOB_UP_FINE, ("shift+right",), "⇧ right", "a little up"),
        Entry(Action.KNOB_RESET, ("backspace", "delete"), "backsp.", "back to its default"),
        Entry(Action.LEARN, ("L",), "L", "learn a control"),
        Entry(Action.POINTS, ("P",), "P", "save, recall points"),
        Entry(Action.POINT_UNDO, ("U", "ctrl+z"), "U  ^Z", "undo the point's move"),
        Entry(Action.POINT_RESET, ("O",), "O", "the point to where you play"),
    ),
    "Piano": (
        Entry(Action.OCTAVE_DOWN, ("z",), "z", "octave down"),
        Entry(Action.OCTAVE_UP, ("x",), "x", "octave up"),
        Entry(Action.SOFTER, ("c",), "c", "play softer"),
        Entry(Action.LOUDER, ("v",), "v", "play harder"),
        Entry(Action.CHORDS, ("tab",), "tab", "single notes or chords"),
    ),
    "Screen": (
        Entry(Action.ZOOM_OUT, ("comma",), ",", "see more time"),
        Entry(Action.ZOOM_IN, ("full_stop",), ".", "see less time"),
        Entry(Action.SPACE, ("f11", "X"), "X  F11", "the space's map, or the roll"),
        Entry(Action.HELP, ("question_mark", "f1"), "?  F1", "this page"),
        Entry(Action.QUIT, ("ctrl+q", "ctrl+c"), "^Q", "quit"),
    ),
}

KEYS: dict[str, Action] = {
    key: entry.action for group in GROUPS.values() for entry in group for key in entry.keys
}

HINTS: tuple[tuple[str, str], ...] = (
    ("space", "start"),
    ("S", "style"),
    ("T", "tune"),
    ("M", "mode"),
    ("?", "help"),
    ("^Q", "quit"),
    ("esc", "panic"),
    ("F", "fill"),
    ("1 2 3", "mute"),
    ("0", "sound"),
    ("↑ ↓ ← →", "knobs"),
    ("enter", "tap"),
    ("R", "save"),
    ("X", "map"),
)
"""The keys named at the bottom of the screen, the most wanted first."""


def canonical(key: str) -> str:
    """A key as the tables name it: some terminals say ``shift+s`` for ``S``."""
    head, _, letter = key.rpartition("+")
    return letter.upper() if head == "shift" and len(letter) == 1 else key
