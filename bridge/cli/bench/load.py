"""Load for the benchmarks: a screen that draws, a model that decodes.

``python -m bridge.cli.bench.load screen|model --model NAME`` runs one of them until its standard
input closes; in the engine's own process they run as threads.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import threading
from collections.abc import Callable

FRAMES_A_SECOND = 30
SIZE = (120, 40)

Stopped = Callable[[], bool]


def draw_screens(stopped: Stopped, model: str) -> None:
    """Draw the real screen, playing, without a terminal, 30 times a second."""
    from bridge.ui.app import BridgeApp
    from bridge.ui.sample_session import SampleLink

    async def run() -> None:
        app = BridgeApp(SampleLink())
        async with app.run_test(size=SIZE):
            while not stopped():
                await asyncio.sleep(1 / FRAMES_A_SECOND)

    asyncio.run(run())


def decode_bars(stopped: Stopped, model: str) -> None:
    """Ask the model for one bar after another, without a pause."""
    from bridge.model.answering.answer import answer
    from bridge.model.messages import Request
    from bridge.model.worker.child import load_model

    trio = load_model(model)
    steps = trio.spec.steps
    style = tuple(float(v) for v in next(iter(trio.presets.values())).vector)
    generation = 0
    while not stopped():
        generation += 1
        answer(
            trio,
            Request(generation, 0, (3,), (0,) * steps, (0,) * steps, style, seed=generation),
        )


LOADS: dict[str, Callable[[Stopped, str], None]] = {"screen": draw_screens, "model": decode_bars}


def until_closed() -> Stopped:
    """A function that returns True once the parent has closed our standard input, or is gone."""
    closed = threading.Event()

    def wait() -> None:
        sys.stdin.buffer.read()
        closed.set()

    threading.Thread(target=wait, daemon=True).start()
    return closed.is_set


def main() -> None:
    """Run a load until the parent closes our standard input."""
    parser = argparse.ArgumentParser(prog="python -m bridge.cli.bench.load")
    parser.add_argument("load", choices=sorted(LOADS))
    parser.add_argument("--model", default="trio-4bar")
    options = parser.parse_args()
    LOADS[options.load](until_closed(), options.model)


if __name__ == "__main__":
    main()
