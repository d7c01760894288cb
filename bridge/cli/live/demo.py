"""``latent-bridge demo``: plays a tune live into the band and writes the result to files.

A thread plays the tune on an input in memory, in real time, and the session hears it as it
would hear a keyboard. Nothing is rendered ahead.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

import click

from bridge.cli.shared.model_options import MODEL_NAME
from bridge.cli.shared.option_groups import GroupedCommand, option, option_list
from bridge.cli.shared.options import METRE, MUSIC, OUTPUT, PORTS, SEED
from bridge.cli.shared.output import CHORDS_SHOWN, bar_count
from bridge.errors import ExtraMissing, ModelError, NameUnknown, OutputError
from bridge.files.settings import read_settings
from bridge.live.devices.own_sound import ENVIRONMENT, NEVER, missing, sound_of
from bridge.live.live_session import LiveSession, facts_of
from bridge.live.performer import ScriptedPlayer, chords_of, summarise, tune_keys
from bridge.midi.ports import MemoryOut, Out
from bridge.model.contract import check_metre
from bridge.model.styles.style_metres import style_in_metre
from bridge.music.grid import FOUR_FOUR, METRES, Metre
from bridge.music.notes import Part
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song
from bridge.music.tunes import DEMO_TUNE, TUNES, BuiltInTune, suits
from bridge.offline.render.piano_roll import render_roll
from bridge.offline.render.wav import render_wav
from bridge.session.messages.snapshot import Snapshot
from bridge.session.state.setup import Setup, Thru
from bridge.sound.output import Sound, TeeOut
from bridge.system.terminal import is_terminal

AIM_SECONDS = 30.0
"""Approximate length of the demo."""
BARS_STEP = 4
"""The default length is a multiple of this number of bars."""
SOUND_SECONDS = 30.0
"""Longest wait for the instruments, which are recorded the first time."""
INVOKED_AS = "LATENT_BRIDGE_COMMAND"
"""Environment variable of the set-up script: the command that its users type."""


demo_options = option_list(
    option("--tune", group=MUSIC, default="", help="Tune to play: " + ", ".join(TUNES) + "."),
    METRE,
    option("--style", group=MUSIC, default="", help="A style of `latent-bridge styles`."),
    option("--bars", group=MUSIC, type=click.IntRange(1, 64),
           help="Length in bars. [default: half a minute]"),
    SEED,
    MODEL_NAME,
    option("--drums", group=PORTS, default="", help="Send the drums to this MIDI port as well."),
    option("--bass", group=PORTS, default="", help="Send the bass to this MIDI port as well."),
    option("-o", "--out", "folder", group=OUTPUT, type=click.Path(path_type=Path, file_okay=False),
           default=Path("demo"), show_default=True,
           help="Folder for session.mid, session.wav and session.png."),
    option("--no-screen", group=OUTPUT, is_flag=True,
           help="Print lines, though this is a terminal."),
    option("--no-sound", group=OUTPUT, is_flag=True, help="Do not play it on the audio device."),
    option("--quiet", group=OUTPUT, is_flag=True, help="Print only the names of the files."),
)  # fmt: skip


@click.command(cls=GroupedCommand)
@demo_options
def demo(
    folder: Path,
    metre: str | None,
    style: str,
    tune: str,
    bars: int | None,
    seed: int,
    model: str,
    drums: str,
    bass: str,
    no_screen: bool,
    no_sound: bool,
    quiet: bool,
) -> None:
    """Play a tune into the band, live, for half a minute.

    In a terminal you hear it, where there is an audio device and the extra "sound". The tune
    and the band are written as session.mid, session.wav and session.png.
    """
    chosen = find_tune(tune, metre)
    played = METRES[metre] if metre else chosen.metre
    check_folder(folder)
    bars = bars or default_bars(chosen.bpm, played)
    check_style(style, model, played)
    screen = not (quiet or no_screen) and is_terminal()
    with ExitStack() as stack:
        outs = outputs({Part.DRUMS: drums, Part.BASS: bass}, stack)
        sound = None if quiet or no_sound or not sys.stdout.isatty() else begin_sound(stack)
        if sound is not None:
            outs = {part: TeeOut(out, sound.out(part)) for part, out in outs.items()}
        session = demo_session(
            chosen, model, outs, style=style, seed=seed, metre=played, screen=screen, sound=sound
        )
        if not quiet:
            click.echo(
                f"Playing {chosen.title!r} into the band: style {session.engine.state.band.style}, "
                f"{chosen.bpm:g} BPM, {bar_count(bars, played.name)} "
                f"({bars * bar_seconds(chosen.bpm, played):.0f} s)."
            )
        perform(
            session,
            ScriptedPlayer(session, tune_keys(chosen.notes(), bars, played), bars),
            not screen and not quiet,
        )
    song, files = write_files(session, chosen, folder)
    click.echo("\n".join(files) if quiet else report(session, song, bars, files))


def demo_session(
    tune: BuiltInTune,
    model: str,
    outs: Mapping[Part, Out],
    *,
    style: str = "",
    seed: int = 1,
    metre: Metre = FOUR_FOUR,
    screen: bool = False,
    sound: Sound | None = None,
) -> LiveSession:
    """The session that hears a tune; the tune is heard itself where there is sound."""
    thru = Thru.OFF if sound is None else Thru.ALL
    setup = Setup(bpm=tune.bpm, style=style, seed=seed, thru=thru, metre=metre)
    return LiveSession(setup, model, outs, screen=screen, sound=sound)


def perform(session: LiveSession, performance: ScriptedPlayer, lines: bool) -> None:
    """Play the tune, with a line a bar if ``lines``.

    ModelError if the model did not start, click.Abort if it was ended early.
    """
    progress = ProgressLines(session) if lines else None
    performance.run()
    if progress is not None:
        progress.close()
    if performance.failed:
        raise ModelError(
            f"the model did not start: {performance.failed}; try `latent-bridge doctor`"
        )
    if not performance.finished:
        click.echo("latent-bridge: ended early; nothing was written", err=True)
        raise click.Abort


def check_style(style: str, model: str, metre: Metre) -> None:
    """Raise NameUnknown for a style that the model does not have, ModelError for one of another
    metre or a metre that the model lacks."""
    facts = facts_of(model)
    check_metre(facts.spec, metre.name)
    if style:
        style_in_metre(facts.presets, style, metre.name)


def check_folder(folder: Path) -> None:
    """Raise OutputError, before the music, for a folder that cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise OutputError(f"cannot make {folder}: {exc.strerror}; choose another --out") from exc
    if not os.access(folder, os.W_OK):
        raise OutputError(f"cannot write in {folder}: choose another --out")


