"""An audio server that pauses is waited for; a device that is gone is not."""

from __future__ import annotations

from bridge.sound.__main__ import LEVEL_SECONDS, REPORT_SECONDS, STALLED_SECONDS, Stall


def test_a_server_that_pulls_no_block_for_seconds_and_goes_on_is_waited_for() -> None:
    """Fault 22: the sound process was started again after half a second."""
    stall = Stall()
    assert not any(stall.is_over(blocks, REPORT_SECONDS) for blocks in range(5))
    assert not any(stall.is_over(4, REPORT_SECONDS) for _ in range(round(5 / REPORT_SECONDS)))
    assert not any(stall.is_over(blocks, REPORT_SECONDS) for blocks in range(5, 50))


def test_a_device_that_calls_no_more_is_given_up() -> None:
    stall = Stall()
    over = [
        stall.is_over(7, REPORT_SECONDS) for _ in range(round(STALLED_SECONDS / REPORT_SECONDS) + 1)
    ]
    assert over[-1]
    assert not any(over[:-1])


def test_reports_that_come_more_often_do_not_shorten_the_wait() -> None:
    """While somebody looks at the level there are ten a second."""
    stall = Stall()
    over = [stall.is_over(7, LEVEL_SECONDS) for _ in range(round(9 / LEVEL_SECONDS))]
    assert not any(over)
