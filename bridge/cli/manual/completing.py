"""Words that the shell completes: the names that this machine, its models and files have.

Each completer is a function without arguments or of the command's context; what fails
completes nothing, since an error message has no place in a line that is being typed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import click
from click.shell_completion import CompletionItem

from bridge.errors import BridgeError

Names = Callable[[click.Context], Iterable[str]]
FILE: Final = CompletionItem("", type="file")
"""Lets the shell complete names of files."""


def _styles(ctx: click.Context) -> Iterable[str]:
    from bridge.model import library

    place = library.find(ctx.params.get("model") or library.DEFAULT, _folder(ctx))
    return library.read_presets(place, library.read_spec(place))


def _learned(ctx: click.Context) -> Iterable[str]:
    from bridge.model.styles.learned_styles import learned_styles

    return learned_styles()


def _models(ctx: click.Context) -> Iterable[str]:
    from bridge.model import library

    return library.names(_folder(ctx))


def _published(ctx: click.Context) -> Iterable[str]:
    from bridge.model.importing.published import PUBLISHED

    return [checkpoint.name for checkpoint in PUBLISHED]


def _folder(ctx: click.Context) -> Path | None:
    folder = ctx.params.get("library") or ctx.params.get("folder")
    return folder if isinstance(folder, Path) else None


def _forms(ctx: click.Context) -> Iterable[str]:
    from bridge.files.forms import forms

    return forms()


def _tunes(ctx: click.Context) -> Iterable[str]:
    from bridge.music.tunes import TUNES

    return TUNES


def _inputs(ctx: click.Context) -> Iterable[str]:
    return _ports(ctx, "input")


def _outputs(ctx: click.Context) -> Iterable[str]:
    return ["sound", *_ports(ctx, "output")]


def _ports(ctx: click.Context, what: str) -> Iterable[str]:
    from bridge.midi.rtmidi_ports import Backend

    chosen = (ctx.params.get("backend") or "", ctx.params.get("midi_driver") or "")
    with contextlib.suppress(BridgeError), Backend.choose(*chosen) as system:
        return ["virtual", "none", *system.names(what)]
    return ["virtual", "none"]


def _systems(ctx: click.Context) -> Iterable[str]:
    from bridge.midi.midi_systems import SYSTEMS

    return SYSTEMS


def _drivers(ctx: click.Context) -> Iterable[str]:
    from bridge.midi.drivers import MODULES

    return MODULES


def _mappings(ctx: click.Context) -> Iterable[str]:
    from bridge.controllers.mapping_file import shipped_mappings, user_mappings

    return {**user_mappings(), **shipped_mappings()}


def _targets(ctx: click.Context) -> Iterable[str]:
    from bridge.controllers.targets import Known, listed
    from bridge.model import library

    place = library.find(ctx.params.get("model") or library.DEFAULT, _folder(ctx))
    directions = library.read_directions(place, library.read_spec(place)).names
    return listed(Known(tuple(directions)))


def _controls(ctx: click.Context) -> Iterable[str]:
    from bridge.controllers.catalog import CONTROLS

    return [f"{name}=" for name in CONTROLS]


def _entries(ctx: click.Context) -> Iterable[str]:
    from bridge.files.history import History

    names = [entry.name for entry in History().entries() if entry.name]
    return ["last", *names]


def _takes(ctx: click.Context) -> Iterable[str]:
    from bridge.files.settings import read_settings
    from bridge.files.takes.take_folder import TakeFolder, takes_folder

    folder = ctx.params.get("folder")
    chosen = folder if isinstance(folder, Path) else takes_folder(read_settings(None).takes)
    return ["last", *(path.stem for path in TakeFolder(chosen).files())]


def _walks(ctx: click.Context) -> Iterable[str]:
    from bridge.latent.walks import WalkKind

    return list(WalkKind)


def _patterns(ctx: click.Context) -> Iterable[str]:
    from bridge.latent.patterns import PATTERNS

    return PATTERNS


NAMES: Final[dict[str, Names]] = {
    "--also": _models,
    "--backend": _systems,
    "--bass": _outputs,
    "--click": lambda ctx: ["drums", *_outputs(ctx)],
    "--clock": _inputs,
    "--clock-out": _outputs,
    "--drums": _outputs,
    "--form": _forms,
    "--humanizer": _models,
    "--in": _inputs,
    "--mapping": _mappings,
    "--melody": _outputs,
    "--midi-driver": _drivers,
    "--model": _models,
    "--set": _controls,
    "--style": _styles,
    "--tapper": _models,
    "--tune": _tunes,
    "--walk": _walks,
    "accompany --listen": lambda ctx: ("all", "melody"),
    "accompany --style": lambda ctx: ("own", *_styles(ctx)),
    "analyze model": _models,
    "chords --listen": lambda ctx: ("all", "melody"),
    "clock port": _inputs,
    "compose --melody": lambda ctx: (),  # files alone
    "history export entry": _entries,
    "history name entry": _entries,
    "history play --out": _outputs,
    "history play entry": _entries,
    "learn targets": _targets,
    "mappings check files": _mappings,
    "mappings show name": _mappings,
    "models import source": _published,
    "models show name": _models,
    "models verify names": _models,
    "monitor port": _inputs,
    "pathway models": _models,
    "pattern steps": _patterns,
    "play --listen": _inputs,
    "play --out": _outputs,
    "styles audition name": _styles,
    "styles forget name": _learned,
    "takes delete take": _takes,
    "takes export take": _takes,
    "takes play --out": _outputs,
    "takes play take": _takes,
    "takes rename take": _takes,
    "web --listen": _inputs,
    "web --out": _outputs,
}
"""A parameter -> its words: an option of any command, or a command's own option or argument."""
OR_FILES: Final = frozenset(("--form", "--mapping", "mappings check files", "mappings show name",
                             "compose --melody"))  # fmt: skip
"""Parameters that take a file as well."""


def complete(path: str, command: click.Command) -> None:
    """Give the parameters of a command, called by the words ``path``, their completions."""
    for parameter in command.params:
        keys = _keys(path, parameter)
        key = next((key for key in keys if key in NAMES), None)
        if key is not None:
            words, files = NAMES[key], not OR_FILES.isdisjoint(keys)
            # Of this object alone, in place of its class's.
            parameter.__dict__["shell_complete"] = _completer(words, files)


def _keys(path: str, parameter: click.Parameter) -> Sequence[str]:
    """The keys of the table that fit a parameter, the narrowest first."""
    if isinstance(parameter, click.Option):
        long = [name for name in parameter.opts if name.startswith("--")]
        return [*(f"{path} {name}" for name in long), *long]
    return [f"{path} {parameter.name}"]


def _completer(words: Names, files: bool) -> Callable[[click.Context, str], list[CompletionItem]]:
    def matching(ctx: click.Context, begun: str) -> list[CompletionItem]:
        try:
            names = [name for name in words(ctx) if name.casefold().startswith(begun.casefold())]
        except (BridgeError, OSError):
            names = []
        found = [CompletionItem(name) for name in dict.fromkeys(names)]
        return [*found, FILE] if files and not found else found

    return matching
