"""``latent-bridge bench follow``: accuracy of the clock follower on simulated clock masters.

Nothing here waits or depends on the machine: the masters are simulated, random numbers seeded.
Errors are those of a beat predicted one beat ahead with a full window, as when notes are
planned ahead. For comparison, two simpler followers get the same clocks:

* ``window``: the least-squares line through the last 24 clocks;
* ``reanchor``: the position of the last clock and the tempo of our follower (an advantage).
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

import click

from bridge.cli.shared.options import JSON
from bridge.music.grid import CLOCKS_PER_BEAT, METRES, Grid
from bridge.timing.clock_follower import ClockFollower
from bridge.timing.clock_sender import ClockMessage
from bridge.timing.simulated_masters import (
    COARSE_WIRES,
    RANDOM_WIRES,
    STEP_WIRES,
    WIRES,
    MasterKind,
    MasterMessage,
    SimulatedMaster,
    Wire,
    apply_message,
    arrival_times,
    random_scenario,
    steady_clocks,
)

JITTER: Final = "normal, sd 2 ms"
BPMS: Final = (60.0, 93.0, 120.0, 200.0)
BEATS: Final = 120
FULL_CLOCKS: Final = 12 * CLOCKS_PER_BEAT
STEPS: Final = (0.8, 1.2)
STEP_BPM: Final = 120.0
RAMPS: Final = ((60.0, 200.0), (200.0, 60.0))
RAMP_BEATS: Final = 16
TRIALS: Final = 100
LOCKED_SECONDS: Final = 0.005
"""Largest error of the next beat at which a follower counts as locked."""
LOCK_BEATS_MAX: Final = 8
"""Result for a follower that does not lock."""
WRONG_CLOCKS: Final = CLOCKS_PER_BEAT // 2
"""Clocks after a lost or doubled one for which the position may be wrong."""
KINDS: Final = (MasterKind.STEADY, MasterKind.TEMPO, MasterKind.DRIFT)
STEPS_ONLY: Final = (MasterKind.STEPS,)
FAULT_SHARE: Final = 10
"""One story with lost and doubled clocks for this number of random stories."""
GUESS_CLOCKS: Final = 12
"""Clocks after a step of any size for which the position may be wrong: a guess that is taken
back."""
JITTER_WIRES: Final = {name: WIRES[name] for name in RANDOM_WIRES}
TWICE_WIRES: Final = {name: WIRES[name] for name in ("exact", "USB frames of 1 ms")}

CLOCKS: Final = {"4/4": 96, "3/4": 72, "6/8": 72, "12/8": 144, "4/4t": 96}
"""MIDI clocks of a bar, as a DAW counts them."""

Done = Callable[[int], None]
"""Called with the number of stories played since its last call."""


@click.command()
@click.option(
    "--stories",
    default=10_000,
    show_default=True,
    type=click.IntRange(FAULT_SHARE),
    help="Number of random transport stories.",
)
@JSON
def bench_follow(stories: int, as_json: bool) -> None:
    """Measure how well a MIDI clock is followed: phase, tempo steps and ramps, position."""
    total = 3 * stories + 5 * (stories // FAULT_SHARE)
    with click.progressbar(length=total, label="transport stories", file=sys.stderr) as bar:
        figures = measure(stories, bar.update)
    click.echo(json.dumps(figures) if as_json else "\n".join(_lines(figures)))


def _lines(figures: dict[str, Any]) -> list[str]:
    """The figures in lines for a person."""
    wires = [
        f"  {name:<28}{row['ours']:6.2f} |{row['window']:6.2f} |{row['reanchor']:6.2f}"
        for name, row in figures["wires"].items()
    ]
    return [
        "A beat predicted one beat ahead, error in ms (sd; ours | last 24 | re-anchored):",
        *wires,
        f"Beats to lock, {JITTER}: after a step of 20 % {figures['lock_beats']} "
        f"(p95 {figures['lock_beats_p95']}), after a ramp between 60 and 200 BPM "
        f"{figures['ramp_lock_beats']} (p95 {figures['ramp_lock_beats_p95']})",
        f"Position wrong in {figures['position_errors']} of {figures['stories']} random transport "
        f"stories, and in {figures['fault_position_errors']} of {figures['fault_stories']} "
        "with lost and doubled clocks; in "
        f"{figures['period_position_errors']} of {figures['period_stories']} where clocks come in "
        "audio periods about as long as they are",
        "Bar or beat wrong in these stories: "
        + ", ".join(f"{name} {errors}" for name, errors in figures["metre_errors"].items()),
        f"Position wrong for over half a beat after tempo steps of any size (20 to 400 BPM) in "
        f"{figures['step_position_errors']} of {figures['step_stories']} stories, and in "
        f"{figures['jitter_step_position_errors']} of {figures['odd_stories']} with random jitter; "
        f"wrong with each clock twice in {figures['twice_position_errors']}, with clocks of 5 to "
        f"30 BPM in {figures['slow_position_errors']} of as many",
    ]


def measure(stories: int, done: Done = lambda count: None) -> dict[str, Any]:
    """All figures. Errors are in ms, without the mean, which is the delay of the wire."""
    wires = {name: phase_errors(wire) for name, wire in WIRES.items()}
    chosen = wires[JITTER]
    locks = [lock_beats(WIRES[JITTER], r, seed) for r in STEPS for seed in range(TRIALS)]
    ramps = [ramp_lock_beats(WIRES[JITTER], r, seed) for r in RAMPS for seed in range(TRIALS)]
    faults = stories // FAULT_SHARE
    return {
        "phase_sd_ms": chosen["ours"],
        "window_phase_sd_ms": chosen["window"],
        "reanchor_phase_sd_ms": chosen["reanchor"],
        "lock_beats": statistics.median_low(locks),
        "lock_beats_p95": sorted(locks)[len(locks) * 95 // 100],
        "ramp_lock_beats": statistics.median_low(ramps),
        "ramp_lock_beats_p95": sorted(ramps)[len(ramps) * 95 // 100],
        "position_errors": wrong_stories(stories, KINDS, 0, done),
        "stories": stories,
        "metre_errors": metre_errors(stories, done),
        "fault_position_errors": wrong_stories(faults, (MasterKind.FAULTS,), WRONG_CLOCKS, done),
        "fault_stories": faults,
        "period_position_errors": wrong_stories(faults, KINDS, 0, done, COARSE_WIRES),
        "period_stories": faults,
        "step_position_errors": wrong_stories(stories, STEPS_ONLY, GUESS_CLOCKS, done, STEP_WIRES),
        "step_stories": stories,
        "jitter_step_position_errors": wrong_stories(
            faults, STEPS_ONLY, GUESS_CLOCKS, done, JITTER_WIRES
        ),
        "twice_position_errors": wrong_stories(faults, (MasterKind.TWICE,), 0, done, TWICE_WIRES),
        "slow_position_errors": wrong_stories(faults, (MasterKind.SLOW,), 0, done),
        "odd_stories": faults,
        "wires": wires,
    }


# --- phase ----------------------------------------------------------------------------------


def phase_errors(wire: Wire) -> dict[str, float]:
    """Standard deviations in ms over all of ``BPMS``: ``ours`` (``ours_max`` is its largest),
    ``window``, ``reanchor``. Each tempo's mean, the delay of the wire, is taken out."""
    errors: dict[str, list[float]] = {"ours": [], "window": [], "reanchor": []}
    for bpm in BPMS:
        of_tempo = _errors_at(bpm, wire)
        for name, values in of_tempo.items():
            mean = statistics.fmean(values)
            errors[name] += [1000 * (value - mean) for value in values]
    row = {name: round(statistics.pstdev(values), 3) for name, values in errors.items()}
    return {**row, "ours_max": round(max(map(abs, errors["ours"])), 3)}


