"""Read TensorFlow checkpoints (``NAME.index`` and ``NAME.data-...``) without TensorFlow.

The index is a sorted table in LevelDB's format: blocks of keys and values, each with a checksum,
and a footer with the offset of the index block. Keys are variable names; a value is a
``BundleEntryProto``: type, shape, data file, offset and size. Sources: TensorFlow's
``tensor_bundle.proto`` and LevelDB's ``table_format.md``. Features that Magenta's checkpoints do
not use (compressed blocks, sliced variables) need TensorFlow itself, the extra ``tensorflow``.
The checksums of the data are not verified.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bridge.errors import ExtraMissing, ModelError
from bridge.model.contract import Floats
from bridge.model.importing.files import FETCH_AGAIN, check_finite, count_values

INDEX: Final = ".index"
_MAGIC: Final = struct.pack("<Q", 0xDB4775248B80FB57)
_FOOTER: Final = 48
_TRAILER: Final = 5
_MAX_INDEX_BYTES: Final = 64 << 20
"""Largest index in bytes; those of Magenta's checkpoints have a few thousand."""
_FLOAT: Final = 1
"""``DT_FLOAT``."""
_OPTIMIZER_SLOTS: Final = ("Adam", "Adam_1", "Momentum", "ExponentialMovingAverage")


class BeyondReaderError(Exception):
    """A feature that TensorFlow can read but this reader cannot; the message names it."""


@dataclass(frozen=True)
class BundleEntry:
    """A variable: its type and shape, the number of its data file, and offset and size there in
    bytes."""

    kind: int
    shape: list[int]
    shard: int
    offset: int
    size: int


def read_tensors(index: Path) -> dict[str, Floats]:
    """All float32 variables except the optimizer's, by name. ModelError for damaged files."""
    if index.stat().st_size > _MAX_INDEX_BYTES:
        raise ModelError(f"{index} is too long for an index: {FETCH_AGAIN}")
    try:
        shards, entries = _entries(index.read_bytes())
    except BeyondReaderError as exc:
        return _by_tensorflow(index, str(exc))
    except (IndexError, ValueError, struct.error) as exc:
        raise ModelError(
            f"{index} is not the index of a TensorFlow checkpoint: {FETCH_AGAIN}"
        ) from exc
    wanted = {name: entry for name, entry in entries.items() if _is_weight(name, entry.kind)}
    return {name: _values(index, name, entry, shards) for name, entry in wanted.items()}


def data_files(index: Path) -> list[Path]:
    """The data files beside an index."""
    return sorted(index.parent.glob(f"{index.name.removesuffix(INDEX)}.data-?????-of-?????"))


def _is_weight(name: str, kind: int) -> bool:
    last = name.rpartition("/")[2]
    return kind == _FLOAT and last not in _OPTIMIZER_SLOTS and "_power" not in last


def _values(index: Path, name: str, entry: BundleEntry, shards: int) -> Floats:
    stem = index.name.removesuffix(INDEX)
    path = index.parent / f"{stem}.data-{entry.shard:05}-of-{shards:05}"
    if not path.is_file():
        raise ModelError(f"{path} is missing: {FETCH_AGAIN}")
    count = count_values(entry.shape, name, index)
    if entry.size != 4 * count:
        raise ModelError(f"{index}: the tensor {name!r} has {entry.size} bytes: {FETCH_AGAIN}")
    if path.stat().st_size < entry.offset + entry.size:
        raise ModelError(f"{path} is cut off: {FETCH_AGAIN}")
    values = np.fromfile(path, "<f4", count, offset=entry.offset)
    return check_finite(name, values.astype(np.float32, copy=False).reshape(entry.shape), index)


# --- the table ------------------------------------------------------------------------------


