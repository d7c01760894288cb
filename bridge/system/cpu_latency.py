"""Keeping the processor ready while the band plays (Linux).

A core without work goes to sleep, the deeper the longer, and wakes up late: 0.1 ms on real
hardware; a virtual machine's core is given back to its host, which may take milliseconds to
bring it back. Whoever holds ``/dev/cpu_dma_latency`` open names the delay it can bear, for as
long as it holds it (the kernel's documentation: "PM Quality of Service Interface"). It costs
power, so it is held only while the band plays, and only where the system lets us.
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
"""Lets a core take its lightest sleep, which a fan can hear and a note cannot."""
VIRTUAL_DRIVER: Final = "haltpoll"
"""In a virtual machine even the lightest sleep gives the core away."""


class CpuLatencyHold:
    """Holds the request. Every method never raises; where nothing is permitted, nothing is done."""

    def __init__(self, device: Path = DEVICE, driver: Path = IDLE_DRIVER) -> None:
        self._device, self._driver = device, driver
        self._asked = False
        self._file: int | None = None

    @property
    def held(self) -> bool:
        """True if the cores are kept ready now."""
        return self._file is not None

    def hold(self, playing: bool) -> None:
        """Hold the request while ``playing``, give it back after. Cheap when nothing changes."""
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
    """The delay to ask for, in microseconds: 0 means that no core sleeps at all."""
    try:
        virtual = driver.read_text().strip() == VIRTUAL_DRIVER
    except OSError:
        virtual = False
    return 0 if virtual else ALLOWED_LATENCY_US


def permitted(device: Path = DEVICE) -> bool | None:
    """True if the system would let us; None where there is no such thing."""
    return os.access(device, os.W_OK) if device.exists() else None
