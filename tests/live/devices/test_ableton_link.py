"""Our peer of a Link session: simulated, and real if the package is installed."""

from __future__ import annotations

import sys
import time
from queue import Queue

import pytest

from bridge.cli import main
from bridge.errors import ExtraMissing
from bridge.live.devices import ableton_link as ours
from bridge.live.devices.ableton_link import (
    SETTLE_SECONDS,
    FakeLink,
    FakeNetwork,
    LinkChange,
    LinkTime,
    Peer,
    Watcher,
    is_news,
)
from bridge.timing.tempo import BeatLine

MILLION = 1_000_000


def peer_on(network: FakeNetwork, ahead: float = 0.0) -> Peer:
    """A peer that has entered, whose clock is ``ahead`` of Link's by some seconds."""
    peer = Peer(FakeLink(network), lambda: network.micros / MILLION + ahead)
    peer.enter()
    return peer


def test_who_joins_waits_and_leaves_the_sessions_tempo_as_it_is() -> None:
    """Link test plan, TEMPO-2: the session's 93 BPM stay where one comes who had 140."""
    network = FakeNetwork()
    resident = Peer(FakeLink(network, 93.0), lambda: network.micros / MILLION)
    resident.enter()
    network.micros = 5 * MILLION
    comer = Peer(FakeLink(network, 140.0), lambda: network.micros / MILLION)
    assert comer.wait == pytest.approx(SETTLE_SECONDS)
    assert resident.read().peers == 0, "made, but not in the session yet"
    network.micros += int(SETTLE_SECONDS * MILLION)
    assert comer.wait == 0.0
    comer.enter()
    assert resident.read().line.bpm == comer.read().line.bpm == pytest.approx(93)


def test_a_link_object_enabled_at_once_may_change_the_tempo_of_all() -> None:
    """The fake has the library's fault, so that the wait is tested."""
    network = FakeNetwork()
    resident = Peer(FakeLink(network, 93.0))
    resident.enter()
    Peer(FakeLink(network, 140.0)).enter()
    assert resident.read().line.bpm == pytest.approx(140)


def test_a_peer_that_plays_already_keeps_its_bars_on_those_of_the_session() -> None:
    """Beat 0 a second ago, where the session was at beat 3: it is the next bar line after that,
    for us alone, and nobody is started."""
    network = FakeNetwork(anchor=(0, 3.0))
    resident, comer = peer_on(network), peer_on(network)
    before = resident.read().line.beat
    network.micros = MILLION
    comer.do(LinkChange(1, 0.0, align=True))
    found = comer.read()
    assert (found.line.beat, found.playing, found.done) == (pytest.approx(1.0), False, 1)
    assert resident.read().line.beat == pytest.approx(before + 2.0)


def test_the_watcher_waits_in_its_own_thread_and_closing_ends_the_wait() -> None:
    """Nobody else is held up, and who leaves at once has never been there."""
    network = FakeNetwork()
    heard = Queue[LinkTime]()
    peer = Peer(FakeLink(network), lambda: network.micros / MILLION)
    watcher = Watcher(peer, heard.put)
    watcher.close()
    assert heard.empty()
    assert not network.links[0].enabled


def test_joining_turns_start_stop_sync_on_and_leaving_leaves() -> None:
    """The others see one more, then one less."""
    network = FakeNetwork()
    peer, other = peer_on(network), peer_on(network)
    assert all(link.startStopSyncEnabled for link in network.links)
    assert other.read().peers == 1
    peer.close()
    assert other.read().peers == 0


def test_alone_the_beat_is_nought_where_music_starts() -> None:
    """Also if that is in the future (a count-in), and by our clock, not Link's."""
    network = FakeNetwork(micros=5 * MILLION)
    peer = peer_on(network, ahead=100.0)
    peer.do(LinkChange(1, 107.0, play=True))
    now = peer.read()
    assert now.playing
    assert now.done == 1
    assert now.line.second_at(0.0) == pytest.approx(107.0)
    assert now.line.bpm == pytest.approx(120)


def test_among_others_music_starts_on_the_sessions_next_bar() -> None:
    """Both call the same moment beat 0; it is a bar line of the session's beat."""
    network = FakeNetwork(micros=1_250_000)
    ours_, theirs = peer_on(network), peer_on(network)
    ours_.do(LinkChange(1, 1.25, play=True))
    zero = ours_.read().line.second_at(0.0)
    assert zero == pytest.approx(2.0)
    assert theirs.read().line.second_at(0.0) == pytest.approx(zero)


def test_in_another_metre_music_starts_on_a_bar_of_its_quarter_notes() -> None:
    """At beat 2.5 the next bar of three begins at beat 3; a change of metre changes the quantum."""
    network = FakeNetwork(micros=1_250_000)
    first = Peer(FakeLink(network), lambda: network.micros / MILLION, quarters=3)
    peer_on(network)
    first.enter()
    first.do(LinkChange(1, 1.25, play=True, quarters=3))
    assert first.read().line.second_at(0.0) == pytest.approx(1.5)
    first.do(LinkChange(2, 1.25, play=False, quarters=6))
    first.do(LinkChange(3, 1.25, play=True, quarters=6))
    assert first.read().line.second_at(0.0) == pytest.approx(3.0)


