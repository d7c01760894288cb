"""The catalog of targets: every control, switch and action that a player can move or do, once.

A target is named in mapping files, by MIDI learn, in OSC addresses and behind the keys of the
screen. Each has one entry here, and these derive from it: the ranges of knobs, the list that
learning offers, the checks of mapping files, the screen's help and the tables of
docs/mappings.md. Targets that depend on the model or the player (a direction, a style, an
anchor) are families: one entry for all that begin alike.

CONTRIBUTING.md shows how a control or an action is added.
"""

from __future__ import annotations

import re
from typing import Final

from bridge.controllers.catalog_types import (
    Catalog,
    ControlRange,
    Members,
    Needs,
    Target,
    TargetFamily,
    TargetGroup,
    TargetKind,
)
from bridge.controllers.memories import MEMORIES, Variation
from bridge.music.grid import FOUR_FOUR_TRIPLETS, METRES
from bridge.music.notes import Part
from bridge.timing.tempo import BPM_USUAL, KNOB_BPM_MAX, KNOB_BPM_MIN

MUTE: Final = "mute "
"""Before a part's name: the target that silences it."""
VOLUME: Final = "volume "
"""Before a part's name: the control of how loud it is."""
PLAY: Final = "play"
TEMPO: Final = "tempo"
DIRECTION: Final = "direction:"
NEURON_PREFIX: Final = "neuron:"
STYLE: Final = "style:"
ANCHOR: Final = "anchor:"
SECTION: Final = "section:"
MODE: Final = "mode:"
METRE: Final = "metre:"
SOLO: Final = "solo "
"""Before a part's name: the target that silences all other parts."""
FORM: Final = "form:"
TRANSPOSE: Final = "transpose"
RANDOM: Final = re.compile(r"direction:random:(\d{1,9})")
"""A direction of a seed; the group is the seed."""
NEURON: Final = re.compile(r"neuron:([1-9]|1[0-6])")
"""A dimension of the code that carries the music; the group is its number, from 1."""
AXIS: Final = re.compile(r"style:([1-9]\d{0,2})")
"""An axis of the style space; the group is its number, from 1."""
NEURONS: Final = 16
SEEDS: Final = 8
"""Random directions that are listed; any other seed can be named too."""


def _named(prefix: str) -> re.Pattern[str]:
    """The prefix and any name after it, which is the group."""
    return re.compile(f"{prefix}(.+)", re.DOTALL)


def _control(
    name: str, group: TargetGroup, low: float, high: float, default: float, explanation: str,
    *, title: str = "", short: str = "", unit: str = "", needs: Needs = Needs.NOTHING,
    asks_model: bool = False, aliases: tuple[str, ...] = (),
) -> Target:  # fmt: skip
    """A control's entry; its title is its name unless one is given."""
    kind = TargetKind.CONTROL
    return Target(name, kind, group, title or name, explanation, low, high, default, unit,
                  needs, asks_model, aliases, short)  # fmt: skip


def _switch(
    name: str, group: TargetGroup, title: str, explanation: str, *, short: str = ""
) -> Target:
    return Target(name, TargetKind.SWITCH, group, title, explanation, short=short)


def _action(
    name: str, group: TargetGroup, title: str, explanation: str,
    *, short: str = "", needs: Needs = Needs.NOTHING, aliases: tuple[str, ...] = (),
) -> Target:  # fmt: skip
    kind = TargetKind.ACTION
    return Target(name, kind, group, title, explanation, needs=needs, aliases=aliases, short=short)


