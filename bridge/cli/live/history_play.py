"""``latent-bridge history play``: an entry on the outputs, on the clock, without a screen."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from bridge.cli.live.play import setup_of
from bridge.errors import ModelError
from bridge.files.history import History, HistoryEntry
from bridge.files.settings import VIRTUAL, Settings, read_settings
from bridge.live.devices.ports import NO_PORT, open_ports
from bridge.live.live_session import LiveSession
from bridge.live.performer import MODEL_SECONDS
from bridge.model.answering.guest import SOUNDS, guest_of
from bridge.model.contract import TRIO, GuestModel
from bridge.model.library import find, read_spec
from bridge.model.worker.child import FAKE
from bridge.music.grid import TICKS_PER_BAR
from bridge.music.notes import Part
from bridge.music.smf import midi_file
from bridge.session.messages.code_commands import PlayCodes, PlayScore
from bridge.session.messages.commands import Mute, Quit, SetControl, SetTempo
from bridge.session.messages.score import as_score
from bridge.session.messages.status import WorkerState

POLL: Final = 0.02
BEFORE_END: Final = 0.01
"""The session ends so long (seconds) before the bar line, so that no next bar begins."""


@click.command("play")
@click.argument("entry")
@click.option("--out", metavar="PORT", help="One output for all parts, a channel each.")
@click.option("--melody", metavar="PORT", help="Output for the melody.")
@click.option("--bass", metavar="PORT", help="Output for the bass.")
@click.option("--drums", metavar="PORT", help="Output for the drums.")
@click.option("--bpm", type=click.FloatRange(30, 300), help="Tempo. [default: the entry's]")
@click.option("--times", type=click.IntRange(1), default=1, show_default=True, help="Rounds.")
@click.option("--clock-out", metavar="PORT", multiple=True, help="Send MIDI clock to this output.")
@click.option("--backend", default="", help="MIDI system: alsa, jack, coremidi or winmm.")
@click.option("--library", type=click.Path(path_type=Path), help="A folder of models.")
def play_entry(
    entry: str,
    bpm: float | None,
    times: int,
    clock_out: tuple[str, ...],
    backend: str,
    library: Path | None,
    **ports: str | None,
) -> None:
    """Play ENTRY (a number, a name, or 'last') on the outputs, to its end. Ctrl+C stops.

    With no ports named they are virtual ones, as those of `play`.
    """
    history = History()
    number, found = history.find(entry)
    kept = history.song_of(found)
    score = None if kept is None else as_score(midi_file.read(kept), f"history {number}")
    guest = None if score else guest_for(found, library)
    bars = (score.bars if score else bars_of(found, guest, library)) * times
    settings = read_settings(None)
    roles = {role: ports[role] or ports["out"] for role in ("melody", "bass", "drums")}
    chosen = {role: name or settings.ports.get(role, VIRTUAL) for role, name in roles.items()}
    settings = replace(
        settings, ports={**chosen, "in": NO_PORT}, bpm=bpm or found.bpm,
        model=found.model if guest is None else Settings().model,
        clock="", clock_out=clock_out or settings.clock_out, start="now", count_in_bars=0,
    )  # fmt: skip
    setup = replace(setup_of(settings), key=found.key or "C major")
    with closing(open_ports(settings, backend, required=True)) as opened:
        rig = LiveSession(
            setup=replace(setup, clock_outs=setup.clock_outs[: len(opened.clock_outs)]),
            model=settings.model,
            outs=opened.outs,
            clock_outs=opened.clock_outs,
            library=library,
        )
        with closing(rig):
            names = ", ".join(dict.fromkeys(out.name for out in opened.outs.values()))
            click.echo(f"history {number}: {bars} bars at {setup.bpm:g} BPM on {names}", err=True)
            failed = perform(rig, score or codes_command(number, found, guest), bars, guest)
    if failed:
        raise ModelError(failed)


def guest_for(entry: HistoryEntry, folder: Path | None) -> GuestModel | None:
    """The model of an entry, where it is no band; ModelError where it is no notes."""
    if entry.model == FAKE:
        return None
    spec = read_spec(find(entry.model, folder))
    band = spec.kind == TRIO and "surrogate" in spec.graphs
    return None if band else guest_of(spec)


def bars_of(entry: HistoryEntry, guest: GuestModel | None, folder: Path | None) -> int:
    """How long an entry is."""
    from bridge.live.live_session import facts_of

    each = entry.bars or (guest or facts_of(entry.model, folder).spec).bars
    return len(entry.table()) * each


def codes_command(number: int, entry: HistoryEntry, guest: GuestModel | None) -> PlayCodes:
    """What plays an entry's codes."""
    return PlayCodes(
        codes=tuple(tuple(row) for row in entry.table().tolist()), seed=entry.seed,
        label=f"history {number}", temperature=entry.temperature, stride=entry.stride,
        bars=entry.bars, guest=guest,
    )  # fmt: skip


def perform(
    rig: LiveSession, command: PlayCodes | PlayScore, bars: int, guest: GuestModel | None
) -> str:
    """Play it; blocks until it has ended. What went wrong, or nothing."""
    over, failed = threading.Event(), []
    tempo = rig.setup.bpm  # --bpm stands above the tempo that is written
    silent = set(Part) - SOUNDS[guest.kind] if guest is not None else set()

    def hands() -> None:
        waited = 0.0
        while rig.engine.state.worker is not WorkerState.READY:
            if rig.engine.state.worker is WorkerState.FAILED or waited > MODEL_SECONDS:
                failed.append(rig.engine.state.message or "the model did not start")
                rig.tell(Quit())
                return
            waited += POLL
            if over.wait(POLL):
                return
        # The time and force of a groove's hits are its own: they are all of the feel.
        groove = guest is not None and guest.kind == "groove"
        rig.tell(SetControl("humanize", 1.0 if groove else 0.0))
        for part in silent:
            rig.tell(Mute(part, True))
        rig.tell(command)
        rig.tell(SetTempo(tempo))
        while not over.wait(POLL):
            state = rig.engine.state
            end = state.line.second_at_tick(bars * TICKS_PER_BAR) - BEFORE_END
            left = end - time.monotonic()
            if state.running and left <= POLL:
                over.wait(max(0.0, left))
                rig.tell(Quit())
                return

    thread = threading.Thread(target=hands, name="hands", daemon=True)
    thread.start()
    try:
        rig.run()
    finally:
        over.set()
        thread.join()
    return failed[0] if failed else ""
