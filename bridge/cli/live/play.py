"""``latent-bridge play``: live accompaniment, with a screen or headless."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any

import click

from bridge.cli.live.headless import Reporter, banner, farewell, say_last
from bridge.cli.live.play_options import headless_option, session_options
from bridge.cli.live.play_plan import PlayPlan, plan_of
from bridge.cli.live.resuming import keeps, ports_there
from bridge.cli.live.session_devices import (
    connect_daw,
    connect_osc,
    follow_mapping,
    keep_last_session,
    light_controller,
    offer_latency,
    write_user_files,
)
from bridge.cli.shared.option_groups import GroupedCommand
from bridge.errors import PortError
from bridge.files.last_session import Chosen
from bridge.files.settings import Settings
from bridge.files.takes.take_folder import takes_folder
from bridge.live.devices.ableton_link import Peer, prepare
from bridge.live.devices.own_sound import audible, with_sound
from bridge.live.devices.port_changes import clock_name, offer_clocks, offer_ports, routed
from bridge.live.devices.ports import Ports, names_ports, open_ports
from bridge.live.devices.settings_desk import SettingsDesk
from bridge.live.live_session import LiveSession
from bridge.live.screen_process import TERMINAL, ScreenProgram
from bridge.sound.output import Sound
from bridge.system.terminal import takes_screen


@click.command(cls=GroupedCommand)
@session_options
@headless_option
def play(**flags: Any) -> None:
    """Play live: the band listens to your melody and plays drums and bass.

    With no options your input and the band's outputs are virtual ports, "Latent Bridge In",
    "... Drums", "... Bass" and "... Melody", which a DAW or a synth can connect to; the keys
    of the screen play too. With a screen, parts whose port you did not choose are heard through
    the program's own General MIDI sound as well ("sound" is a port, too).

    --mode follow generates each next bar from what you play now, loop repeats your phrase with
    its accompaniment, respond answers it, tap makes drums of its rhythm.
    """
    if not (flags["headless"] or takes_screen()):
        raise click.UsageError(
            "there is no terminal for the screen: play without it, by --headless"
        )
    play_live(flags)


def play_live(
    flags: dict[str, Any], program: ScreenProgram = TERMINAL, *, address: str = ""
) -> None:
    """Play as the options say, until the session ends; then say what was kept.

    ``program`` is run as the screen, unless the options want none. ``address`` is that of the
    screen, if it is in browsers: it is printed, as a screen without a terminal reports here.
    """
    headless, backend = flags["headless"], flags["backend"]
    plan = plan_of(flags)
    driver = flags["midi_driver"]
    settings, gone = ports_there(plan.settings, plan.usual, backend, driver)
    plan = replace(plan, setup=replace(plan.setup, clock=clock_name(settings.clock)))
    sounding = bool(audible(settings, flags["sound"], screen=not headless))
    peer = prepare(plan.setup.bpm, plan.setup.metre.quarters) if plan.setup.link else None
    required = headless or bool(backend or driver) or names_ports(flags)
    with closing(
        open_ports(settings, backend, driver, required=required, sounding=sounding)
    ) as opened:
        ports, own_sound = with_sound(opened, settings)
        outs = routed(ports)
        session = build(plan, flags, replace(ports, outs=dict(outs)), own_sound, program)
        if session.desk is not None:
            offer_ports(session.desk, ports, outs, own_sound, session.listen_to)
            offer_clocks(
                session.desk, ports, session.be_led, session.link_peer,
                session.engine.send_clock_to,
            )  # fmt: skip
            offer_latency(session.desk, session, own_sound)
        with closing(session):
            if own_sound is not None and sounding:
                session.sound_on(True)
            connect(session, plan, flags, ports, peer)
            if gone:
                session.say(gone)
            if keeps(flags):
                keep_last_session(session, Chosen.of(plan.settings), Chosen.of(plan.file))
            if headless:
                click.echo(banner(session, settings))
            if address:
                click.echo(f"The screen, in your browser: {address}\nCtrl+C here ends the session.")
            for command in plan.commands:
                session.tell(command)
            for command in plan.when_ready:
                session.when_ready(command)
            session.run()
    say_last(farewell(session) if headless else "", session.recording)


def build(
    plan: PlayPlan, flags: dict[str, Any], ports: Ports, sound: Sound | None,
    program: ScreenProgram = TERMINAL,
) -> LiveSession:  # fmt: skip
    """The session of a plan on open ports."""
    setup = plan.setup
    reports = flags["headless"] or not program.terminal
    return LiveSession(
        setup=replace(setup, clock_outs=setup.clock_outs[: len(ports.clock_outs)]),
        model=plan.settings.model,
        library=flags["library"],
        humanizer=flags["humanizer"],
        tapper=plan.tapper,
        outs=ports.outs,
        clock_outs=ports.clock_outs,
        click=ports.click,
        bindings=plan.bindings,
        screen=not flags["headless"],
        program=program,
        takes=takes_folder(plan.settings.takes),
        publish=Reporter().show if reports else None,
        sound=sound,
        desk=SettingsDesk(_as_begun(plan), flags["settings"]),
    )


def _as_begun(plan: PlayPlan) -> Settings:
    """The settings of a plan with the offsets that it begins with: ``--offset`` counts."""
    begun = {part.value: 1000 * late for part, late in plan.setup.offsets.items()}
    return replace(plan.settings, offsets_ms={**plan.settings.offsets_ms, **begun})


def connect(
    session: LiveSession, plan: PlayPlan, flags: dict[str, Any], ports: Ports, peer: Peer | None
) -> None:
    """Connect a session to its input, controller, OSC, DAW, clock and Link, with notes on the
    screen."""
    model, guest = plan.settings.model, plan.guest
    port = session.listen("in", ports.open_in).name if ports.open_in is not None else ""
    for number, wanted in enumerate(flags["listen"], 1):
        if ports.open_other is None:
            raise PortError(f"--listen {wanted}: no MIDI ports are open")
        session.overhear(f"track {number}", ports.open_other(wanted))
    watch = follow_mapping(session, plan.settings.mapping, port)
    write_user_files(session, model, watch, port)
    if ports.open_out is not None and port:
        light_controller(session, watch, ports.open_out, port)
    connect_osc(session, flags["osc"], flags["osc_out"])
    connect_daw(session, flags["daw"], flags["daw_chords"])
    if ports.open_clock is not None:
        session.follow(ports.open_clock)
    if peer is not None:
        session.join(peer)
    if ports.note:
        session.say(ports.note)
    if guest is not None:
        session.say(f"{model} plays; ideas are drawn of {guest.name} ({guest.kind})")
