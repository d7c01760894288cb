"""``latent-bridge play``: live accompaniment, with a screen or headless."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from bridge.cli.live.settings_names import names_known
from bridge.controllers.bindings import ControlState
from bridge.controllers.catalog import CONTROLS
from bridge.controllers.mapping_file import read_mapping
from bridge.errors import ModelError, NameUnknown
from bridge.files.anchors import anchors_path, read_anchors
from bridge.files.forms import find_form, read_form
from bridge.files.settings import MOST_GAP_MS, VIRTUAL, Settings, read_settings
from bridge.latent.walks import WalkKind
from bridge.live.devices.ableton_link import join
from bridge.live.devices.controller_lights import ControllerLights
from bridge.live.devices.mapping_watch import MappingWatch, choose
from bridge.live.devices.offsets import offsets_of
from bridge.live.devices.osc_server import HostAndPort, Osc, PlaceParam
from bridge.live.devices.own_sound import audible, with_sound
from bridge.live.devices.ports import names_ports, open_ports
from bridge.live.devices.user_files import UserFileWriter
from bridge.live.live_session import LiveSession, facts_of
from bridge.midi.port_names import plain_name
from bridge.midi.ports import Out
from bridge.midi.rtmidi_ports import VIRTUAL_NAMES
from bridge.model import library
from bridge.model.answering.groovae import TAP_MODEL, find_groove
from bridge.model.answering.guest import guest_of
from bridge.model.contract import TRIO, GuestModel
from bridge.model.worker.child import FAKE
from bridge.music.arrange import DRUM_MAPS
from bridge.music.notes import Part
from bridge.music.song_form import bars_for_minutes, lay_out
from bridge.music.tunes import TUNES
from bridge.session.bars.chord_chart import read_chart
from bridge.session.bars.form_sections import check_course
from bridge.session.handlers.code_player import check_path
from bridge.session.latent.walks import check_walk, controls_of, find_kind
from bridge.session.messages.code_commands import PlayPath
from bridge.session.messages.commands import Command, Mode, SetControl, SetWalk, Start, WhenSilent
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import WorkerState
from bridge.session.state.form_position import LiveForm
from bridge.session.state.session_state import first_state
from bridge.session.state.setup import NO_TAPS, ModelFacts, Setup
from bridge.timing.clock_follower import POSITION_UNITS


@click.command()
@click.option("--in", "in_", metavar="PORT", help="Where you play: a port's name, or 'virtual'.")
@click.option("--melody", metavar="PORT", help="Output for loops, answers and the screen's keys.")
@click.option("--bass", metavar="PORT", help="Output for the bass.")
@click.option("--drums", metavar="PORT", help="Output for the drums.")
@click.option("--out", metavar="PORT", help="One output for all parts, a channel each.")
@click.option("--bpm", type=click.FloatRange(30, 300), help="Tempo of the internal clock.")
@click.option("--style", metavar="NAME", help="How the band plays (see: latent-bridge styles).")
@click.option("--mode", type=click.Choice([m.value for m in Mode]), help="What the band does.")
@click.option("--key", metavar="NAME", help="Pin the key, such as 'A minor'.")
@click.option("--chords", metavar="CHORDS",
              help="Fix the harmony, a chord a bar: 'Am F C G' (or 'Am F | C G').")  # fmt: skip
@click.option("--split", type=click.IntRange(0, 127), default=0, metavar="NOTE",
              help="Keys below this MIDI note are chords to follow (54 is F#3).")  # fmt: skip
@click.option("--model", metavar="NAME", help="The model (see: latent-bridge models list).")
@click.option("--also", metavar="NAME", default="",
              help="A model beside it to draw samples of, say one of melodies.")  # fmt: skip
@click.option("--pathway", type=click.IntRange(0), metavar="SEED",
              help="A walk of this seed through both models at once (see --walk).")  # fmt: skip
@click.option("--library", type=click.Path(path_type=Path), help="Another folder of models.")
@click.option("--mapping", metavar="FILE", help="What your knobs move (see: mappings list).")
@click.option("--settings", type=click.Path(path_type=Path), help="Another settings file.")
@click.option("--clock", metavar="PORT", help="Follow the MIDI clock of this input (a DAW).")
@click.option("--song-position", type=click.Choice(list(POSITION_UNITS)), default="16ths",
              help="What the master's Song Position counts (Ardour 7: clocks).")  # fmt: skip
@click.option("--clock-out", metavar="PORT", multiple=True,
              help="Lead: send MIDI clock to this output. May be given again.")  # fmt: skip
@click.option("--link", is_flag=True, help="Join Ableton Link: the beat of all on this network.")
@click.option("--offset", "offsets", metavar="NAME=MS", multiple=True,
              help="Delay a part, 'clock', 'clock-out' or a port; negative: early.")  # fmt: skip
@click.option("--minimum-gap", type=click.FloatRange(0, MOST_GAP_MS), metavar="MS",
              help="At least so long between two messages to a port that loses some.")  # fmt: skip
@click.option("--start", type=click.Choice(["key", "now"]), help="Begin with a key, or at once.")
@click.option("--when-silent", type=click.Choice([w.value for w in WhenSilent]),
              help="Keep the groove while you do not play, or rest.")  # fmt: skip
@click.option("--count-in", type=click.IntRange(0, 2), help="Bars of clicks before the music.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True,
              help="The same seed and keys give the same band.")  # fmt: skip
@click.option("--walk", metavar="NAME", default="",
              help="Autopilot: " + ", ".join(WalkKind) + ".")  # fmt: skip
@click.option("--walk-bars", type=click.FloatRange(0.25, 512), default=16.0, show_default=True,
              help="How long a walk's figure takes, or its way to a target.")  # fmt: skip
@click.option("--form", metavar="NAME|FILE", default="",
              help="Run a form under you (see: compose --list).")  # fmt: skip
@click.option("--minutes", type=click.FloatRange(0.05, 120), help="About how long the form is.")
@click.option("--osc", type=PlaceParam(), metavar="[HOST:]PORT",
              help="Take OSC messages there (this machine's, unless HOST says else).")  # fmt: skip
@click.option("--osc-out", type=PlaceParam(), metavar="[HOST:]PORT",
              help="Tell what changes as OSC messages to there.")  # fmt: skip
@click.option("--set", "controls", metavar="NAME=VALUE", multiple=True,
              help="A control to begin with, such as swing=0.3.")  # fmt: skip
@click.option("--humanizer", metavar="NAME", default="",
              help="An imported GrooVAE that plays the drums' velocities and delays.")  # fmt: skip
@click.option("--tapper", metavar="NAME", default="",
              help="The model of --mode tap.  [default: tap2drum_2bar, if imported]")  # fmt: skip
@click.option("--backend", default="", help="MIDI system: alsa, jack, coremidi or winmm.")
@click.option("--sound/--no-sound", "sound", default=None,
              help="Its own sound, besides the ports.  [default: on with a screen]")  # fmt: skip
@click.option("--headless", is_flag=True, help="No screen: a line when something happens.")
def play(
    settings: Path | None,
    backend: str,
    headless: bool,
    controls: tuple[str, ...],
    offsets: tuple[str, ...],
    link: bool,
    sound: bool | None,
    **flags: Any,
) -> None:
    """Play live: the band listens to your melody and plays drums and bass.

    With no options your input and the band's outputs are virtual ports, "Latent Bridge In",
    "... Drums", "... Bass" and "... Melody", which a DAW or a synth can connect to; the keys
    of the screen play too. With a screen, parts whose port you did not choose are heard through
    the program's own General MIDI sound as well ("sound" is a port, too).

    --mode follow generates each next bar from what you play now, loop repeats your phrase with
    its accompaniment, respond answers it, tap makes drums of its rhythm.
    """
    chosen = with_flags(read_settings(settings, names_known(flags)), flags)
    chosen, guest = beside(chosen, flags["also"], flags["library"])
    setup = replace(
        setup_of(chosen, offsets),
        seed=flags["seed"],
        key=flags["key"] or "",
        anchors=read_anchors(anchors_path(chosen.model)),
        split=flags["split"],
        clock_unit=POSITION_UNITS[flags["song_position"]],
        link=link,
        guest=guest,
    )
    if link and chosen.clock:
        raise click.UsageError("--link and --clock are two masters: choose one")
    tapper = find_tapper(flags["tapper"], flags["library"])
    if flags["humanizer"]:
        find_groove(flags["humanizer"], flags["library"])  # says what is wrong before it begins
    if chosen.mode == Mode.TAP and not tapper:
        raise ModelError(NO_TAPS)
    facts = replace(facts_of(chosen.model, flags["library"]), taps=bool(tapper))
    if flags["form"]:
        setup = with_form(setup, facts, flags)
    first_state(setup, facts)  # a wrong name is said before any port is opened
    walk = find_kind(flags["walk"])
    check_walk(walk, facts)
    seed = flags["pathway"]
    if seed is not None:
        way = PlayPath(seed, (walk or WalkKind.BROWNIAN).value, flags["walk_bars"])
        check_path(way)
        walk = None
    heard = audible(chosen, sound, screen=not headless)
    moves: list[Command] = [SetWalk(walk.value, flags["walk_bars"])] if walk else []
    moves += [control_move(text, facts, controls_of(walk)) for text in controls]
    bindings = bindings_of(chosen)  # as is a mapping with something wrong
    peer = join(setup.bpm) if link else None
    required = headless or bool(backend) or names_ports(flags)
    with closing(open_ports(chosen, backend, required=required, sounding=bool(heard))) as opened:
        ports, own = with_sound(opened, chosen)
        rig = LiveSession(
            setup=replace(setup, clock_outs=setup.clock_outs[: len(ports.clock_outs)]),
            model=chosen.model,
            library=flags["library"],
            humanizer=flags["humanizer"],
            tapper=tapper,
            outs=ports.outs,
            clock_outs=ports.clock_outs,
            bindings=bindings,
            screen=not headless,
            publish=Reporter().show if headless else None,
            sound=own,
        )
        with closing(rig):
            if own is not None and heard:
                own.switch(True)
            port = rig.listen("in", ports.open_in).name if ports.open_in is not None else ""
            watch = follow_mapping(rig, chosen.mapping, port)
            keep_what_is_learned(rig, chosen.model, watch, port)
            if ports.open_out is not None and port:
                reflect(rig, watch, ports.open_out, port)
            speak_osc(rig, flags["osc"], flags["osc_out"])
            if ports.open_clock is not None:
                rig.follow(ports.open_clock)
            if peer is not None:
                rig.join(peer)
            if ports.note:
                rig.say(ports.note)
            if guest is not None:
                rig.say(f"{chosen.model} plays; samples are drawn of {guest.name} ({guest.kind})")
            if headless:
                click.echo(banner(rig, chosen))
            for move in moves:
                rig.tell(move)
            if seed is not None:
                rig.when_ready(way)
            if chosen.start == "now":
                rig.when_ready(Start())
            rig.run()
    if headless:
        click.echo(farewell(rig))


# --- settings -----------------------------------------------------------------------------


def with_flags(settings: Settings, flags: Mapping[str, Any]) -> Settings:
    """The settings with what the command line says over them."""
    ports = dict(settings.ports)
    for role in ("melody", "bass", "drums"):
        ports[role] = flags[role] or flags["out"] or ports.get(role, VIRTUAL)
    ports["in"] = flags["in_"] or ports.get("in", VIRTUAL)
    same = ("bpm", "style", "mode", "model", "start", "when_silent", "count_in", "mapping", "clock",
            "chords", "minimum_gap")  # fmt: skip
    names = {"count_in": "count_in_bars", "minimum_gap": "minimum_gap_ms"}
    changes = {names.get(n, n): flags[n] for n in same if flags[n] is not None}
    changes["clock_out"] = tuple(dict.fromkeys(flags["clock_out"])) or settings.clock_out
    return replace(settings, ports=ports, **changes)


def beside(
    settings: Settings, also: str, folder: Path | None
) -> tuple[Settings, GuestModel | None]:
    """The settings, and the model to draw of beside the band: the one that is named, or the
    model of the settings where that is no band (then the usual band plays with it).

    ModelError for two that are both no band, and for one that cannot play live.
    """
    if settings.model != FAKE:
        spec = library.read_spec(library.find(settings.model, folder))
        band = spec.kind == TRIO and "surrogate" in spec.graphs
        if not band and also:
            library.check_band(spec)
        if not band:
            return replace(settings, model=Settings().model), guest_of(spec)
    if not also:
        return settings, None
    return settings, guest_of(library.read_spec(library.find(also, folder)))


def find_tapper(name: str, folder: Path | None) -> str:
    """The model for taps: the one that is named, or the usual one if it is there."""
    if not name and TAP_MODEL not in library.folders(folder):
        return ""
    find_groove(name or TAP_MODEL, folder)  # says what is wrong before it begins
    return name or TAP_MODEL


def setup_of(settings: Settings, moves: Sequence[str] = ()) -> Setup:
    """What the session needs of the settings, in its own units; ``moves`` are --offset's."""
    if settings.drum_map not in DRUM_MAPS:
        raise NameUnknown("drum map", settings.drum_map, DRUM_MAPS)
    offsets = offsets_of(settings, moves)
    return Setup(
        bpm=settings.bpm,
        style=settings.style,
        mode=Mode(settings.mode),
        count_in_bars=settings.count_in_bars,
        sync_start=settings.start == "key",
        when_silent=WhenSilent(settings.when_silent),
        look_ahead=settings.look_ahead_ms / 1000,
        loop_bars=settings.loop_bars,
        respond_bars=settings.respond_bars,
        thru=settings.thru,
        drum_map=DRUM_MAPS[settings.drum_map],
        channels={part: settings.channels[part.value] - 1 for part in Part},
        offsets=offsets.parts,
        clock=VIRTUAL_NAMES["clock"] if settings.clock == VIRTUAL else settings.clock,
        clock_offset=offsets.clock,
        clock_outs=offsets.clock_outs,
        tunes={name: tune.notes() for name, tune in TUNES.items()},
        glide=settings.glide,
        glide_by_bar=settings.glide_by == "bar",
        chart=read_chart(settings.chords),
    )


