"""Record an instrument: every note of its layout, played by the synthesiser, into a file.

``python -m bridge.sound.bank_recorder PROGRAM drums|program FONT PATH`` is a separate process,
because the synthesiser holds the interpreter lock while it renders.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.errors import BridgeError
from bridge.music.notes import Note
from bridge.music.smf.gm_programs import DRUM_CHANNEL
from bridge.music.smf.midi_file import write
from bridge.music.smf.song import Song, TempoChange, Track
from bridge.sound.sample_bank import DRUMS, EXTRA, PITCHED, PURPOSE, RATE, Bank, BankLayout
from bridge.sound.soundfont import play_midi
from bridge.system.atomic_write import write_whole

_BPM: Final = 60.0  # a beat is a second
_TICKS: Final = 960
_VELOCITY: Final = 127
_FADE: Final = 480
"""Frames of the fade-out at the end of each recording."""


def record_bank(program: int, drums: bool, font: Path) -> Bank:
    """Render every note of an instrument with the synthesiser. Takes a second or two.

    ExtraMissing where the synthesiser or its sounds are not installed; its own RuntimeError or
    ValueError for a damaged font.
    """
    layout = DRUMS if drums else PITCHED
    parts = [_record(program, drums, font, p, layout) for p in layout.pitches]
    return Bank.of(layout, np.stack(parts))


def write_bank(path: Path, bank: Bank) -> None:
    """Write a bank to a file. OutputError when it cannot be written."""
    file = io.BytesIO()
    np.save(file, bank.samples, allow_pickle=False)
    write_whole(path, file.getvalue())


def _record(
    program: int, drums: bool, font: Path, pitch: int, layout: BankLayout
) -> npt.NDArray[np.int16]:
    """One note as int16 [frames, 2]."""
    note = Note(0, pitch, round(layout.hold * _TICKS), _VELOCITY)
    channel = DRUM_CHANNEL if drums else 0
    song = Song(
        tracks=(Track("", channel, program, (note,)),),
        tempi=(TempoChange(0, _BPM),),
        length=round((layout.hold + layout.tail) * _TICKS),
    )
    with TemporaryDirectory() as folder:
        file = Path(folder) / "note.mid"
        write(file, song)
        played, rate = play_midi(file.read_bytes(), font, PURPOSE, EXTRA)
    if rate != RATE:
        raise ValueError(f"the synthesiser plays at {rate} Hz, not {RATE}")
    whole = np.zeros((layout.frames, 2), np.int16)
    count = min(len(played), layout.frames)
    whole[:count] = played[:count, :2]  # a mono recording is broadcast to stereo
    fade = np.linspace(1.0, 0.0, _FADE, dtype=np.float32)[:, None]
    whole[-_FADE:] = (whole[-_FADE:] * fade).astype(np.int16)
    return whole


def main(arguments: list[str]) -> int:
    """Record into a file; an error is printed to stdout as one line."""
    program, kind, font, path = arguments
    drums = kind == "drums"
    try:
        write_bank(Path(path), record_bank(int(program), drums, Path(font)))
    except (BridgeError, OSError, RuntimeError, ValueError) as error:
        print(error)
        return BridgeError.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
