"""Every error that Latent Bridge raises on purpose.

::

    BridgeError
    |-- ConfigError      a settings or mapping file: file, line, key, nearest key
    |-- MidiFileError    a .mid file that is damaged, empty or of another kind
    |-- ModelError       a model folder: missing, checksum, shape, wrong kind
    |-- NameUnknown      a style, model, part or mode that does not exist
    |-- PortError        a MIDI port: missing, ambiguous, busy; or no MIDI system
    |-- SoundError       live sound: no audio device, or it fails
    |-- ExtraMissing     an optional package is not installed
    |-- ChordError       text that is not a chord chart
    `-- OutputError      a file that cannot be written

The command line prints the message on one line and exits with code 2. A message says what
is wrong and then what to do next.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class BridgeError(Exception):
    """Base of all errors for people: one line that says what to do next, without a traceback."""

    exit_code = 2


class ConfigError(BridgeError):
    """A settings or mapping file is wrong: one or more ``problems``, each a line that starts
    with ``file:line:``."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class MidiFileError(BridgeError):
    """A Standard MIDI File cannot be read or does not hold what is needed."""


class ModelError(BridgeError):
    """A model folder is missing, damaged or of the wrong kind or shape."""


class ChordError(BridgeError):
    """A text is not a chord chart."""


class PortError(BridgeError):
    """A MIDI port is missing, ambiguous or refused, or there is no MIDI system."""


class SoundError(BridgeError):
    """There is no audio device, or it does not open. The program goes on with MIDI."""


class ExtraMissing(BridgeError):
    """An optional dependency is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package!r}: pip install 'latent-bridge[{extra}]'"
        )


class OutputError(BridgeError):
    """A result cannot be written where it was asked for."""


class NameUnknown(BridgeError):
    """A name is unknown; the message gives the nearest known names."""

    def __init__(self, what: str, name: str, known: Iterable[str], hint: str = "") -> None:
        choices = list(known)
        near = nearest(name, choices)
        if near:
            advice = "did you mean " + " or ".join(repr(n) for n in near) + "?"
        elif choices:
            advice = "choose one of: " + ", ".join(choices)
        else:
            advice = "there are none"
        super().__init__(f"no {what} named {name!r}: {advice}{' ' + hint if hint else ''}")


def nearest(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Up to ``limit`` names most similar to ``name``, best first, compared without case."""
    by_folded = {k.casefold(): k for k in known}
    folded = name.casefold()
    close = difflib.get_close_matches(folded, by_folded, n=limit, cutoff=0.5)
    inside = [k for k in by_folded if folded and folded in k and k not in close]
    return [by_folded[k] for k in (close + inside)[:limit]]
