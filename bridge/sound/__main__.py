"""The sound process: audio device, instruments, and a pipe to the engine.

It fades out and ends when the pipe is closed, also when the engine has crashed.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from bridge.errors import BridgeError
from bridge.sound.audio_device import Device, open_device
from bridge.sound.bank_loader import bank_requests, load_banks
from bridge.sound.frame_clock import MARGIN_SECONDS
from bridge.sound.messages import (
    WATCH_SECONDS,
    DeviceOpened,
    FromSound,
    Open,
    Play,
    Ready,
    SoundFailed,
    SoundNotice,
    ToSound,
    WatchLevel,
)
from bridge.sound.mixer import Samples
from bridge.sound.player import Player
from bridge.sound.sample_bank import default_font
from bridge.system.ipc import CHANNEL, Channel, parent_channel
from bridge.system.thread_priority import try_fifo

PRIORITY: Final = 15
"""SCHED_FIFO priority, below the engine's (20): sending a note comes before rendering a block."""
REPORT_SECONDS: Final = 0.5
LEVEL_SECONDS: Final = 0.1
"""Time between two reports, and while somebody looks at the level."""
STALLED_SECONDS: Final = 10.0
"""Time without a block after which the device counts as gone."""
FADE_SECONDS: Final = 0.1
"""Longest time that the device runs on after the end, to fade out without a click."""
EXIT_DEVICE_LOST: Final = 3
"""Exit code when the device has gone, so that the engine starts this process again."""


def main() -> int:
    """Serve the parent process until it closes the pipe. Exit code 2 without one."""
    if CHANNEL not in os.environ:
        print("the sound process is started by latent-bridge, not by hand", file=sys.stderr)
        return 2
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the engine; it closes the pipe
    parent = EngineChannel(parent_channel(ToSound))
    _silence_standard_streams()
    with contextlib.suppress(EOFError, msgspec.DecodeError):
        request = parent.channel.receive()
        if isinstance(request, Open):
            _serve(parent, request)
    return 0


class EngineChannel:
    """The channel to the engine's process, safe for several threads."""

    def __init__(self, channel: Channel[FromSound, ToSound]) -> None:
        self.channel = channel
        self._lock = threading.Lock()
        self._watched = float("-inf")

    @property
    def report_seconds(self) -> float:
        """The time until the next report."""
        watched = time.monotonic() - self._watched < WATCH_SECONDS
        return LEVEL_SECONDS if watched else REPORT_SECONDS

    def send(self, message: FromSound) -> None:
        """Send a message; ignored when the engine has gone."""
        with self._lock, contextlib.suppress(EOFError):
            self.channel.send(message)

    def hear(self, player: Player) -> None:
        """Pass MIDI messages to the player, and notice who looks at the level, until the channel
        closes or another message comes."""
        with contextlib.suppress(EOFError, msgspec.DecodeError):
            while isinstance(message := self.channel.receive(), Play | WatchLevel):
                if isinstance(message, Play):
                    player.hear(message)
                else:
                    self._watched = time.monotonic()


def _serve(parent: EngineChannel, request: Open) -> None:
    player = Player()
    try:
        font = Path(request.font) if request.font else default_font()
        banks = bank_requests(request.programs, font)
        device = open_device(player.frame_clock.rate, request.block_ms, request.system)
    except BridgeError as error:
        parent.send(SoundFailed(str(error)))
        return
    except OSError as error:
        why = error.strerror or error
        parent.send(
            SoundFailed(f"the font {request.font} cannot be read ({why}): change sound.font")
        )
        return

    def instruments() -> None:
        try:
            load_banks(banks, font, player.use, lambda text: parent.send(SoundNotice(text)))
        except BridgeError as error:
            parent.send(SoundFailed(str(error)))
        else:
            parent.send(Ready())

    try:
        _play(parent, player, device, request, instruments)
    finally:
        device.close()


def _play(
    parent: EngineChannel,
    player: Player,
    device: Device,
    request: Open,
    instruments: Callable[[], None],
) -> None:
    """Run the device until the engine closes the channel."""
    gc.collect()
    gc.freeze()
    gc.disable()
    sys.setswitchinterval(0.001)
    lost = threading.Event()
    device.start(_renderer(player), lost.set)
    delay = request.block_ms + 1000 * MARGIN_SECONDS
    parent.send(DeviceOpened(device.name, device.system, delay, device.buffer_ms))
    threading.Thread(target=instruments, name="instruments", daemon=True).start()
    threading.Thread(target=_watch, args=(parent, player, lost), name="watch", daemon=True).start()
    try_fifo(PRIORITY)
    parent.hear(player)
    player.end()
    end = time.monotonic() + FADE_SECONDS
    while not player.over and time.monotonic() < end:
        time.sleep(0.005)


def _renderer(player: Player) -> Callable[[int], Samples]:
    """The device's callback; its first call raises the priority of the device's thread."""
    first = [True]

    def render(frames: int) -> Samples:
        now = time.perf_counter()
        if first:
            first.clear()
            try_fifo(PRIORITY)
        return player.block(frames, now, time.perf_counter)

    return render


def _watch(parent: EngineChannel, player: Player, lost: threading.Event) -> None:
    """Report the load periodically; end the process when the device is gone, or calls no more."""
    stall = Stall()
    while not lost.wait(seconds := parent.report_seconds):
        load = player.load()
        if stall.is_over(load.blocks, seconds):
            break
        parent.send(load)
    os._exit(EXIT_DEVICE_LOST)


@dataclass
class Stall:
    """A pause of the device. An audio server that is busy, or that waits for another program, may
    pull no block for seconds and then goes on; after a longer pause the device counts as gone."""

    _blocks: int = -1
    _still: float = 0.0

    def is_over(self, blocks: int, seconds: float) -> bool:
        """True if the number of ``blocks``, seen ``seconds`` after the last time, has stood still
        for :data:`STALLED_SECONDS`."""
        self._still = self._still + seconds if blocks == self._blocks else 0.0
        self._blocks = blocks
        return self._still >= STALLED_SECONDS


def _silence_standard_streams() -> None:
    """Redirect the standard streams, because audio libraries write to the terminal, where the
    screen is."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        with contextlib.suppress(OSError):
            os.dup2(null, stream)


if __name__ == "__main__":
    sys.exit(main())