def test_who_comes_while_others_play_has_their_position() -> None:
    """Bar 3 for one is bar 3 for all."""
    network = FakeNetwork()
    first = peer_on(network)
    first.do(LinkChange(1, 0.0, play=True))
    network.micros = 5 * MILLION
    late = peer_on(network)
    assert late.read().line.beat_at(5.0) == pytest.approx(first.read().line.beat_at(5.0))


def test_stop_and_tempo_are_everybodys() -> None:
    """Changes of one peer are read by the other."""
    network = FakeNetwork()
    one, other = peer_on(network), peer_on(network)
    one.do(LinkChange(1, 0.0, play=True))
    network.micros = 3 * MILLION
    other.do(LinkChange(1, 3.0, bpm=90.0))
    assert one.read().line.bpm == pytest.approx(90)
    assert one.read().line.beat_at(3.0) == pytest.approx(6.0)
    assert one.read().done == 1
    other.do(LinkChange(2, 3.0, play=False))
    assert not one.read().playing


def test_news_are_changes_and_drift_and_a_word_a_second() -> None:
    """A beat at the expected place is not reported."""
    line = BeatLine(4.0, 10.0, 0.5)
    told = LinkTime(line, False, 1)
    later = LinkTime(line.moved_to(4.2, 10.1), False, 1)
    assert not is_news(told, later)
    assert is_news(None, told)
    assert is_news(told, LinkTime(line, True, 1))
    assert is_news(told, LinkTime(line, False, 2))
    assert is_news(told, LinkTime(line, False, 1, done=1))
    assert is_news(told, LinkTime(line.moved_to(4.2, 10.1005), False, 1))
    assert is_news(told, LinkTime(line.moved_to(6.2, 11.1), False, 1))
    assert is_news(told, LinkTime(BeatLine(4.0, 10.0, 0.4), False, 1))


def test_the_watcher_tells_what_became_of_a_wish() -> None:
    """From its own thread; closing leaves the session."""
    network, heard = FakeNetwork(), Queue[LinkTime]()
    peer = peer_on(network)
    network.micros += int(SETTLE_SECONDS * MILLION)
    watcher = Watcher(peer, heard.put)
    assert not heard.get(timeout=60).playing
    watcher.do(LinkChange(1, 0.0, play=True))
    now = heard.get(timeout=60)
    assert (now.playing, now.done) == (True, 1)
    watcher.close()
    assert not network.links[0].enabled


def test_without_the_extra_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, exit 2; the base never needs it."""
    monkeypatch.setitem(sys.modules, "link", None)
    with pytest.raises(ExtraMissing, match=r"latent-bridge\[link\]"):
        ours.prepare(120.0)
    assert main(["play", "--link", "--headless", "--model", "fake"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "pip install 'latent-bridge[link]'" in said


def test_two_masters_at_once_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """--link and --clock each claim the beat."""
    assert main(["play", "--link", "--clock", "x", "--headless"]) == 2
    assert "two masters" in capsys.readouterr().err


@pytest.fixture
def pair() -> tuple[Peer, Peer]:
    """Two real peers that have found each other."""
    pytest.importorskip("link", reason="needs the extra: pip install 'latent-bridge[link]'")
    pair = ours.prepare(120.0), ours.prepare(93.0)
    time.sleep(max(peer.wait for peer in pair))
    for peer in pair:
        peer.enter()
    end = time.monotonic() + 5
    while not all(peer.read().peers for peer in pair):
        if time.monotonic() > end:
            pytest.skip("Link's peers do not find each other on this network")
        time.sleep(0.02)
    return pair


@pytest.mark.integration
def test_real_peers_share_beat_tempo_and_transport(pair: tuple[Peer, Peer]) -> None:
    """The fake's promises, kept by Ableton's library; beats agree to a fifth of a
    millisecond on one machine."""

    def agree(condition: object) -> None:
        end = time.monotonic() + 30
        while not condition():  # type: ignore[operator]
            assert time.monotonic() < end
            time.sleep(0.01)

    one, other = pair
    one.do(LinkChange(1, time.monotonic(), bpm=101.0))
    agree(lambda: abs(other.read().line.bpm - 101) < 1e-3)
    at = time.monotonic()
    one.do(LinkChange(2, at, play=True))
    agree(lambda: other.read().playing)
    zero = one.read().line.second_at(0.0)
    assert at - 1e-3 <= zero <= at + 4 * 60 / 101 + 1e-3
    agree(
        lambda: abs(other.read().line.second_at(0.0) - one.read().line.second_at(0.0)) < 2e-4
    )  # a reading of two clocks that is interrupted in between is inexact
    other.do(LinkChange(1, time.monotonic(), play=False))
    agree(lambda: not one.read().playing)
    for peer in pair:
        peer.close()