def find_tune(name: str, metre: str | None) -> BuiltInTune:
    """The tune of that name; where none is named the usual one, or the first for the metre.
    ModelError for a tune that is in another metre."""
    if name and name not in TUNES:
        raise NameUnknown("tune", name, TUNES)
    fitting = [t for t in TUNES.values() if metre is None or suits(t.metre, METRES[metre])]
    if name and TUNES[name] not in fitting:
        names = ", ".join(t.name for t in fitting)
        raise ModelError(f"{name} is in {TUNES[name].metre.name}: in {metre} there are {names}")
    return TUNES[name] if name else DEMO_TUNE if DEMO_TUNE in fitting else fitting[0]


def bar_seconds(bpm: float, metre: Metre) -> float:
    """The length of a bar in seconds."""
    return metre.quarters * 60.0 / bpm


def default_bars(bpm: float, metre: Metre) -> int:
    """A multiple of four bars, about half a minute long."""
    return max(BARS_STEP, BARS_STEP * round(AIM_SECONDS / bar_seconds(bpm, metre) / BARS_STEP))


def outputs(ports: Mapping[Part, str], stack: ExitStack) -> dict[Part, Out]:
    """Outputs in memory, or on the named ports; ``stack`` closes these."""
    outs: dict[Part, Out] = {part: MemoryOut(f"Demo {part.value}") for part in Part}
    named = {part: name for part, name in ports.items() if name}
    if named:
        # Only now: without ports the demo runs where MIDI cannot even be imported.
        from bridge.midi.rtmidi_ports import Backend

        backend = stack.enter_context(Backend.choose())
        outs |= {part: backend.open_out(name) for part, name in named.items()}
    return outs


def begin_sound(stack: ExitStack) -> Sound | None:
    """The program's own sound, ready to play; None where there is none. ``stack`` closes it.

    Where it is installed but fails, a line says why.
    """
    if missing() or os.environ.get(ENVIRONMENT) == NEVER:
        return None
    settings = read_settings().sound
    if settings.play == NEVER:
        return None
    sound = sound_of(settings)
    stack.callback(sound.close)
    sound.say = click.echo
    sound.switch(True)
    end = time.monotonic() + SOUND_SECONDS
    while not (sound.failed or sound.ready.wait(0.05)) and time.monotonic() < end:
        pass
    return None if sound.failed else sound


