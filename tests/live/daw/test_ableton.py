"""Ableton Live through AbletonOSC, against a server that answers as its source does."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from fake_live import FakeClip, FakeLive, FakeTrack

from bridge.live.daw import ableton
from bridge.live.daw.ableton import Ableton, key_of
from bridge.live.daw.clips import ClipSet, cut
from bridge.live.daw.daw import DawError, DawMarker
from bridge.music.grid import THREE_FOUR
from bridge.music.notes import Note, Part


@pytest.fixture
def server() -> Iterator[FakeLive]:
    fake = FakeLive()
    yield fake
    fake.close()


@pytest.fixture
def live(server: FakeLive, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ableton]:
    monkeypatch.setattr(ableton, "REPLY_SECONDS", 0.5)
    daw = Ableton(server.port, server.answers)
    yield daw
    daw.close()


def some_clips(count: int = 250) -> ClipSet:
    drums = [Note(i * 60, 36 + i % 5, 30, 1 + i % 127) for i in range(count)]
    return cut("verse", {Part.DRUMS: drums, Part.BASS: [Note(0, 40, 960, 80)]}, 0, 4 * 3840)


def test_the_position_is_that_of_lives_song(live: Ableton) -> None:
    where = live.position()
    assert (where.tempo, where.beat, where.playing) == (123.0, 9.5, True)
    assert (where.bar, where.bar_beat, where.metre) == (4, 1.5, THREE_FOUR)
    assert where.loop == (4.0, 12.0)
    assert (where.key, where.scale) == ("A minor", "Minor")


def test_clips_are_read_back_note_for_note(live: Ableton, server: FakeLive) -> None:
    clips = some_clips()
    printed = live.print_clips(clips)
    assert printed.where == "scene 1"
    for clip in clips.clips:
        made = server.track(clip.track).slots[0]
        assert made is not None
        assert made.length == 16.0
        assert made.name == f"verse {clip.part.value}"
        assert [(p, round(t * 960), round(d * 960), v) for p, t, d, v, _ in made.notes] == [
            (n.pitch, n.tick, n.length, n.velocity) for n in clip.notes
        ]


def test_the_next_print_goes_into_the_next_scene_that_is_empty_on_all_tracks(
    live: Ableton, server: FakeLive
) -> None:
    live.print_clips(some_clips(3))
    mine = FakeClip(4.0, "mine")
    server.track("Latent Bridge Bass").slots[1] = mine
    assert live.print_clips(some_clips(3)).where == "scene 3"
    assert server.track("Latent Bridge Bass").slots[1] is mine
    assert server.scenes == 3


def test_undo_takes_the_clips_of_the_print_and_no_others(live: Ableton, server: FakeLive) -> None:
    first, second = live.print_clips(some_clips(3)), live.print_clips(some_clips(3))
    assert live.undo(second) == "taken back: verse (scene 2)"
    drums = server.track("Latent Bridge Drums")
    assert [slot is not None for slot in drums.slots] == [True, False]
    assert drums.slots[0] is not None
    drums.slots[0].name = "my own now"
    with pytest.raises(DawError, match="no longer as it was"):
        live.undo(first)
    assert drums.slots[0] is not None


def test_where_a_track_takes_no_clip_nothing_is_half_printed(
    live: Ableton, server: FakeLive
) -> None:
    server.tracks += [FakeTrack("Latent Bridge Bass", frozen=True, slots=[None, None])]
    with pytest.raises(DawError, match=r"^Live: .*cannot create a clip"):
        live.print_clips(some_clips(3))
    live.position()  # all commands before it are done
    assert server.track("Latent Bridge Drums").slots == [None, None]


def test_an_audio_track_of_the_name_is_said(live: Ableton, server: FakeLive) -> None:
    server.tracks += [FakeTrack("Latent Bridge Drums", midi=False, slots=[None, None])]
    with pytest.raises(DawError, match="is no MIDI track: rename it"):
        live.print_clips(some_clips(3))


def test_a_server_that_goes_away_while_printing_is_said_in_one_line(
    live: Ableton, server: FakeLive
) -> None:
    server.mute_after = 12
    with pytest.raises(DawError, match="Live does not answer: open Live") as error:
        live.print_clips(some_clips(400))
    assert "\n" not in str(error.value)


def test_nobody_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ableton, "REPLY_SECONDS", 0.1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        daw = Ableton(free.getsockname()[1], 0)
        with pytest.raises(DawError, match="does not answer"):
            daw.position()
        daw.close()


def test_a_taken_port_for_answers_is_said(live: Ableton, server: FakeLive) -> None:
    with pytest.raises(DawError, match=f"port {server.answers} is taken"):
        Ableton(server.port, server.answers)


@pytest.mark.parametrize(
    ("name", "value"),
    [("signature_denominator", 0), ("tempo", "fast"), ("root_note", "H"), ("loop_length", "x")],
)
def test_a_nonsensical_answer_is_an_error(
    live: Ableton, server: FakeLive, name: str, value: object
) -> None:
    server.song[name] = value
    with pytest.raises(DawError, match="nonsense"):
        live.position()


def test_cue_points_are_markers_in_order(live: Ableton, server: FakeLive) -> None:
    server.cues = [("G", 8.0), ("Am", 0.0)]
    assert live.markers() == (DawMarker(0.0, "Am"), DawMarker(8.0, "G"))


@pytest.mark.parametrize(
    ("root", "scale", "key"),
    [(9, "Minor", "A minor"), (2, "Dorian", "D minor"), (7, "Mixolydian", "G major"),
     (0, "Major", ""), (0, "Minor", "C minor"), (3, "Whole Tone", ""), (77, "Minor", "")],
)  # fmt: skip
def test_the_key_of_a_scale_goes_by_its_third(root: int, scale: str, key: str) -> None:
    assert key_of(root, scale) == key
