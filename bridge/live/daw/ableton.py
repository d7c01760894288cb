"""Ableton Live by AbletonOSC, a remote script that answers OSC on UDP 11000.

Source: github.com/ideoforms/AbletonOSC (MIT), ``abletonosc/song.py``, ``track.py``,
``clip_slot.py``, ``clip.py``, ``handler.py``. A getter answers on its own address, with the
indices that it was asked with in front; a command answers nothing, and what goes wrong in Live
comes as ``/live/error``. Answers come to UDP 11001, after up to 0.1 s.

Live's arrangement can be read but not written from outside: clips go into the first scene whose
slots are empty on all of the band's tracks.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from bridge.live.daw.clips import Clip, ClipSet
from bridge.live.daw.daw import DawError, DawMarker, DawPosition, Printed
from bridge.live.daw.osc_peer import OscMessage, OscPeer, Value
from bridge.music.grid import TICKS_PER_BEAT
from bridge.music.key import Key, KeyMode
from bridge.music.notes import Note

PORT, ANSWERS = 11000, 11001
REPLY_SECONDS: Final = 1.5
NOTES_A_MESSAGE: Final = 100
NOTES_AT_ONCE: Final = 1000
"""After so many notes an answer is waited for, lest messages are lost on the way."""
WINDOW_BEATS: Final = 16
"""Notes are read back a stretch of so many beats at a time: a message has to fit a datagram."""
HINT: Final = (
    "open Live, and choose AbletonOSC as a control surface (github.com/ideoforms/AbletonOSC)"
)
POSITION: Final = (
    "tempo", "current_song_time", "is_playing", "loop", "loop_start", "loop_length",
    "signature_numerator", "signature_denominator", "root_note", "scale_name",
)  # fmt: skip
"""Properties of Live's song that make a position."""
MINOR_SCALES: Final = frozenset((
    "Minor", "Dorian", "Phrygian", "Locrian", "Harmonic Minor", "Melodic Minor", "Minor Blues",
    "Minor Pentatonic", "Hungarian Minor", "Dorian #4", "Super Locrian", "Bhairav Minor",
))  # fmt: skip
MAJOR_SCALES: Final = frozenset((
    "Major", "Lydian", "Mixolydian", "Major Pentatonic", "Lydian Augmented", "Lydian Dominant",
    "Harmonic Major", "Phrygian Dominant", "Bhairav", "Major Blues",
))  # fmt: skip
UNSET: Final = (0, "Major")
"""The root and scale of a set that nobody has given one: AbletonOSC cannot say whether the scale
is switched on."""


def key_of(root: int, scale: str) -> str:
    """The key of Live's root note (0..11) and scale, by its third; empty for the default and for
    scales that are neither major nor minor."""
    if (root, scale) == UNSET or not 0 <= root < 12:
        return ""
    if scale in MINOR_SCALES:
        return Key(root, KeyMode.MINOR).name
    return Key(root).name if scale in MAJOR_SCALES else ""