def _errors_at(bpm: float, wire: Wire) -> dict[str, list[float]]:
    sent = steady_clocks(bpm, BEATS * CLOCKS_PER_BEAT)
    came = arrival_times(sent, wire, Random(1))
    errors: dict[str, list[float]] = {"ours": [], "window": [], "reanchor": []}
    follower = ClockFollower().start()
    for number, at in enumerate(came):
        follower = follower.clock(at)
        ahead = number + CLOCKS_PER_BEAT
        if number < FULL_CLOCKS or ahead >= len(sent):
            continue
        line = follower.line
        assert line is not None
        predictions = {
            "ours": line.second_at(ahead / CLOCKS_PER_BEAT),
            "window": _window(came[number + 1 - CLOCKS_PER_BEAT : number + 1]),
            "reanchor": at + line.seconds_per_beat,
        }
        for name, second in predictions.items():
            errors[name].append(second - sent[ahead])
    return errors


def _window(last: list[float]) -> float:
    """The second one beat after the last of some clocks, on the least-squares line through them."""
    line = statistics.linear_regression(range(len(last)), last)
    return line.intercept + line.slope * (len(last) - 1 + CLOCKS_PER_BEAT)


# --- lock -----------------------------------------------------------------------------------


def lock_beats(wire: Wire, ratio: float, seed: int) -> int:
    """Beats from a tempo step until the next beat is known to 5 ms."""
    master = SimulatedMaster(Random(seed), wire, bpm=STEP_BPM)
    master.clocks(12 * CLOCKS_PER_BEAT)
    master.bpm = STEP_BPM * ratio
    return _beats_to_lock(master)


