"""``latent-bridge bench``: figures of this machine, as text or ``--json``."""

from __future__ import annotations

from typing import Final

import click

from bridge.cli.lazy import Lazy, LazyGroup

BENCHES: Final = {
    "model": Lazy("bridge.cli.bench.model:bench_model", "Milliseconds from melody to next bar."),
    "timing": Lazy("bridge.cli.bench.timing:bench_timing", "Lateness of the notes sent."),
    "follow": Lazy("bridge.cli.bench.clock:bench_follow", "How well a clock is followed."),
    "thru": Lazy("bridge.cli.bench.timing:bench_thru", "A key in to the same key out."),
    "controls": Lazy(
        "bridge.cli.bench.controls:bench_controls", "A million random messages: no harm."
    ),
    "start": Lazy("bridge.cli.bench.start:bench_start", "Time to first screen and first note."),
}


@click.group(cls=LazyGroup, table=BENCHES)
def bench() -> None:
    """Measure this machine: the model, the timing, the clock, the start. Figures, not tests."""
