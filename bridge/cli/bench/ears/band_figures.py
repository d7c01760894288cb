"""Figures of the band that follows: bass on the piece's root, energy, time from chord to bass."""

from __future__ import annotations

import tarfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from bridge.cli.bench.ears.baseline import template_chord
from bridge.cli.bench.ears.harmony_figures import HALF
from bridge.cli.bench.ears.scores import Share, spearman
from bridge.errors import MidiFileError
from bridge.live.live_session import facts_of
from bridge.model.answering.answer import answer
from bridge.model.contract import Trio
from bridge.model.fake import FakeTrio
from bridge.model.messages import WorkerReady
from bridge.model.worker.child import FAKE
from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT
from bridge.music.melody_track import find_melody
from bridge.music.notes import Note, Part
from bridge.music.rhythm.song_bars import song_bars
from bridge.music.smf.read import song_from
from bridge.music.smf.song import Song
from bridge.music.trio_windows import find_bass
from bridge.offline.accompany import AccompanyOptions, accompany
from bridge.session import core
from bridge.session.messages.commands import SetControl, Start
from bridge.session.new_session import first_state
from bridge.session.simulation import Played, play
from bridge.session.state.effects import Ask, Send
from bridge.session.state.events import Answered, CommandReceived, Event, MidiIn, Tick
from bridge.session.state.setup import Setup

PIECES: Final = Path("test") / "simutrans-trio-midi.tar.xz"
EARLY, LATE = TICKS_PER_BEAT // 8, TICKS_PER_BEAT // 16
BPM: Final = 120.0
BEAT: Final = 60.0 / BPM
T0: Final = 1.0
CHORDS: Final = ((48, 52, 55), (45, 48, 52), (41, 45, 48), (43, 47, 50))


