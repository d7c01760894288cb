"""The options of a live session, of ``latent-bridge play`` and ``web``, by section of the help."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from bridge.cli.live.arranger_options import arranger_options
from bridge.cli.live.ears_options import ears_options
from bridge.cli.shared.file_types import INPUT_FILE, Number
from bridge.cli.shared.option_groups import option, option_list
from bridge.cli.shared.options import (
    BPM_RANGE,
    CLOCK,
    LATENT,
    METRE,
    MIDI_BACKEND,
    MODEL,
    MUSIC,
    PORTS,
)
from bridge.files.settings import LAYOUTS, MOST_GAP_MS, THEMES, THRU
from bridge.latent.walks import WalkKind
from bridge.live.daw.registry import NAMES
from bridge.live.devices.osc_server import PlaceParam
from bridge.session.messages.commands import Mode, WhenSilent
from bridge.session.state.setup import FeelSource
from bridge.timing.clock_follower import POSITION_UNITS

CONTROL: Final = "Controllers and OSC"
DAW: Final = "DAW"
PROGRAM: Final = "Program"

port_options = option_list(
    option("--in", "in_", group=PORTS, metavar="PORT",
           help="Input that you play on: a part of a port's name, or 'virtual'."),
    option("--melody", group=PORTS, metavar="PORT",
           help="Output for loops, answers and the screen's keys."),
    option("--bass", group=PORTS, metavar="PORT", help="Output for the bass."),
    option("--drums", group=PORTS, metavar="PORT", help="Output for the drums."),
    option("--out", group=PORTS, metavar="PORT",
           help="One output for all parts, a channel each."),
    option("--sound/--no-sound", "sound", group=PORTS, default=None,
           help="The program's own sound, besides the ports.  [default: on with a screen]"),
    option("--thru", group=PORTS, type=click.Choice(THRU),
           help="What you play that goes on to the melody output.  [default: auto: all while the "
                "own sound is on, else the computer keyboard's]"),
    option("--offset", "offsets", group=PORTS, metavar="NAME=MS", multiple=True,
           help="Delay in milliseconds for a part, 'clock', 'clock-out' or a port; negative "
                "values are early. May be given again."),
    option("--minimum-gap", group=PORTS, type=Number(0, MOST_GAP_MS), metavar="MS",
           help="Least milliseconds between two messages to a port, for interfaces that "
                "lose messages."),
    option("--one-port", "one_port", group=PORTS, is_flag=True, default=None,
           help="Input and output may be one port: its device sends no notes back."),
    MIDI_BACKEND,
)  # fmt: skip

clock_options = option_list(
    option("--bpm", group=CLOCK, type=BPM_RANGE,
           help="Tempo of the internal clock, in beats per minute."),
    option("--clock", group=CLOCK, metavar="PORT",
           help="Follow the MIDI clock of this input (a DAW)."),
    option("--song-position", group=CLOCK, type=click.Choice(list(POSITION_UNITS)),
           default="16ths",
           help="Unit of the master's Song Position messages (Ardour 7: clocks)."),
    option("--clock-out", group=CLOCK, metavar="PORT", multiple=True,
           help="Send MIDI clock to this output. May be given again."),
    option("--link", group=CLOCK, is_flag=True, default=None,
           help="Join Ableton Link: share the beat of the peers on this network."),
    option("--start", group=CLOCK, type=click.Choice(["key", "now"]),
           help="Start with your first key, or at once."),
    option("--count-in", group=CLOCK, type=click.IntRange(0, 2),
           help="Bars of clicks before the music."),
)  # fmt: skip

music_options = option_list(
    option("--style", group=MUSIC, metavar="NAME",
           help="Style of the band (see: latent-bridge styles)."),
    METRE,
    option("--feel", group=MUSIC, type=click.Choice([f.value for f in FeelSource]),
           help="Swing as you play, or as the style and its knob say."),
    option("--mode", group=MUSIC, type=click.Choice([m.value for m in Mode]),
           help="What the band plays to your melody; see above."),
    option("--key", group=MUSIC, metavar="NAME", help="Fix the key, such as 'A minor'."),
    option("--chords", group=MUSIC, metavar="CHORDS",
           help="Fix the harmony, a chord a bar: 'Am F C G' (or 'Am F | C G')."),
    option("--split", group=MUSIC, type=click.IntRange(0, 127), metavar="NOTE",
           help="Keys below this MIDI note are chords to follow (54 is F#3)."),
    option("--when-silent", group=MUSIC, type=click.Choice([w.value for w in WhenSilent]),
           help="While you do not play, keep the groove or rest."),
    option("--form", group=MUSIC, metavar="NAME|FILE", default="",
           help="Sections that the band plays in order (see: compose --list)."),
    option("--minutes", group=MUSIC, type=Number(0.05, 120),
           help="Approximate length of the form, in minutes."),
    option("--seed", group=MUSIC, type=click.IntRange(0), default=1, show_default=True,
           help="Seed of all random choices: the same seed and keys give the same band."),
)  # fmt: skip

latent_options = option_list(
    option("--walk", group=LATENT, metavar="NAME", default="",
           help="Move the latent point by itself: " + ", ".join(WalkKind) + "."),
    option("--walk-bars", group=LATENT, type=Number(0.25, 512), default=16.0,
           show_default=True,
           help="Bars that a walk's figure, or its way to a target, takes."),
    option("--pathway", group=LATENT, type=click.IntRange(0), metavar="SEED",
           help="Take a walk of this seed through both models at once (see --walk)."),
    option("--set", "controls", group=LATENT, metavar="NAME=VALUE", multiple=True,
           help="Initial value of a control, such as swing=0.3. May be given again."),
)  # fmt: skip

model_options = option_list(
    option("--model", group=MODEL, metavar="NAME",
           help="Model of the band (see: latent-bridge models list)."),
    option("--also", group=MODEL, metavar="NAME", default="",
           help="A second model to draw samples of, such as one of melodies."),
    option("--library", group=MODEL, type=click.Path(path_type=Path),
           help="Another folder of models."),
    option("--humanizer", group=MODEL, metavar="NAME", default="",
           help="An imported GrooVAE that plays the drums' velocities and delays."),
    option("--tapper", group=MODEL, metavar="NAME", default="",
           help="Model for --mode tap.  [default: tap2drum_2bar, if imported]"),
)  # fmt: skip

control_options = option_list(
    option("--mapping", group=CONTROL, metavar="FILE",
           help="File that binds your controller's knobs (see: mappings list)."),
    option("--osc", group=CONTROL, type=PlaceParam(), metavar="[HOST:]PORT",
           help="Receive OSC messages on this port. [default host: this machine]"),
    option("--osc-out", group=CONTROL, type=PlaceParam(), metavar="[HOST:]PORT",
           help="Send changes as OSC messages to this port."),
)  # fmt: skip

daw_options = option_list(
    option("--daw", group=DAW, type=click.Choice(NAMES), default=None,
           help="Print what the band plays into this DAW, on a key (auto: the one that answers)."),
    option("--print-every", group=DAW, type=click.IntRange(0, 64), default=0, metavar="BARS",
           help="Print so many bars at a time, as the band plays."),
    option("--daw-chords", group=DAW, is_flag=True,
           help="The harmony is that of the DAW's markers with chord names."),
)  # fmt: skip

program_options = option_list(
    option("--settings", group=PROGRAM, type=INPUT_FILE,
           help="Another settings file."),
    option("--layout", group=PROGRAM, type=click.Choice(LAYOUTS),
           help="Layout of the computer keyboard, for the piano on it.  [default: us]"),
    option("--theme", group=PROGRAM, type=click.Choice(THEMES),
           help="Colours of the screen.  [default: dark]"),
    option("--fps", group=PROGRAM, type=click.IntRange(1, 60), metavar="N",
           help="Most pictures a second: fewer over a slow line.  [default: 30]"),
    option("--fresh/--resume", "fresh", group=PROGRAM, default=None,
           help="Begin by the settings, or as the last session ended (ports, style, place, "
                "tempo, mutes, mode).  [default: resume with a screen]"),
    option("--takes", group=PROGRAM, metavar="FOLDER",
           help="Folder in which all that is played is kept (see: latent-bridge takes).  "
                "[default: in your music folder]"),
)  # fmt: skip

headless_option = option("--headless", group=PROGRAM, is_flag=True,
                         help="No screen: print a line when something happens.")  # fmt: skip

session_options = option_list(
    port_options,
    clock_options,
    music_options,
    arranger_options,
    ears_options,
    latent_options,
    model_options,
    control_options,
    daw_options,
    program_options,
)
