"""The delay of an output, found by a click or by probes that come back."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import pytest
from playing import FACTS, T0

from bridge.files.settings import NO_PORT, Settings
from bridge.live.devices.latency import HOPELESS, TRIES, Latency
from bridge.live.devices.settings_desk import SettingsDesk
from bridge.midi.latency import Returned, probe_number
from bridge.music.notes import Part
from bridge.session import core
from bridge.session.messages.listings import Listing
from bridge.session.messages.settings_messages import (
    LatencyNews,
    LatencyTest,
    SettingsList,
    TryLatency,
)
from bridge.session.new_session import first_state
from bridge.session.state.effects import Send
from bridge.session.state.events import Trial
from bridge.session.state.setup import Setup


class Cable:
    """Outputs of which the drums lead back to the input, ``late`` seconds later by its clock,
    which stands still between two messages."""

    def __init__(self, late: float = 0.004, *, plugged: bool = True) -> None:
        self.late, self.plugged, self.now = late, plugged, 100.0
        self.sent: list[tuple[Part, bytes]] = []
        self.returned: Returned | None = None
        self.sounded = threading.Event()

    def send(self, part: Part, message: bytes) -> None:
        self.sent.append((part, message))
        if len(self.sent) >= 4:
            self.sounded.set()
        if self.plugged and part is Part.DRUMS and self.returned is not None:
            assert not self.returned(b"\x90\x3c\x40", self.now), "what is played is no probe"
            assert self.returned(message, self.now + self.late)
        self.now += 0.01

    def expect(self, returned: Returned | None) -> None:
        self.returned = returned

    def latency(self, settings: Settings | None = None) -> Latency:
        known = settings or Settings()
        return Latency(self.send, self.expect, lambda: known, clock=lambda: self.now)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """No waiting between probes, nor for those that never come."""
    monkeypatch.setattr("bridge.live.devices.latency.WAIT_SECONDS", 0.001)
    monkeypatch.setattr("bridge.live.devices.latency.PAUSES", (0.0,))
    return threading.Event()


def test_probes_that_come_back_are_timed_from_sending_to_arrival(quick: threading.Event) -> None:
    cable = Cable()
    found = cable.latency().measure(Part.DRUMS, quick)
    assert (found.sent, len(found.seconds)) == (TRIES, TRIES)
    assert all(abs(second - 0.004) < 1e-9 for second in found.seconds)
    assert cable.returned is None, "afterwards nothing is looked at"
    numbers = [probe_number(message) for _, message in cable.sent]
    assert numbers == list(range(TRIES))


def test_without_a_loop_back_it_gives_up_soon_and_says_what_to_connect(
    quick: threading.Event,
) -> None:
    cable = Cable(plugged=False)
    found = cable.latency().measure(Part.DRUMS, quick)
    assert (found.sent, found.seconds) == (HOPELESS, ())
    assert "nothing came back" in found.text


def test_a_measurement_is_shown_on_the_page(tmp_path: Path, quick: threading.Event) -> None:
    desk = SettingsDesk(Settings(), tmp_path / "settings.yaml")
    desk.latency = Cable().latency().serve
    shown: SimpleQueue[Listing] = SimpleQueue()
    desk.answer(TryLatency("drums", LatencyTest.MEASURE), shown.put)
    first, page, result = (shown.get(timeout=10) for _ in range(3))
    assert isinstance(first, LatencyNews)
    assert first.test is LatencyTest.MEASURE
    assert isinstance(page, SettingsList)
    row = {row.key: row for row in page.rows}["offsets_ms.drums"]
    assert row.advice.startswith("out and back in 4.0 ms")
    assert isinstance(result, LatencyNews)
    assert result.text == row.advice


def test_a_click_sounds_on_the_part_and_its_reference_until_it_is_ended() -> None:
    cable = Cable(plugged=False)
    latency = cable.latency()
    shown: SimpleQueue[Listing] = SimpleQueue()
    latency.serve(TryLatency("bass", LatencyTest.CLICK), shown.put, str)
    assert cable.sounded.wait(10)
    latency.serve(TryLatency("bass"), shown.put, str)
    assert {part for part, _ in cable.sent} == {Part.BASS, Part.DRUMS}
    sounding: set[tuple[Part, int]] = set()
    for part, message in cable.sent:
        (sounding.add if message[0] & 0xF0 == 0x90 else sounding.discard)((part, message[1]))
    assert not sounding, "every click has ended"
    news = [shown.get_nowait(), shown.get_nowait()]
    assert news[1] == LatencyNews("bass")


def test_a_part_without_a_port_says_so() -> None:
    settings = Settings()
    settings = replace(settings, ports={**settings.ports, "bass": NO_PORT})
    cable, shown = Cable(), list[Listing]()
    cable.latency(settings).serve(TryLatency("bass", LatencyTest.CLICK), shown.append, str)
    assert shown == [LatencyNews("bass", text="the bass goes to no port: choose one first")]
    assert not cable.sent


def test_a_trial_is_sent_and_belongs_to_no_music() -> None:
    state = first_state(Setup(), FACTS)
    after, effects = core.step(state, Trial(T0, Part.BASS, b"\x91\x30\x64"))
    (sent,) = effects
    assert isinstance(sent, Send)
    assert (sent.part, sent.message, sent.due, sent.thru) == (Part.BASS, b"\x91\x30\x64", T0, True)
    assert after.lanes == state.lanes
