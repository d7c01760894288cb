"""Test messages for the delay of an output: clicks to set it by ear, and probes that are timed on
their way out and back. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from bridge.midi.messages import CONTROL, NOTE_OFF, NOTE_ON
from bridge.music.notes import Part

Returned = Callable[[bytes, float], bool]
"""Called with each message of an input and its time (monotonic seconds); True where it is a probe
that came back, and not played."""
BEAT_SECONDS: Final = 0.75
"""Time between two clicks."""
CLICK_SECONDS: Final = 0.06
"""Length of a click."""
CLICK_VELOCITY: Final = 100
PROBE_CONTROLLER: Final = 119
"""An undefined controller (MIDI 1.0, table of controller numbers): no instrument does anything."""
PROBE_CHANNEL: Final = 15
PROBES: Final = 128
"""Different probes; a controller has seven bits."""


@dataclass(frozen=True)
class ClickVoice:
    """The click of a part: MIDI channel 0..15 and pitch."""

    part: Part
    channel: int
    pitch: int


def clicks(
    beat: float, voices: Sequence[ClickVoice], offsets: Mapping[Part, float]
) -> list[tuple[float, Part, bytes]]:
    """The messages of one beat, each with its time (seconds), in order: every voice clicks at
    ``beat`` plus its offset (seconds, negative: early), all moved so that the earliest is on the
    beat."""
    first = min(offsets.get(voice.part, 0.0) for voice in voices)
    out: list[tuple[float, Part, bytes]] = []
    for voice in voices:
        at = beat + offsets.get(voice.part, 0.0) - first
        on, off = NOTE_ON | voice.channel, NOTE_OFF | voice.channel
        out.append((at, voice.part, bytes((on, voice.pitch, CLICK_VELOCITY))))
        out.append((at + CLICK_SECONDS, voice.part, bytes((off, voice.pitch, 0))))
    return sorted(out, key=lambda message: message[0])


def reference_for(part: Part, sounding: Iterable[Part]) -> Part:
    """The part that a part is compared with: another one on the program's own sound (``sounding``),
    else the drums, or for them the melody."""
    others = [other for other in (Part.DRUMS, Part.MELODY, Part.BASS) if other is not part]
    heard = set(sounding)
    return next((other for other in others if other in heard), others[0])


def probe(number: int) -> bytes:
    """A message that can be told from all others when it comes back; ``number`` 0..127."""
    return bytes((CONTROL | PROBE_CHANNEL, PROBE_CONTROLLER, number % PROBES))


def probe_number(message: bytes) -> int | None:
    """The number of a probe; None for any other message."""
    known = message[:2] == bytes((CONTROL | PROBE_CHANNEL, PROBE_CONTROLLER))
    return message[2] if known and len(message) == 3 else None


@dataclass(frozen=True)
class RoundTrip:
    """The times (seconds) of the probes that came back, of ``sent``: from handing a message to the
    output to its arrival at the input, so both ways and all that lies between."""

    sent: int
    seconds: tuple[float, ...]

    @property
    def text(self) -> str:
        """The result for the player."""
        if not self.seconds:
            return (
                "nothing came back: connect this output to the input you play on, or set it by "
                "ear with the click"
            )
        whole, low, high = (
            1000 * second for second in (median(self.seconds), min(self.seconds), max(self.seconds))
        )
        return (
            f"out and back in {whole:.1f} ms ({low:.1f} to {high:.1f}; {len(self.seconds)} of "
            f"{self.sent} came back): about {whole / 2:.1f} ms each way. What the instrument "
            "itself takes comes on top: that is set by ear"
        )