_TEMPO = (
    _control(TEMPO, TargetGroup.TEMPO, KNOB_BPM_MIN, KNOB_BPM_MAX, BPM_USUAL,
             "the tempo, in the range of a knob", unit="BPM", needs=Needs.OWN_CLOCK),
    _switch(PLAY, TargetGroup.TEMPO, "start, stop", "on: the band plays; off: it stops",
            short="start"),
    _action("start", TargetGroup.TEMPO, "start", "the band starts from bar 1, after the count-in"),
    _action("stop", TargetGroup.TEMPO, "stop", "the band stops at once"),
    _action("panic", TargetGroup.TEMPO, "panic: silence now",
            "silences every note on every channel"),
    _action("tap", TargetGroup.TEMPO, "tap, three times or more", "one tap of the tempo"),
    _action("listen tempo", TargetGroup.TEMPO, "listen for the tempo",
            "the band waits, finds tempo and bar line in what you play, and enters; again: no "
            "more"),
    _action("halve tempo", TargetGroup.TEMPO, "half the tempo", "half the tempo that was heard"),
    _action("double tempo", TargetGroup.TEMPO, "twice the tempo", "twice the tempo that was heard"),
    _action("this is one", TargetGroup.TEMPO, "this is one", "the bar begins here"),
    _switch("follow tempo", TargetGroup.TEMPO, "follow your tempo",
            "on: the tempo follows your slow drift, within 4 percent; off: it stays"),
)  # fmt: skip
_BAND = (
    _control("temperature", TargetGroup.BAND, 0.0, 1.5, 0.5,
             "how freely the band chooses its notes", title="freedom", short="freedom",
             asks_model=True),
    _control("variation", TargetGroup.BAND, 0.0, 1.0, 0.2, "how much a bar differs from the last",
             title="change from bar to bar", short="change", asks_model=True),
    _control("swing", TargetGroup.BAND, 0.0, 1.0, 0.0,
             "delay of the offbeat eighth notes; 1 moves them to the triplet"),
    _control("humanize", TargetGroup.BAND, 0.0, 1.0, 0.3, "small deviations of time and velocity"),
    _control("follow energy", TargetGroup.BAND, 0.0, 1.0, 0.5,
             "how much drums and bass follow your touch and density; 0: not at all",
             short="energy"),
    _control("fills", TargetGroup.BAND, 0.0, 1.0, 0.5,
             "length of the fill that ends each phrase: 0 none, 1 a bar", unit="bar"),
    _control(TRANSPOSE, TargetGroup.BAND, -12.0, 12.0, 0.0,
             "how much higher the band, and what is passed on, sounds than you play",
             unit="semitones"),
    _action("transpose up", TargetGroup.BAND, "a semitone up", "transposes by a semitone more"),
    _action("transpose down", TargetGroup.BAND, "a semitone down",
            "transposes by a semitone less"),
    _action("next style", TargetGroup.BAND, "style after", "the next style, from the next bar on"),
    _action("previous style", TargetGroup.BAND, "style before",
            "the style before, from the next bar on"),
    _action("take style", TargetGroup.BAND, "the style of what is heard",
            "the style of the drums and bass that other tracks play (--listen)", short="theirs"),
    _action("mode:follow", TargetGroup.BAND, "mode follow", "the band plays along with you"),
    _action("mode:loop", TargetGroup.BAND, "mode loop", "your phrase is repeated with its band"),
    _action("mode:respond", TargetGroup.BAND, "mode respond", "you play, then the band answers"),
    _action("mode:tap", TargetGroup.BAND, "mode tap", "the rhythm that you tap becomes drums"),
    _action("next metre", TargetGroup.BAND, "the next metre",
            "the next metre of the model, from the next bar on", short="metre"),
    *(_action(f"{METRE}{metre}", TargetGroup.BAND, f"metre {metre}",
              "4/4 in triplets, from the next bar on" if metre == FOUR_FOUR_TRIPLETS.name else
              f"bars of {metre}, from the next bar on")
      for metre in METRES),
    _action("clear", TargetGroup.BAND, "forget the phrase",
            "forgets the phrase, the loop and the learned form"),
    _action("capture", TargetGroup.BAND, "save what was played", "writes the take as a MIDI file",
            short="save"),
)  # fmt: skip
_ARRANGER = (
    *(_action(f"variation:{each}", TargetGroup.ARRANGER, f"variation {each}", effect,
              short=each)
      for each, effect in (
          (Variation.A, "the sparsest way to play the style, from the next bar on"),
          (Variation.B, "the style as it is, from the next bar on"),
          (Variation.C, "a fuller way to play the style, from the next bar on"),
          (Variation.D, "the fullest way to play the style, from the next bar on"))),
    _action("fill", TargetGroup.ARRANGER, "a fill, now", "a drum fill until the bar ends"),
    _action("intro", TargetGroup.ARRANGER, "intro",
            "an intro first at the next start, or from the next bar on; again: none"),
    _action("break", TargetGroup.ARRANGER, "a break",
            "the band is out for the next bar; again: for one bar more"),
    _action("hold break", TargetGroup.ARRANGER, "break until told", short="out",
            explanation="the band is out from the next bar on, until the same is done again"),
    _switch("break drums", TargetGroup.ARRANGER, "drums in a break",
            "on: the drums play on in a break; off: the whole band is out"),
    _action("ending", TargetGroup.ARRANGER, "the ending",
            "the music ends with the next phrase; again: it goes on"),
    _switch("count in", TargetGroup.ARRANGER, "count in",
            "on: clicks before the music starts; off: it starts at once"),
    *(_action(f"memory:{number}", TargetGroup.ARRANGER, f"memory {number}",
              "recalls what is stored there at the next bar line; stores after `store memory`",
              short=str(number))
      for number in range(1, MEMORIES + 1)),
    _action("store memory", TargetGroup.ARRANGER, "store into a memory",
            "the next memory that is chosen stores what plays", short="store"),
    _action("try next style", TargetGroup.ARRANGER, "try the style after",
            "tries the next style from the next bar on, with a way back"),
    _action("try previous style", TargetGroup.ARRANGER, "try the style before",
            "tries the style before from the next bar on, with a way back"),
    _action("keep style", TargetGroup.ARRANGER, "keep the style that is tried",
            "the style that is tried stays"),
    _action("old style", TargetGroup.ARRANGER, "back to the old style",
            "goes back to the style from before the trial"),
)  # fmt: skip
_EARS = (
    _action("hear:auto", TargetGroup.EARS, "hear chords: auto",
            "chords from the left hand where the hands are apart, else from all keys"),
    _action("hear:whole", TargetGroup.EARS, "hear chords: whole keyboard",
            "chords from all keys"),
    _action("hear:left", TargetGroup.EARS, "hear chords: left hand",
            "chords from the left hand alone, and they stay until the next"),
    _action("hear:melody", TargetGroup.EARS, "hear chords: melody only",
            "the model reads the chords from your melody"),
    _switch("hold chord", TargetGroup.EARS, "hold the chord",
            "on: the last chord goes on when the left hand lifts; off: it ends"),
    _action("bass:at-once", TargetGroup.EARS, "bass note moves at once",
            "the bass note that sounds moves to a new chord at once"),
    _action("bass:next-8th", TargetGroup.EARS, "bass note moves with the 8th",
            "the bass note that sounds moves to a new chord at the next 8th"),
    _action("bass:never", TargetGroup.EARS, "bass note stays",
            "the bass note that sounds stays; later ones move"),
    _switch("lay out", TargetGroup.EARS, "lay out for other tracks",
            "on: our bass or drums are silent while another track plays theirs; off: never"),
)  # fmt: skip
_MIXER = (
    *(_control(f"{VOLUME}{part}", TargetGroup.MIXER, 0.0, 1.0, 1.0, f"volume of the {part}",
               title=f"volume of the {part}", short=part) for part in Part),
    *(_switch(f"{MUTE}{part}", TargetGroup.MIXER, f"mute the {part}",
              f"on: silences the {part}; off: lets the part play", short="mute")
      for part in Part),
    *(_switch(f"{SOLO}{part}", TargetGroup.MIXER, f"solo the {part}",
              "on: parts that are not soloed are silent; off: no more", short="solo")
      for part in Part),
    _switch("metronome", TargetGroup.MIXER, "metronome", "on: a click on every beat; off: none",
            short="click"),
    _control("metronome level", TargetGroup.MIXER, 0.0, 1.0, 0.8, "how loud the metronome is",
             short="click"),
)  # fmt: skip
_POINT = (
    _control("morph", TargetGroup.POINT, 0.0, 1.0, 0.0,
             "the way between two of your places: the two chosen, or the first two saved",
             needs=Needs.TWO_ANCHORS, short="between"),
    _control("glide", TargetGroup.POINT, 1.0, 32.0, 1.0,
             "time that the band takes to a place it is sent to, in bars with `glide_by: bar` in "
             "the settings", unit="beats"),
    _action("save anchor", TargetGroup.POINT, "save this place",
            "keeps where the band is as the next of `place 1`, `place 2`..."),
    _action("reset point", TargetGroup.POINT, "back to where you play",
            "brings the band back to where your melody alone leads"),
    _action("undo point", TargetGroup.POINT, "undo the last move",
            "brings the band back to the place before its last move"),
)  # fmt: skip
_WALKS = (
    _control("walk", TargetGroup.WALKS, 0.0, 1.0, 0.3,
             "distance that the walk leads away from what your melody alone would give",
             needs=Needs.WALK),
    _control("restlessness", TargetGroup.WALKS, 0.0, 1.0, 0.15, "change of place from bar to bar",
             needs=Needs.STEPPING_WALK),
    _control("restless drums", TargetGroup.WALKS, 0.0, 1.0, 0.15,
             "change of the drums' place from bar to bar", needs=Needs.APART_WALK),
    _control("restless bass", TargetGroup.WALKS, 0.0, 1.0, 0.1,
             "change of the bass's place from bar to bar", needs=Needs.APART_WALK),
    _control("listen drums", TargetGroup.WALKS, 0.0, 1.0, 0.7,
             "how much the drums go by your melody", needs=Needs.APART_WALK),
    _control("listen bass", TargetGroup.WALKS, 0.0, 1.0, 0.9,
             "how much the bass goes by your melody", needs=Needs.APART_WALK),
    _control("lean drums", TargetGroup.WALKS, 0.0, 1.0, 0.0, "how much the drums go by the bass",
             needs=Needs.APART_WALK),
    _control("lean bass", TargetGroup.WALKS, 0.0, 1.0, 0.3, "how much the bass goes by the drums",
             needs=Needs.APART_WALK),
    _control("walk bars", TargetGroup.WALKS, 1.0, 128.0, 16.0,
             "time for one round of a figure, or from one place to the next", unit="bars",
             needs=Needs.FIGURE_WALK),
    _control("surprise", TargetGroup.WALKS, 0.0, 1.5, 1.0,
             "how freely the walk goes on: 0 is the likeliest course", needs=Needs.PRIOR_WALK),
    _control("return", TargetGroup.WALKS, 0.0, 1.0, 0.0,
             "how far turned knobs go back at each bar; 0: they stay", needs=Needs.MIMIC_WALK),
    _control("neuron x", TargetGroup.WALKS, 1.0, 16.0, 1.0,
             "number of the inner knob for the first swing", needs=Needs.LISSAJOUS_WALK),
    _control("neuron y", TargetGroup.WALKS, 1.0, 16.0, 2.0,
             "number of the inner knob for the second swing", needs=Needs.LISSAJOUS_WALK),
    _action("drop anchor", TargetGroup.WALKS, "mark this place for walks",
            "keeps the place of what is heard, for walks from place to place"),
)  # fmt: skip
_SAMPLES = (
    _action("draw code", TargetGroup.SAMPLES, "draw an idea, and play it",
            "the model plays something of its own from the next bar on"),
    _action("set a", TargetGroup.SAMPLES, "set A to what plays", "keeps what plays as A"),
    _action("set b", TargetGroup.SAMPLES, "set B to what plays", "keeps what plays as B"),
    _action("travel", TargetGroup.SAMPLES, "go from A to B, and back",
            "goes from A to B, a step a bar; from B, back to A"),
    _action("previous sample", TargetGroup.SAMPLES, "back to what played before",
            "plays the idea before again; after the first, the band follows you",
            aliases=("back",)),
    _action("pathway", TargetGroup.SAMPLES, "a walk through the models",
            "one walk through all models that are loaded, a step a bar"),
)  # fmt: skip
_FORM = (
    _action("start form", TargetGroup.FORM, "start the form",
            "the chosen form begins with its first section at the next bar line"),
    _action("leave form", TargetGroup.FORM, "leave the form",
            "the band plays on without the form from the next bar on"),
    _action("next section", TargetGroup.FORM, "the next section",
            "goes to the next section at the next bar line", needs=Needs.FORM),
    _action("previous section", TargetGroup.FORM, "the section before",
            "goes to the section before at the next bar line", needs=Needs.FORM),
    _action("hold section", TargetGroup.FORM, "stay in the section, or go on",
            "stays in the section, or lets the form go on", needs=Needs.FORM),
    _action("clear chords", TargetGroup.FORM, "free the chords",
            "frees chords that were fixed: they follow what you play"),
)  # fmt: skip
_DAW = (
    _action("print", TargetGroup.DAW, "print the last bars into the DAW",
            "puts the last bars of the band into the DAW as clips", needs=Needs.DAW,
            short="print"),
    _action("print take", TargetGroup.DAW, "print the take into the DAW",
            "puts the take so far into the DAW as clips", needs=Needs.DAW),
    _action("print loop", TargetGroup.DAW, "print the loop into the DAW",
            "puts the last round of the loop, yours or the DAW's, into the DAW as clips",
            needs=Needs.DAW),
    _action("undo print", TargetGroup.DAW, "take the last print back",
            "takes the last print out of the DAW again", needs=Needs.DAW),
)  # fmt: skip
FAMILIES: Final = (
    TargetFamily(f"{DIRECTION}random:", RANDOM, Members.SEEDS,
           _control(f"{DIRECTION}random:SEED", TargetGroup.POINT, -1.0, 1.0, 0.0,
                    "the band along a random direction; the same number is the same direction",
                    title="direction of a seed", short="random")),
    TargetFamily(DIRECTION, _named(DIRECTION), Members.DIRECTIONS,
           _control(f"{DIRECTION}NAME", TargetGroup.POINT, -1.0, 1.0, 0.0,
                    "how much of a quality the band has: density, complexity, "
                    "intensity, syncopation and others; the screen lists them",
                    title="direction")),
    TargetFamily(NEURON_PREFIX, NEURON, Members.NEURONS,
           _control(f"{NEURON_PREFIX}NUMBER", TargetGroup.POINT, -1.0, 1.0, 0.0,
                    "one of the 16 numbers that the model makes the band's music of, the surest "
                    "first (`latent-bridge analyze`)", title="inner knob", short="inner")),
    TargetFamily(STYLE, AXIS, Members.AXES,
           _control(f"{STYLE}NUMBER", TargetGroup.POINT, -1.0, 1.0, 0.0,
                    "the band along one of the ways in which the model's styles differ, 1 for "
                    "that in which they differ most", title="style axis", short="style")),
    TargetFamily(STYLE, _named(STYLE), Members.STYLES,
           _action(f"{STYLE}NAME", TargetGroup.BAND, "style",
                   "the style of that name, from the next bar on")),
    TargetFamily(ANCHOR, _named(ANCHOR), Members.ANCHORS,
           _action(f"{ANCHOR}NAME", TargetGroup.POINT, "place",
                   "brings the band to a place that was saved")),
    TargetFamily(SECTION, _named(SECTION), Members.SECTIONS,
           _action(f"{SECTION}NAME", TargetGroup.FORM, "section",
                   "goes to that section at the next bar line", needs=Needs.FORM)),
    TargetFamily(FORM, _named(FORM), Members.FORMS,
           _action(f"{FORM}NAME", TargetGroup.FORM, "form",
                   "chooses that form; it waits for `start form`, or for the start")),
)  # fmt: skip

