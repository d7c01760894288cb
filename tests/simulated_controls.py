"""Simulated controls: the messages of knobs, endless encoders and buttons as people move them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from bridge.controllers.bindings import RELATIVE, Coding

MESSAGES = 200


def place_knob(rng: random.Random, speed: float, *, noise: float = 0.0, jumps: bool = False,
               top: int = 127) -> Iterator[int]:  # fmt: skip
    """An absolute knob 0..``top``: it is turned to and fro by about ``speed`` a message, and
    sends what changed; ``noise`` is the share of messages that shake by one."""
    place = rng.choice((0.0, float(top), rng.uniform(0, top), rng.uniform(0, top)))
    way, sent = rng.choice((-1, 1)), -1
    for _ in range(40 * MESSAGES):
        if rng.random() < 0.02 or not 0 < place + way * speed < top:
            way = -way
        place = min(float(top), max(0.0, place + way * speed * rng.uniform(0.3, 2.0)))
        if jumps and rng.random() < 0.03:
            place = rng.uniform(0, top)
        shown = round(place) + (rng.choice((-1, 1)) if rng.random() < noise else 0)
        shown = min(top, max(0, shown))
        if shown != sent:
            sent = shown
            yield shown


def encoder(rng: random.Random, code: Coding, most: int) -> Iterator[int]:
    """An endless knob turned to the right, then to the left, and so on; with acceleration the
    steps grow up to ``most``."""
    says = {clicks(value): value for value in range(128) for clicks in [RELATIVE[code]]}
    way = 1
    while True:
        speed = 1.0
        for n in range(rng.randrange(6, 20)):
            if n > 1:
                speed = min(float(most), max(1.0, speed * rng.uniform(0.5, 2.4)))
            yield says[way * max(1, min(63, round(speed)))]
        way = -way


def button(rng: random.Random) -> Iterator[int]:
    """A button or a pad that sends a controller: pressed with any force, then 0."""
    hard = rng.random() < 0.5
    while True:
        yield 127 if hard else rng.randrange(20, 128)
        yield 0


Control = Callable[[random.Random], Iterator[int]]
KNOBS: dict[str, Control] = {
    "slow knob": lambda rng: place_knob(rng, 0.4),
    "knob": lambda rng: place_knob(rng, 2.0),
    "fast knob": lambda rng: place_knob(rng, 9.0),
    "noisy knob": lambda rng: place_knob(rng, 1.0, noise=0.3),
    "knob that jumps": lambda rng: place_knob(rng, 2.0, jumps=True),
}
ENCODERS: dict[str, tuple[Coding, Control]] = {
    f"{code.value} up to {most}": (code, lambda rng, code=code, most=most: encoder(rng, code, most))  # type: ignore[misc]
    for code in RELATIVE
    for most in (1, 4, 15, 40)
}