def with_form(setup: Setup, facts: ModelFacts, flags: Mapping[str, Any]) -> Setup:
    """The set-up with a form to run: its tempo unless one is asked for, its style unless
    the command line has one for sections without."""
    structure = read_form(find_form(flags["form"]))
    drawn = structure.drawn(setup.seed)
    bpm = setup.bpm if flags["bpm"] or setup.clock else drawn.bpm
    bars = bars_for_minutes(flags["minutes"], bpm) if flags["minutes"] else 0
    course = LiveForm(
        name=structure.name,
        layout=lay_out(structure, bars),
        style=flags["style"] or structure.style,
        knobs=drawn.knobs,
        enter=structure.enter,
    )
    check_course(course, facts)
    return replace(setup, bpm=bpm, course=course)


def control_move(text: str, facts: ModelFacts, more: Iterable[str] = ()) -> SetControl:
    """``NAME=VALUE`` as a command. BadParameter or NameUnknown when it is none; ``more`` are
    the controls that there are besides the usual ones."""
    name, _, value = text.partition("=")
    known = [*CONTROLS, *more, *(f"direction:{n}" for n in facts.directions.names)]
    if name not in known:
        raise NameUnknown("control", name, known)
    try:
        return SetControl(name, float(value))
    except ValueError as exc:
        raise click.BadParameter(f"{text!r} is not NAME=NUMBER") from exc


