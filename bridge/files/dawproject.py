"""``.dawproject`` files: a song as a project that Bitwig Studio, Studio One and Cubase open.

Source: "DAWproject", version 1.0 (github.com/bitwig/dawproject, MIT): README.md, Project.xsd,
MetaData.xsd. A project is a ZIP of ``metadata.xml`` and ``project.xml``. Times are in quarter
notes. A clip holds its notes itself (``Clips > Clip > Notes``): Studio One refuses clips in clips.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from bridge import __version__
from bridge.music.grid import TICKS_PER_BEAT
from bridge.music.notes import Note
from bridge.music.smf.song import Song, TimeSignature, Track
from bridge.system.atomic_write import write_whole

SUFFIX: Final = ".dawproject"
PROJECT, METADATA = "project.xml", "metadata.xml"
FORMAT_VERSION: Final = "1.0"
COLOURS: Final = {"Melody": "#7aa2f7", "Bass": "#9ece6a", "Drums": "#e0af68"}
DRUM_COLOUR: Final = COLOURS["Drums"]
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 (2.2, Char) has no place for."""
_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""The date of the files in the ZIP: the same song gives the same bytes."""
MIN_BPM, MAX_BPM = 20.0, 666.0


def write(path: Path, song: Song, title: str) -> bytes:
    """Write a song as a project; it appears whole or not at all. Returns the bytes written.
    OutputError where it cannot be written."""
    data = project_bytes(song, title)
    write_whole(path, data)
    return data


def project_bytes(song: Song, title: str) -> bytes:
    """The bytes of a project file. The same song and title give the same bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, root in ((METADATA, metadata(title)), (PROJECT, project(song, title))):
            ET.indent(root)
            text = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
            archive.writestr(zipfile.ZipInfo(name, _DATE), text, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def metadata(title: str) -> ET.Element:
    """The element of ``metadata.xml``."""
    root = ET.Element("MetaData")
    ET.SubElement(root, "Title").text = plain(title)
    ET.SubElement(root, "Comment").text = "made by Latent Bridge"
    return root


def project(song: Song, title: str) -> ET.Element:
    """The element of ``project.xml``: tempo, metre, tracks, a clip a track, markers."""
    root = ET.Element("Project", version=FORMAT_VERSION)
    ET.SubElement(root, "Application", name="Latent Bridge", version=__version__)
    _transport(root, song)
    tracks = [track for track in song.tracks if track.notes]
    structure = ET.SubElement(root, "Structure")
    for number, track in enumerate(tracks):
        _track(structure, f"track{number}", plain(track.name), _colour(track), "notes")
    _track(structure, "master", "Master", "", "audio notes")
    _arrangement(root, song, tracks, title)
    return root


def plain(text: str) -> str:
    """A text without the characters that XML has no place for."""
    return _NO_XML.sub("", text)


def _number(value: float) -> str:
    """A number as ``xs:double`` has it, without needless digits."""
    return f"{value:.9f}".rstrip("0").rstrip(".")


def _beats(ticks: int) -> str:
    return _number(ticks / TICKS_PER_BEAT)


def _transport(root: ET.Element, song: Song) -> None:
    transport = ET.SubElement(root, "Transport")
    ET.SubElement(
        transport, "Tempo", id="tempo", name="Tempo", unit="bpm", value=_number(song.bpm),
        min=_number(min(MIN_BPM, song.bpm)), max=_number(max(MAX_BPM, song.bpm)),
    )  # fmt: skip
    first = song.signatures[0] if song.signatures else TimeSignature(0, 4, 4)
    ET.SubElement(
        transport, "TimeSignature", id="metre",
        numerator=str(first.beats), denominator=str(first.unit),
    )  # fmt: skip


def _track(parent: ET.Element, ident: str, name: str, colour: str, content: str) -> None:
    """A track with its channel; all but the master's go to the master."""
    master = ident == "master"
    track = ET.SubElement(parent, "Track", id=ident, name=name, contentType=content, loaded="true")
    if colour:
        track.set("color", colour)
    channel = ET.SubElement(
        track, "Channel", id=f"{ident}.channel", audioChannels="2", solo="false",
        role="master" if master else "regular",
    )  # fmt: skip
    if not master:
        channel.set("destination", "master.channel")
    ET.SubElement(channel, "Mute", id=f"{ident}.mute", name="Mute", value="false")
    ET.SubElement(
        channel, "Pan", id=f"{ident}.pan", name="Pan", unit="normalized", value="0.5",
        min="0", max="1",
    )  # fmt: skip
    ET.SubElement(
        channel, "Volume", id=f"{ident}.volume", name="Volume", unit="linear", value="1",
        min="0", max="2",
    )  # fmt: skip


def _colour(track: Track) -> str:
    return DRUM_COLOUR if track.is_drums else COLOURS.get(track.name, COLOURS["Melody"])


def _arrangement(root: ET.Element, song: Song, tracks: Iterable[Track], title: str) -> None:
    arrangement = ET.SubElement(root, "Arrangement", id="arrangement")
    lanes = ET.SubElement(arrangement, "Lanes", id="lanes", timeUnit="beats")
    for number, track in enumerate(tracks):
        lane = ET.SubElement(lanes, "Lanes", id=f"lane{number}", track=f"track{number}")
        clips = ET.SubElement(lane, "Clips", id=f"clips{number}")
        clip = ET.SubElement(
            clips, "Clip", time="0", duration=_beats(max(song.end, 1)), playStart="0",
            name=plain(f"{title} {track.name}".strip()),
        )  # fmt: skip
        notes = ET.SubElement(clip, "Notes", id=f"notes{number}")
        for note in track.notes:
            _note(notes, note, track.channel)
    if song.markers:
        markers = ET.SubElement(arrangement, "Markers", id="markers", timeUnit="beats")
        for tick, text in song.markers:
            ET.SubElement(markers, "Marker", time=_beats(tick), name=plain(text))
    _automation(arrangement, song)


def _note(parent: ET.Element, note: Note, channel: int) -> None:
    loud = _number(note.velocity / 127)
    ET.SubElement(
        parent, "Note", time=_beats(note.tick), duration=_beats(note.length),
        channel=str(channel), key=str(note.pitch), vel=loud, rel=loud,
    )  # fmt: skip


def _automation(arrangement: ET.Element, song: Song) -> None:
    """The tempo map and the time signatures, where they change."""
    if len(song.tempi) > 1:
        points = ET.SubElement(
            arrangement, "TempoAutomation", id="tempi", timeUnit="beats", unit="bpm"
        )
        ET.SubElement(points, "Target", parameter="tempo")
        for change in song.tempi:
            ET.SubElement(
                points, "RealPoint", time=_beats(change.tick), value=_number(change.bpm),
                interpolation="hold",
            )  # fmt: skip
    if len(song.signatures) > 1:
        points = ET.SubElement(
            arrangement, "TimeSignatureAutomation", id="metres", timeUnit="beats"
        )
        ET.SubElement(points, "Target", parameter="metre")
        for signature in song.signatures:
            ET.SubElement(
                points, "TimeSignaturePoint", time=_beats(signature.tick),
                numerator=str(signature.beats), denominator=str(signature.unit),
            )  # fmt: skip
