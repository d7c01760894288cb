"""Commands of the arranger: variations, passages, memories, audition, solo, metronome, forms."""

from __future__ import annotations

import msgspec

from bridge.controllers.memories import Variation
from bridge.music.notes import Part


class SetVariation(msgspec.Struct, frozen=True, tag=True):
    """Play another variation of the style from the next bar on; the one that plays takes back what
    was asked for."""

    variation: Variation


class Intro(msgspec.Struct, frozen=True, tag=True):
    """Play an intro: first of all at the next start, or from the next bar on. Asked for again, it
    is taken back."""


class Break(msgspec.Struct, frozen=True, tag=True):
    """Leave the band out from the next bar on: for a bar, or (``hold``) until it is asked for
    again. A break that is held ends at the next bar line."""

    hold: bool = False


class Ending(msgspec.Struct, frozen=True, tag=True):
    """End the music when the next phrase would begin. Asked for again, the music goes on."""


class SetArranger(msgspec.Struct, frozen=True, tag=True):
    """Change settings of the arranger: the bars of a phrase (2, 4, 8), of an intro (1..8) and of
    the count-in (0..2), and that the drums play on in a break. None leaves one as it is."""

    phrase_bars: int | None = None
    intro_bars: int | None = None
    count_in: int | None = None
    break_drums: bool | None = None


class StoreMemory(msgspec.Struct, frozen=True, tag=True):
    """Store what plays under a number, 1..8; an empty name keeps the one it had, or is the
    style's."""

    number: int
    name: str = ""


class RecallMemory(msgspec.Struct, frozen=True, tag=True):
    """Recall a memory: at the next bar line, at once while nothing plays."""

    number: int


class PressMemory(msgspec.Struct, frozen=True, tag=True):
    """Press the button of a memory: recall it, or store it after :class:`ArmStore`."""

    number: int


class ArmStore(msgspec.Struct, frozen=True, tag=True):
    """Let the next button of a memory store (None: toggle)."""

    on: bool | None = None


class NameMemory(msgspec.Struct, frozen=True, tag=True):
    """Give a stored memory a name."""

    number: int
    name: str


class ForgetMemory(msgspec.Struct, frozen=True, tag=True):
    """Delete a stored memory."""

    number: int


class Audition(msgspec.Struct, frozen=True, tag=True):
    """Try a style from the next bar on, with a way back: the one of that name, or (empty) the one
    ``by`` places after the style that plays or is tried."""

    name: str = ""
    by: int = 1


class EndAudition(msgspec.Struct, frozen=True, tag=True):
    """Keep the style that is tried (``keep``), or go back to the one before."""

    keep: bool


class Solo(msgspec.Struct, frozen=True, tag=True):
    """Let only soloed parts be heard (``on``: this one is), but for those that are muted."""

    part: Part
    on: bool


class SwitchMetronome(msgspec.Struct, frozen=True, tag=True):
    """Turn the metronome on or off (None: toggle)."""

    on: bool | None = None


class Transpose(msgspec.Struct, frozen=True, tag=True):
    """Transpose the band by so many semitones more; 0 goes back to the key that is played."""

    by: int


class StartForm(msgspec.Struct, frozen=True, tag=True):
    """Begin the chosen form with its first section at the next bar line."""


class LeaveForm(msgspec.Struct, frozen=True, tag=True):
    """Leave the form at the next bar line; the band plays on."""


ArrangerCommand = (
    SetVariation
    | Intro
    | Break
    | Ending
    | SetArranger
    | StoreMemory
    | RecallMemory
    | PressMemory
    | ArmStore
    | NameMemory
    | ForgetMemory
    | Audition
    | EndAudition
    | Solo
    | SwitchMetronome
    | Transpose
    | StartForm
    | LeaveForm
)
