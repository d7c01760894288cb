"""The piano roll picture."""

from __future__ import annotations

import builtins
from pathlib import Path

import pytest

from bridge.errors import ExtraMissing, OutputError
from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT
from bridge.music.notes import Note
from bridge.music.smf.song import Song, TempoChange, Track
from bridge.offline.render import piano_roll

PNG = b"\x89PNG\r\n\x1a\n"


def band(bars: int = 4) -> Song:
    """Melody, drums and bass, a few notes a bar."""
    starts = [bar * FOUR_FOUR.ticks for bar in range(bars)]
    melody = tuple(Note(at + i * TICKS_PER_BEAT, 60 + i, 480) for at in starts for i in range(4))
    bass = tuple(Note(at, 36, 900) for at in starts)
    drums = tuple(Note(at, pitch, 100) for at in starts for pitch in (36, 42, 49))
    return Song(
        tracks=(
            Track("Melody", 0, 0, melody),
            Track("Drums", 9, 0, drums),
            Track("Bass", 1, 33, bass),
        ),
        tempi=(TempoChange(0, 96.5),),
    )


def texts(figure) -> list[str]:
    """Every text of a figure."""
    import matplotlib.text

    return [t.get_text() for t in figure.findobj(matplotlib.text.Text) if t.get_text()]


@pytest.fixture(autouse=True)
def _matplotlib() -> None:
    pytest.importorskip("matplotlib", reason="the extra render is not installed")


def test_a_picture_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "roll.png"
    piano_roll.render_roll(band(), path, title="A tune")
    assert path.read_bytes().startswith(PNG)
    assert [p.name for p in path.parent.iterdir()] == ["roll.png"]


def test_the_lanes_are_melody_bass_drums_from_the_top() -> None:
    assert [lane.title for lane in piano_roll.lanes_of(band())] == ["Melody", "Bass", "Drums"]


def test_title_tempo_length_chords_drums_and_bar_numbers_are_written() -> None:
    figure = piano_roll.draw(
        band(4), title="A tune", subtitle="C major", chords=[(0, "C"), (1920, "C"), (3840, "Am")]
    )
    written = texts(figure)
    assert "A tune" in written
    assert "96.5 BPM · 4 bars · C major" in written
    assert {"kick", "closed hat", "crash"} <= set(written)
    assert {"1", "2", "3", "4"} <= set(written)
    assert [t for t in written if t in ("C", "Am")] == ["C", "Am"], "a held chord is named once"


def test_a_long_piece_numbers_fewer_bars_and_stays_within_its_width() -> None:
    figure = piano_roll.draw(band(200), title="Long")
    numbers = {t for t in texts(figure) if t.isdigit()}
    assert {"1", "9"} <= numbers
    assert len(numbers) <= piano_roll.BARS_NUMBERED
    assert figure.get_figwidth() <= piano_roll.WIDTH_INCHES[1]


def test_every_note_is_drawn_once() -> None:
    from matplotlib.collections import PolyCollection

    song = band(8)
    drawn = sum(len(c.get_paths()) for c in piano_roll.draw(song, title="").findobj(PolyCollection))
    assert drawn == sum(len(track.notes) for track in song.tracks)


@pytest.mark.parametrize(
    "tracks",
    [
        (),
        (Track("", 0, 0, ()),),
        (Track("x", 0, 0, (Note(0, 0, 1), Note(5, 127, 1))),),
        (Track("odd drums", 9, 0, (Note(0, 3, 1),)),),
        tuple(Track(f"t{i}", i, 0, (Note(0, 60, 10),)) for i in range(9)),
    ],
    ids=["nothing", "no notes", "the whole range", "an unnamed drum", "nine tracks"],
)
def test_odd_songs_are_drawn_too(tracks: tuple[Track, ...], tmp_path: Path) -> None:
    piano_roll.render_roll(Song(tracks=tracks), tmp_path / "odd.png", title="$x_{1} \\frac$")
    assert (tmp_path / "odd.png").read_bytes().startswith(PNG)


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ExtraMissing, match=r"pip install 'latent-bridge\[render\]'"):
        piano_roll.draw(band(), title="")


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OutputError, match="choose another place"):
        piano_roll.render_roll(band(), tmp_path / "file" / "roll.png", title="")
