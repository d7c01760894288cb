"""Limit the CPU's wake-up latency while the band plays (Linux).

An idle core enters sleep states and wakes up late: 0.1 ms on real hardware; a virtual machine's
core is returned to its host, which may take milliseconds to schedule it again. A process that
holds ``/dev/cpu_dma_latency`` open requests a limit in microseconds for as long (kernel
documentation: "PM Quality of Service Interface"). This costs power, so it is held only while the
band plays, and only where it is permitted.
"""

from __future__ import annotations

import contextlib
import os
import struct
from pathlib import Path
from typing import Final

DEVICE: Final = Path("/dev/cpu_dma_latency")
IDLE_DRIVER: Final = Path("/sys/devices/system/cpu/cpuidle/current_driver")
ALLOWED_LATENCY_US: Final = 10
"""Microseconds; permits the lightest sleep state, whose latency is inaudible and which saves
power."""
VIRTUAL_DRIVER: Final = "haltpoll"
"""The idle driver in a virtual machine, where even the lightest sleep returns the core to the
host."""


class CpuLatencyHold:
    """Holds the latency request. No method raises; nothing happens where it is not permitted."""

    def __init__(self, device: Path = DEVICE, driver: Path = IDLE_DRIVER) -> None:
        self._device, self._driver = device, driver
        self._asked = False
        self._file: int | None = None

    @property
    def held(self) -> bool:
        """True while the request is held."""
        return self._file is not None

    def hold(self, playing: bool) -> None:
        """Hold the request while ``playing``, else release it. Cheap when nothing changes."""
        if playing == self._asked:
            return
        self._asked = playing
        with contextlib.suppress(OSError):
            if playing:
                self._open()
            elif self._file is not None:
                file, self._file = self._file, None
                os.close(file)

    def _open(self) -> None:
        file = os.open(self._device, os.O_WRONLY)
        try:
            os.write(file, struct.pack("=i", allowed_latency_us(self._driver)))
        except OSError:
            os.close(file)
            raise
        self._file = file


def allowed_latency_us(driver: Path = IDLE_DRIVER) -> int:
    """The latency limit to request, in microseconds; 0 keeps every core from sleeping."""
    try:
        virtual = driver.read_text().strip() == VIRTUAL_DRIVER
    except OSError:
        virtual = False
    return 0 if virtual else ALLOWED_LATENCY_US


def permitted(device: Path = DEVICE) -> bool | None:
    """True if the request is permitted; None on systems without it."""
    return os.access(device, os.W_OK) if device.exists() else None
