"""``latent-bridge learn``: bind the controls of a controller by moving them, without a screen."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

import click

from bridge.cli.machine.mappings import known_directions
from bridge.controllers import mapping_edit
from bridge.controllers.bindings import Binding
from bridge.controllers.learn import MOVE_IT, HeardControl, Learner
from bridge.controllers.mapping_file import read_mapping, user_folder
from bridge.controllers.targets import PLACEHOLDERS, Known, check_target, learned_binding, listed
from bridge.errors import NameUnknown
from bridge.live.devices.mapping_watch import choose
from bridge.midi.rtmidi_ports import VIRTUAL_NAMES, Backend
from bridge.model import library
from bridge.session.handlers.midi_learn import users_of
from bridge.system.resources import shipped_folder

WAIT_SECONDS = 0.1
SETTLE_SECONDS = 0.4
"""So long nothing has to come between two controls: a knob just learned may still turn."""


@click.command()
@click.argument("targets", nargs=-1, metavar="[TARGET...]")
@click.option("--in", "port", metavar="PORT", help="Your controller: a part of its port's name.")
@click.option("--mapping", metavar="FILE", help="The file to change. [default: the port's own]")
@click.option("--model", default=library.DEFAULT, show_default=True,
              help="The model whose directions the targets are.")  # fmt: skip
@click.option("--backend", default="", help="MIDI system: alsa, jack, coremidi or winmm.")
def learn(
    targets: tuple[str, ...], port: str | None, mapping: str | None, model: str, backend: str
) -> None:
    """Bind a control of your controller to each TARGET: move it when you are asked to.

    Without targets you are asked for one after another, until Ctrl+C or an empty line; a ?
    lists them. The same control for the same target again unbinds it. What you learn goes into
    a mapping file of your own (see: latent-bridge mappings), whose comments stay.
    """
    directions = known_directions(model, None)
    for target in targets:
        check_target(target, directions)
    heard: SimpleQueue[bytes] = SimpleQueue()
    with contextlib.suppress(KeyboardInterrupt), Backend.choose(backend) as system:
        virtual = port is None
        name = port or VIRTUAL_NAMES["in"]
        opened = system.open_in(name, lambda at, message: heard.put(message), virtual=virtual)
        path = own_file(mapping or "", opened.name)
        click.echo(f"listening to {opened.name}; learned controls go into {path}; Ctrl+C ends")
        for target in targets or asked_for(directions):
            added, removed = learn_one(
                target,
                read_mapping(path).bindings,
                lambda: messages(heard),
                click.echo,
                lambda question: click.confirm(question, default=False),
            )
            mapping_edit.save(path, added, removed)
            quiet(heard)


def own_file(asked: str, port: str, folder: Path | None = None) -> Path:
    """The file to change: as asked for, the player's own for the port (a copy of a shipped
    one), or a new one."""
    found, _ = choose(asked, port)
    if found is None:
        return mapping_edit.begin(port, folder or user_folder())
    if found.resolve().is_relative_to(shipped_folder("mappings").resolve()):
        return mapping_edit.own_copy(found, folder or user_folder())
    return found


def asked_for(directions: Sequence[str] | None) -> Iterable[str]:
    """Targets as a person types them, until there is no more."""
    while True:
        name = click.prompt("target", default="", show_default=False).strip()
        if not name:
            return
        if name == "?":
            click.echo(", ".join((*listed(Known(tuple(directions or ()))), *PLACEHOLDERS)))
            continue
        try:
            check_target(name, directions)
        except NameUnknown as error:
            click.echo(str(error))
            continue
        yield name


def learn_one(
    target: str,
    bindings: Sequence[Binding],
    messages: Callable[[], Iterable[bytes]],
    say: Callable[[str], None],
    ask: Callable[[str], bool],
) -> tuple[Binding | None, tuple[Binding, ...]]:
    """Hear a control for a target: what to bind, None for nothing, and what no more.

    ``messages`` gives what has come, again and again, until the control is known; ``ask``
    whether to take it from what it moves already. A no means: another control, please.
    """
    say(f"{target}: {MOVE_IT}")
    while True:
        heard = hear(messages, say)
        there = users_of(tuple(bindings), heard)
        same = tuple(binding for binding in there if binding.target == target)
        if same:
            say(f"{heard.text} moves {target!r} no more")
            return None, same
        moved = " and ".join(repr(t) for t in dict.fromkeys(b.target for b in there))
        if not there or ask(f"{heard.text} moves {moved}: take it from there?"):
            say(f"{heard.text} moves {target!r} now")
            return learned_binding(heard, target), there
        say("then another")


def hear(messages: Callable[[], Iterable[bytes]], say: Callable[[str], None]) -> HeardControl:
    """The control that is moved, as soon as it is sure."""
    learner, hint = Learner(), ""
    while True:
        for message in messages():
            learner = learner.hear(message)
        heard = learner.heard
        if heard is None:
            continue
        if heard.sure:
            return heard
        if heard.hint != hint:
            hint = heard.hint
            say(f"  {heard.text}: {hint}")


def messages(queue: SimpleQueue[bytes]) -> Iterable[bytes]:
    """What has come, one at least if it comes soon."""
    with contextlib.suppress(Empty):
        yield queue.get(timeout=WAIT_SECONDS)
        while True:
            yield queue.get_nowait()


def quiet(queue: SimpleQueue[bytes]) -> None:
    """Wait until nothing comes for a moment, and forget what came."""
    last = time.monotonic()
    while time.monotonic() - last < SETTLE_SECONDS:
        if any(True for _ in messages(queue)):
            last = time.monotonic()
