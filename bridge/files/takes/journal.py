"""The format of a take's file: frames, each with a checksum, added one after another. Pure.

A frame is ``A5 5A``, the length of its content (2 bytes), the CRC-32 (4 bytes, as in zlib) of that
length and the content, and the content; numbers are little-endian. A file begins with
:data:`MAGIC`, which is passed over like any other bytes that are no frame: what is torn, flipped
or overwritten loses the frames that it touches and no other.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from zlib import crc32

MAGIC: Final = b"latent-bridge take 1\n"
SYNC: Final = b"\xa5\x5a"
_HEAD: Final = struct.Struct("<2sHI")
_LENGTH: Final = struct.Struct("<H")
LONGEST: Final = 0xFFFF
"""Bytes of a frame's content at most."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that was read: its content, and the bytes of the file up to its end."""

    content: bytes
    end: int


def framed(content: bytes) -> bytes:
    """A content as a frame. ValueError for one above :data:`LONGEST`."""
    if len(content) > LONGEST:
        raise ValueError(f"{len(content)} bytes are more than a frame holds")
    length = _LENGTH.pack(len(content))
    return _HEAD.pack(SYNC, len(content), crc32(content, crc32(length))) + content


def frames(data: bytes) -> Iterator[Frame]:
    """The whole frames of a file's bytes, in order; all else is passed over."""
    at = data.find(SYNC)
    while 0 <= at <= len(data) - _HEAD.size:
        _, length, checksum = _HEAD.unpack_from(data, at)
        begin = at + _HEAD.size
        content = data[begin : begin + length]
        sound = len(content) == length and checksum == crc32(content, crc32(_LENGTH.pack(length)))
        if sound:
            yield Frame(content, begin + length)
        at = data.find(SYNC, begin + length if sound else at + 1)


def passed_over(data: bytes) -> int:
    """The bytes of a file that are neither its magic nor in a whole frame: damage."""
    whole = sum(_HEAD.size + len(frame.content) for frame in frames(data))
    return len(data) - whole - (len(MAGIC) if data.startswith(MAGIC) else 0)