def _entries(table: bytes) -> tuple[int, dict[str, BundleEntry]]:
    """The number of data files, and every variable by name."""
    if not table.endswith(_MAGIC):
        raise ValueError
    footer, at = table[-_FOOTER:], 0
    for _ in range(2):  # the first handle is that of the filter block
        offset, at = _varint(footer, at)
        size, at = _varint(footer, at)
    shards, entries = 1, {}
    for _, handle in _block(table, offset, size):
        start, at = _varint(handle, 0)
        for key, value in _block(table, start, _varint(handle, at)[0]):
            if not key:
                shards = _header(value)
            elif not key.startswith(b"\0"):  # keys of slices; their variable's entry is refused
                entries[key.decode()] = _entry(value)
    return shards, entries


def _block(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of a block; keys are stored as differences from the previous key."""
    block, trailer = table[offset : offset + size], table[offset + size :][:_TRAILER]
    if len(block) < size or len(trailer) < _TRAILER:
        raise ValueError
    if trailer[0]:
        raise BeyondReaderError("a compressed index")
    if _masked_crc(block + trailer[:1]) != struct.unpack("<I", trailer[1:])[0]:
        raise ValueError
    (restarts,) = struct.unpack("<I", block[-4:])
    end, at, key = size - 4 * restarts - 4, 0, b""
    while at < end:
        shared, at = _varint(block, at)
        fresh, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + fresh]
        at += fresh
        yield key, block[at : at + length]
        at += length


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """A little-endian base-128 number, and the offset after it."""
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise ValueError


def _crc_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_CRC: Final = _crc_table()


def _masked_crc(content: bytes) -> int:
    """CRC-32C in LevelDB's masked form (rotated, plus a constant)."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 255]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


# --- the values, in protocol buffers' format --------------------------------------------------


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers and values of a protocol buffer message, in order."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        match tag & 7:
            case 0:
                value, at = _varint(message, at)
                yield tag >> 3, value
            case 2:
                length, at = _varint(message, at)
                if at + length > len(message):
                    raise ValueError
                yield tag >> 3, message[at : at + length]
                at += length
            case 5:
                at += 4
            case 1:
                at += 8
            case _:
                raise ValueError


def _header(message: bytes) -> int:
    """``BundleHeaderProto``: the number of data files. Its second field is the byte order."""
    fields = dict(_fields(message))
    if fields.get(2, 0):
        raise BeyondReaderError("big-endian numbers")
    return _integer(fields.get(1, 1))


def _entry(message: bytes) -> BundleEntry:
    """``BundleEntryProto``."""
    fields = dict(_fields(message))
    if 7 in fields:
        raise BeyondReaderError("a variable in slices")
    shape = fields.get(2, b"")
    dims = [v for k, v in _fields(shape) if k == 2] if isinstance(shape, bytes) else []
    sizes = [_integer(dict(_fields(dim)).get(1, 0)) for dim in dims if isinstance(dim, bytes)]
    return BundleEntry(
        _integer(fields.get(1, 0)), sizes, *(_integer(fields.get(k, 0)) for k in (3, 4, 5))
    )


def _integer(value: int | bytes) -> int:
    if not isinstance(value, int):
        raise ValueError
    return value


# --- TensorFlow itself ------------------------------------------------------------------------


def _by_tensorflow(index: Path, what: str) -> dict[str, Floats]:
    try:
        from tensorflow.train import load_checkpoint
    except ImportError as exc:
        purpose = f"A checkpoint with {what}"
        raise ExtraMissing("tensorflow", "tensorflow", purpose) from exc
    try:
        reader = load_checkpoint(str(index).removesuffix(INDEX))
        types = reader.get_variable_to_dtype_map()
        names = [n for n, kind in types.items() if _is_weight(n, int(kind.as_datatype_enum))]
        tensors = {n: np.asarray(reader.get_tensor(n), np.float32) for n in names}
    except Exception as exc:  # TensorFlow's errors have no common base below Exception
        reason = " ".join(str(exc).split())[:200]
        raise ModelError(f"TensorFlow cannot read {index} ({reason}): {FETCH_AGAIN}") from exc
    return {name: check_finite(name, values, index) for name, values in tensors.items()}