def ramp_lock_beats(wire: Wire, ramp: tuple[float, float], seed: int) -> int:
    """Beats from the end of a ramp (four bars long) until the next beat is known to 5 ms."""
    first, last = ramp
    master = SimulatedMaster(Random(seed), wire, bpm=first)
    master.clocks(4 * CLOCKS_PER_BEAT)
    master.ramp(last, RAMP_BEATS * CLOCKS_PER_BEAT)
    return _beats_to_lock(master)


def _beats_to_lock(master: SimulatedMaster) -> int:
    """Beats of steady tempo after the master's last clock until the next beat is known to 5 ms."""
    changed = len(master.messages) - 1
    master.clocks((LOCK_BEATS_MAX + 1) * CLOCKS_PER_BEAT + 1)
    follower = ClockFollower()
    for number, said in enumerate(master.messages):
        follower = apply_message(follower, said)
        beats, rest = divmod(number - changed, CLOCKS_PER_BEAT)
        if rest or not 1 <= beats < LOCK_BEATS_MAX:
            continue
        ahead = follower.pulse.second_at(follower.number + CLOCKS_PER_BEAT)
        if abs(ahead - master.messages[number + CLOCKS_PER_BEAT].sent) < LOCKED_SECONDS:
            return beats
    return LOCK_BEATS_MAX


# --- position -------------------------------------------------------------------------------


def wrong_stories(
    count: int,
    kinds: tuple[MasterKind, ...],
    allowed: int,
    done: Done,
    over: Mapping[str, Wire] = WIRES,
) -> int:
    """The number of random stories with more than ``allowed`` consecutive clocks at which the
    follower's position differs from the master's."""
    wires, wrong = list(over.values()), 0
    for seed in range(count):
        kind = kinds[seed // len(wires) % len(kinds)]
        story = random_scenario(Random(seed), wires[seed % len(wires)], kind)
        wrong += wrong_clocks(story) > allowed
        done(1)
    return wrong


def metre_errors(count: int, done: Done) -> dict[str, int]:
    """The number of random stories, by metre, with a clock at which the bar or the beat is not the
    master's: a Song Position counts sixteenths, whatever the metre."""
    wires = list(WIRES.values())
    errors = dict.fromkeys(METRES, 0)
    for seed in range(count):
        kind = KINDS[seed // len(wires) % len(KINDS)]
        for name in wrong_metres(random_scenario(Random(seed), wires[seed % len(wires)], kind)):
            errors[name] += 1
        done(1)
    return errors


def wrong_metres(story: list[MasterMessage]) -> set[str]:
    """The metres in which the follower's tick lies in another bar or beat than the master's
    clock, at any clock of a story."""
    follower = ClockFollower()
    grids = {name: Grid.of(metre) for name, metre in METRES.items()}
    wrong: set[str] = set()
    for said in story:
        follower = apply_message(follower, said)
        if said.kind is not ClockMessage.CLOCK or said.position is None:
            continue
        for name, grid in grids.items():
            bar, beat = divmod(said.position, CLOCKS[name])
            beats = bar * METRES[name].beats + beat * METRES[name].beats // CLOCKS[name]
            if (grid.bar_of(follower.tick), grid.beat_of(follower.tick)) != (bar, beats):
                wrong.add(name)
    return wrong


def wrong_clocks(story: list[MasterMessage]) -> int:
    """The longest run of clocks at which the follower's position differs from the master's."""
    follower, running, most = ClockFollower(), 0, 0
    for said in story:
        follower = apply_message(follower, said)
        if said.kind is ClockMessage.CLOCK and said.position is not None:
            running = running + 1 if follower.position != said.position else 0
            most = max(most, running)
    return most
