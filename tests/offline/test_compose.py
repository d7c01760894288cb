"""Pieces from forms: what comes again is recognised, what travels arrives, seeds repeat."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bridge.errors import ModelError, NameUnknown
from bridge.model.fake import FakeTrio
from bridge.model.library import find
from bridge.model.loading import load
from bridge.music.attributes import measure
from bridge.music.grid import FOUR_FOUR
from bridge.music.key import Key
from bridge.music.notes import Note, Part
from bridge.music.song_form import Section, SongForm, lay_out
from bridge.offline.compose import (
    ComposeOptions,
    Piece,
    PriorOptions,
    _knobs_at,
    compose,
    travelled,
)

FAKE = FakeTrio()
SECTIONS = {
    "intro": Section("intro", 4, parts=(Part.DRUMS,), travel=0),
    "verse": Section("verse", 8, chords=("C", "Am"), travel=0, fill=True),
    "chorus": Section(
        "chorus", 8, chords=("F", "G"), style="funk", knobs={"density": 0.6}, travel=2
    ),
    "end": Section("end", 2, close=True),
}
FORM = SongForm("test", SECTIONS, ("intro", "verse", "chorus", "verse", "chorus", "end"))
WISH = ComposeOptions(lay_out(FORM), Key.parse("D major"), 120.0, "rock", seed=4, humanize=0.0)


@pytest.fixture(scope="module")
def piece() -> Piece:
    return compose(FAKE, WISH)


def part(piece: Piece, name: str) -> list[Note]:
    return [n for track in piece.song.tracks if track.name == name for n in track.notes]


def alike(piece: Piece, first: int, second: int, bars: int) -> float:
    """The share of steps that two stretches of bars have in common, all tracks."""
    rows = [
        np.asarray([(t.melody, t.bass, t.drums) for t in piece.tokens[s : s + bars]])
        for s in (first, second)
    ]
    sounding = (rows[0] > 0) | (rows[1] > 0)
    return float((rows[0] == rows[1])[sounding].mean())


def test_the_same_wish_gives_the_same_piece_and_another_seed_another(piece: Piece) -> None:
    again = compose(FAKE, WISH)
    assert again.song == piece.song
    assert np.array_equal(again.codes, piece.codes)
    assert compose(FAKE, replace(WISH, seed=5)).song != piece.song


def test_a_bar_has_a_code_tokens_and_two_chords(piece: Piece) -> None:
    bars = piece.layout.bars
    assert bars == 38
    assert piece.codes.shape == (bars, FAKE.spec.latent)
    assert (len(piece.tokens), len(piece.chords)) == (bars, 2 * bars)
    assert piece.chords[8:12] == (3, 3, 24, 24)  # C and Am as D and Bm


def test_parts_play_only_where_their_section_has_them(piece: Piece) -> None:
    assert {FOUR_FOUR.bar_of(n.tick) for n in part(piece, "Bass")} == set(range(4, 38))
    assert {FOUR_FOUR.bar_of(n.tick) for n in part(piece, "Drums")} == set(range(38))


def test_parts_come_in_where_the_form_says() -> None:
    late = compose(FAKE, replace(WISH, enter={Part.BASS: 13, Part.DRUMS: 3}))
    assert min(FOUR_FOUR.bar_of(n.tick) for n in part(late, "Bass")) == 12
    assert min(FOUR_FOUR.bar_of(n.tick) for n in part(late, "Drums")) == 2


def test_the_end_is_one_beat_held(piece: Piece) -> None:
    last = FOUR_FOUR.bar_start(37)
    for name in ("Bass", "Drums"):
        ends = [n for n in part(piece, name) if n.tick >= last]
        assert ends
        assert all(n.tick < last + FOUR_FOUR.ticks / 4 for n in ends)
    assert piece.song.length >= FOUR_FOUR.bar_start(38)


def test_sections_are_marked_for_the_daw(piece: Piece) -> None:
    assert piece.song.markers[:3] == (
        (0, "intro"), (FOUR_FOUR.bar_start(4), "verse"), (FOUR_FOUR.bar_start(12), "chorus")
    )  # fmt: skip


def test_a_section_that_returns_unchanged_is_the_same_bar_for_bar() -> None:
    sections = {n: replace(s, variation=0.0, travel=0) for n, s in SECTIONS.items()}
    layout = lay_out(SongForm("same", sections, FORM.order))
    piece = compose(FAKE, replace(WISH, layout=layout))
    assert np.array_equal(piece.codes[4:12], piece.codes[20:28])
    assert alike(piece, 4, 20, 8) == 1.0


def test_travel_goes_on_an_arc_to_the_next_sections_first_code() -> None:
    codes = np.random.default_rng(1).standard_normal((38, 16)).astype(np.float32)
    moved = travelled(WISH.layout, codes)
    still = [bar for bar in range(38) if bar not in (18, 19, 34, 35)]
    assert np.array_equal(moved[still], codes[still])
    gaps = [np.linalg.norm(moved[bar] - codes[20]) for bar in (17, 18, 19)]
    assert gaps[0] > gaps[1] > gaps[2]


def test_a_given_melody_is_followed_and_played_as_it_is() -> None:
    melody = [Note(beat * 960, 60 + beat % 5, 900) for beat in range(38 * 4)]
    piece = compose(FAKE, WISH, melody)
    assert part(piece, "Melody") == melody
    assert part(piece, "Bass")
    other = compose(FAKE, WISH, [replace(n, pitch=n.pitch + 3) for n in melody])
    assert not np.array_equal(other.codes, piece.codes)


def test_steering_changes_what_is_decoded() -> None:
    still = compose(FAKE, WISH, steer=lambda codes: np.zeros_like(codes))
    assert not still.codes.any()


def test_names_that_the_model_lacks_are_told() -> None:
    with pytest.raises(NameUnknown, match="no style named 'polka'"):
        compose(FAKE, replace(WISH, style="polka"))
    with pytest.raises(NameUnknown, match="no direction named 'densty'"):
        compose(FAKE, replace(WISH, knobs={"densty": 0.5}))


def test_progress_is_told_to_the_last_bar() -> None:
    told: list[tuple[int, int]] = []
    compose(FAKE, WISH, progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (38, 38)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_the_real_model_sections_come_back_recognisably(seed: int) -> None:
    """Codes and notes of a returning section agree far more than those of different ones."""
    sections = {
        "verse": Section("verse", 8, chords=("C", "G", "Am", "F")),
        "chorus": Section("chorus", 8, chords=("F", "G", "Am", "C"), knobs={"density": 0.5}),
        "bridge": Section("bridge", 8, chords=("Am", "Em", "F", "G"), knobs={"density": -0.4}),
    }
    order = ("verse", "chorus", "verse", "bridge", "chorus")
    layout = lay_out(SongForm("song", sections, order))
    piece = compose(
        load(find("trio-4bar")),
        ComposeOptions(layout, Key.parse("C major"), 110.0, "pop", seed=seed, spread=0.8),
    )
    inner = 7  # the last bar of each section travels
    same = [alike(piece, 0, 16, inner), alike(piece, 8, 32, inner)]
    different = [alike(piece, a, b, inner) for a, b in ((0, 8), (0, 24), (8, 24), (16, 32))]
    assert min(same) > 1.5 * max(different)
    far = [
        np.linalg.norm(piece.codes[a : a + inner] - piece.codes[b : b + inner], axis=1).mean()
        for a, b in ((0, 16), (8, 32), (0, 8), (0, 24))
    ]
    assert max(far[:2]) < 0.5 * min(far[2:])


def test_a_sections_knob_changes_its_attribute_as_it_does_live() -> None:
    """Knobs of a form go through the function that live ones go through: more of the asked."""
    trio = load(find("trio-4bar"))
    found = {}
    for turn in (-1.0, 0.0, 1.0):
        knobs = {"density": turn} if turn else {}
        layout = lay_out(SongForm("one", {"a": Section("a", 8, knobs=knobs)}, ("a",)))
        piece = compose(trio, ComposeOptions(layout, Key.parse("C major"), 110.0, "pop", seed=2))
        rows = np.array([np.transpose((t.melody, t.bass, t.drums)) for t in piece.tokens])
        found[turn] = measure(rows, ("density", "bass_register")).mean(axis=0)
    assert found[-1.0][0] < found[0.0][0] < found[1.0][0]
    assert abs(found[1.0][1] - found[-1.0][1]) < 4, "the bass stays where it is"


def test_where_a_section_travels_its_knobs_do_too() -> None:
    turned = [_knobs_at(WISH, bar).get("density", 0.0) for bar in (17, 18, 19, 20)]
    assert turned == pytest.approx([0.6, 0.4, 0.2, 0.0])


def led(**changes: Any) -> Piece:
    return compose(FAKE, replace(WISH, prior=PriorOptions(**{"steps": 4, **changes})))


def test_the_prior_leads_another_way_and_the_same_again(piece: Piece) -> None:
    assert led().song == led().song
    ways = [piece, led(), led(steps=9), led(temperature=0.0), led(normalize=True)]
    assert len({way.codes.tobytes() for way in ways}) == len(ways)


def test_with_the_prior_too_a_section_that_returns_unchanged_is_the_same_bar_for_bar() -> None:
    sections = {n: replace(s, variation=0.0, travel=0) for n, s in SECTIONS.items()}
    layout = lay_out(SongForm("same", sections, FORM.order))
    piece = compose(FAKE, replace(WISH, layout=layout, prior=PriorOptions(steps=4)))
    assert np.allclose(piece.codes[4:12], piece.codes[20:28], atol=1e-6)
    assert alike(piece, 4, 20, 8) == 1.0
    assert not np.allclose(piece.codes[4], piece.codes[8])


def test_without_a_prior_a_course_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeTrio, "prior", None)
    with pytest.raises(ModelError, match="has no prior: choose another"):
        led()
