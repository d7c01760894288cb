"""A Live with AbletonOSC, as its source answers: getters on their own address, with the indices
in front; commands with nothing; errors as /live/error."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field
from typing import Any

from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket


@dataclass
class FakeClip:
    length: float
    name: str = ""
    notes: list[tuple[Any, ...]] = field(default_factory=list)


@dataclass
class FakeTrack:
    name: str
    midi: bool = True
    frozen: bool = False
    slots: list[FakeClip | None] = field(default_factory=list)


class FakeLive:
    """Answers on a port of its own; replies go to ``answers`` as AbletonOSC's do. ``mute``: it
    answers no more. ``lies`` replaces values by property."""

    def __init__(self, scenes: int = 2) -> None:
        self.song: dict[str, Any] = {
            "tempo": 123.0, "current_song_time": 9.5, "is_playing": True, "loop": True,
            "loop_start": 4.0, "loop_length": 8.0, "signature_numerator": 3,
            "signature_denominator": 4, "root_note": 9, "scale_name": "Minor",
        }  # fmt: skip
        self.scenes = scenes
        self.tracks: list[FakeTrack] = [FakeTrack("1-Audio", midi=False, slots=[None] * scenes)]
        self.cues: list[tuple[str, float]] = []
        self.mute = False
        self.mute_after = 10**9
        self.heard: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.answers = int(free.getsockname()[1])
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.mute = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"end", ("127.0.0.1", self.port))
        self._thread.join(2)
        self._socket.close()

    def track(self, name: str) -> FakeTrack:
        return next(t for t in self.tracks if t.name == name)

    def _run(self) -> None:
        while True:
            data = self._socket.recv(65536)
            if data == b"end":
                return
            message = OscPacket(data).messages[0].message
            self.heard.append(message.address)
            self.mute = self.mute or len(self.heard) > self.mute_after
            if self.mute:
                continue
            try:
                values = self._do(message.address, list(message.params))
            except (IndexError, AttributeError, TypeError) as error:
                self.send("/live/error", f"Error handling OSC message: {error}")
                continue
            if values is not None:
                self.send(message.address, *values)

    def send(self, address: str, *values: Any) -> None:
        builder = OscMessageBuilder(address)
        for value in values:
            builder.add_arg(value)
        self._socket.sendto(builder.build().dgram, ("127.0.0.1", self.answers))

    def _do(self, address: str, args: list[Any]) -> list[Any] | None:
        _, _, kind, *rest = address.split("/")
        return getattr(self, f"_{kind}")("/".join(rest), args)

    def _song(self, what: str, args: list[Any]) -> list[Any] | None:
        if what == "get/track_names":
            return [t.name for t in self.tracks]
        if what == "get/cue_points":
            return [v for pair in self.cues for v in pair]
        if what == "get/track_data":
            assert args[2] == "clip_slot.has_clip"
            return [slot is not None for t in self.tracks[args[0] : args[1]] for slot in t.slots]
        if what.startswith("get/"):
            return [self.song[what.removeprefix("get/")]]
        if what == "create_midi_track":
            self.tracks.append(FakeTrack("2-MIDI", slots=[None] * self.scenes))
        if what == "create_scene":
            self.scenes += 1
            for track in self.tracks:
                track.slots.append(None)
        return None

    def _track(self, what: str, args: list[Any]) -> list[Any] | None:
        track = self.tracks[args[0]]
        if what == "set/name":
            track.name = args[1]
            return None
        return [args[0], track.midi]

    def _clip_slot(self, what: str, args: list[Any]) -> list[Any] | None:
        track, slot = self.tracks[args[0]], args[1]
        if what == "get/has_clip":
            return [*args[:2], track.slots[slot] is not None]
        if what == "create_clip":
            if track.frozen or track.slots[slot] is not None:
                raise TypeError("cannot create a clip here")
            track.slots[slot] = FakeClip(args[2])
        elif what == "delete_clip":
            if track.slots[slot] is None:
                raise TypeError("no clip")
            track.slots[slot] = None
        return None

    def _clip(self, what: str, args: list[Any]) -> list[Any] | None:
        clip = self.tracks[args[0]].slots[args[1]]
        if clip is None:
            raise AttributeError("'NoneType' object has no attribute")
        if what == "add/notes":
            values = args[2:]
            clip.notes += [tuple(values[i : i + 5]) for i in range(0, len(values), 5)]
            return None
        if what == "set/name":
            clip.name = args[2]
            return None
        if what == "get/name":
            return [*args[:2], clip.name]
        low, span, start, long = args[2:]
        inside = [
            n for n in clip.notes if low <= n[0] < low + span and start <= n[1] < start + long
        ]
        return [*args[:2], *(v for n in inside for v in n)]
