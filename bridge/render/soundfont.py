"""The SoundFont synthesiser (``midirenderer``) and its General MIDI sounds.

The only module that imports it. It plays a whole MIDI file into memory and knows no real
time; :mod:`bridge.sound` plays live with notes that it recorded from here. The sounds are
TimGM6mb, which ``pretty_midi`` carries.
"""

from __future__ import annotations

import importlib.util
import io
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bridge.errors import ExtraMissing


def soundfont(purpose: str, extra: str = "render") -> Path:
    """The General MIDI sounds that pretty_midi carries; the package itself is not imported.

    ExtraMissing, with what it was wanted for, where they are not installed.
    """
    found = importlib.util.find_spec("pretty_midi")
    fonts = sorted(Path(found.origin).parent.glob("*.sf2")) if found and found.origin else []
    if not fonts:
        raise ExtraMissing("pretty_midi", extra, purpose)
    return fonts[0]


def play_midi(
    midi: bytes, font: Path, purpose: str, extra: str = "render"
) -> tuple[npt.NDArray[np.int16], int]:
    """A Standard MIDI File as samples [frames, channels], and their rate in Hz (48 kHz).

    The sound ends with the file's last message. ExtraMissing without the synthesiser;
    RuntimeError or ValueError, its own, for what it cannot play.
    """
    try:
        import midirenderer
    except ImportError as exc:
        raise ExtraMissing("midirenderer", extra, purpose) from exc
    data = midirenderer.render_wave_from(font.read_bytes(), midi)
    with wave.open(io.BytesIO(data)) as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        return frames.reshape(-1, file.getnchannels()), file.getframerate()
