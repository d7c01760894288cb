"""The controls of a session with their ranges, and how those of the hardware stand."""

from __future__ import annotations

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


MUTE = "mute "
"""Before a part's name: the target that silences it."""
_TEMPO_RANGE = (40.0, 240.0, 120.0)
_DIRECTION_RANGE = (-1.0, 1.0, 0.0)


def control_range(target: str) -> tuple[float, float, float]:
    """Lowest, highest and default value of a control; directions and axes go from -1 to 1."""
    if target == "tempo":
        return _TEMPO_RANGE
    for known in (CONTROLS, AUTOPILOT, POINT_CONTROLS):
        if target in known:
            return known[target]
    return _DIRECTION_RANGE
