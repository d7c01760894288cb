"""``latent-bridge bench files``: damaged MIDI files by the thousand.

Well-formed files of all kinds are made byte by byte and damaged at random (bytes changed, put in,
left out, cut off). Each must be music or be refused in one line; to music the band can be added,
and the file is then sound.
"""

from __future__ import annotations

import json
import random
import struct
import time
from collections.abc import Iterator
from typing import Final

import click

from bridge.cli.shared.options import JSON, SEED
from bridge.errors import MidiFileError
from bridge.music.notes import Note
from bridge.music.smf.append import append_tracks
from bridge.music.smf.read import song_from
from bridge.music.smf.song import Track

FAULTS_SHOWN: Final = 10
END = b"\x00\xff\x2f\x00"
PITCHES = (60, 62, 64, 65, 67, 65, 64, 62)
BAND = (
    Track("Bass", 1, 33, (Note(0, 40, 960), Note(960, 43, 480))),
    Track("Drums", 9, 0, (Note(0, 36, 120), Note(0, 42, 120), Note(480, 42, 120))),
)
PIECES = (
    b"\x00\xf8", b"\x00\xf2\x00\x00", b"\xff\x58\x02\x04\x02", b"\xff\x03\x7f", b"\xff\x7f\x8f\xff",
    b"MTrk", b"MThd", b"\xff\x2f\x00", b"\xf0\x03C\x12\x00", b"\xff\xff\xff\xff", b"\x00" * 4,
    b"\x80\x80\x80\x80\x00", b"\xff\x51\x03\x00\x00\x01", b"\x00\xff\x21\x01\x03",
)  # fmt: skip


def chunk(body: bytes, kind: bytes = b"MTrk", size: int | None = None) -> bytes:
    """A chunk; its length may be a lie."""
    return kind + struct.pack(">I", len(body) if size is None else size) + body


def notes(beat: int = 1, pitches: tuple[int, ...] = PITCHES, channel: int = 0) -> bytes:
    """A note a ``beat`` (ticks up to 127), without running status."""
    return b"".join(
        bytes((0, 0x90 | channel, pitch, 90, beat, 0x80 | channel, pitch, 0)) for pitch in pitches
    )


def file(*chunks: bytes, kind: int = 1, count: int | None = None, division: int = 96) -> bytes:
    """A file of whole chunks; its count of tracks may be a lie."""
    told = len(chunks) if count is None else count
    return b"MThd" + struct.pack(">IHHH", 6, kind, told, division) + b"".join(chunks)


def wrapped(data: bytes) -> bytes:
    """The file in a RIFF RMID container, with a chunk of information after it."""
    pad = b"\x00" * (len(data) % 2)
    inside = b"RMIDdata" + struct.pack("<I", len(data)) + data + pad + b"LIST\x04\x00\x00\x00INFO"
    return b"RIFF" + struct.pack("<I", len(inside)) + inside


def samples() -> tuple[bytes, ...]:
    """Well-formed files of all kinds."""
    name = b"\x00\xff\x03\x06Melody"
    running = b"".join(bytes((0, p, 90, 48, p, 0)) for p in PITCHES)
    split = b"\x00\xf0\x03\x43\x12\x00\x10\xf7\x04\x43\x12\x00\xf7\x00\xf7\x03\x90\x30\x40"
    tempo = b"\x00\xff\x51\x03\x07\xa1\x20\x00\xff\x58\x04\x04\x02\x18\x08"
    return (
        file(chunk(name + notes(96) + END), kind=0),
        file(chunk(tempo + END), chunk(name + b"\x00\x90" + running[1:] + END), division=48),
        file(chunk(split + notes(24) + END), chunk(b"abc", b"XFIH"), count=1, division=24),
        wrapped(file(chunk(notes(4, channel=3) + END), division=4)),
        file(chunk(notes(100) + END), chunk(notes(50, channel=9) + END), division=0xE728),
    )


def mutants(count: int, seed: int = 1) -> Iterator[bytes]:
    """Damaged files, the same for the same seed: bytes changed, put in, left out, cut off."""
    rng, whole = random.Random(seed), samples()
    for _ in range(count):
        data = bytearray(rng.choice(whole))
        for _ in range(rng.choice((1, 1, 2, 4, 12))):
            at = rng.randrange(len(data) + 1)
            match rng.randrange(6):
                case 0:
                    data[at : at + 1] = bytes((rng.randrange(256),))
                case 1:
                    data[at:at] = rng.choice(PIECES)
                case 2:
                    del data[at : at + rng.choice((1, 2, 5, 30))]
                case 3:
                    del data[max(1, at) :]
                case 4:
                    begin = rng.randrange(len(data) + 1)
                    data[at:at] = data[begin : begin + rng.randrange(40)]
                case _:
                    data[at : at + 1] = bytes((rng.choice((0, 0x7F, 0x80, 0xF0, 0xF7, 0xFF)),))
        yield bytes(data)


def check(data: bytes) -> bool:
    """True if a file is music, False if it is refused in a line. To music a band can be added,
    which leaves its notes as they are and the file sound. AssertionError otherwise."""
    try:
        song = song_from(data)
    except MidiFileError as error:
        if "\n" in str(error):
            raise AssertionError("not one line") from error
        return False
    assert any(track.notes for track in song.tracks)
    again = song_from(append_tracks(data, BAND, song.end))
    assert again.tracks[:-2] == song.tracks
    assert [track.name for track in again.tracks[-2:]] == ["Bass", "Drums"]
    assert all(note.length > 0 for track in again.tracks[-2:] for note in track.notes)
    assert not [odd for odd in again.oddities if "torn" in odd or "counts" in odd]
    return True


@click.command()
@click.option("--count", type=click.IntRange(1), default=10_000, show_default=True, help="Files.")
@SEED
@JSON
def bench_files(count: int, seed: int, as_json: bool) -> None:
    """Read damaged MIDI files and add a band to those with music: no fault may come of it."""
    begun, slowest, music = time.perf_counter(), 0.0, 0
    faults: list[str] = []
    for number, data in enumerate(mutants(count, seed)):
        before = time.perf_counter()
        try:
            music += check(data)
        except Exception as fault:
            faults.append(f"file {number}: {type(fault).__name__}: {fault}")
        slowest = max(slowest, time.perf_counter() - before)
    figures = {
        "files": count,
        "with_music": music,
        "faults": faults[:FAULTS_SHOWN],
        "fault_count": len(faults),
        "slowest_ms": round(1000 * slowest, 1),
        "seconds": round(time.perf_counter() - begun, 1),
    }
    if as_json:
        click.echo(json.dumps(figures))
        return
    click.echo(
        f"{count} damaged files, {music} with music, {len(faults)} faults; "
        f"slowest {figures['slowest_ms']} ms, {figures['seconds']} s in all"
    )
    for line in faults[:FAULTS_SHOWN]:
        click.echo(line)
