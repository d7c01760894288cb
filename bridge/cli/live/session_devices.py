"""Connects a live session to its controller, the player's own files, OSC and the DAW."""

from __future__ import annotations

import time
from collections.abc import Callable

from bridge.controllers.mapping_file import read_mapping
from bridge.files.anchors import anchors_path
from bridge.files.last_session import Chosen
from bridge.files.memories import memories_path
from bridge.files.settings import SOUND, VIRTUAL
from bridge.live.daw.install import SESSION, exchange_folder
from bridge.live.daw.registry import open_daw
from bridge.live.devices.controller_lights import ControllerLights
from bridge.live.devices.daw_client import DawClient, DawOptions
from bridge.live.devices.last_session_keeper import LastSessionKeeper
from bridge.live.devices.latency import Latency
from bridge.live.devices.mapping_watch import MappingWatch, choose, with_hint
from bridge.live.devices.osc_server import HostAndPort, Osc
from bridge.live.devices.settings_desk import SettingsDesk
from bridge.live.devices.user_files import UserFileWriter
from bridge.live.live_session import LiveSession
from bridge.midi.ports import Out
from bridge.music.notes import Part
from bridge.session.state.events import DawIn, Trial
from bridge.sound.output import Sound
from bridge.system.clock import monotonic_seconds


def follow_mapping(session: LiveSession, asked: str, port: str) -> MappingWatch:
    """Bind the controls as a mapping file says, and again whenever the file is edited.

    The file is ``asked`` for by name, else the one that matches the input ``port``.
    """
    path, text = choose(asked, port)
    mapping = None if path is None else read_mapping(path)
    if path is not None and mapping is not None:
        text = with_hint(text, mapping, path)
    if mapping is not None and not asked:
        session.remap(mapping.bindings, text)
    elif text:
        session.say(text)
    watch = MappingWatch(path, session.remap, session.say)
    session.at_end(watch.close)
    watch.start()
    return watch


def write_user_files(session: LiveSession, model: str, watch: MappingWatch, port: str) -> None:
    """Write learned controls, and the model's anchors and memories, into the player's own files."""
    writer = UserFileWriter(
        anchors_path(model), watch, session.say, port, memories=memories_path(model)
    )
    session.keep = writer.keep
    session.at_end(writer.close)


def keep_last_session(session: LiveSession, now: Chosen, before: Chosen) -> None:
    """Keep how the session stands, so that the next one begins there: its settings are ``now``,
    those of the settings file ``before``."""
    keeper = LastSessionKeeper(lambda: session.engine.state, now, before)
    session.at_end(keeper.close)
    keeper.start()


def light_controller(
    session: LiveSession, watch: MappingWatch, open_out: Callable[[str], Out], port: str
) -> None:
    """Send the values of bound controls back to the controller on ``port``."""
    lights = ControllerLights(
        lambda: session.engine.state, lambda: watch.path, open_out, session.say, port
    )
    session.hears = lights.hears
    session.at_end(lights.close)
    lights.start()


def connect_osc(session: LiveSession, listen: HostAndPort | None, send: HostAndPort | None) -> None:
    """Receive OSC on ``listen`` and send changes to ``send``; nothing where both are None."""
    if listen is None and send is None:
        return
    osc = Osc(listen, send, lambda: session.engine.state, session.tell, session.say)
    session.at_end(osc.close)
    osc.start()


def connect_daw(session: LiveSession, name: str | None, chords: bool) -> None:
    """Print into the DAW of a name, and take over its key; nothing without a name."""
    if name is None:
        return
    client = DawClient(
        name,
        lambda: open_daw(name),
        session.tell,
        lambda status: session.engine.post(DawIn(time.monotonic(), status)),
        session.say,
        lambda: session.engine.state.message,
        DawOptions(keys=not session.setup.key, chords=chords, folder=exchange_folder(SESSION)),
        whole=lambda: None if session.recording is None else session.recording.take(),
    )
    session.daw = client.take
    session.at_end(client.close)
    client.start()


def offer_latency(desk: SettingsDesk, session: LiveSession, sound: Sound | None) -> None:
    """Have the settings page set the delay of the outputs by ear and measure it."""

    def send(part: Part, message: bytes) -> None:
        session.engine.post(Trial(monotonic_seconds(), part, message))

    def sounding() -> set[Part]:
        if sound is None or not sound.on:
            return set()
        return {part for part in Part if desk.settings.ports[part.value] in (SOUND, VIRTUAL)}

    latency = Latency(send, session.expect, lambda: desk.settings, sounding)
    desk.latency = latency.serve
    session.at_end(latency.close)