class Ableton:
    """Ableton Live, through AbletonOSC on this machine."""

    name = "Live"

    def __init__(self, port: int = PORT, answers: int = ANSWERS) -> None:
        self._peer = OscPeer(self.name, port, answers)

    def position(self) -> DawPosition:
        """The position: tempo, time, loop, signature, and the key of Live's scale."""
        self._peer.drain()
        found: dict[str, Any] = {}
        for name in POSITION:
            self._peer.send(f"/live/song/get/{name}")
        until = time.monotonic() + REPLY_SECONDS
        while len(found) < len(POSITION):
            message = self._peer.receive(until)
            if message is None:
                raise self._gone()
            name = message.address.removeprefix("/live/song/get/")
            if name in POSITION and message.arguments:
                found[name] = message.arguments[0]
        return _position(found)

    def markers(self) -> tuple[DawMarker, ...]:
        """The cue points of the arrangement."""
        values = self._ask("/live/song/get/cue_points")
        pairs = zip(values[::2], values[1::2], strict=False)
        with suppress(TypeError, ValueError):
            return tuple(sorted(
                (DawMarker(float(beat), str(text)) for text, beat in pairs), key=lambda m: m.beat
            ))  # fmt: skip
        return ()

    def print_clips(self, clips: ClipSet) -> Printed:
        """Make a clip a part in the next empty scene, and read it back."""
        self._peer.drain()
        tracks = [self._track(clip) for clip in clips.clips]
        scene = self._free_scene(tracks)
        made: list[tuple[int, int, str]] = []
        try:
            for track, clip in zip(tracks, clips.clips, strict=True):
                name = f"{clips.name} {clip.part.value}"
                made.append((track, scene, name))
                self._make(track, scene, name, clip.notes, clips.length)
        except DawError:
            for track, slot, _ in made:
                self._peer.send("/live/clip_slot/delete_clip", track, slot)
            raise
        items = tuple(f"{track} {slot} {name}" for track, slot, name in made)
        return Printed(clips.name, f"scene {scene + 1}", items)

    def undo(self, printed: Printed) -> str:
        """Delete the clips of a print that are still there under their names."""
        places = [item.split(" ", 2) for item in printed.items]
        for track, slot, name in places:
            values = self._ask("/live/clip_slot/get/has_clip", int(track), int(slot))
            there = values and values[0] and self._name(int(track), int(slot)) == name
            if not there:
                raise DawError("that print is no longer as it was in Live: use Edit > Undo there")
        for track, slot, _ in places:
            self._peer.send("/live/clip_slot/delete_clip", int(track), int(slot))
            self._ask("/live/clip_slot/get/has_clip", int(track), int(slot))  # done, or an error
        return f"taken back: {printed.name} ({printed.where})"

    def close(self) -> None:
        """Close the socket."""
        self._peer.close()

    # --- steps of a print -----------------------------------------------------------------

    def _track(self, clip: Clip) -> int:
        """The index of a part's track; a MIDI track is added where there is none."""
        names = self._ask("/live/song/get/track_names")
        if clip.track not in names:
            self._peer.send("/live/song/create_midi_track", -1)
            self._peer.send("/live/track/set/name", len(names), clip.track)
            names = self._ask("/live/song/get/track_names")
            if clip.track not in names:
                raise DawError(f"Live makes no track {clip.track!r}: add it by hand")
        index = names.index(clip.track)
        midi = self._ask("/live/track/get/has_midi_input", index)
        if not midi or not midi[0]:
            raise DawError(f"Live's track {clip.track!r} is no MIDI track: rename it")
        return index

    def _free_scene(self, tracks: Sequence[int]) -> int:
        """The first scene in which the slots of all tracks are empty; one is added if needed."""
        slots = [
            self._ask("/live/song/get/track_data", track, track + 1, "clip_slot.has_clip")
            for track in tracks
        ]
        rows = list(zip(*slots, strict=False))
        free = next((n for n, row in enumerate(rows) if not any(row)), None)
        if free is None:
            self._peer.send("/live/song/create_scene", -1)
            return len(rows)
        return free

    def _make(self, track: int, scene: int, name: str, notes: Sequence[Note], length: int) -> None:
        """Make a clip with notes, and read it back. DawError if it is not as it should be."""
        beats = length / TICKS_PER_BEAT
        self._peer.send("/live/clip_slot/create_clip", track, scene, beats)
        for first in range(0, len(notes), NOTES_A_MESSAGE):
            values: list[Value] = []
            for n in notes[first : first + NOTES_A_MESSAGE]:
                start, long = n.tick / TICKS_PER_BEAT, n.length / TICKS_PER_BEAT
                values += [n.pitch, start, long, n.velocity, False]
            self._peer.send("/live/clip/add/notes", track, scene, *values)
            if (first + NOTES_A_MESSAGE) % NOTES_AT_ONCE == 0:
                self._ask("/live/clip_slot/get/has_clip", track, scene)
        self._peer.send("/live/clip/set/name", track, scene, name)
        has = self._ask("/live/clip_slot/get/has_clip", track, scene)
        if not has or not has[0]:
            raise DawError(f"Live makes no clip on track {track + 1}: is it frozen or a group?")
        if self._name(track, scene) != name or self._count(track, scene, beats) != len(notes):
            raise DawError(
                f"Live has not taken all notes on track {track + 1}: nothing is left there"
            )

    def _name(self, track: int, scene: int) -> str:
        return str((*self._ask("/live/clip/get/name", track, scene), "")[0])

    def _count(self, track: int, scene: int, beats: float) -> int:
        """The notes of a clip, counted a stretch at a time."""
        count, start = 0, 0
        while start < beats:
            values = self._ask("/live/clip/get/notes", track, scene, 0, 128, start, WINDOW_BEATS)
            count += len(values) // 5
            start += WINDOW_BEATS
        return count

    # --- messages -------------------------------------------------------------------------

    def _ask(self, address: str, *arguments: Value) -> list[Any]:
        """The values that a getter answers, without the indices that it was asked with. DawError
        for an error that came before it: of a command that was sent."""
        for before in self._peer.drain():
            _raise_error(before)
        self._peer.send(address, *arguments)
        indices = _indices(address, arguments)

        def wanted(message: OscMessage) -> bool:
            if message.address == "/live/error":
                return True
            return message.address == address and message.arguments[: len(indices)] == indices

        message = self._peer.wait_for(wanted, time.monotonic() + REPLY_SECONDS)
        if message is None:
            raise self._gone()
        _raise_error(message)
        return list(message.arguments[len(indices) :])

    def _gone(self) -> DawError:
        return DawError(f"Live does not answer: {HINT}")


def _indices(address: str, arguments: Sequence[object]) -> tuple[object, ...]:
    """The arguments that an answer repeats: the track of a track's getter, the track and slot of
    a clip's."""
    count = {"track": 1, "clip": 2, "clip_slot": 2}.get(address.split("/")[2], 0)
    return tuple(arguments[:count])


def _raise_error(message: OscMessage) -> None:
    """Raise the DawError of a ``/live/error``; other messages pass."""
    if message.address == "/live/error":
        why = str((*message.arguments, "an error without words")[0])
        raise DawError(f"Live: {' '.join(why.split())}")


def _position(found: dict[str, Any]) -> DawPosition:
    """The position of Live's properties. DawError where they make no sense."""
    try:
        numerator, denominator = (
            int(found[f"signature_{n}"]) for n in ("numerator", "denominator")
        )
        beat, start = float(found["current_song_time"]), float(found["loop_start"])
        bars, rest = divmod(beat, numerator * 4 / denominator)
        root, scale = int(found["root_note"]), str(found["scale_name"])
        return DawPosition(
            playing=bool(found["is_playing"]),
            tempo=float(found["tempo"]),
            beat=beat,
            bar=int(bars) + 1,
            bar_beat=rest * denominator / 4 + 1,
            numerator=numerator,
            denominator=denominator,
            loop=(start, start + float(found["loop_length"])) if found["loop"] else None,
            key=key_of(root, scale),
            scale=scale,
        )
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise DawError(f"Live answered nonsense ({error}): update AbletonOSC") from error