CATALOG: Final = Catalog(
    (*_TEMPO, *_BAND, *_ARRANGER, *_EARS, *_MIXER, *_POINT, *_WALKS, *_SAMPLES, *_FORM, *_DAW),
    FAMILIES,
)


# --- ranges of the controls ---------------------------------------------------------------

CONTROLS: Final = CATALOG.ranges([TargetGroup.BAND, TargetGroup.MIXER])
"""Controls every session has. ``direction:NAME`` controls come from the model's directions and
are listed in ``Snapshot.controls`` too."""
POINT_CONTROLS: Final = CATALOG.ranges([TargetGroup.POINT])
"""Controls of the way of the point; ``morph`` is there while two anchors are chosen for it."""
AUTOPILOT: Final = CATALOG.ranges([TargetGroup.WALKS])
"""Controls that are there only while a walk that has them is on. By what they need:"""
WALK_CONTROLS: Final = CATALOG.ranges([TargetGroup.WALKS], [Needs.WALK])
RESTLESS_CONTROLS: Final = CATALOG.ranges([TargetGroup.WALKS], [Needs.STEPPING_WALK])
APART_CONTROLS: Final = CATALOG.ranges([TargetGroup.WALKS], [Needs.APART_WALK])
FIGURE_CONTROLS: Final = CATALOG.ranges([TargetGroup.WALKS], [Needs.FIGURE_WALK])
NEURON_CONTROLS: Final = CATALOG.ranges([TargetGroup.WALKS], [Needs.LISSAJOUS_WALK])
PRIOR_CONTROLS: Final = CATALOG.ranges([TargetGroup.WALKS], [Needs.PRIOR_WALK])
MIMIC_CONTROLS: Final = CATALOG.ranges([TargetGroup.WALKS], [Needs.MIMIC_WALK])
_DEVIATION: Final = ControlRange(-1.0, 1.0, 0.0)


def control_range(name: str) -> ControlRange:
    """The lowest, highest and default value of a control, in its own unit. A name that is no
    control's gets the range of a direction, -1 to 1."""
    target = CATALOG.find(name)
    return target.range if target and target.kind is TargetKind.CONTROL else _DEVIATION
