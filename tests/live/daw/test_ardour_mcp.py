"""Ardour's mcp_http, against a server that answers its tools as its source does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from bridge.live.daw.ardour import Ardour
from bridge.live.daw.ardour_mcp import ArdourMcp
from bridge.live.daw.clips import ClipSet, cut
from bridge.live.daw.daw import DawError, DawMarker, DawPosition, Printed
from bridge.music.grid import METRES
from bridge.music.notes import Note, Part


class FakeArdour:
    """A session of 4/4 with mcp_http. ``fail``: the name of a tool that answers an error."""

    def __init__(self) -> None:
        self.tracks: list[dict[str, Any]] = [{"id": "1", "name": "Vox", "type": "audio_track"}]
        self.regions: dict[str, list[dict[str, Any]]] = {"1": []}
        self.history: list[tuple[str, str]] = []
        self.redo: list[tuple[str, str, dict[str, Any]]] = []
        self.notes: dict[str, list[dict[str, Any]]] = {}
        self.fail, self.rejected, self.fails_after = "", 0, 0

    def initialize(self) -> dict[str, Any]:
        return {"serverInfo": {"name": "ardour-mcp-http", "version": "0.1.0"}}

    def tool(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        if name == self.fail:
            self.fails_after -= 1
            if self.fails_after < 0:
                raise ValueError(f"{name}: no")
        return getattr(self, name.replace("/", "_"))(**given)

    def session_get_info(self) -> dict[str, Any]:
        transport = {"rolling": True, "speed": 1.0, "sample": 96000, "state": "rolling"}
        return {"sessionName": "song", "tempoBpm": 97.5, "transport": transport}

    def tracks_list(self) -> dict[str, Any]:
        return {"tracks": self.tracks}

    def tracks_add(self, type: str, name: str) -> dict[str, Any]:
        made = {"id": str(len(self.tracks) + 1), "name": name, "type": f"{type}_track"}
        self.tracks.append(made)
        self.regions[made["id"]] = []
        return {"created": {"count": 1, "routes": [made]}}

    def track_get_regions(self, id: str) -> dict[str, Any]:
        return {"id": id, "regions": self.regions[id]}

    def midi_note_import_json(self, trackId: str, **given: Any) -> dict[str, Any]:  # noqa: N803
        ident = str(1000 + len(self.history) + len(self.redo))
        begin, end = ({"bars": given[f"{k}Bar"], "beats": given[f"{k}Beat"], "ticks": 0}
                      for k in ("start", "end"))  # fmt: skip
        region = {"regionId": ident, "name": given["name"], "startBbt": begin, "endBbt": end}
        self.regions[trackId].append(region)
        self.history.append((trackId, ident))
        if self.fail == "notes":
            raise ValueError("Invalid note")
        self.history.append((trackId, ident))
        self.notes[ident] = given["midi"]["midi_events"]
        self.midi = given["midi"]
        taken = len(self.notes[ident]) - self.rejected
        return {"createdRegion": True, "region": region, "summary": {"notesInserted": taken}}

    def session_undo(self, count: int) -> dict[str, Any]:
        for _ in range(count):
            track, ident = self.history.pop()
            if (track, ident) not in self.history and track != "own":
                gone = next(r for r in self.regions[track] if r["regionId"] == ident)
                self.regions[track].remove(gone)
                self.redo.append((track, ident, gone))
        return {"countRequested": count}

    def session_redo(self, count: int) -> dict[str, Any]:
        while self.redo:
            track, _, region = self.redo.pop()
            self.regions[track].append(region)
        return {"countRequested": count}


@pytest.fixture
def fake() -> FakeArdour:
    return FakeArdour()


@pytest.fixture
def url(fake: FakeArdour) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer: dict[str, Any] = {"jsonrpc": "2.0", "id": call["id"]}
            try:
                if call["method"] == "initialize":
                    answer["result"] = fake.initialize()
                else:
                    given = call["params"]
                    found = fake.tool(given["name"], given["arguments"])
                    answer["result"] = {"content": [], "structuredContent": found}
            except ValueError as error:
                answer["error"] = {"code": -32602, "message": str(error)}
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/mcp"
    server.shutdown()
    server.server_close()


@pytest.fixture
def ardour(url: str) -> ArdourMcp:
    return ArdourMcp(url)


def clips(start: int = 7680) -> ClipSet:
    notes = {
        Part.DRUMS: [Note(t, 36, 60, 100) for t in range(0, 7680, 240)],
        Part.BASS: [Note(1, 40, 959, 80)],
    }
    return cut("verse", notes, 0, 7680).moved_to(start)


def test_clips_become_regions_with_their_notes_at_their_bars(
    ardour: ArdourMcp, fake: FakeArdour
) -> None:
    assert ardour.print_clips(clips()) == Printed("verse", "bars 3 to 4", ("2 1000", "3 1002"))
    assert [t["name"] for t in fake.tracks[1:]] == ["Latent Bridge Drums", "Latent Bridge Bass"]
    (bass,) = fake.regions["3"]
    assert (bass["name"], bass["startBbt"]["bars"], bass["endBbt"]["bars"]) == ("verse bass", 3, 5)
    assert fake.notes["1002"] == [{"bar": 1, "b": 1, "t": 1, "n": 40, "v": 80, "l": 959 / 960}]
    assert fake.midi["channel_base"] == "zero"
    assert (fake.midi["channel"], fake.midi["ticks_per_quarter"]) == (1, 960)
    assert len(fake.notes["1000"]) == 32


def test_the_next_print_goes_into_the_next_free_bars(ardour: ArdourMcp, fake: FakeArdour) -> None:
    ardour.print_clips(clips())
    fake.regions["3"].append({
        "regionId": "own", "startBbt": {"bars": 6, "beats": 1, "ticks": 0},
        "endBbt": {"bars": 6, "beats": 3, "ticks": 5},
    })  # fmt: skip
    assert ardour.print_clips(clips()).where == "bars 7 to 8"


def test_undo_takes_regions_and_notes_back(ardour: ArdourMcp, fake: FakeArdour) -> None:
    printed = ardour.print_clips(clips())
    assert ardour.undo(printed) == "taken back: verse (bars 3 to 4)"
    assert fake.regions == {"1": [], "2": [], "3": []}
    with pytest.raises(DawError, match="no longer there"):
        ardour.undo(printed)


def test_undo_leaves_all_as_it_is_where_something_was_done_since(
    ardour: ArdourMcp, fake: FakeArdour
) -> None:
    printed = ardour.print_clips(clips())
    fake.history += [("own", "edit")] * 2
    with pytest.raises(DawError, match="you changed something since"):
        ardour.undo(printed)
    assert len(fake.regions["2"]) == len(fake.regions["3"]) == 1


@pytest.mark.parametrize("why", ["notes", "midi_note/import_json", "rejected"])
def test_a_failing_step_leaves_nothing_half_printed(
    ardour: ArdourMcp, fake: FakeArdour, why: str
) -> None:
    fake.fail, fake.fails_after = why, 1
    fake.rejected = int(why == "rejected")
    with pytest.raises(DawError):
        ardour.print_clips(clips())
    assert fake.regions == {"1": [], "2": [], "3": []}
    assert fake.history == []


def test_a_track_of_another_kind_is_said(ardour: ArdourMcp, fake: FakeArdour) -> None:
    fake.tracks[0]["name"] = "Latent Bridge Bass"
    with pytest.raises(DawError, match="is no MIDI track: rename it"):
        ardour.print_clips(clips())


def test_bars_of_another_metre_are_counted_in_it(ardour: ArdourMcp) -> None:
    waltz = cut("w", {Part.BASS: [Note(0, 40, 9, 9)]}, 0, 2880, metre=METRES["3/4"])
    assert ardour.print_clips(waltz.moved_to(2 * 2880)).where == "bar 3"


def test_nobody_there_is_said_in_one_line() -> None:
    nobody = ArdourMcp("http://127.0.0.1:1/mcp")
    assert nobody.answers() is False
    with pytest.raises(DawError, match="Ardour does not answer: open a session"):
        nobody.position()


@pytest.mark.parametrize("nonsense", [[], {"transport": {}}, {"tempoBpm": "x", "transport": {}}])
def test_a_nonsensical_answer_is_an_error(
    ardour: ArdourMcp, fake: FakeArdour, nonsense: Any
) -> None:
    fake.session_get_info = lambda: nonsense  # type: ignore[method-assign]
    with pytest.raises(DawError, match="nonsense"):
        ardour.position()


class NoScript:
    """A script that nobody has installed."""

    def position(self) -> DawPosition:
        raise DawError("no script")

    def markers(self) -> tuple[DawMarker, ...]:
        raise DawError("no script")

    def print_clips(self, clips: ClipSet) -> Printed:
        raise DawError("no script")

    def undo(self, printed: Printed) -> str:
        raise DawError("no script")


class NoTransport:
    """No OSC."""

    heard = False

    def overlaid(self, position: DawPosition) -> DawPosition:
        return position

    def close(self) -> None:
        pass


def test_ardour_prints_by_mcp_http_where_it_answers(ardour: ArdourMcp) -> None:
    daw = Ardour(NoScript(), ardour, NoTransport())  # type: ignore[arg-type]
    where = daw.position()
    assert (where.playing, where.tempo, where.song, where.signature) == (True, 97.5, "song", "")
    assert daw.print_clips(clips()).where == "bars 3 to 4"


def test_ardour_without_script_and_mcp_http_says_what_to_do() -> None:
    gone = Ardour(NoScript(), ArdourMcp("http://127.0.0.1:1/mcp"), NoTransport())  # type: ignore[arg-type]
    with pytest.raises(DawError, match="no script"):
        gone.position()
