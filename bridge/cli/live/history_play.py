"""``latent-bridge history play``: plays an entry of the history, in time, without a screen."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from bridge.cli.live.play_plan import setup_of
from bridge.cli.shared.code_music import renewed
from bridge.cli.shared.earlier_codes import of_earlier
from bridge.cli.shared.models import open_codec
from bridge.cli.shared.options import BPM_RANGE, LIBRARY_FOLDER, MIDI_BACKEND
from bridge.cli.shared.output import say_plainly
from bridge.errors import ModelError
from bridge.files.history import History, HistoryEntry
from bridge.files.settings import NO_PORT, VIRTUAL, Settings, read_settings
from bridge.live.devices.ports import open_ports
from bridge.live.live_session import LiveSession, facts_of
from bridge.live.performer import MODEL_SECONDS
from bridge.model.answering.guest import PARTS_OF_KIND, guest_of
from bridge.model.contract import TRIO, GuestModel
from bridge.model.library import find, read_spec
from bridge.model.worker.child import FAKE
from bridge.music.grid import METRES
from bridge.music.notes import Part
from bridge.music.smf import midi_file
from bridge.session.messages.code_commands import PlayCodes, PlayScore
from bridge.session.messages.commands import Mute, Quit, SetControl, SetTempo
from bridge.session.messages.score import as_score
from bridge.session.messages.status import WorkerState
from bridge.system.clock import monotonic_seconds

POLL: Final = 0.02
"""Seconds between two looks at the session's state."""
BEFORE_END: Final = 0.01
"""Seconds before the last bar line at which the session ends, so that no further bar begins."""


@click.command("play")
@click.argument("entry")
@click.option("--out", metavar="PORT", help="One output for all parts, a channel each.")
@click.option("--melody", metavar="PORT", help="Output for the melody.")
@click.option("--bass", metavar="PORT", help="Output for the bass.")
@click.option("--drums", metavar="PORT", help="Output for the drums.")
@click.option("--bpm", type=BPM_RANGE, help="Tempo in beats per minute. [default: the entry's]")
@click.option("--times", type=click.IntRange(1), default=1, show_default=True, help="Repeats.")
@click.option(
    "--clock-out",
    metavar="PORT",
    multiple=True,
    help="Send MIDI clock to this output. May be given again.",
)
@MIDI_BACKEND
@LIBRARY_FOLDER
def play_entry(
    entry: str,
    bpm: float | None,
    times: int,
    clock_out: tuple[str, ...],
    backend: str,
    midi_driver: str,
    library: Path | None,
    **ports: str | None,
) -> None:
    """Play ENTRY (a number, a name, or 'last') on the outputs, to its end. Ctrl+C stops.

    With no ports named they are virtual ones, as those of `play`.
    """
    history = History()
    number, found = history.find(entry)
    if found.model != FAKE:
        spec = read_spec(find(found.model, library))
        if of_earlier(found, spec):
            found = renewed(open_codec(found.model, library), found, say_plainly)
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
    metre = METRES[score.metre if score else found.metre]
    setup = replace(setup_of(settings), key=found.key or "C major", metre=metre)
    with closing(open_ports(settings, backend, midi_driver, required=True)) as opened:
        session = LiveSession(
            setup=replace(setup, clock_outs=setup.clock_outs[: len(opened.clock_outs)]),
            model=settings.model,
            outs=opened.outs,
            clock_outs=opened.clock_outs,
            library=library,
        )
        with closing(session):
            names = ", ".join(dict.fromkeys(out.name for out in opened.outs.values()))
            click.echo(f"history {number}: {bars} bars at {setup.bpm:g} BPM on {names}", err=True)
            failed = perform(session, score or codes_command(number, found, guest), bars, guest)
    if failed:
        raise ModelError(failed)


def guest_for(entry: HistoryEntry, folder: Path | None) -> GuestModel | None:
    """The model of an entry that is no band, else None. ModelError if it cannot be played."""
    if entry.model == FAKE:
        return None
    spec = read_spec(find(entry.model, folder))
    band = spec.kind == TRIO and "surrogate" in spec.graphs
    return None if band else guest_of(spec)


def bars_of(entry: HistoryEntry, guest: GuestModel | None, folder: Path | None) -> int:
    """The length of an entry in bars."""
    each = entry.bars or (guest or facts_of(entry.model, folder).spec).bars
    return len(entry.table()) * each


def codes_command(number: int, entry: HistoryEntry, guest: GuestModel | None) -> PlayCodes:
    """The command that plays an entry's codes."""
    return PlayCodes(
        codes=tuple(tuple(row) for row in entry.table().tolist()), seed=entry.seed,
        label=f"history {number}", temperature=entry.temperature, stride=entry.stride,
        bars=entry.bars, guest=guest,
    )  # fmt: skip


def perform(
    session: LiveSession, command: PlayCodes | PlayScore, bars: int, guest: GuestModel | None
) -> str:
    """Play the codes or score for ``bars`` bars; an error message, empty if none. Blocks."""
    over, failed = threading.Event(), []
    tempo = session.setup.bpm  # --bpm replaces the tempo that is written
    silent = set(Part) - PARTS_OF_KIND[guest.kind] if guest is not None else set()

    def control() -> None:
        waited = 0.0
        while session.engine.state.worker.state is not WorkerState.READY:
            if session.engine.state.worker.state is WorkerState.FAILED or waited > MODEL_SECONDS:
                failed.append(session.engine.state.message or "the model did not start")
                session.tell(Quit())
                return
            waited += POLL
            if over.wait(POLL):
                return
        # The timing and velocities of a groove are part of its codes.
        groove = guest is not None and guest.kind == "groove"
        session.tell(SetControl("humanize", 1.0 if groove else 0.0))
        for part in silent:
            session.tell(Mute(part, True))
        session.tell(command)
        session.tell(SetTempo(tempo))
        while not over.wait(POLL):
            state = session.engine.state
            end = state.clock.line.second_at_tick(session.setup.metre.bar_start(bars))
            left = end - BEFORE_END - monotonic_seconds()
            if state.clock.running and left <= POLL:
                over.wait(max(0.0, left))
                session.tell(Quit())
                return

    thread = threading.Thread(target=control, name="history play", daemon=True)
    thread.start()
    try:
        session.run()
    finally:
        over.set()
        thread.join()
    return failed[0] if failed else ""