def follow_mapping(rig: LiveSession, asked: str, port: str) -> MappingWatch:
    """Use the mapping that was asked for, or the one for this port; read it when edited."""
    path, text = choose(asked, port)
    if path is not None and not asked:
        rig.remap(read_mapping(path).bindings, text)
    elif text:
        rig.say(text)
    watch = MappingWatch(path, rig.remap, rig.say)
    rig.at_end(watch.close)
    watch.start()
    return watch


def keep_what_is_learned(rig: LiveSession, model: str, watch: MappingWatch, port: str) -> None:
    """Have learned controls and anchors written to the player's own files."""
    keeper = UserFileWriter(anchors_path(model), watch, rig.say, port)
    rig.keep = keeper.keep
    rig.at_end(keeper.close)


def reflect(
    rig: LiveSession, watch: MappingWatch, open_out: Callable[[str], Out], port: str
) -> None:
    """Have the controller shown what its controls stand for."""
    reflector = ControllerLights(
        lambda: rig.engine.state, lambda: watch.path, open_out, rig.say, plain_name(port)
    )
    rig.hears = reflector.hears
    rig.at_end(reflector.close)
    reflector.start()


def speak_osc(rig: LiveSession, listen: HostAndPort | None, send: HostAndPort | None) -> None:
    """Have OSC in and out, where it is asked for."""
    if listen is None and send is None:
        return
    osc = Osc(listen, send, lambda: rig.engine.state, rig.tell, rig.say)
    rig.at_end(osc.close)
    osc.start()


