"""Render a song to a WAV file with General MIDI sounds.

The renderer and the sounds (:mod:`bridge.sound.soundfont`) come with the extra ``render`` and are
loaded on demand.
"""

from __future__ import annotations

import io
import wave
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.errors import OutputError
from bridge.music.grid import TICKS_PER_BEAT
from bridge.music.smf.midi_file import write
from bridge.music.smf.song import Song
from bridge.sound.soundfont import play_midi, soundfont
from bridge.system.atomic_write import write_whole

PEAK: Final = 0.89
"""Peak level as a share of full scale: -1 dBFS, so that no player clips."""
FADE_SECONDS: Final = 0.25
TAIL_BEATS: Final = 4
"""Beats added for the last notes to decay; the renderer stops at the last message."""
PURPOSE: Final = "rendering WAV"


def render_wav(song: Song, path: Path) -> float:
    """Write ``song`` to ``path`` as 16-bit stereo and return its length in seconds.

    The peak is :data:`PEAK`; the sample rate is the renderer's (48 kHz). ExtraMissing without
    the extra ``render``, OutputError when the song cannot be rendered or written.
    """
    data, rate = _render(song)
    samples = _finish(data, rate)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.astype("<i2").tobytes())
    write_whole(path, file.getvalue())
    return len(samples) / rate


def _render(song: Song) -> tuple[npt.NDArray[np.float64], int]:
    """Samples [frames, 2] in -1..1, and their rate in Hz."""
    try:
        frames, rate = play_midi(_midi(song), soundfont(PURPOSE), PURPOSE)
    except (RuntimeError, ValueError) as exc:
        raise OutputError(f"this song cannot be rendered to WAV: {exc}; write .mid") from exc
    return frames / 32768.0, rate


def _midi(song: Song) -> bytes:
    """The song as a Standard MIDI File, extended by :data:`TAIL_BEATS`."""
    longer = replace(song, length=song.end + TAIL_BEATS * TICKS_PER_BEAT)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "song.mid"
        write(path, longer)
        return path.read_bytes()


def _finish(samples: npt.NDArray[np.float64], rate: int) -> npt.NDArray[np.int16]:
    """Normalise to stereo at :data:`PEAK` and fade out the end."""
    stereo = np.repeat(samples, 2, axis=1) if samples.shape[1] == 1 else samples[:, :2].copy()
    loudest = float(np.abs(stereo).max(initial=0.0))
    if loudest > 0:
        stereo *= PEAK / loudest
    fade = min(len(stereo), int(FADE_SECONDS * rate))
    if fade:
        stereo[-fade:] *= np.linspace(1.0, 0.0, fade)[:, None]
    return np.rint(stereo * 32767).astype(np.int16)
