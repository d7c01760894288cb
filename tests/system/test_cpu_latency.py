"""The CPU latency request: held while playing, released, never raising."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from bridge.system.cpu_latency import (
    ALLOWED_LATENCY_US,
    CpuLatencyHold,
    allowed_latency_us,
    permitted,
)


@pytest.fixture
def device(tmp_path: Path) -> Path:
    """A file in place of the latency device."""
    path = tmp_path / "cpu_dma_latency"
    path.write_bytes(b"")
    return path


def test_the_request_stands_while_the_band_plays(device: Path, tmp_path: Path) -> None:
    awake = CpuLatencyHold(device, tmp_path / "no driver")
    awake.hold(False)
    assert device.read_bytes() == b""
    for _ in range(3):
        awake.hold(True)
        assert awake.held
    assert device.read_bytes() == struct.pack("=i", ALLOWED_LATENCY_US)
    awake.hold(False)
    assert not awake.held


def test_it_is_asked_again_in_the_next_take(device: Path) -> None:
    awake = CpuLatencyHold(device)
    for _ in range(2):
        device.write_bytes(b"")
        awake.hold(True)
        assert len(device.read_bytes()) == 4
        awake.hold(False)


def test_no_core_of_a_virtual_machine_sleeps(tmp_path: Path) -> None:
    driver = tmp_path / "current_driver"
    for name, microseconds in (("haltpoll\n", 0), ("intel_idle\n", ALLOWED_LATENCY_US)):
        driver.write_text(name)
        assert allowed_latency_us(driver) == microseconds
    assert allowed_latency_us(tmp_path / "none") == ALLOWED_LATENCY_US


def test_where_it_is_not_to_be_had_nothing_happens(device: Path, tmp_path: Path) -> None:
    for nothing in (tmp_path / "none", tmp_path):  # not there; not to be written
        awake = CpuLatencyHold(nothing)
        awake.hold(True)
        assert not awake.held
        awake.hold(False)
    assert permitted(tmp_path / "none") is None
    assert permitted(device) is True