def bindings_of(settings: Settings) -> ControlState:
    """The bindings of the mapping file that was asked for, none without one."""
    if not settings.mapping:
        return ControlState()
    return ControlState(bindings=read_mapping(Path(settings.mapping)).bindings)


# --- headless -----------------------------------------------------------------------------


class Reporter:
    """Prints a line when something worth knowing happens; called with each snapshot."""

    def __init__(self) -> None:
        self._said: tuple[str, WorkerState | None, bool, str, str] = ("", None, False, "", "")

    def show(self, snapshot: Snapshot) -> None:
        """Say what has changed since the last snapshot."""
        message, worker, running, style, section = self._said
        now = snapshot.form.section if snapshot.form and snapshot.running else ""
        if snapshot.worker is not worker:
            self._print(f"model {snapshot.model}: {snapshot.worker.value}")
        if snapshot.message != message and snapshot.message:
            self._print(snapshot.message)
        if snapshot.running is not running:
            self._print("playing" if snapshot.running else "stopped")
        elif snapshot.style != style and style:
            self._print(f"style {snapshot.style}")
        if now != section and now:
            self._print(f"section {now}")
        said = (snapshot.message, snapshot.worker, snapshot.running, snapshot.style, now)
        self._said = said

    def _print(self, line: str) -> None:
        click.echo(f"{time.strftime('%H:%M:%S')}  {line}", file=sys.stderr)


