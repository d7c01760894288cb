"""Ardour's ``mcp_http`` surface: JSON-RPC 2.0 by HTTP POST to 127.0.0.1:4820/mcp.

Source: github.com/Ardour/ardour, ``libs/surfaces/mcp_http`` (README.md, tools_json.inc,
mcp_http_server.cc) as of August 2026. It is experimental there. Bars are those of the
session; a region and its notes are two steps of its undo history.
"""

from __future__ import annotations

import itertools
import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any, Final

from bridge.live.daw.clips import Clip, ClipSet
from bridge.live.daw.daw import DawError, DawMarker, DawPosition, Printed
from bridge.music.grid import TICKS_PER_BEAT

URL: Final = "http://127.0.0.1:4820/mcp"
SECONDS: Final = 3.0
ANSWER_SECONDS: Final = 0.3
STEPS_A_CLIP: Final = 2
"""Steps of Ardour's undo history that a printed clip is: its region, its notes."""
LARGEST: Final = 64 * 2**20
"""Bytes of an answer that are read at most."""


class ArdourMcp:
    """Ardour through ``mcp_http``."""

    name = "Ardour"

    def __init__(self, url: str = URL) -> None:
        self._url = url
        self._ids = itertools.count(1)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def answers(self) -> bool:
        """True if something answers there as an Ardour."""
        try:
            found = self._request("initialize", {}, ANSWER_SECONDS)
        except DawError:
            return False
        server = found.get("serverInfo")
        return isinstance(server, dict) and "ardour" in str(server.get("name", ""))

    def position(self) -> DawPosition:
        """Transport and tempo; the bar is not told there."""
        info = self._tool("session/get_info")
        transport = info.get("transport", {})
        try:
            return DawPosition(
                playing=bool(transport["rolling"]),
                tempo=float(info["tempoBpm"]),
                numerator=0,
                song=str(info.get("sessionName", "")),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise _nonsense() from error

    def markers(self) -> tuple[DawMarker, ...]:
        """None: they are told in bars of a metre that is not told."""
        return ()

    def print_clips(self, clips: ClipSet) -> Printed:
        """Make a region a clip at the first bars that are free on all tracks."""
        if clips.start is None:
            raise DawError("Ardour's mcp_http tells no cursor: print while Ardour leads the clock")
        tracks = [self._track(clip) for clip in clips.clips]
        regions = [self._regions(track) for track in tracks]
        wanted = clips.start // clips.metre.ticks + 1
        bar = _free_bar(wanted, clips.bars, itertools.chain.from_iterable(regions))
        items: list[str] = []
        try:
            for track, clip in zip(tracks, clips.clips, strict=True):
                region, taken = self._import(track, clip, clips, bar)
                items.append(f"{track} {region}")
                if taken != len(clip.notes):
                    raise DawError(f"Ardour has not taken all notes on {clip.track!r}")
        except DawError:
            made = sum(len(self._regions(t)) for t in tracks) - sum(map(len, regions))
            if made:
                self._tool("session/undo", count=len(items) * STEPS_A_CLIP + made - len(items))
            raise
        last = bar + clips.bars - 1
        where = f"bar {bar}" if last == bar else f"bars {bar} to {last}"
        return Printed(clips.name, where, tuple(items))

    def undo(self, printed: Printed) -> str:
        """Undo the steps of the print; where something was done since, nothing changes."""
        items = [tuple(item.split(" ", 1)) for item in printed.items]
        if any(region not in self._ids_on(track) for track, region in items):
            raise DawError("that print is no longer there: use Edit > Undo in Ardour")
        steps = len(items) * STEPS_A_CLIP
        self._tool("session/undo", count=steps)
        if any(region in self._ids_on(track) for track, region in items):
            self._tool("session/redo", count=steps)
            raise DawError("you changed something since that print: use Edit > Undo in Ardour")
        return f"taken back: {printed.name} ({printed.where})"

    def close(self) -> None:
        """Nothing to close."""

    # --- tools ----------------------------------------------------------------------------

    def _track(self, clip: Clip) -> str:
        """The id of a part's track, which is added if there is none."""
        routes = _list(self._tool("tracks/list"), "tracks")
        found = next((r for r in routes if r.get("name") == clip.track), None)
        if found is None:
            made = self._tool("tracks/add", type="midi", name=clip.track).get("created", {})
            found = next(iter(_list(made, "routes")), None)
        if found is None or "midi" not in str(found.get("type", "")):
            raise DawError(f"Ardour's track {clip.track!r} is no MIDI track: rename it")
        return str(found.get("id", ""))

    def _regions(self, track: str) -> list[dict[str, Any]]:
        return _list(self._tool("track/get_regions", id=track), "regions")

    def _ids_on(self, track: str) -> set[str]:
        return {str(region.get("regionId")) for region in self._regions(track)}

    def _import(self, track: str, clip: Clip, clips: ClipSet, bar: int) -> tuple[str, int]:
        """Make the region of a clip; its id, and the number of notes that were taken."""
        events = [
            {"bar": 1, "b": 1, "t": n.tick, "n": n.pitch, "v": n.velocity,
             "l": n.length / TICKS_PER_BEAT}
            for n in clip.notes
        ]  # fmt: skip
        done = self._tool(
            "midi_note/import_json",
            trackId=track, name=f"{clips.name} {clip.part.value}",
            startBar=bar, startBeat=1, endBar=bar + clips.bars, endBeat=1,
            midi={
                "channel_base": "zero", "channel": clip.channel, "is_drum_mode": False,
                "ticks_per_quarter": TICKS_PER_BEAT, "midi_events": events,
                "time_signature": f"{clips.metre.numerator}/{clips.metre.denominator}",
            },
        )  # fmt: skip
        region, summary = done.get("region"), done.get("summary")
        if not isinstance(region, dict) or not isinstance(summary, dict):
            raise _nonsense()
        return str(region.get("regionId", "")), int(summary.get("notesInserted", 0))

    def _tool(self, tool: str, **arguments: object) -> dict[str, Any]:
        """The structured content that a tool answers."""
        result = self._request("tools/call", {"name": tool, "arguments": arguments}, SECONDS)
        found = result.get("structuredContent")
        if not isinstance(found, dict):
            raise _nonsense()
        return found

    def _request(self, method: str, params: Mapping[str, object], seconds: float) -> dict[str, Any]:
        call = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        request = urllib.request.Request(
            self._url, json.dumps(call).encode("utf-8"), {"Content-Type": "application/json"}
        )
        try:
            with self._opener.open(request, timeout=seconds) as answer:
                found = json.loads(answer.read(LARGEST))
        except (OSError, urllib.error.URLError) as error:
            raise DawError(
                "Ardour does not answer: open a session, with Preferences > Control Surfaces > "
                "MCPHttp on"
            ) from error
        except ValueError as error:
            raise _nonsense() from error
        if isinstance(found, dict) and isinstance(found.get("error"), dict):
            raise DawError(f"Ardour: {found['error'].get('message', 'an error without words')}")
        if not isinstance(found, dict) or not isinstance(found.get("result"), dict):
            raise _nonsense()
        result: dict[str, Any] = found["result"]
        return result


def _nonsense() -> DawError:
    return DawError("Ardour's mcp_http answered nonsense: use our script in its place")


def _list(found: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    values = found.get(name)
    return [v for v in values if isinstance(v, dict)] if isinstance(values, list) else []


def _free_bar(wanted: int, bars: int, regions: Iterable[Mapping[str, Any]]) -> int:
    """The first bar from ``wanted`` on at which ``bars`` bars are free of regions."""
    spans = sorted(map(_span, regions))
    bar = wanted
    for first, end in spans:
        if first < bar + bars and end > bar:
            bar = end
    return bar


def _span(region: Mapping[str, Any]) -> tuple[int, int]:
    """The first bar of a region and the bar after its last."""
    try:
        begin, finish = region["startBbt"], region["endBbt"]
        whole = finish["beats"] == 1 and finish["ticks"] == 0
        return int(begin["bars"]), int(finish["bars"]) + (not whole)
    except (KeyError, TypeError, ValueError) as error:
        raise _nonsense() from error
