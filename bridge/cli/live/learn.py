"""``latent-bridge learn``: bind the controls of a controller by moving them, without a screen."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

import click

from bridge.cli.machine.mappings import known_directions
from bridge.cli.shared.options import MIDI_BACKEND
from bridge.controllers import mapping_edit
from bridge.controllers.bindings import Binding
from bridge.controllers.catalog import CATALOG
from bridge.controllers.learn import MOVE_IT, HeardControl, Learner
from bridge.controllers.mapping_file import read_mapping, user_folder
from bridge.controllers.targets import PLACEHOLDERS, Known, check_target, learned_binding, listed
from bridge.errors import NameUnknown
from bridge.live.devices.mapping_watch import choose
from bridge.midi.port_names import base_name
from bridge.midi.rtmidi_ports import VIRTUAL_NAMES, Backend
from bridge.model import library
from bridge.session.handlers.midi_learn import users_of
from bridge.system.clock import monotonic_seconds
from bridge.system.resources import shipped_folder

WAIT_SECONDS = 0.1
SETTLE_SECONDS = 0.4
"""Silence required between two controls: a knob just learned may still turn."""


@click.command()
@click.argument("targets", nargs=-1, metavar="[TARGET...]")
@click.option(
    "--in", "port", metavar="PORT", help="Input of your controller: a part of the port's name."
)
@click.option("--mapping", metavar="FILE", help="Mapping file to change. [default: the port's own]")
@click.option("--model", default=library.DEFAULT, show_default=True,
              help="The model whose directions may be targets.")  # fmt: skip
@MIDI_BACKEND
def learn(
    targets: tuple[str, ...],
    port: str | None,
    mapping: str | None,
    model: str,
    backend: str,
    midi_driver: str,
) -> None:
    """Bind a control of your controller to each TARGET: move it when you are asked to.

    Without targets you are asked for one after another, until Ctrl+C or an empty line; a ?
    lists them. The same control for the same target again unbinds it. What you learn goes into
    a mapping file of your own (see: latent-bridge mappings), whose comments stay.
    """
    directions = known_directions(model, None)
    targets = tuple(present(target, directions) for target in targets)
    heard: SimpleQueue[bytes] = SimpleQueue()
    with contextlib.suppress(KeyboardInterrupt), Backend.choose(backend, midi_driver) as system:
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
            wait_for_silence(heard)


def own_file(asked: str, port: str, folder: Path | None = None) -> Path:
    """The mapping file to change.

    The one ``asked`` for, else the player's own for the port (a copy of a shipped one is made),
    else a new one in ``folder`` (None: the user's).
    """
    found, _ = choose(asked, port)
    if found is None:
        return mapping_edit.begin(base_name(port), folder or user_folder())
    if found.resolve().is_relative_to(shipped_folder("mappings").resolve()):
        return mapping_edit.own_copy(found, folder or user_folder())
    return found


def asked_for(directions: Sequence[str] | None) -> Iterable[str]:
    """Targets as a person types them, until an empty line."""
    while True:
        name = click.prompt("target", default="", show_default=False).strip()
        if not name:
            return
        if name == "?":
            click.echo(", ".join((*listed(Known(tuple(directions or ()))), *PLACEHOLDERS)))
            continue
        try:
            name = present(name, directions)
        except NameUnknown as error:
            click.echo(str(error))
            continue
        yield name


def present(name: str, directions: Sequence[str] | None) -> str:
    """The present name of a target; a hint is printed for a former one. NameUnknown as
    :func:`check_target`."""
    if hint := CATALOG.hint(name):
        click.echo(hint)
    return check_target(name, directions)


def learn_one(
    target: str,
    bindings: Sequence[Binding],
    messages: Callable[[], Iterable[bytes]],
    say: Callable[[str], None],
    ask: Callable[[str], bool],
) -> tuple[Binding | None, tuple[Binding, ...]]:
    """Wait for a control and bind it to ``target``: the new binding (or None), those to remove.

    A control that moves the target already is unbound. ``messages`` returns the messages since
    its last call and is called until the control is known; ``ask`` confirms that a control may
    be taken from another target, and its False waits for another control.
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
    """The control that is being moved; returns once it is certain which one."""
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
    """The messages in the queue; waits up to :data:`WAIT_SECONDS` for the first one."""
    with contextlib.suppress(Empty):
        yield queue.get(timeout=WAIT_SECONDS)
        while True:
            yield queue.get_nowait()


def wait_for_silence(queue: SimpleQueue[bytes]) -> None:
    """Discard messages until none has come for :data:`SETTLE_SECONDS`."""
    last = monotonic_seconds()
    while monotonic_seconds() - last < SETTLE_SECONDS:
        if any(True for _ in messages(queue)):
            last = monotonic_seconds()
