"""Sets of codes as the bytes of a file: .npz, .npy, and .wav for Pure Data. Pure.

A WAV has one channel for each dimension and one frame for each code, as 64-bit IEEE floats, so
that ``soundfiler`` and ``tabread4~`` read a code at each index. All three formats are lossless.
Only .npz also holds the model's name, and what the codes were encoded from: metre, key, tempo and
chords.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bridge.errors import ModelError, NameUnknown
from bridge.latent.space import Floats, checked
from bridge.music.chords import CHORD_CLASSES
from bridge.music.grid import FOUR_FOUR, METRES, Metre
from bridge.music.key import Key

Ints = npt.NDArray[np.int64]
SAMPLE_RATE: Final = 44_100
"""Sample rate (Hz) in the WAV header; arbitrary, since a code file is read by index."""
MAX_CHANNELS: Final = 8_191
"""Channels of a WAV: the frame size of 64-bit samples must fit the header's 16 bits."""
TEMPI: Final = (1.0, 1000.0)
"""The lowest and the highest tempo (BPM) that a file may have."""
_FLOAT: Final = 3
_EXTENSIBLE: Final = 0xFFFE
_SUBTYPE: Final = struct.pack("<HHI", _FLOAT, 0, 0x00100000) + bytes.fromhex("800000aa00389b71")
_DEPTHS: Final = {32: "<f4", 64: "<f8"}
_HEADS: Final = {b"PK\x03\x04": ".npz", b"\x93NUMPY": ".npy"}
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_UNREADABLE: Final = (
    ValueError, OSError, EOFError, MemoryError, KeyError, NotImplementedError, RuntimeError,
    zipfile.BadZipFile, zlib.error, struct.error, NameUnknown,
)  # fmt: skip


@dataclass(frozen=True)
class CodeSet:
    """``codes`` [N, Z], the name of the model they belong to (empty: unknown), and of the metre.

    ``key`` is the name of the key that they sound in (empty: the model's), ``bpm`` their tempo (0:
    unknown), ``chords`` [N, H] the chord classes of their half bars in the model's key (None: those
    heard in their melody).
    """

    codes: Floats
    model: str = ""
    metre: str = FOUR_FOUR.name
    key: str = ""
    bpm: float = 0.0
    chords: Ints | None = None


def to_bytes(found: CodeSet, suffix: str) -> bytes:
    """The content of a code file in the format of ``suffix``; equal codes give equal bytes.

    NameUnknown for an unknown suffix, ModelError for a malformed code table.
    """
    write = _format(suffix)[0]
    return write(replace(found, codes=checked(found.codes)))


def from_bytes(data: bytes, suffix: str) -> CodeSet:
    """The codes in the content of a code file, written by :func:`to_bytes` or another program.

    ModelError for content that is truncated, empty, of another shape or not finite.
    """
    read = _format(suffix)[1]
    try:
        found = read(data)
    except _UNREADABLE as exc:
        why = " ".join(str(exc).split()) or type(exc).__name__
        raise ModelError(f"no codes can be read ({why}): encode or make them again") from exc
    return replace(found, codes=checked(found.codes))


def _format(suffix: str) -> tuple[Callable[[CodeSet], bytes], Callable[[bytes], CodeSet]]:
    if suffix.lower() not in FORMATS:
        raise NameUnknown("kind of code file", suffix, FORMATS)
    return FORMATS[suffix.lower()]


def suffix_of(data: bytes) -> str:
    """The suffix that a file of this content has; empty where it holds no codes of ours."""
    if data[:4] == b"RIFF":
        return ".wav" if data[8:12] == b"WAVE" else ""
    return next((suffix for head, suffix in _HEADS.items() if data.startswith(head)), "")


# --- numpy's own --------------------------------------------------------------------------


def _npy(array: npt.NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.ascontiguousarray(array), (1, 0), allow_pickle=False)
    return file.getvalue()


def _write_npy(found: CodeSet) -> bytes:
    return _npy(found.codes.astype("<f4"))


def _write_npz(found: CodeSet) -> bytes:
    """Uncompressed and with a fixed time stamp, so that equal codes give equal bytes with any
    zlib."""
    file = io.BytesIO()
    arrays = {"codes": found.codes.astype("<f4"), "model": np.array([found.model], "<U64")}
    if found.metre != FOUR_FOUR.name:  # files in 4/4 have none
        arrays["metre"] = np.array([found.metre], "<U8")
    if found.key:
        arrays["key"] = np.array([found.key], "<U16")
    if found.bpm:
        arrays["bpm"] = np.array([found.bpm], "<f8")
    if found.chords is not None:
        arrays["chords"] = found.chords.astype("u1")
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            info.create_system = 3  # Unix; the default depends on the platform
            archive.writestr(info, _npy(array))
    return file.getvalue()


def _read_npy(data: bytes) -> CodeSet:
    return CodeSet(_table(np.load(io.BytesIO(data), allow_pickle=False)))


