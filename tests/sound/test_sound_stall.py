"""An audio server that pauses is waited for; a device that is gone is not."""

from __future__ import annotations

from bridge.sound.__main__ import REPORT_SECONDS, STALLED_SECONDS, Stall


def test_a_server_that_pulls_no_block_for_seconds_and_goes_on_is_waited_for() -> None:
    """Fault 22: the sound process was started again after half a second."""
    stall = Stall()
    assert not any(stall.is_over(blocks) for blocks in range(5))
    assert not any(stall.is_over(4) for _ in range(round(5 / REPORT_SECONDS)))
    assert not any(stall.is_over(blocks) for blocks in range(5, 50))


def test_a_device_that_calls_no_more_is_given_up() -> None:
    stall = Stall()
    over = [stall.is_over(7) for _ in range(round(STALLED_SECONDS / REPORT_SECONDS) + 1)]
    assert over[-1]
    assert not any(over[:-1])
