"""The controls of a session with their ranges, and how those of the hardware stand."""

from __future__ import annotations

import msgspec

CONTROLS: dict[str, tuple[float, float, float]] = {
    # name: (lowest, highest, default)
    "temperature": (0.0, 1.5, 0.5),
    "variation": (0.0, 1.0, 0.2),
    "swing": (0.0, 1.0, 0.0),
    "humanize": (0.0, 1.0, 0.3),
    "fills": (0.0, 1.0, 0.5),
    "volume melody": (0.0, 1.0, 1.0),
    "volume bass": (0.0, 1.0, 1.0),
    "volume drums": (0.0, 1.0, 1.0),
}
"""Controls every session has. ``direction:NAME`` controls (-1..1, default 0) come from the
model's directions and are listed in ``Snapshot.controls`` too."""
WALK_CONTROLS: dict[str, tuple[float, float, float]] = {
    # what a walk adds: how far it leads away from what the player's melody alone would give
    "walk": (0.0, 1.0, 0.3),
}
FIGURE_CONTROLS: dict[str, tuple[float, float, float]] = {"walk bars": (1.0, 128.0, 16.0)}
NEURON_CONTROLS: dict[str, tuple[float, float, float]] = {
    "neuron x": (1.0, 16.0, 1.0),
    "neuron y": (1.0, 16.0, 2.0),
}
MIMIC_CONTROLS: dict[str, tuple[float, float, float]] = {"return": (0.0, 1.0, 0.0)}
PRIOR_CONTROLS: dict[str, tuple[float, float, float]] = {"surprise": (0.0, 1.5, 1.0)}
RESTLESS_CONTROLS: dict[str, tuple[float, float, float]] = {"restlessness": (0.0, 1.0, 0.15)}
APART_CONTROLS: dict[str, tuple[float, float, float]] = {
    # how quickly each wanders, how much it goes by the player, and by the other
    "restless drums": (0.0, 1.0, 0.15),
    "restless bass": (0.0, 1.0, 0.1),
    "listen drums": (0.0, 1.0, 0.7),
    "listen bass": (0.0, 1.0, 0.9),
    "lean drums": (0.0, 1.0, 0.0),
    "lean bass": (0.0, 1.0, 0.3),
}
POINT_CONTROLS: dict[str, tuple[float, float, float]] = {
    # the way between two anchors, and in how many beats (or bars) the point moves
    "morph": (0.0, 1.0, 0.0),
    "glide": (1.0, 32.0, 1.0),
}
"""``morph`` is there while two anchors are chosen for it."""
AUTOPILOT = (
    WALK_CONTROLS
    | FIGURE_CONTROLS
    | NEURON_CONTROLS
    | MIMIC_CONTROLS
    | PRIOR_CONTROLS
    | RESTLESS_CONTROLS
    | APART_CONTROLS
)
"""Controls that are there only while a walk that has them is on."""


class LearnStatus(msgspec.Struct, frozen=True, tag=True):
    """MIDI learn under way: for which ``target``; what was ``heard``, for a person, empty for
    nothing yet; ``hint`` says what to do now; ``conflict`` what the control moves already,
    which ConfirmLearn takes from it. ``done``: it is bound (or no more), and knobs are knobs."""

    target: str
    heard: str = ""
    hint: str = ""
    conflict: str = ""
    done: bool = False


class KnobStatus(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A mapped control: its ``target``; the ``control`` for a person (``cc 20 ch 1``); where
    the hardware stands, 0..1 of its way, None while it is not known (or has no place);
    ``value`` of the target, 0..1; ``caught`` whether it has hold of it."""

    target: str
    control: str
    place: float | None
    value: float
    caught: bool
