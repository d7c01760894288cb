"""``latent-bridge``: the table of commands, and errors as messages and exit codes."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Final, TextIO

import click

from bridge import __version__
from bridge.cli.early import COMPLETION, INTERRUPTED
from bridge.cli.lazy import Lazy, LazyGroup
from bridge.errors import BridgeError, ConfigError, OutputError
from bridge.system.atomic_write import FULL, cannot_write
from bridge.system.streams import STANDARD, forget_streams

PROGRAM: Final = "latent-bridge"
PIPE_CLOSED: Final = 141
"""Exit code when the reader of our output has gone (``latent-bridge monitor | head``)."""
CRASHED: Final = 1

COMMANDS: Final = {
    "demo": Lazy(
        "bridge.cli.live.demo:demo",
        "Play a tune into the band, live; write MIDI, WAV and PNG files.",
    ),
    "play": Lazy(
        "bridge.cli.live.play:play", "Play live, with a screen or without (the default command)."
    ),
    "web": Lazy("bridge.cli.live.web:web", "Play live, with the screen in a browser."),
    "takes": Lazy(
        "bridge.cli.live.takes:takes", "List, play, export, rename and delete what was played."
    ),
    "accompany": Lazy(
        "bridge.cli.pieces.accompany:accompany", "Add drums and bass to a MIDI file."
    ),
    "restyle": Lazy(
        "bridge.cli.pieces.accompany:restyle",
        "Play one file's melody in the style of another file's band.",
    ),
    "reconstruct": Lazy(
        "bridge.cli.pieces.reconstruct:reconstruct_command",
        "Encode a MIDI file and decode it again: what the model keeps of it.",
    ),
    "chords": Lazy(
        "bridge.cli.pieces.chords:chords", "Print the chords of a MIDI file, bar by bar."
    ),
    "compose": Lazy(
        "bridge.cli.pieces.compose:compose", "Compose a whole piece from a form and a seed."
    ),
    "print": Lazy(
        "bridge.cli.daw.print_command:print_command",
        "Put what the band played, or a MIDI file, into the DAW as clips.",
    ),
    "daw": Lazy(
        "bridge.cli.daw.daw_command:daw", "List the DAWs that answer, and install our scripts."
    ),
    "sample": Lazy("bridge.cli.latent.sample:sample", "Draw music from a model's latent space."),
    "interpolate": Lazy(
        "bridge.cli.latent.sample:interpolate", "Interpolate between pieces of music."
    ),
    "history": Lazy(
        "bridge.cli.latent.history:history",
        "List, play, export and name what was sampled and generated.",
    ),
    "encode": Lazy("bridge.cli.latent.codes:encode", "Turn MIDI files into latent codes."),
    "stats": Lazy("bridge.cli.latent.codes:stats", "Show the statistics of codes."),
    "synth": Lazy("bridge.cli.latent.codes:synth", "Make new codes with the statistics of others."),
    "pattern": Lazy(
        "bridge.cli.latent.codes:pattern",
        "Transform codes with patterns: fibo, orale, blender, swapper.",
    ),
    "decode": Lazy("bridge.cli.latent.codes:decode", "Turn latent codes into a MIDI file."),
    "codes": Lazy(
        "bridge.cli.latent.codes:codes", "Convert code files, also to WAV for Pure Data."
    ),
    "pathway": Lazy(
        "bridge.cli.latent.walk:pathway_command", "Take one seeded walk through several models."
    ),
    "prior": Lazy("bridge.cli.latent.prior:prior", "Sample phrases that follow one another."),
    "gallery": Lazy(
        "bridge.cli.pieces.gallery:gallery",
        "Make an example of each function, with a web page to see and hear.",
    ),
    "styles": Lazy("bridge.cli.models.styles:styles", "List the styles of the band."),
    "ports": Lazy("bridge.cli.machine.ports:ports", "List the MIDI ports of this machine."),
    "monitor": Lazy(
        "bridge.cli.machine.monitor:monitor", "Show the messages that arrive on a MIDI port."
    ),
    "clock": Lazy(
        "bridge.cli.machine.clock:clock", "Measure the MIDI clock that arrives on a port."
    ),
    "mappings": Lazy(
        "bridge.cli.machine.mappings:mappings",
        "List, check and show mapping files of controllers.",
    ),
    "learn": Lazy("bridge.cli.live.learn:learn", "Bind your controller's controls by moving them."),
    "doctor": Lazy(
        "bridge.cli.machine.doctor:doctor",
        "Check this machine, with advice on problems.",
    ),
    "models": Lazy("bridge.cli.models.library:models", "List and verify the models."),
    "analyze": Lazy(
        "bridge.cli.models.analyze:analyze",
        "Show the musical features that a model's latent dimensions carry.",
    ),
    "bench": Lazy("bridge.cli.bench.group:bench", "Measure the model, the timing and the start."),
    "completion": Lazy(
        "bridge.cli.manual.completion:completion", "Let a shell complete commands and names."
    ),
    "man": Lazy("bridge.cli.machine.man:man", "Print the manual as a man page."),
}


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: latent-bridge demo. Exit codes: 0 done, 1 a fault of the program, "
    "2 something to put right, said in one line, 130 ended by Ctrl+C.",
)
@click.version_option(__version__, "-V", "--version", message="latent-bridge %(version)s")
@click.pass_context
def app(ctx: click.Context) -> None:
    """Play a melody, hear a band: drums and bass from MusicVAE's latent space, live.

    With no command the screen opens (as `latent-bridge play` does).
    """
    ctx.call_on_close(forget_streams)
    if ctx.invoked_subcommand is None:
        play = app.get_command(ctx, "play")
        assert play is not None
        with play.make_context("play", [], parent=ctx) as inner:
            play.invoke(inner)


def main(arguments: Sequence[str], before_message: Callable[[], None] = lambda: None) -> int:
    """Run the program and return its exit code. A user error is one line on stderr, code 2.

    ``before_message`` is called before such a line is printed.
    """
    _make_safe(sys.stdout)
    try:
        try:
            code = _run(list(arguments))
        finally:
            before_message()
        sys.stdout.flush()
        return code
    except click.exceptions.Exit as exc:
        return exc.exit_code
    except click.ClickException as exc:
        if type(exc).__name__ == "NoArgsIsHelpError":  # click 8.2 on: a group without a command
            exc.show()
            return exc.exit_code
        return _fail(_usage(exc), exc.exit_code)
    except ConfigError as exc:
        for problem in exc.problems:
            _fail(problem, exc.exit_code)
        return exc.exit_code
    except BridgeError as exc:
        return _fail(str(exc), exc.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return PIPE_CLOSED
    except Exception as exc:
        if isinstance(exc, OSError) and exc.errno in FULL:  # what is printed, into a file
            _forget_stdout()
            return _fail(str(cannot_write(STANDARD, exc)), OutputError.exit_code)
        traceback.print_exc()
        return _fail(
            "this is a bug: please report it with the lines above and `latent-bridge doctor`",
            CRASHED,
        )


def _run(arguments: list[str]) -> int:
    instruction = os.environ.get(COMPLETION)
    if instruction:
        from bridge.cli.manual.completion import respond

        return respond(app, instruction)
    with app.make_context(PROGRAM, arguments) as ctx:
        app.invoke(ctx)
    return 0


def _fail(message: str, code: int) -> int:
    """Print ``message`` as one line on stderr; returns ``code``."""
    line = " ".join(part.strip() for part in message.splitlines() if part.strip())
    click.echo(f"{PROGRAM}: {line}", err=True)
    return code


def _usage(exc: click.ClickException) -> str:
    """Click's message about wrong arguments, with the command that shows the help."""
    ctx = getattr(exc, "ctx", None)
    where = f" (see: {ctx.command_path} --help)" if ctx is not None else ""
    return exc.format_message().rstrip(".") + where


def _make_safe(stream: TextIO) -> None:
    """Replace characters that the console cannot encode, so that no port or file name crashes."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is None:
        return
    utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
    reconfigure(errors="surrogateescape" if utf8 else "replace")


def _forget_stdout() -> None:
    """Point stdout at the null device, so that the interpreter's last flush does not fail."""
    with contextlib.suppress(OSError, ValueError, AttributeError):  # captured, or closed already
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
