"""``latent-bridge bench``: figures of this machine, as text or ``--json``."""

from __future__ import annotations

from typing import Final

import click

from bridge.cli.lazy import Lazy, LazyGroup

BENCHES: Final = {
    "model": Lazy(
        "bridge.cli.bench.model:bench_model",
        "Measure the milliseconds from a melody to the next bar.",
    ),
    "timing": Lazy("bridge.cli.bench.timing:bench_timing", "Measure how late notes are sent."),
    "follow": Lazy(
        "bridge.cli.bench.clock:bench_follow", "Measure how well a MIDI clock is followed."
    ),
    "lock": Lazy(
        "bridge.cli.bench.lock:bench_lock", "Measure how close the band keeps to real masters."
    ),
    "thru": Lazy(
        "bridge.cli.bench.timing:bench_thru", "Measure the time from a key in to the same key out."
    ),
    "controls": Lazy(
        "bridge.cli.bench.controls:bench_controls",
        "Test the controls with a million random messages.",
    ),
    "ears": Lazy(
        "bridge.cli.bench.ears.command:bench_ears",
        "Measure what the band hears: chords, key, tempo, energy.",
    ),
    "files": Lazy("bridge.cli.bench.files:bench_files", "Test the reading of damaged MIDI files."),
    "screen": Lazy(
        "bridge.cli.bench.screen:bench_screen",
        "Measure the processor time of the screen, and what it sends to the terminal.",
    ),
    "start": Lazy(
        "bridge.cli.bench.start:bench_start",
        "Measure the time to the first screen and the first note.",
    ),
}


@click.group(cls=LazyGroup, table=BENCHES, path="bench")
def bench() -> None:
    """Measure this machine: the model, the timing, the clock, the start. Figures, not tests."""