def _read_npz(data: bytes) -> CodeSet:
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        names = list(getattr(file, "files", ()))
        if not names:
            raise ValueError("it holds no array")
        codes = _table(file["codes" if "codes" in names else names[0]])
        model, metre, key = (
            _text(file[name]) if name in names else usual
            for name, usual in (("model", ""), ("metre", FOUR_FOUR.name), ("key", ""))
        )
        bpm = _tempo(file["bpm"]) if "bpm" in names else 0.0
        chords = _chords(file["chords"], len(codes)) if "chords" in names else None
    if metre not in METRES:
        raise ValueError(f"its metre is {metre!r}")
    return CodeSet(codes, model, metre, Key.parse(key).name if key else "", bpm, chords)


def _tempo(array: npt.NDArray[Any]) -> float:
    """The tempo of a file: 0, or within :data:`TEMPI`."""
    bpm = float(array.flat[0]) if array.size and array.dtype.kind in "fiu" else -1.0
    if bpm and not TEMPI[0] <= bpm <= TEMPI[1]:
        raise ValueError(f"its tempo is {bpm:g} BPM")
    return bpm


def _chords(array: npt.NDArray[Any], count: int) -> Ints:
    """The chord classes of ``count`` codes."""
    if array.dtype.kind not in "iu" or array.ndim != 2 or len(array) != count:
        raise ValueError(f"its chords are {array.dtype} of shape {array.shape}")
    if array.size and not 0 <= array.min() <= array.max() < CHORD_CLASSES:
        raise ValueError("it holds chords that do not exist")
    return array.astype(np.int64)


def _text(array: npt.NDArray[Any]) -> str:
    """The first text of an array; empty without one."""
    return str(array.flat[0]) if array.dtype.kind == "U" and array.size else ""


def _table(array: Any) -> Floats:
    """An array from a file as codes [N, Z]. A 1D array is one code."""
    values = np.asarray(array)
    if values.dtype.kind not in "fiu":
        raise ValueError(f"it holds {values.dtype}, not numbers")
    return np.asarray(values[np.newaxis] if values.ndim == 1 else values, np.float32)


# --- WAV ----------------------------------------------------------------------------------


def _write_wav(found: CodeSet) -> bytes:
    """RIFF, WAVE_FORMAT_EXTENSIBLE, 64-bit IEEE float (Microsoft's "Multiple channel audio
    data and WAVE files"); the ``fact`` chunk counts the frames."""
    frames, channels = found.codes.shape
    if channels > MAX_CHANNELS:
        raise ModelError(f"codes of {channels} dimensions: a WAV has {MAX_CHANNELS} at most")
    data = found.codes.astype("<f8").tobytes()
    align = channels * 8
    layout = struct.pack(
        "<HHIIHHHHI", _EXTENSIBLE, channels, SAMPLE_RATE, SAMPLE_RATE * align, align, 64, 22, 64, 0
    )
    body = b"".join(
        name + struct.pack("<I", len(content)) + content
        for name, content in (
            (b"fmt ", layout + _SUBTYPE),
            (b"fact", struct.pack("<I", frames)),
            (b"data", data),
        )
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def _read_wav(data: bytes) -> CodeSet:
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError("it is not a WAV file")
    chunks = dict(_chunks(data))
    kind, channels, _, _, _, bits = struct.unpack_from("<HHIIHH", chunks[b"fmt "])
    if kind == _EXTENSIBLE:
        (kind,) = struct.unpack_from("<H", chunks[b"fmt "], 24)
    if kind != _FLOAT or bits not in _DEPTHS or not channels:
        raise ValueError("its samples are not floating point: save it as 64-bit float")
    samples = np.frombuffer(chunks[b"data"], _DEPTHS[bits])
    return CodeSet(samples.reshape(-1, channels).astype(np.float32))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        name, (size,) = data[at : at + 4], struct.unpack_from("<I", data, at + 4)
        if at + 8 + size > len(data):
            raise ValueError("it ends too early")
        yield name, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


FORMATS: Final[Mapping[str, tuple[Callable[[CodeSet], bytes], Callable[[bytes], CodeSet]]]] = {
    ".npz": (_write_npz, _read_npz),
    ".npy": (_write_npy, _read_npy),
    ".wav": (_write_wav, _read_wav),
}


# --- in time ------------------------------------------------------------------------------


def codes_per_second(bpm: float, bars: float, metre: Metre = FOUR_FOUR) -> float:
    """Codes per second at ``bpm`` when each code lasts ``bars`` bars of ``metre``."""
    if not bpm > 0 or not bars > 0:
        raise ModelError(f"{bpm:g} BPM and {bars:g} bars a code: both have to be above 0")
    return bpm / 60.0 / (metre.quarters * bars)


def loop_rate(rate: float, codes: int) -> float:
    """Loops per minute of a file of ``codes`` (>= 1) codes read at ``rate`` (> 0) codes per
    second: ``60 * rate / codes``. Pure Data's ``phasor~`` takes a sixtieth of it, in Hz."""
    if codes < 1 or not rate > 0:
        raise ModelError(f"{codes} codes at {rate:g} a second do not loop: give 1 and more than 0")
    return 60.0 * rate / codes
