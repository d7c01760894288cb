"""``latent-bridge demo``: a tune played live into the band, and what came of it in files.

The keys really are pressed: a thread plays the tune on an input in memory, in real time, and
the session hears it as it would hear a keyboard. Nothing is rendered ahead.
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

from bridge.errors import ExtraMissing, ModelError, NameUnknown, OutputError
from bridge.files.settings import read_settings
from bridge.live import live_session as rig_module
from bridge.live.devices.own_sound import ENVIRONMENT, NEVER, missing, sound_of
from bridge.live.live_session import LiveSession
from bridge.live.performer import ScriptedPlayer, chords_of, summarise, tune_keys
from bridge.midi.ports import MemoryOut, Out
from bridge.music.grid import BEATS_PER_BAR
from bridge.music.notes import Part
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song
from bridge.music.tunes import DEMO_TUNE, TUNES, Tune
from bridge.render.piano_roll import render_roll
from bridge.render.wav import render_wav
from bridge.session.messages.snapshot import Snapshot
from bridge.session.state.setup import Setup, Thru
from bridge.sound.output import Both, Sound

AIM_SECONDS = 30.0
BARS_STEP = 4
CHORDS_SHOWN = 24
SOUND_SECONDS = 30.0
"""So long the instruments are waited for, which are recorded the first time."""
INVOKED_AS = "LATENT_BRIDGE_COMMAND"
"""Set by the set-up script, which is how its users call us."""


@click.command()
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="Folder for session.mid, session.wav and session.png.",
)
@click.option("--style", default="", help="A style of `latent-bridge styles`.")
@click.option("--tune", default="", help="Which tune to play: " + ", ".join(TUNES) + ".")
@click.option(
    "--bars", type=click.IntRange(1, 64), help="How long to play. [default: half a minute]"
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Another take.")
@click.option("--model", default="trio-4bar", show_default=True, help="A model of the library.")
@click.option("--drums", default="", help="Send the drums to this MIDI port as well.")
@click.option("--bass", default="", help="Send the bass to this MIDI port as well.")
@click.option("--no-screen", is_flag=True, help="Print lines, though this is a terminal.")
@click.option("--no-sound", is_flag=True, help="Do not play it on the audio device.")
@click.option("--quiet", is_flag=True, help="Say only what was written.")
def demo(
    folder: Path,
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
    """Hear it: a tune is played into the band, live, for half a minute.

    In a terminal you hear it, where there is an audio device and the extra "sound". What was
    played and generated is written as session.mid, session.wav and session.png.
    """
    chosen = find_tune(tune)
    check_folder(folder)
    bars = bars or default_bars(chosen.bpm)
    check_style(style, model)
    screen = not (quiet or no_screen) and is_terminal()
    with ExitStack() as stack:
        outs = outputs({Part.DRUMS: drums, Part.BASS: bass}, stack)
        sound = None if quiet or no_sound or not sys.stdout.isatty() else begin_sound(stack)
        if sound is not None:
            outs = {part: Both(out, sound.out(part)) for part, out in outs.items()}
        thru = Thru.OFF if sound is None else Thru.ALL
        setup = Setup(bpm=chosen.bpm, style=style, seed=seed, thru=thru)
        rig = LiveSession(setup, model, outs, screen=screen, sound=sound)
        if not quiet:
            click.echo(
                f"Playing {chosen.title!r} into the band: style {rig.engine.state.style}, "
                f"{chosen.bpm:g} BPM, {bars} bars ({bars * bar_seconds(chosen.bpm):.0f} s)."
            )
        perform(
            rig,
            ScriptedPlayer(rig, tune_keys(chosen.notes(), bars), bars),
            not screen and not quiet,
        )
    song, files = write_files(rig, chosen, folder)
    click.echo("\n".join(files) if quiet else report(rig, song, bars, files))


def perform(rig: LiveSession, performance: ScriptedPlayer, lines: bool) -> None:
    """Play, with a line a bar if wanted. Raises when it did not come to its end."""
    progress = Lines(rig) if lines else None
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


def check_style(style: str, model: str) -> None:
    """Raise NameUnknown for a style that the model does not have."""
    presets = rig_module.facts_of(model).presets
    if style and style not in presets:
        raise NameUnknown("style", style, presets)


def check_folder(folder: Path) -> None:
    """Find out before the music, not after it, that nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise OutputError(f"cannot make {folder}: {exc.strerror}; choose another --out") from exc
    if not os.access(folder, os.W_OK):
        raise OutputError(f"cannot write in {folder}: choose another --out")


