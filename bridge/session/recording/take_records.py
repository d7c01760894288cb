"""Records of a take: one for each note-on or note-off, change of tempo, chord and so on.

A take is a row of records, in the order in which they happened: a :class:`TakeHead`, then what
was played, then a :class:`TakeEnd` (missing where the program was killed). Ticks are 960 a quarter
note from the take's first bar line; a count-in is negative. A record is written as a msgpack array
that begins with its kind's number, so that a later version can add kinds and fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from bridge.music.grid import FOUR_FOUR, METRES
from bridge.music.notes import Part
from bridge.timing.tempo import BPM_USUAL

PARTS = (Part.MELODY, Part.BASS, Part.DRUMS)
"""A part's number in a record is its place here."""


class TakeHead(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """The beginning of a take: its tempo (BPM), metre, style, model and key (empty: unknown).

    ``when`` is the local time, ISO 8601 with its offset, set by whoever writes it down. ``free``:
    it was played while the band stood; its ticks are counted from the first note.
    """

    bpm: float = BPM_USUAL
    metre: str = FOUR_FOUR.name
    style: str = ""
    model: str = ""
    key: str = ""
    free: bool = False
    when: str = ""


class BandMove(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """A note of the band begins, or (velocity 0) ends; ``part`` is its place in :data:`PARTS`."""

    part: int
    tick: int
    pitch: int
    velocity: int


class PlayerMove(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """A key of the player goes down, or (velocity 0) up: its channel 0..15, and its port."""

    tick: int
    pitch: int
    velocity: int
    channel: int = 0
    port: str = ""


class TempoMove(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """From ``tick`` on the tempo is ``bpm``."""

    tick: int
    bpm: float


class MetreMove(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """A bar of another metre begins at ``tick``."""

    tick: int
    metre: str


class TakeJump(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """The music jumps from tick ``left`` to tick ``to`` (a DAW loops or relocates)."""

    left: int
    to: int


class SectionMove(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """The section ``name`` of a form begins at ``tick``."""

    tick: int
    name: str


class ChordMove(msgspec.Struct, frozen=True, array_like=True, tag=7):
    """The chord ``name`` sounds from ``tick`` on."""

    tick: int
    name: str


class StyleMove(msgspec.Struct, frozen=True, array_like=True, tag=8):
    """The band plays the style ``name`` from ``tick`` on."""

    tick: int
    name: str


class TakeEnd(msgspec.Struct, frozen=True, array_like=True, tag=9):
    """The end of a take of ``seconds`` with so many ``notes``. ``recovered``: it was added later,
    because the program was killed before it wrote one."""

    seconds: float
    notes: int
    recovered: bool = False


class RecordsLost(msgspec.Struct, frozen=True, array_like=True, tag=10):
    """So many records are missing here: the disk was full for longer than they could wait."""

    count: int


TakeRecord = (
    TakeHead
    | BandMove
    | PlayerMove
    | TempoMove
    | MetreMove
    | TakeJump
    | SectionMove
    | ChordMove
    | StyleMove
    | TakeEnd
    | RecordsLost
)

_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[TakeRecord] = msgspec.msgpack.Decoder(TakeRecord)


def packed_record(record: TakeRecord) -> bytes:
    """A record as bytes. Characters that are no Unicode (of a port's name) become ``\\udcXX``."""
    try:
        return _ENCODER.encode(record)
    except UnicodeEncodeError:
        texts = {
            name: value.encode("utf-8", "backslashreplace").decode()
            for name, value in msgspec.structs.asdict(record).items()
            if isinstance(value, str)
        }
        return _ENCODER.encode(msgspec.structs.replace(record, **texts))


def read_records(payloads: Iterable[bytes]) -> Iterator[TakeRecord]:
    """The records of packed bytes; those of a kind that is not known here, or with values that
    no take has, are left out."""
    for payload in payloads:
        try:
            record = _DECODER.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if is_sound(record):
            yield record


def is_sound(record: TakeRecord) -> bool:
    """True if a record's values are those that a take may have."""
    if isinstance(record, BandMove):
        return 0 <= record.part < len(PARTS) and _is_note(record.pitch, record.velocity)
    if isinstance(record, PlayerMove):
        return _is_note(record.pitch, record.velocity) and 0 <= record.channel < 16
    if isinstance(record, TempoMove):
        return 0 < record.bpm < float("inf")
    if isinstance(record, TakeHead):
        return 0 < record.bpm < float("inf") and record.metre in METRES
    return record.metre in METRES if isinstance(record, MetreMove) else True


def _is_note(pitch: int, velocity: int) -> bool:
    return 0 <= pitch < 128 and 0 <= velocity < 128