def whole_pieces(data: Path, pieces: int, trio: Trio) -> dict[str, Any]:
    """The share of downbeats whose bass is on the root of the piece's own harmony (a template of
    all pitched tracks, without the bonus for the bass): ours, with all tracks heard and with the
    melody alone, and the piece's own."""
    hears_all, hears_melody, own = Share(), Share(), Share()
    songs = songs_of(data / PIECES)
    for song in songs[:: max(1, -(-len(songs) // pieces))] if pieces else songs:
        origin = song_bars(song, FOUR_FOUR).origin
        melody = find_melody(song)
        bass = find_bass(song, melody)
        tracks = tuple(t for t in song.tracks if not t.is_drums and t.notes)
        notes = sorted(n for t in tracks for n in t.notes)
        options = AccompanyOptions(next(iter(trio.presets.values())))
        with_band = [
            accompany(partial(answer, trio), trio.spec.bars, song, melody, options,
                      origin=origin, listen=listen).bass
            for listen in (tracks, ())
        ]  # fmt: skip
        for bar in range(-(-(song.end - origin) // FOUR_FOUR.ticks)):
            start = origin + bar * FOUR_FOUR.ticks
            true = template_chord(notes, start, start + HALF, bonus=0.0)
            if true is None or bass is None:
                continue
            for share, line in zip(
                (hears_all, hears_melody, own), (*with_band, bass.notes), strict=True
            ):
                share.add(sounding_class(line, start) == true.root)
    return {
        "bass_on_root": hears_all.value, "downbeats": int(own.count),
        "baseline": {"melody_only": hears_melody.value, "own_bass": own.value},
    }  # fmt: skip


def songs_of(path: Path) -> list[Song]:
    """The songs of an archive of MIDI files. MidiFileError where it is missing."""
    try:
        with tarfile.open(path) as archive:
            members = sorted((m for m in archive if m.name.endswith(".mid")), key=lambda m: m.name)
            opened = (archive.extractfile(member) for member in members)
            return [song_from(file.read()) for file in opened if file is not None]
    except OSError as exc:
        raise MidiFileError(f"{path}: {exc.strerror}: give the folder that holds test/") from exc


def sounding_class(notes: Sequence[Note], tick: int) -> int | None:
    """The pitch class that sounds at a tick; None for none."""
    return next((n.pitch % 12 for n in notes if n.tick - EARLY <= tick < n.end - LATE), None)


# --- energy -------------------------------------------------------------------------------


def script() -> list[tuple[float, int, float]]:
    """Bars of (velocity, notes a bar, silence 0 or 1): crescendi, drops, sparse and dense ones."""
    quiet, loud = (45.0, 4, 0.0), (115.0, 16, 0.0)
    rise = [(45.0 + 9 * i, 4 + (i // 2) * 2, 0.0) for i in range(8)]
    return [
        *[quiet] * 4, *rise, *[loud] * 4, *[quiet] * 4, *[loud] * 2, *[(0.0, 0, 1.0)] * 3,
        *[(90.0, 8, 0.0)] * 4, *reversed(rise), *[loud] * 4,
    ]  # fmt: skip


def keys_of(bars: Sequence[tuple[float, int, float]]) -> list[Event]:
    """The keys of a script: a melody in C in even notes."""
    events: list[Event] = []
    for bar, (velocity, count, silent) in enumerate(bars):
        for index in range(0 if silent else count):
            at = T0 + (bar + index / count) * 4 * BEAT
            pitch = 60 + (0, 4, 7, 12)[index % 4]
            events.append(MidiIn(at, bytes((0x90, pitch, int(velocity)))))
            events.append(MidiIn(at + 1.6 * BEAT / max(1, count / 2), bytes((0x80, pitch, 0))))
    return events


def energy(trio: Trio, model: str, library: Path | None) -> dict[str, Any]:
    """Rank correlation of the player's energy (velocity and notes of each bar) with the band's, at
    the amounts 1 and 0 of ``follow energy``."""
    bars = script()
    player = [0.0 if silent else velocity * (0.5 + count / 16) for velocity, count, silent in bars]
    found = {}
    for amount in (1.0, 0.0):
        facts = facts_of(model, library)
        state = first_state(Setup(bpm=BPM, key="C major"), facts)
        events = [
            Answered(0.0, WorkerReady(model, 1.0)),
            CommandReceived(T0 - 0.3, SetControl("follow energy", amount)),
            CommandReceived(T0 - 0.2, SetControl("fills", 0.0)),
            CommandReceived(T0, Start()),
            *keys_of(bars),
        ]
        done = play(state, events, partial(answer, trio), T0 + len(bars) * 4 * BEAT)
        found[amount] = spearman(player, loudness_by_bar(done, len(bars)))
    return {"amount_1": found[1.0], "bars": len(bars), "baseline": {"amount_0": found[0.0]}}


def loudness_by_bar(done: Played, bars: int) -> list[float]:
    """The sum of the velocities of drums and bass in each bar."""
    sums = [0.0] * bars
    for row in done.rows:
        bar = row.tick // FOUR_FOUR.ticks
        if row.kind == "on" and row.part in (Part.BASS, Part.DRUMS) and 0 <= bar < bars:
            sums[bar] += row.velocity
    return sums


# --- from chord to bass -------------------------------------------------------------------


class _Stepped:
    """A session with a fake model, stepped by hand."""

    def __init__(self) -> None:
        self._model = FakeTrio()
        self.state = first_state(Setup(bpm=BPM, key="C major"), facts_of(FAKE))
        self.step(Answered(0.0, WorkerReady(FAKE, 1.0)))
        self.step(CommandReceived(T0, Start()))

    def step(self, event: Event) -> bool:
        """One step; a request is answered at once. True if it sends something."""
        self.state, effects = core.step(self.state, event)
        for effect in effects:
            if isinstance(effect, Ask):
                self.step(Answered(self.state.clock.now, answer(self._model, effect.request)))
        return any(isinstance(effect, Send) for effect in effects)

    def until(self, at: float) -> None:
        """All that is due before ``at`` (seconds)."""
        while (deadline := core.next_deadline(self.state)) is not None and deadline < at:
            self.step(Tick(deadline))


def chord_to_bass(chords: int = 400) -> dict[str, Any]:
    """Milliseconds that the session computes from the last key of a chord to the bass moved and
    sent, on this machine as it is loaded now; beside it the bar that it took before. ``cpu`` is
    without the time that others had its processor: the engine has priority."""
    session = _Stepped()
    took: list[float] = []
    worked: list[float] = []
    for number in range(chords):
        start = T0 + (number * 2 + 0.3) * BEAT
        session.until(start)
        *first, last = CHORDS[number % len(CHORDS)]
        for pitch in first:
            session.step(MidiIn(start, bytes((0x90, pitch, 80))))
        before, begun, began = session.state.ears.changes, time.perf_counter(), time.thread_time()
        session.step(MidiIn(start, bytes((0x90, last, 80))))
        while session.state.ears.due is not None and session.state.ears.due <= start:
            session.step(Tick(start))
        moved, used = time.perf_counter(), time.thread_time()
        if session.step(Tick(start)):
            moved, used = time.perf_counter(), time.thread_time()
        if session.state.ears.changes != before:
            took.append((moved - begun) * 1000)
            worked.append((used - began) * 1000)
        session.until(start + 1.5 * BEAT)
        for pitch in (*first, last):
            session.step(MidiIn(start + 1.5 * BEAT, bytes((0x80, pitch, 0))))
    if not took:
        return {"chords": 0}
    p50, p99 = np.percentile(took, (50, 99))
    own = float(np.percentile(worked, 99))
    return {
        "p50_ms": round(float(p50), 3), "p99_ms": round(float(p99), 3),
        "max_ms": round(max(took), 3), "cpu_p99_ms": round(own, 3), "chords": len(took),
        "baseline": {"name": "the next bar", "ms": round(4 * BEAT * 1000)},
    }  # fmt: skip
