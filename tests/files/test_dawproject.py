"""A song as a .dawproject: valid by the published schema, and read back by another reader."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import OutputError
from bridge.files import dawproject
from bridge.files.score_file import check_ending, write_song
from bridge.music.notes import Note
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, TempoChange, TimeSignature, Track

HERE = Path(__file__).parent / "dawproject"
TICKS = 960


def schema_errors(data: bytes) -> list[str]:
    """The faults that lxml finds by the schemas of bitwig/dawproject."""
    etree = pytest.importorskip("lxml.etree", reason="needs lxml: pip install lxml")
    found: list[str] = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        for name, schema in (("project.xml", "Project.xsd"), ("metadata.xml", "MetaData.xsd")):
            checker = etree.XMLSchema(etree.parse(str(HERE / schema)))
            checker.validate(etree.fromstring(archive.read(name)))
            found += [str(error) for error in checker.error_log]
    return found


def read_back(data: bytes) -> dict[str, Any]:
    """An independent walk over project.xml: it follows ids, times and nesting as the format's
    reference has them, and knows nothing of our writer."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        root = ET.fromstring(archive.read("project.xml"))
    names = {t.get("id"): t.get("name") for t in root.findall("Structure/Track")}
    tracks: dict[str, list[tuple[int, int, int, int, int]]] = {}
    arrangement = root.find("Arrangement")
    assert arrangement is not None
    for lane in arrangement.findall("Lanes/Lanes"):
        heard = tracks.setdefault(names[lane.get("track")] or "", [])
        for clip in lane.findall("Clips/Clip"):
            assert clip.find("Clips") is None, "clips in clips"
            begin = float(clip.get("time") or 0) - float(clip.get("playStart") or 0)
            for note in clip.findall("Notes/Note"):
                at = (begin + float(note.get("time") or 0)) * TICKS
                heard.append((
                    round(at), int(note.get("key") or 0),
                    round(float(note.get("duration") or 0) * TICKS),
                    round(float(note.get("vel") or 0) * 127), int(note.get("channel") or 0),
                ))  # fmt: skip
    tempo, metre = root.find("Transport/Tempo"), root.find("Transport/TimeSignature")
    assert tempo is not None
    assert metre is not None
    return {
        "tracks": tracks,
        "tempo": float(tempo.get("value") or 0),
        "metre": (int(metre.get("numerator") or 0), int(metre.get("denominator") or 0)),
        "tempi": [
            (round(float(p.get("time") or 0) * TICKS), float(p.get("value") or 0))
            for p in arrangement.findall("TempoAutomation/RealPoint")
        ],
        "metres": [
            (round(float(p.get("time") or 0) * TICKS), p.get("numerator"), p.get("denominator"))
            for p in arrangement.findall("TimeSignatureAutomation/TimeSignaturePoint")
        ],
        "markers": [
            (round(float(m.get("time") or 0) * TICKS), m.get("name"))
            for m in arrangement.findall("Markers/Marker")
        ],
    }


BAND = Song(
    tracks=(
        Track("Melody", 0, 73, (Note(0, 60, 480, 90), Note(961, 64, 1, 127))),
        Track("Bass", 1, 33, (Note(0, 36, 959, 80),)),
        Track("Drums", 9, 0, (Note(0, 36, 60, 100), Note(240, 42, 60, 1))),
    ),
    tempi=(TempoChange(0, 97.5), TempoChange(3840, 140.0)),
    signatures=(TimeSignature(0, 3, 4), TimeSignature(2880, 7, 8)),
    markers=((0, "verse"), (2880, "chorus")),
)


def test_a_project_is_valid_by_the_published_schema() -> None:
    assert schema_errors(dawproject.project_bytes(BAND, "Song")) == []


def test_a_project_holds_every_note_tempo_metre_and_marker() -> None:
    read = read_back(dawproject.project_bytes(BAND, "Song"))
    assert read["tracks"] == {
        t.name: [(n.tick, n.pitch, n.length, n.velocity, t.channel) for n in t.notes]
        for t in BAND.tracks
    }
    assert read["tempo"] == 97.5
    assert read["metre"] == (3, 4)
    assert read["tempi"] == [(0, 97.5), (3840, 140.0)]
    assert read["metres"] == [(0, "3", "4"), (2880, "7", "8")]
    assert read["markers"] == [(0, "verse"), (2880, "chorus")]


def test_the_same_song_gives_the_same_bytes() -> None:
    assert dawproject.project_bytes(BAND, "a") == dawproject.project_bytes(BAND, "a")


@given(
    names=st.lists(st.text(max_size=20), min_size=3, max_size=3),
    notes=st.lists(
        st.builds(
            Note, st.integers(0, 10**7), st.integers(0, 127), st.integers(1, 10**5),
            st.integers(1, 127),
        ), min_size=1, max_size=20,
    ),
    bpm=st.floats(4, 1000),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_any_notes_under_names_in_any_script_come_back(
    names: list[str], notes: list[Note], bpm: float
) -> None:
    title, track, marker = names
    song = Song(
        (Track(track, 2, 5, tuple(sorted(notes))),), (TempoChange(0, bpm),),
        markers=((0, marker),),
    )  # fmt: skip
    data = dawproject.project_bytes(song, title)
    assert schema_errors(data) == []
    (heard,) = read_back(data)["tracks"].values()
    assert sorted(heard) == [(n.tick, n.pitch, n.length, n.velocity, 2) for n in sorted(notes)]


def test_the_ending_of_the_name_chooses_the_format(tmp_path: Path) -> None:
    write_song(tmp_path / "a.dawproject", BAND, "a")
    write_song(tmp_path / "a.MID", BAND, "a")
    assert read_back((tmp_path / "a.dawproject").read_bytes())["tempo"] == 97.5
    assert midi_file.read(tmp_path / "a.MID").markers == BAND.markers


@pytest.mark.parametrize("name", ["x.als", "x", "x.mid.zip", "dawproject"])
def test_a_name_with_another_ending_is_refused(name: str) -> None:
    with pytest.raises(OutputError, match="names no format"):
        check_ending(Path(name))
