"""The frames of a take's file, whole, torn and flipped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.files.takes.journal import LONGEST, MAGIC, SYNC, framed, frames, passed_over

CONTENTS = st.lists(st.binary(max_size=40), max_size=12)
EXAMPLE = [b"head", b"", SYNC, b"a note" + SYNC, bytes(range(60))]


def journal(contents: list[bytes]) -> bytes:
    return MAGIC + b"".join(map(framed, contents))


def read(data: bytes) -> list[bytes]:
    return [frame.content for frame in frames(data)]


@given(CONTENTS)
def test_what_is_written_is_read_again(contents: list[bytes]) -> None:
    data = journal(contents)
    assert read(data) == contents
    assert passed_over(data) == 0


def test_a_file_cut_off_anywhere_loses_the_torn_frame_alone() -> None:
    data = journal(EXAMPLE)
    ends = [frame.end for frame in frames(data)]
    for length in range(len(data) + 1):
        whole = sum(end <= length for end in ends)
        assert read(data[:length]) == EXAMPLE[:whole], length


def test_a_bit_flipped_anywhere_loses_its_frame_alone() -> None:
    data = journal(EXAMPLE)
    ends = [frame.end for frame in frames(data)]
    for place in range(len(data)):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[place] ^= 1 << bit
            found = read(bytes(flipped))
            hit = sum(end <= place for end in ends)
            rest = EXAMPLE if place < len(MAGIC) else EXAMPLE[:hit] + EXAMPLE[hit + 1 :]
            assert found == rest, (place, bit)


@given(CONTENTS, CONTENTS, st.binary(max_size=64))
def test_rubbish_between_frames_is_passed_over(
    before: list[bytes], after: list[bytes], rubbish: bytes
) -> None:
    """Zeros of a page that never came to the disk, or anything else that holds no sync."""
    rubbish = rubbish.replace(SYNC[:1], b"\0")
    data = journal(before) + rubbish + b"".join(map(framed, after))
    assert read(data) == before + after
    assert passed_over(data) == len(rubbish)


@given(st.binary(max_size=400))
def test_any_bytes_at_all_are_read_without_a_fault(data: bytes) -> None:
    assert sum(len(content) + 8 for content in read(data)) <= len(data)


def test_a_content_that_is_too_long_is_refused() -> None:
    assert read(framed(bytes(LONGEST))) == [bytes(LONGEST)]
    with pytest.raises(ValueError, match="more than a frame"):
        framed(bytes(LONGEST + 1))