def find_tune(name: str) -> Tune:
    """The tune of that name; the first where none is named."""
    if name and name not in TUNES:
        raise NameUnknown("tune", name, TUNES)
    return TUNES[name] if name else DEMO_TUNE


def bar_seconds(bpm: float) -> float:
    """How long a bar lasts."""
    return BEATS_PER_BAR * 60.0 / bpm


def default_bars(bpm: float) -> int:
    """Whole groups of four bars, about half a minute of them."""
    return max(BARS_STEP, BARS_STEP * round(AIM_SECONDS / bar_seconds(bpm) / BARS_STEP))


def is_terminal() -> bool:
    """Whether a screen can be shown: all three streams, and a terminal that can move."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return all(s is not None and s.isatty() for s in streams) and os.environ.get("TERM") != "dumb"


def outputs(ports: Mapping[Part, str], stack: ExitStack) -> dict[Part, Out]:
    """Outputs in memory, or real ones where they are named; ``stack`` closes what was opened."""
    outs: dict[Part, Out] = {part: MemoryOut(f"Demo {part.value}") for part in Part}
    named = {part: name for part, name in ports.items() if name}
    if named:
        # Only now: without ports the demo runs where MIDI cannot even be imported.
        from bridge.midi.rtmidi_ports import Backend

        backend = stack.enter_context(Backend.choose())
        outs |= {part: backend.open_out(name) for part, name in named.items()}
    return outs


def begin_sound(stack: ExitStack) -> Sound | None:
    """The program's own sound with its instruments there; None where it is not to be had, with
    a line that says why if it is installed. ``stack`` closes it."""
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


class Lines:
    """A line a bar, printed by a thread of its own: a slow pipe must delay no note."""

    def __init__(self, rig: LiveSession) -> None:
        self._snapshots: SimpleQueue[Snapshot | None] = SimpleQueue()
        rig.publish = self._snapshots.put
        self._thread = threading.Thread(target=self._run, name="lines", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Print what is left and stop."""
        self._snapshots.put(None)
        self._thread.join(2.0)

    def _run(self) -> None:
        bar = -1
        while (shot := self._snapshots.get()) is not None:
            now = int(shot.beat // BEATS_PER_BAR)
            # A moment after the bar line, when the bar's chord is known.
            if shot.running and now > bar and shot.beat % BEATS_PER_BAR > 0.25:
                bar = now
                click.echo(progress_line(bar, shot))


def progress_line(bar: int, shot: Snapshot) -> str:
    """What is going on in a bar, in one line."""
    counters = shot.counters
    return (
        f"  bar {bar + 1:3d}   {shot.key:9s} {shot.chord or '-':4s}  "
        f"heard {counters.notes_in:3d}  sent {counters.notes_out:4d}  "
        f"model {shot.timing.model_ms:5.1f} ms"
    )


def write_files(rig: LiveSession, tune: Tune, folder: Path) -> tuple[Song, list[str]]:
    """Write the session's three files; the song, and a line for each file."""
    song = rig.engine.recorder.song(rig.setup.channels)
    assert song is not None, "a tune was played, so there is a take"
    state = rig.engine.state
    midi_file.write(folder / "session.mid", song)
    lines = [f"{folder / 'session.mid'}   tracks Melody, Drums and Bass, for your DAW"]
    subtitle = f"{state.key.key.name} · {state.style}"
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


def report(rig: LiveSession, song: Song, bars: int, files: Sequence[str]) -> str:
    """What happened, in words, and where to go from here."""
    state = rig.engine.state
    facts = summarise(state, song, rig.engine.lateness, bars)
    repeated = facts.counters.bars_repeated
    notes = facts.notes
    in_time = "every bar came in time" if not repeated else f"{repeated} bars came too late"
    me = command_name()
    wide = len(me + ACCOMPANY) + 2
    return "\n".join(
        [
            "",
            f"Played {bars} bars at {state.line.bpm:g} BPM in {facts.key}, style {state.style}.",
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
    """How this program was called, for what to type next."""
    return os.environ.get(INVOKED_AS) or "latent-bridge"
