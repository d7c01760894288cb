"""The DAWs by name, and finding the one that is open by asking all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from bridge.errors import BridgeError, NameUnknown
from bridge.live.daw.daw import Daw, DawError
from bridge.live.daw.exchange import ScriptedDaw
from bridge.live.daw.install import exchange_folder

AUTO: Final = "auto"
REAPER_HINT: Final = (
    "open Reaper and run our script there: latent-bridge daw install reaper says how"
)


def _ardour() -> Daw:
    from bridge.live.daw.ardour import Ardour

    return Ardour()


def _ableton() -> Daw:
    from bridge.live.daw.ableton import Ableton

    return Ableton()


def _reaper() -> Daw:
    return ScriptedDaw("Reaper", exchange_folder("reaper"), REAPER_HINT)


DAWS: Final[Mapping[str, Callable[[], Daw]]] = {
    "ardour": _ardour,
    "ableton": _ableton,
    "reaper": _reaper,
}
"""Name -> opens the connection, which need not answer yet; its module is imported then. BridgeError
where that cannot be tried."""
NAMES: Final = (*DAWS, AUTO)


def open_daw(name: str) -> Daw:
    """The DAW of a name; under the name ``auto`` the one that answers. NameUnknown; DawError
    where none answers, or two do."""
    if name == AUTO:
        return found_daw(DAWS)
    if name not in DAWS:
        raise NameUnknown("DAW", name, NAMES)
    return DAWS[name]()


def found_daw(daws: Mapping[str, Callable[[], Daw]]) -> Daw:
    """The one of some DAWs that answers. DawError where none does, or more than one."""
    answering: dict[str, Daw] = {}
    for name, opened in daws.items():
        with suppress(BridgeError):
            daw = opened()
            try:
                daw.position()
            except BridgeError:
                daw.close()
                raise
            answering[name] = daw
    if len(answering) == 1:
        return next(iter(answering.values()))
    for daw in answering.values():
        daw.close()
    if not answering:
        raise DawError(f"no DAW answers ({', '.join(daws)}): open one; docs/daw.md has the steps")
    raise DawError(f"{' and '.join(answering)} both answer: choose one with --daw NAME")
