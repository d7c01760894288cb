"""``latent-bridge``: the table of commands, and what becomes of errors."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Final, TextIO

import click

from bridge import __version__
from bridge.cli.lazy import Lazy, LazyGroup
from bridge.errors import BridgeError, ConfigError

PROGRAM: Final = "latent-bridge"
INTERRUPTED: Final = 130
"""Exit code after Ctrl+C: 128 and the signal's number, as shells have it."""
PIPE_CLOSED: Final = 141
"""Exit code when the reader of our output has gone (``latent-bridge monitor | head``)."""
CRASHED: Final = 1
COMPLETION: Final = "_LATENT_BRIDGE_COMPLETE"

COMMANDS: Final = {
    "demo": Lazy(
        "bridge.cli.live.demo:demo",
        "Hear it: a tune played into the band, written as MIDI, WAV and PNG.",
    ),
    "play": Lazy(
        "bridge.cli.live.play:play", "Play live, with a screen or without (what no command means)."
    ),
    "accompany": Lazy(
        "bridge.cli.pieces.accompany:accompany", "Add drums and bass to a MIDI file."
    ),
    "restyle": Lazy(
        "bridge.cli.pieces.accompany:restyle",
        "Play one file's melody as another file's band plays.",
    ),
    "compose": Lazy(
        "bridge.cli.pieces.compose:compose", "Compose a whole piece from a form and a seed."
    ),
    "sample": Lazy("bridge.cli.latent.sample:sample", "Draw music from a model's latent space."),
    "interpolate": Lazy("bridge.cli.latent.sample:interpolate", "Travel between pieces of music."),
    "history": Lazy(
        "bridge.cli.latent.sample:history",
        "List, play, export and name what was sampled and generated.",
    ),
    "encode": Lazy("bridge.cli.latent.codes:encode", "Turn MIDI files into latent codes."),
    "stats": Lazy("bridge.cli.latent.codes:stats", "Show the statistics of codes."),
    "synth": Lazy("bridge.cli.latent.codes:synth", "Make new codes with the statistics of others."),
    "pattern": Lazy(
        "bridge.cli.latent.codes:pattern", "Put patterns over codes: fibo, orale, blender, swapper."
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
        "Make one example of each thing, with a page to see and hear.",
    ),
    "styles": Lazy("bridge.cli.models.styles:styles", "List the styles that the band knows."),
    "ports": Lazy("bridge.cli.machine.ports:ports", "List the MIDI ports of this machine."),
    "monitor": Lazy("bridge.cli.machine.monitor:monitor", "Show what arrives on a MIDI port."),
    "clock": Lazy(
        "bridge.cli.machine.clock:clock", "Measure the MIDI clock that arrives on a port."
    ),
    "mappings": Lazy(
        "bridge.cli.machine.mappings:mappings",
        "List, check and show what your controller's knobs move.",
    ),
    "learn": Lazy("bridge.cli.live.learn:learn", "Bind your controller's controls by moving them."),
    "doctor": Lazy(
        "bridge.cli.machine.doctor:doctor",
        "Say what works here, and what to do about what does not.",
    ),
    "models": Lazy("bridge.cli.models.library:models", "List and verify the models."),
    "analyze": Lazy(
        "bridge.cli.models.analyze:analyze", "Show what a model's latent dimensions carry."
    ),
    "bench": Lazy("bridge.cli.bench.group:bench", "Measure the model, the timing and the start."),
}


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: latent-bridge demo",
)
@click.version_option(__version__, "-V", "--version", message="latent-bridge %(version)s")
@click.pass_context
def app(ctx: click.Context) -> None:
    """Play a melody, hear a band: drums and bass from MusicVAE's latent space, live.

    With no command the screen opens (as `latent-bridge play` does).
    """
    if ctx.invoked_subcommand is None:
        play = app.get_command(ctx, "play")
        assert play is not None
        with play.make_context("play", [], parent=ctx) as inner:
            play.invoke(inner)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; the exit code. Errors for a person are one line on stderr, code 2."""
    _make_safe(sys.stdout)
    try:
        code = _run(list(sys.argv[1:] if arguments is None else arguments))
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
    except Exception:
        traceback.print_exc()
        return _fail(
            "this is a bug: please report it with the lines above and `latent-bridge doctor`",
            CRASHED,
        )


def _run(arguments: list[str]) -> int:
    instruction = os.environ.get(COMPLETION)
    if instruction:
        from click.shell_completion import shell_complete

        return shell_complete(app, {}, PROGRAM, COMPLETION, instruction)
    with app.make_context(PROGRAM, arguments) as ctx:
        app.invoke(ctx)
    return 0


def _fail(message: str, code: int) -> int:
    """Say ``message`` on one line of stderr."""
    line = " ".join(part.strip() for part in message.splitlines() if part.strip())
    click.echo(f"{PROGRAM}: {line}", err=True)
    return code


def _usage(exc: click.ClickException) -> str:
    """Click's complaint about the arguments, and where its help is."""
    ctx = getattr(exc, "ctx", None)
    where = f" (see: {ctx.command_path} --help)" if ctx is not None else ""
    return exc.format_message().rstrip(".") + where


def _make_safe(stream: TextIO) -> None:
    """Let no name of a port or file crash the output, whatever the console's encoding."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is None:
        return
    utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
    reconfigure(errors="surrogateescape" if utf8 else "replace")


def _forget_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush does not complain."""
    with contextlib.suppress(OSError, ValueError, AttributeError):  # captured, or closed already
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
