"""The sound process: device, instruments, and a pipe to the engine.

It ends when the pipe does, whatever became of the engine, and is silent before that.
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
from pathlib import Path
from typing import Final

import msgspec

from bridge.errors import BridgeError
from bridge.sound.audio_device import Device, open_device
from bridge.sound.bank_loader import bank_requests, load_banks
from bridge.sound.frame_clock import MARGIN_SECONDS
from bridge.sound.messages import (
    DeviceOpened,
    FromSound,
    Open,
    Play,
    Ready,
    SoundFailed,
    SoundNotice,
    ToSound,
)
from bridge.sound.mixer import Samples
from bridge.sound.player import Player
from bridge.sound.sample_bank import default_font
from bridge.system.ipc import CHANNEL, Channel, parent_channel
from bridge.system.thread_priority import try_fifo

PRIORITY: Final = 15
"""Below the engine's (20): a note is sent before a block is rendered."""
REPORT_SECONDS: Final = 0.5
FADE_SECONDS: Final = 0.1
"""So long at most the device goes on after the end, to fade out instead of clicking."""
EXIT_DEVICE_LOST: Final = 3
"""Exit code when the device has gone: it is worth trying again."""


def main() -> int:
    """Serve the parent process until it closes the pipe. Exit code 2 without one."""
    if CHANNEL not in os.environ:
        print("the sound process is started by latent-bridge, not by hand", file=sys.stderr)
        return 2
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the engine; it closes the pipe
    parent = EngineChannel(parent_channel(ToSound))
    _silence_standard_streams()
    with contextlib.suppress(EOFError, msgspec.DecodeError):
        asked = parent.channel.receive()
        if isinstance(asked, Open):
            _serve(parent, asked)
    return 0


class EngineChannel:
    """The engine's process, told from several threads."""

    def __init__(self, channel: Channel[FromSound, ToSound]) -> None:
        self.channel = channel
        self._lock = threading.Lock()

    def tell(self, message: FromSound) -> None:
        """Send a message; nothing happens where nobody is there any more."""
        with self._lock, contextlib.suppress(EOFError):
            self.channel.send(message)

    def hear(self, player: Player) -> None:
        """Hand over what is to be played, until that ends."""
        with contextlib.suppress(EOFError, msgspec.DecodeError):
            while isinstance(message := self.channel.receive(), Play):
                player.hear(message)


def _serve(parent: EngineChannel, asked: Open) -> None:
    player = Player()
    try:
        font = Path(asked.font) if asked.font else default_font()
        wishes = bank_requests(asked.programs, font)
        device = open_device(player.timeline.rate, asked.block_ms, asked.system)
    except BridgeError as error:
        parent.tell(SoundFailed(str(error)))
        return
    except OSError as error:
        why = error.strerror or error
        parent.tell(SoundFailed(f"the font {asked.font} cannot be read ({why}): change sound.font"))
        return

    def instruments() -> None:
        try:
            load_banks(wishes, font, player.use, lambda text: parent.tell(SoundNotice(text)))
        except BridgeError as error:
            parent.tell(SoundFailed(str(error)))
        else:
            parent.tell(Ready())

    try:
        _play(parent, player, device, asked, instruments)
    finally:
        device.close()


def _play(
    parent: EngineChannel,
    player: Player,
    device: Device,
    asked: Open,
    instruments: Callable[[], None],
) -> None:
    """Let the device play until the parent goes."""
    gc.collect()
    gc.freeze()
    gc.disable()
    sys.setswitchinterval(0.001)
    lost = threading.Event()
    device.start(_renderer(player), lost.set)
    delay = asked.block_ms + 1000 * MARGIN_SECONDS
    parent.tell(DeviceOpened(device.name, device.system, delay, device.buffer_ms))
    threading.Thread(target=instruments, name="instruments", daemon=True).start()
    threading.Thread(target=_watch, args=(parent, player, lost), name="watch", daemon=True).start()
    try_fifo(PRIORITY)
    parent.hear(player)
    player.end()
    end = time.monotonic() + FADE_SECONDS
    while not player.over and time.monotonic() < end:
        time.sleep(0.005)


def _renderer(player: Player) -> Callable[[int], Samples]:
    """What the device calls; its first call makes its thread a fast one."""
    first = [True]

    def render(frames: int) -> Samples:
        now = time.perf_counter()
        if first:
            first.clear()
            try_fifo(PRIORITY)
        return player.block(frames, now, time.perf_counter)

    return render


def _watch(parent: EngineChannel, player: Player, lost: threading.Event) -> None:
    """Report now and then; end the process when the device calls no more."""
    blocks = -1
    while not lost.wait(REPORT_SECONDS):
        load = player.load()
        if load.blocks == blocks:
            break
        blocks = load.blocks
        parent.tell(load)
    os._exit(EXIT_DEVICE_LOST)


def _silence_standard_streams() -> None:
    """Audio libraries write to the terminal, which is the screen's: not from here."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        with contextlib.suppress(OSError):
            os.dup2(null, stream)


if __name__ == "__main__":
    sys.exit(main())
