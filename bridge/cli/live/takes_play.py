"""``latent-bridge takes play``: plays a take on the outputs, without a screen."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import click

from bridge.cli.live.history_play import perform
from bridge.cli.live.play_plan import setup_of
from bridge.cli.shared.options import LIBRARY_FOLDER, MIDI_BACKEND
from bridge.errors import ModelError
from bridge.files.settings import NO_PORT, VIRTUAL, Settings, read_settings
from bridge.files.takes.take_folder import takes_folder
from bridge.live.devices.own_sound import audible, with_sound
from bridge.live.devices.ports import open_ports
from bridge.live.live_session import LiveSession
from bridge.music.grid import METRES
from bridge.offline.takes import Takes, from_first_bar, song_of
from bridge.session.messages.code_commands import PlayScore
from bridge.session.messages.score import as_score


@click.command("play")
@click.argument("take")
@click.option("--out", metavar="PORT", help="One output for all parts, a channel each.")
@click.option("--melody", metavar="PORT", help="Output for the melody.")
@click.option("--bass", metavar="PORT", help="Output for the bass.")
@click.option("--drums", metavar="PORT", help="Output for the drums.")
@click.option("--sound/--no-sound", "sound", default=None,
              help="The program's own sound, besides the ports. [default: on]")  # fmt: skip
@click.option("--times", type=click.IntRange(1), default=1, show_default=True, help="Repeats.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False),
              help="Another folder of takes.")  # fmt: skip
@MIDI_BACKEND
@LIBRARY_FOLDER
def play_take(
    take: str,
    times: int,
    sound: bool | None,
    folder: Path | None,
    backend: str,
    midi_driver: str,
    library: Path | None,
    **ports: str | None,
) -> None:
    """Play TAKE (a number, a name, or 'last') on the outputs, from its first bar to its end, in its
    tempo. Ctrl+C stops. With no ports named they are virtual ones, as those of `play`.
    """
    file = read_settings(None)
    found = Takes(folder or takes_folder(file.takes)).find(take)
    score = as_score(from_first_bar(song_of(found.path)), f"take {found.name}")
    settings = settings_for(file, score, ports)
    sounding = bool(audible(settings, sound, screen=True))
    required = bool(backend or midi_driver or any(ports.values()))
    setup = replace(setup_of(settings), key=found.head.key or "C major")
    with closing(
        open_ports(settings, backend, midi_driver, required=required, sounding=sounding)
    ) as opened:
        open_outs, own_sound = with_sound(opened, settings)
        session = LiveSession(
            setup=replace(setup, clock_outs=setup.clock_outs[: len(open_outs.clock_outs)]),
            model=settings.model,
            outs=open_outs.outs,
            clock_outs=open_outs.clock_outs,
            library=library,
            sound=own_sound,
        )
        with closing(session):
            if own_sound is not None and sounding:
                own_sound.switch(True)
            names = ", ".join(dict.fromkeys(out.name for out in open_outs.outs.values()))
            bars = score.bars * times
            click.echo(f"{found.name}: {bars} bars at {setup.bpm:g} BPM on {names}", err=True)
            failed = perform(session, score, bars, None)
    if failed:
        raise ModelError(failed)


def settings_for(file: Settings, score: PlayScore, ports: dict[str, str | None]) -> Settings:
    """The user's settings for playing a score: its tempo and metre, our clock, no input."""
    roles = {role: ports[role] or ports["out"] for role in ("melody", "bass", "drums")}
    chosen = {role: name or file.ports.get(role, VIRTUAL) for role, name in roles.items()}
    return replace(
        file, ports={**chosen, "in": NO_PORT}, bpm=score.bpm or file.bpm,
        metre=METRES[score.metre].name, style="", mode="follow", clock="", start="now",
        count_in_bars=0,
    )  # fmt: skip
