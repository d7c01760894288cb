"""The audio device through miniaudio: the only module that imports it.

miniaudio supports CoreAudio, WASAPI, PulseAudio, ALSA and JACK without other system libraries. It
calls back in its own thread, which requests real-time priority.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Generator
from typing import Any, Final

from bridge.errors import ExtraMissing, SoundError
from bridge.sound.mixer import Samples

Render = Callable[[int], Samples]
"""Frames -> float32 [frames, 2]; called in the device's thread."""

PERIODS: Final = 3
"""Blocks in the device's buffer, where the audio system accepts a request."""
SYSTEMS: Final = {
    "linux": ("pulseaudio", "alsa", "jack"),
    "darwin": ("coreaudio",),
    "win32": ("wasapi", "dsound", "winmm"),
}
"""Platform -> audio systems to try, in order. PipeWire is reached as PulseAudio."""
NULL_SYSTEM: Final = "null"
"""A silent device for measurements; used only when asked for by name."""
NO_DEVICE_ADVICE: Final = {
    "linux": "plug one in, start PipeWire, PulseAudio or JACK, or join the group 'audio'",
    "darwin": "choose an output in System Settings, Sound",
    "win32": "choose an output in Settings, System, Sound",
}
"""Platform -> advice when no device is found."""


class Device:
    """An open audio output; :meth:`start` starts its callbacks, :meth:`close` ends them."""

    def __init__(self, library: Any, system: str, rate: int, block_ms: int) -> None:
        self.system = system
        self._library = library
        self._device: Any = library.PlaybackDevice(
            output_format=library.SampleFormat.FLOAT32,
            nchannels=2,
            sample_rate=rate,
            buffersize_msec=block_ms,
            callback_periods=PERIODS,
            backends=[library.Backend[system.upper()]],
            thread_prio=library.ThreadPriority.REALTIME,
            app_name="Latent Bridge",
        )

    @property
    def name(self) -> str:
        """The device's name in its audio system."""
        with contextlib.suppress(Exception):  # a private field, which other versions may lack
            name: bytes = self._library.ffi.string(self._device._device.playback.name)
            return name.decode(errors="replace")
        return "default device"

    @property
    def buffer_ms(self) -> float:
        """Length of the device's buffer in milliseconds; 0 where unknown."""
        with contextlib.suppress(Exception):
            side = self._device._device.playback
            frames = int(side.internalPeriodSizeInFrames) * int(side.internalPeriods)
            return 1000 * frames / int(side.internalSampleRate)
        return 0.0

    def start(self, render: Render, lost: Callable[[], None]) -> None:
        """Play the blocks of ``render``; ``lost`` is called when the device stops by itself."""
        self._device.stop_callback = lost
        blocks = _blocks(render)
        next(blocks)
        self._device.start(blocks)

    def close(self) -> None:
        """Stop and release the device."""
        with contextlib.suppress(Exception):
            self._device.stop_callback = None
            self._device.close()


def _blocks(render: Render) -> Generator[Any, int, None]:
    count = yield b""
    while True:
        count = yield render(count)


def open_device(rate: int, block_ms: int, system: str = "") -> Device:
    """Open the default output of ``system``; if empty, of the first system that has one.

    ``rate`` is in Hz, ``block_ms`` the wanted block length. ExtraMissing without miniaudio;
    SoundError with advice without a device.
    """
    library = _library()
    known = (*SYSTEMS.get(sys.platform, SYSTEMS["linux"]), NULL_SYSTEM)
    if system and system not in known:
        raise SoundError(f"no audio system named {system!r}: choose one of {', '.join(known)}")
    failures = []
    for name in (system,) if system else known[:-1]:
        try:
            return Device(library, name, rate, block_ms)
        except library.MiniaudioError as error:
            failures.append(f"{name}: {error.args[0] if error.args else error}")
    advice = NO_DEVICE_ADVICE.get(sys.platform, NO_DEVICE_ADVICE["linux"])
    raise SoundError(f"no audio device: {advice} ({'; '.join(failures)})")


def _library() -> Any:
    os.environ.setdefault("JACK_NO_START_SERVER", "1")  # a probe must not start a server
    try:
        import miniaudio
    except ImportError as exc:
        raise ExtraMissing("miniaudio", "sound", "sound") from exc
    return miniaudio
