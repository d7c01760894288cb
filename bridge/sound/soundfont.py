"""The SoundFont synthesiser (``midirenderer``) and its General MIDI sounds.

The only module that imports it. It renders whole MIDI files into memory, not in real time;
:mod:`bridge.sound` plays live from notes recorded here. The SoundFont is TimGM6mb, which is
part of ``pretty_midi``.
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
    """Path of the General MIDI SoundFont in ``pretty_midi``, which is not imported itself.

    ExtraMissing, naming the ``purpose``, where it is not installed.
    """
    found = importlib.util.find_spec("pretty_midi")
    fonts = sorted(Path(found.origin).parent.glob("*.sf2")) if found and found.origin else []
    if not fonts:
        raise ExtraMissing("pretty_midi", extra, purpose)
    return fonts[0]


def play_midi(
    midi: bytes, font: Path, purpose: str, extra: str = "render"
) -> tuple[npt.NDArray[np.int16], int]:
    """Render a Standard MIDI File: samples [frames, channels] and their rate in Hz (48 kHz).

    The sound ends with the file's last message. ExtraMissing without the synthesiser; its own
    RuntimeError or ValueError for files it cannot play.
    """
    try:
        import midirenderer
    except ImportError as exc:
        raise ExtraMissing("midirenderer", extra, purpose) from exc
    data = midirenderer.render_wave_from(font.read_bytes(), midi)
    with wave.open(io.BytesIO(data)) as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        return frames.reshape(-1, file.getnchannels()), file.getframerate()