def banner(rig: LiveSession, settings: Settings) -> str:
    """What is connected to what, for the terminal."""
    state = rig.engine.state
    ins = ", ".join(port.name for _, port in rig.engine.ins) or "none"
    outs = ", ".join(f"{part.value} on {out.name}" for part, out in rig.outs.items())
    begin = "starts with your first key" if settings.start == "key" else "starts at once"
    if state.setup.link:
        begin += ", in step with Ableton Link"
    if state.setup.clock:
        begin = f"follows the clock of {state.setup.clock}"
    clocks = "".join(f"; clock to {out.name}" for out in rig.clock_outs)
    return (
        f"Latent Bridge: {state.style}, {state.line.bpm:g} BPM, {settings.mode}; {begin}.\n"
        f"Listening on {ins}; {outs}{clocks}. Ctrl+C stops."
    )


def farewell(rig: LiveSession) -> str:
    """What was played, in one line."""
    counts = rig.engine.state.counters
    late = sorted(rig.engine.lateness)
    follower = rig.engine.state.follower
    clock = f"; clock: {follower.missed} made up, {follower.doubled} doubled" if follower else ""
    worst = f", latest {late[-1] * 1000:.1f} ms late" if late else ""
    load = rig.sound.load if rig.sound else None
    sound = (
        f" Sound: {load.delay_ms:.0f} ms behind, {load.share:.0%} of the time, {load.gaps} gaps."
        if load
        else ""
    )
    return (
        f"Heard {counts.notes_in} notes, played {counts.notes_out}{worst}; "
        f"{counts.bars_generated} bars generated, {counts.bars_repeated} repeated{clock}.{sound}"
    )
