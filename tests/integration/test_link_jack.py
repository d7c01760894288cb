"""In a Link session, with Ableton's own library: the program on JACK, a peer beside it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from jackpeers import attentive, needed
from jackserver import FINE, PATIENCE, RATE, JackServer, wait_for
from test_play_jack import Musician, band

from bridge.live.devices.ableton_link import LinkChange, Peer, prepare

pytestmark = needed("jackd")
OPTIONS = (
    "--link",
    "--in",
    "none",
    "--melody",
    "none",
    "--model",
    "fake",
    "--set",
    "temperature=0",
)


def off_grid(player: Musician, peer: Peer, since: float) -> list[float]:
    """For each hit since a time of JACK's: seconds from a 16th of the session's beat."""
    frames, now = player.client.frame_time / RATE, time.monotonic()
    line = peer.read().line
    beats = [line.beat_at(h.at - frames + now) for h in player.ons("drums") if h.at > since]
    return [(beat * 4 - round(beat * 4)) / 4 * line.seconds_per_beat for beat in beats]


@pytest.mark.parametrize("jack", [FINE], indirect=True, ids=["fine"])
def test_the_band_starts_plays_and_stops_with_the_other_peer(
    jack: JackServer, tmp_path: Path
) -> None:
    """The peer starts, changes the tempo and stops; the band's hits lie on its 16ths, begin
    with a bar line of the session, and end with its stop."""
    pytest.importorskip("link", reason="needs the extra: pip install 'latent-bridge[link]'")
    peer = prepare(120.0)
    time.sleep(peer.wait)
    peer.enter()
    with (
        attentive(),
        band(jack, *OPTIONS, errors=tmp_path / "err", ports=("Drums", "Bass")) as (player, program),
    ):
        end = time.monotonic() + 5
        while not peer.read().peers:
            if time.monotonic() > end:
                pytest.skip("Link's peers do not find each other on this network")
            time.sleep(0.05)
        time.sleep(0.5)
        peer.do(LinkChange(1, time.monotonic(), play=True))
        zero = peer.read().line.second_at(0.0)
        wait_for(lambda: len(player.ons("drums")) > 12, "the band")
        began = player.ons("drums")[0].at - player.client.frame_time / RATE + time.monotonic()
        assert began - zero == pytest.approx(0.0, abs=0.015)
        assert max(map(abs, off_grid(player, peer, 0.0))) < 0.015
        peer.do(LinkChange(2, time.monotonic(), bpm=143.0))
        time.sleep(0.3)
        since = player.client.frame_time / RATE
        time.sleep(2.0)
        off = off_grid(player, peer, since)
        assert len(off) > 6
        print(f"hits off the session's 16ths: {[round(1000 * x, 1) for x in off]} ms")
        assert max(map(abs, off)) < 0.015
        peer.do(LinkChange(3, time.monotonic(), play=False))
        time.sleep(0.3)
        count = len(player.ons("drums"))
        time.sleep(0.5)
        assert len(player.ons("drums")) == count
        assert not player.sounding()
        program.terminate()
        assert program.wait(PATIENCE) == 0
    peer.close()
