"""The one list of what a mapped control can move."""

from __future__ import annotations

import re

import pytest

from bridge.controllers.targets import Known, check_target, is_action, is_numbered, listed
from bridge.errors import NameUnknown

KNOWN = Known(("density",), 16, 3, ("rock",), ("calm",), ("verse",))


def test_everything_on_the_list_is_a_target_and_there_once() -> None:
    names = listed(KNOWN)
    assert len(set(names)) == len(names)
    for name in names:
        check_target(name, KNOWN.directions)
    assert {f"neuron:{number}" for number in range(1, 17)} <= set(names)
    assert {"direction:density", "style:rock", "style:3", "anchor:calm", "section:verse"} <= {
        *names
    }


def test_only_as_many_neurons_and_axes_are_listed_as_there_are() -> None:
    names = listed(Known(neurons=2, axes=0))
    assert [n for n in names if n.startswith("neuron:")] == ["neuron:1", "neuron:2"]
    assert not [n for n in names if re.fullmatch(r"style:\d+", n)]


@pytest.mark.parametrize("name", ["neuron:0", "neuron:17", "neuron:1x", "style:", "mode:blues"])
def test_what_is_not_on_the_list_is_refused_with_the_nearest(name: str) -> None:
    with pytest.raises(NameUnknown):
        check_target(name, ())


def test_a_wrong_neuron_is_told_of_the_right_ones() -> None:
    with pytest.raises(NameUnknown, match="neuron:1"):
        check_target("neuron:17")


def test_a_neuron_is_set_and_not_done() -> None:
    assert is_numbered("neuron:16")
    assert not is_action("neuron:16")
