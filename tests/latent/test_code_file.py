"""Codes as files: round trips, files of other programs, and invalid files."""

from __future__ import annotations

import hashlib
import io
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bridge.errors import ModelError, NameUnknown
from bridge.latent.code_file import (
    FORMATS,
    CodeSet,
    codes_per_second,
    from_bytes,
    loop_rate,
    to_bytes,
)
from bridge.latent.space import sample

TABLES = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=9),
    elements=st.floats(allow_nan=False, allow_infinity=False, width=32),
)
SMALL = CodeSet(np.array([[1, -2.5], [0.1, 3e-30]], np.float32), "some-model")


@given(TABLES, st.sampled_from(sorted(FORMATS)))
def test_codes_come_back_bit_by_bit(codes: np.ndarray, suffix: str) -> None:
    back = from_bytes(to_bytes(CodeSet(codes), suffix), suffix)
    assert back.codes.dtype == np.float32
    assert back.codes.tobytes() == codes.tobytes()


def test_an_npz_keeps_the_model_and_the_others_do_not() -> None:
    told = {suffix: from_bytes(to_bytes(SMALL, suffix), suffix).model for suffix in FORMATS}
    assert told == {".npz": "some-model", ".npy": "", ".wav": ""}


def test_an_npz_keeps_what_the_codes_were_made_of() -> None:
    chords = np.array([[0, 1, 24], [5, 5, 13]])
    told = CodeSet(SMALL.codes, "m", "6/8", "F# minor", 71.5, chords)
    back = from_bytes(to_bytes(told, ".npz"), ".npz")
    assert (back.metre, back.key, back.bpm) == ("6/8", "F# minor", 71.5)
    assert np.array_equal(back.chords, chords)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"key": "H flat"}, "no key named 'H flat'"),
        ({"bpm": 4000.0}, "its tempo is 4000 BPM"),
        ({"chords": np.array([[1, 2]])}, "its chords are"),
        ({"chords": np.array([[25], [0]])}, "chords that do not exist"),
    ],
)
def test_a_file_with_impossible_facts_is_refused(wrong: dict, says: str) -> None:
    data = to_bytes(replace(SMALL, **wrong), ".npz")
    with pytest.raises(ModelError, match=says):
        from_bytes(data, ".npz")


@pytest.mark.parametrize(
    ("suffix", "digest"),
    [(".npz", "08f3b3832f04a358"), (".npy", "76d61e2cad598be2"), (".wav", "d06c4ef3b04f08f4")],
)
def test_the_same_codes_give_the_same_bytes_everywhere(suffix: str, digest: str) -> None:
    assert hashlib.sha256(to_bytes(SMALL, suffix)).hexdigest()[:16] == digest


def test_a_wav_has_a_channel_a_dimension_in_double_precision() -> None:
    data = to_bytes(CodeSet(sample(5, 3, 1)), ".wav")
    kind, channels, rate, per_second, align, bits = struct.unpack_from("<HHIIHH", data, 20)
    assert (kind, channels, rate, bits) == (0xFFFE, 3, 44_100, 64)
    assert (align, per_second) == (24, 24 * 44_100)
    assert struct.unpack_from("<H", data, 44) == (3,)  # the sub-format: IEEE float
    assert len(data) == struct.unpack_from("<I", data, 4)[0] + 8
    assert data.count(b"fact") == 1


def test_a_wav_is_read_by_other_programs() -> None:
    soundfile = pytest.importorskip("soundfile", reason="soundfile is not installed")
    codes = sample(7, 12, 1)
    read, rate = soundfile.read(io.BytesIO(to_bytes(CodeSet(codes), ".wav")), dtype="float64")
    assert rate == 44_100
    assert np.array_equal(read, codes.astype(np.float64))


def test_a_plain_float_wav_of_another_program_is_read() -> None:
    samples = np.arange(6, dtype="<f4").reshape(3, 2) / 8
    body = b"fmt " + struct.pack("<IHHIIHH", 16, 3, 2, 48_000, 48_000 * 8, 8, 32)
    body += b"LIST" + struct.pack("<I", 3) + b"abc\0"  # an odd chunk, padded
    body += b"data" + struct.pack("<I", samples.nbytes) + samples.tobytes()
    data = b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body
    assert np.array_equal(from_bytes(data, ".wav").codes, samples)


def test_arrays_of_other_programs_are_read() -> None:
    codes = np.arange(6.0).reshape(2, 3)
    file = io.BytesIO()
    np.savez_compressed(file, anything=codes)
    assert np.array_equal(from_bytes(file.getvalue(), ".npz").codes, codes)
    file = io.BytesIO()
    np.save(file, codes[0])
    assert from_bytes(file.getvalue(), ".NPY").codes.tolist() == [[0, 1, 2]]


def pickled() -> bytes:
    """An array that could only be unpickled."""
    file = io.BytesIO()
    np.save(file, np.array([{}], object), allow_pickle=True)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "suffix", "part"),
    [
        (b"", ".npz", "no codes can be read"),
        (b"nonsense", ".npy", "no codes can be read"),
        (b"RIFF1234WAVE", ".wav", "no codes can be read"),
        (b"MThd", ".wav", "it is not a WAV file"),
        (to_bytes(SMALL, ".npz")[:-40], ".npz", "no codes can be read"),
        (to_bytes(SMALL, ".wav")[:-4], ".wav", "ends too early"),
        (pickled(), ".npy", "no codes can be read"),
    ],
)
def test_what_is_no_code_file_is_said_in_a_line(data: bytes, suffix: str, part: str) -> None:
    with pytest.raises(ModelError, match=r"^[^\n]*$") as caught:
        from_bytes(data, suffix)
    assert part in str(caught.value)


@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_bad_codes_are_not_written(suffix: str) -> None:
    with pytest.raises(ModelError, match="not finite"):
        to_bytes(CodeSet(np.array([[np.inf]], np.float32)), suffix)
    with pytest.raises(ModelError, match="at least one code"):
        to_bytes(CodeSet(np.zeros((0, 4), np.float32)), suffix)


def test_an_empty_or_endless_file_is_refused() -> None:
    file = io.BytesIO()
    np.save(file, np.zeros((0, 4)))
    with pytest.raises(ModelError, match="at least one code"):
        from_bytes(file.getvalue(), ".npy")
    file = io.BytesIO()
    np.save(file, np.array([[1.0, np.nan]]))
    with pytest.raises(ModelError, match="row 1 holds a value that is not finite"):
        from_bytes(file.getvalue(), ".npy")


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(NameUnknown, match=r"no kind of code file named '\.csv'"):
        to_bytes(SMALL, ".csv")


def test_a_file_loops_at_sixty_times_the_codes_a_second_over_the_codes() -> None:
    assert loop_rate(21.5, 43) == pytest.approx(30.0)
    assert codes_per_second(120.0, 4) == pytest.approx(0.125)
    assert loop_rate(codes_per_second(120.0, 1), 4) == pytest.approx(7.5)


@given(st.floats(20, 300), st.integers(1, 8), st.integers(1, 500))
def test_a_loop_lasts_as_long_as_its_bars(bpm: float, bars: int, codes: int) -> None:
    minutes = codes * bars * 4 / bpm
    assert loop_rate(codes_per_second(bpm, bars), codes) * minutes == pytest.approx(1.0)


def test_no_rate_of_nothing() -> None:
    with pytest.raises(ModelError, match="do not loop"):
        loop_rate(1.0, 0)
    with pytest.raises(ModelError, match="above 0"):
        codes_per_second(0.0, 4)
