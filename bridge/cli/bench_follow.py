"""``latent-bridge bench follow``: how well a clock is followed, on masters made of paper.

Nothing here waits or depends on the machine: the masters are simulated, chance is seeded.
Errors are of a beat predicted one beat ahead, the window full: what a note planned by the
commit line meets. Beside ours, two simpler followers get the same clocks:

* ``window``: the least-squares line through the last 24 clocks;
* ``reanchor``: the last clock is where we are; the tempo is ours, which flatters it.
"""

from __future__ import annotations

import json
import statistics
from random import Random
from typing import Any, Final

import click

from bridge.music.grid import CLOCKS_PER_BEAT
from bridge.timing.follow import Follower
from bridge.timing.masters import (
    WIRES,
    Kind,
    Said,
    Wire,
    Word,
    arrivals,
    obey,
    random_story,
    steady_clocks,
)

JITTER: Final = "normal, sd 2 ms"
BPMS: Final = (60.0, 93.0, 120.0, 200.0)
BEATS: Final = 120
FULL_CLOCKS: Final = 12 * CLOCKS_PER_BEAT
STEPS: Final = (0.8, 1.2)
STEP_BPM: Final = 120.0
TRIALS: Final = 100
LOCKED_SECONDS: Final = 0.005
LOCK_BEATS_MAX: Final = 8


@click.command()
@click.option("--stories", default=10_000, show_default=True, help="Random transport stories.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def bench_follow(stories: int, as_json: bool) -> None:
    """How well a clock is followed: phase, tempo steps, position."""
    figures = measure(stories)
    if as_json:
        click.echo(json.dumps(figures))
        return
    click.echo("A beat predicted one beat ahead, error in ms (sd; ours | last 24 | re-anchored):")
    for name, row in figures["wires"].items():
        sds = " | ".join(f"{row[k]:6.2f}" for k in ("ours", "window", "reanchor"))
        click.echo(f"  {name:<28}{sds}   largest of ours, without its mean {row['ours_max']:.2f}")
    click.echo(
        f"Beats to lock after a step of 20 %, {JITTER}: "
        f"{figures['lock_beats']} (p95 {figures['lock_beats_p95']})"
    )
    click.echo(f"Random transport stories: {figures['stories']} played,")
    click.echo(f"  with a wrong position: {figures['position_errors']}")
    click.echo(
        f"  and of {figures['fault_stories']} with lost and doubled clocks: "
        f"{figures['fault_position_errors']}"
    )


def measure(stories: int) -> dict[str, Any]:
    """All figures. Errors are in ms, the wires' delay (their mean) left out."""
    wires = {name: phase_errors(wire) for name, wire in WIRES.items()}
    chosen = wires[JITTER]
    locks = sorted(lock_beats(WIRES[JITTER], ratio, seed) for ratio in STEPS for seed in _trials())
    faults = stories // 10
    return {
        "phase_sd_ms": chosen["ours"],
        "window_phase_sd_ms": chosen["window"],
        "reanchor_phase_sd_ms": chosen["reanchor"],
        "lock_beats": statistics.median_low(locks),
        "lock_beats_p95": locks[len(locks) * 95 // 100],
        "position_errors": wrong_stories(stories, (Kind.STEADY, Kind.TEMPO)),
        "stories": stories,
        "fault_position_errors": wrong_stories(faults, (Kind.FAULTS,)),
        "fault_stories": faults,
        "wires": wires,
    }


def _trials() -> range:
    return range(TRIALS)


# --- phase ----------------------------------------------------------------------------------


def phase_errors(wire: Wire) -> dict[str, float]:
    """Standard deviations in ms over all of ``BPMS``: ``ours`` (and its largest error),
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
    came = arrivals(sent, wire, Random(1))
    errors: dict[str, list[float]] = {"ours": [], "window": [], "reanchor": []}
    follower = Follower().start()
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
    """One beat after the last of some clocks, by the line through them."""
    line = statistics.linear_regression(range(len(last)), last)
    return line.intercept + line.slope * (len(last) - 1 + CLOCKS_PER_BEAT)


# --- lock -----------------------------------------------------------------------------------


def lock_beats(wire: Wire, ratio: float, seed: int) -> int:
    """Beats from a tempo step until the next beat is known to 5 ms."""
    before = steady_clocks(STEP_BPM, 12 * CLOCKS_PER_BEAT)
    count = (LOCK_BEATS_MAX + 1) * CLOCKS_PER_BEAT + 1
    after = steady_clocks(STEP_BPM * ratio, count, before[-1])
    sent = before[:-1] + after
    follower = Follower().start()
    for number, at in enumerate(arrivals(sent, wire, Random(seed))):
        follower = follower.clock(at)
        since, rest = divmod(number - len(before) + 1, CLOCKS_PER_BEAT)
        if rest or since < 1 or since >= LOCK_BEATS_MAX:
            continue
        line = follower.line
        assert line is not None
        ahead = number + CLOCKS_PER_BEAT
        if abs(line.second_at(ahead / CLOCKS_PER_BEAT) - sent[ahead]) < LOCKED_SECONDS:
            return since
    return LOCK_BEATS_MAX


# --- position -------------------------------------------------------------------------------


def wrong_stories(count: int, kinds: tuple[Kind, ...]) -> int:
    """How many of some random stories had a clock whose position was not the master's."""
    wires = list(WIRES.values())
    stories = (
        random_story(Random(seed), wires[seed % len(wires)], kinds[seed // len(wires) % len(kinds)])
        for seed in range(count)
    )
    return sum(not _right(story) for story in stories)


def _right(story: list[Said]) -> bool:
    follower = Follower()
    for said in story:
        follower = obey(follower, said)
        rolling = said.word is Word.CLOCK and said.position is not None
        if rolling and follower.position != said.position:
            return False
    return True
