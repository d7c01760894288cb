"""The plan of a live session: settings and options, checked before any port is opened."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from bridge.cli.live.arranger_options import arranger_commands, with_arranger
from bridge.cli.live.ears_options import LISTEN, ears_of, with_tempo
from bridge.cli.live.resuming import commands_of, last_of, possible, resumed
from bridge.cli.live.settings_names import names_known
from bridge.cli.shared.earlier_codes import renew_before_start
from bridge.cli.shared.output import say_plainly
from bridge.controllers.bindings import ControlState
from bridge.controllers.catalog import CONTROLS
from bridge.controllers.mapping_file import read_mapping
from bridge.controllers.memories import Variation
from bridge.errors import ModelError, NameUnknown
from bridge.files.anchors import anchors_path, read_anchors
from bridge.files.forms import find_form, forms, read_form
from bridge.files.memories import memories_path, read_memories
from bridge.files.settings import VIRTUAL, Settings, read_settings
from bridge.latent.walks import WalkKind
from bridge.live.devices.offsets import offsets_of
from bridge.live.devices.port_changes import clock_name
from bridge.live.live_session import facts_of
from bridge.model import library
from bridge.model.answering.groovae import TAP_MODEL, find_groove
from bridge.model.answering.guest import guest_of
from bridge.model.contract import TRIO, GuestModel
from bridge.model.worker.child import FAKE
from bridge.music.arrange import DRUM_MAPS
from bridge.music.grid import metre_named
from bridge.music.notes import Part
from bridge.music.song_form import bars_for_minutes
from bridge.music.tunes import TUNES
from bridge.session.bars.chord_chart import read_chart
from bridge.session.bars.form_sections import check_form
from bridge.session.handlers.code_player import check_path
from bridge.session.latent.walks import check_walk, controls_of, find_kind
from bridge.session.messages.code_commands import PlayPath
from bridge.session.messages.commands import Command, Mode, SetControl, SetWalk, Start, WhenSilent
from bridge.session.messages.ear_commands import ListenTempo
from bridge.session.new_session import first_state
from bridge.session.state.setup import NO_TAPS, FeelSource, ModelFacts, Setup
from bridge.session.state.song.form_position import live_form
from bridge.session.state.song.metronome import ClickSound
from bridge.timing.clock_follower import POSITION_UNITS

SETTINGS_KEYS = {"count_in": "count_in_bars", "minimum_gap": "minimum_gap_ms"}
"""Option -> key of the settings, where the two differ."""
OVERRIDES = (
    "bpm", "style", "mode", "model", "start", "when_silent", "count_in", "mapping", "clock",
    "chords", "minimum_gap", "one_port", "metre", "feel", "takes", "thru", "split", "link",
)  # fmt: skip
"""Options that replace a value of the settings."""
SCREEN_OPTIONS = ("layout", "theme", "fps")
"""Options that replace a value of the settings' part ``screen``."""


@dataclass(frozen=True)
class PlayPlan:
    """A live session before its ports are opened.

    ``commands`` are given to the engine at once, ``when_ready`` as soon as the model answers.
    ``guest`` is the model that samples are drawn of beside the band, ``tapper`` the name of the
    model for taps (empty: none). ``usual`` are the settings without what came back of the last
    session, ``file`` those of the file alone.
    """

    settings: Settings
    usual: Settings
    file: Settings
    setup: Setup
    guest: GuestModel | None
    tapper: str
    bindings: ControlState
    commands: tuple[Command, ...]
    when_ready: tuple[Command, ...]


def plan_of(flags: Mapping[str, Any]) -> PlayPlan:
    """The plan that the settings file and the options (``flags``, by name) ask for.

    Raises BridgeError or click.UsageError for a name, value or combination that is wrong.
    """
    flags = with_tempo(flags)
    folder = flags["library"]
    file = read_settings(flags["settings"], names_known(flags))
    last = last_of(file, flags)
    usual = settings = with_flags(file, flags)
    if last is not None:
        settings = with_flags(resumed(file, flags, last), flags)
    settings, guest = with_guest(settings, flags["also"], folder)
    renew_before_start(settings.model, folder, say_plainly)
    tapper = find_tapper(flags["tapper"], folder)
    facts = replace(facts_of(settings.model, folder), taps=bool(tapper))
    if last is not None:
        settings = possible(settings, usual, facts)
    setup = replace(
        setup_of(settings, flags["offsets"]),
        seed=flags["seed"],
        key=flags["key"] or "",
        anchors=read_anchors(anchors_path(settings.model)),
        memories=read_memories(memories_path(settings.model)),
        forms=tuple(forms()),
        split=settings.split,
        clock_unit=POSITION_UNITS[flags["song_position"]],
        link=settings.link,
        guest=guest,
        print_every=flags["print_every"],
        ears=ears_of(flags),
    )
    if flags["print_every"] and not flags["daw"]:
        raise click.UsageError("--print-every needs a DAW to print into: add --daw NAME")
    listens = flags["tempo"] == LISTEN
    if listens and (settings.link or settings.clock or settings.start == "now"):
        raise click.UsageError("--tempo listen needs our own clock, and a start with your keys")
    if settings.link and settings.clock:
        raise click.UsageError("--link and --clock are two masters: choose one")
    if flags["humanizer"]:
        find_groove(flags["humanizer"], folder)  # raises before any port is opened
    if settings.mode == Mode.TAP and not tapper:
        raise ModelError(NO_TAPS)
    if flags["form"]:
        setup = with_form(setup, facts, flags)
    first_state(setup, facts)  # raises for an unknown style or key
    walk = find_kind(flags["walk"])
    check_walk(walk, facts)
    path = path_of(flags, walk)
    begin = (SetWalk(walk.value, flags["walk_bars"]),) if walk and path is None else ()
    more = controls_of(None if path is not None else walk)
    ready: list[Command] = [] if path is None else [path]
    return PlayPlan(
        settings=settings,
        usual=usual,
        file=file,
        setup=setup,
        guest=guest,
        tapper=tapper,
        bindings=bindings_of(settings),
        commands=(
            *(() if last is None else commands_of(last, facts)),
            *begin,
            *((ListenTempo(),) if listens else ()),
            *arranger_commands(flags),
            *(control_move(text, facts, more) for text in flags["controls"]),
        ),
        when_ready=(*ready, Start()) if settings.start == "now" else tuple(ready),
    )