class ProgressLines:
    """Prints a line a bar in a thread of its own, so that a slow pipe delays no note."""

    def __init__(self, session: LiveSession) -> None:
        self._snapshots: SimpleQueue[Snapshot | None] = SimpleQueue()
        session.publish = self._snapshots.put
        self._thread = threading.Thread(target=self._run, name="lines", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Print the remaining lines and stop."""
        self._snapshots.put(None)
        self._thread.join(2.0)

    def _run(self) -> None:
        bar = -1
        while (shot := self._snapshots.get()) is not None:
            now, within = divmod(shot.beat, METRES[shot.metre].quarters)
            # A moment after the bar line, when the bar's chord is known.
            if shot.running and now > bar and within > 0.25:
                bar = int(now)
                click.echo(progress_line(bar, shot))


def progress_line(bar: int, shot: Snapshot) -> str:
    """Key, chord, notes and the model's time in a bar, as one line."""
    counters = shot.counters
    return (
        f"  bar {bar + 1:3d}   {shot.key:9s} {shot.chord or '-':4s}  "
        f"heard {counters.notes_in:3d}  sent {counters.notes_out:4d}  "
        f"model {shot.timing.model_ms:5.1f} ms"
    )


def write_files(session: LiveSession, tune: BuiltInTune, folder: Path) -> tuple[Song, list[str]]:
    """Write the session's three files; the song, and a line for each file."""
    song = session.engine.recorder.song(session.setup.channels)
    assert song is not None, "a tune was played, so there is a take"
    state = session.engine.state
    midi_file.write(folder / "session.mid", song)
    lines = [f"{folder / 'session.mid'}   tracks Melody, Drums and Bass, for your DAW"]
    subtitle = f"{state.heard.key.key.name} · {state.band.style}"
    jobs: tuple[tuple[str, str, Callable[[Path], object]], ...] = (
        ("session.wav", "the sound of it", lambda path: render_wav(song, path)),
        (
            "session.png",
            "its piano roll",
            lambda path: render_roll(
                song, path, title=tune.title, chords=chords_of(state), subtitle=subtitle
            ),
        ),
    )
    for name, what, write in jobs:
        try:
            write(folder / name)
            lines.append(f"{folder / name}   {what}")
        except ExtraMissing as missing:
            lines.append(f"no {name}: {missing}")
    return song, lines


ACCOMPANY = " accompany IN.mid -o OUT.mid"


def report(session: LiveSession, song: Song, bars: int, files: Sequence[str]) -> str:
    """A summary of the session and the files, and commands to try next."""
    state = session.engine.state
    facts = summarise(state, song, session.engine.lateness, bars)
    repeated = facts.counters.bars_repeated
    notes = facts.notes
    in_time = "every bar came in time" if not repeated else f"{repeated} bars came too late"
    me = command_name()
    wide = len(me + ACCOMPANY) + 2
    return "\n".join(
        [
            "",
            f"Played {bar_count(bars, state.clock.metre.name)} at {state.clock.line.bpm:g} BPM in "
            f"{facts.key}, style {state.band.style}.",
            f"  you     {notes[Part.MELODY]} notes, pressed live",
            f"  band    {notes[Part.DRUMS]} drum hits and {notes[Part.BASS]} bass notes, "
            f"{facts.in_key:.0%} of the bass in the key",
            f"  chords  {' '.join(facts.chords[:CHORDS_SHOWN]) or 'none heard'}",
            f"  timing  notes left {facts.late_p50_ms:.2f} ms late (median; 99 in 100 within "
            f"{facts.late_p99_ms:.2f} ms); {in_time}",
            "Written:",
            *(f"  {line}" for line in files),
            "Next:",
            f"  {me + ' play':<{wide}} play it yourself: the computer keyboard is a piano",
            f"  {me + ' demo --style NAME':<{wide}} the same in another style ({me} styles)",
            f"  {me + ACCOMPANY:<{wide}} a band for your own melody",
        ]
    )


def command_name() -> str:
    """The command that called this program, for the commands to try next."""
    return os.environ.get(INVOKED_AS) or "latent-bridge"