def path_of(flags: Mapping[str, Any], walk: WalkKind | None) -> PlayPath | None:
    """The seeded walk through both models that ``--pathway`` asks for; None without it."""
    if flags["pathway"] is None:
        return None
    path = PlayPath(flags["pathway"], (walk or WalkKind.BROWNIAN).value, flags["walk_bars"])
    check_path(path)
    return path


# --- settings -----------------------------------------------------------------------------


def with_flags(settings: Settings, flags: Mapping[str, Any]) -> Settings:
    """The settings with the values of the command line in place of the file's."""
    ports = dict(settings.ports)
    for role in ("melody", "bass", "drums"):
        ports[role] = flags[role] or flags["out"] or ports.get(role, VIRTUAL)
    ports["in"] = flags["in_"] or ports.get("in", VIRTUAL)
    changes = {SETTINGS_KEYS.get(n, n): flags[n] for n in OVERRIDES if flags[n] is not None}
    changes |= with_arranger(settings, flags)
    screen = {name: flags[name] for name in SCREEN_OPTIONS if flags[name] is not None}
    changes["screen"] = replace(settings.screen, **screen)
    changes["clock_out"] = tuple(dict.fromkeys(flags["clock_out"])) or settings.clock_out
    return replace(settings, ports=ports, **changes)


def with_guest(
    settings: Settings, also: str, folder: Path | None
) -> tuple[Settings, GuestModel | None]:
    """The settings with the band's model, and the guest: the model that samples are drawn of.

    The guest is the model named ``also``, or the model of the settings where that is no band;
    then the usual model plays the band. ModelError where neither of two models is a band, and
    for a guest that cannot play live.
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
    """The name of the model for taps: ``name``, else the usual one; empty where that is absent."""
    if not name and TAP_MODEL not in library.folders(folder):
        return ""
    find_groove(name or TAP_MODEL, folder)  # raises before any port is opened
    return name or TAP_MODEL


def bindings_of(settings: Settings) -> ControlState:
    """The bindings of the mapping file that the settings name; none without one."""
    if not settings.mapping:
        return ControlState()
    return ControlState(bindings=read_mapping(Path(settings.mapping)).bindings)


# --- set-up -------------------------------------------------------------------------------


def setup_of(settings: Settings, moves: Sequence[str] = ()) -> Setup:
    """The session's set-up: settings in the session's units (seconds, channels 0..15).

    ``moves`` are the values of ``--offset``. NameUnknown for a drum map or a name to shift.
    """
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
        clock=clock_name(settings.clock),
        clock_offset=offsets.clock,
        clock_outs=offsets.clock_outs,
        tunes={name: tune.notes() for name, tune in TUNES.items()},
        tune_metres={name: tune.metre for name, tune in TUNES.items()},
        metre=metre_named(settings.metre),
        feel=FeelSource(settings.feel),
        glide=settings.glide,
        glide_by_bar=settings.glide_by == "bar",
        chart=read_chart(settings.chords),
        variation=Variation(settings.arranger.variation),
        phrase_bars=settings.arranger.phrase_bars,
        intro_bars=settings.arranger.intro_bars,
        break_drums=settings.arranger.break_drums,
        metronome=settings.metronome.play,
        click=ClickSound(
            settings.metronome.channel - 1, settings.metronome.accent, settings.metronome.beat
        ),
    )


def with_form(setup: Setup, facts: ModelFacts, flags: Mapping[str, Any]) -> Setup:
    """The set-up with the form of ``--form``.

    The form's tempo holds unless ``--bpm`` or a followed clock gives one, its metre unless
    ``--metre`` does; the command line's
    style is that of sections without their own. NameUnknown for what the model lacks.
    """
    form = read_form(find_form(flags["form"]))
    bpm = setup.bpm if flags["bpm"] or setup.clock else form.drawn(setup.seed).bpm
    named = flags["metre"] or form.metre
    metre = metre_named(named) if named else setup.metre
    bars = bars_for_minutes(flags["minutes"], bpm, metre) if flags["minutes"] else 0
    live = live_form(form, setup.seed, bars, flags["style"] or "")
    check_form(live, facts, metre.name)
    return replace(setup, bpm=bpm, form=live, metre=metre)


def control_move(text: str, facts: ModelFacts, more: Iterable[str] = ()) -> SetControl:
    """The command that ``NAME=VALUE`` stands for.

    ``more`` are names of controls besides the usual ones and the model's directions.
    NameUnknown for an unknown control, BadParameter for a value that is no number.
    """
    name, _, value = text.partition("=")
    known = [*CONTROLS, *more, *(f"direction:{n}" for n in facts.directions.names)]
    if name not in known:
        raise NameUnknown("control", name, known)
    try:
        number = float(value)
    except ValueError as exc:
        raise click.BadParameter(f"{text!r} is not NAME=NUMBER") from exc
    if not math.isfinite(number):
        raise click.BadParameter(f"{text!r}: give a finite number")
    return SetControl(name, number)
