"""The DAW on the screen."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bridge.session.messages.daw import DawStatus
from bridge.ui.keys.typing_piano import Typing
from bridge.ui.sample_session import snapshot_at
from bridge.ui.view_state import Frame
from bridge.ui.views import daw_line, status_lines
from bridge.ui.views.styled_lines import length

ARDOUR = DawStatus(
    "Ardour", connected=True, at=100.0, playing=True, tempo=120.0, beat=9.0, bar=3, bar_beat=2.0,
    signature="4/4", coming="bars 5 to 8", printed="verse, bars 1 to 4", prints=1,
)  # fmt: skip
statuses = st.builds(
    DawStatus, st.text(max_size=40), st.booleans(), st.floats(0, 200), st.booleans(),
    st.floats(0, 999), st.floats(0, 9e5), st.integers(-9, 99999), st.floats(0, 99),
    st.sampled_from(["", "4/4", "7/8", "1/2"]), st.none(), st.text(max_size=9), st.booleans(),
    st.text(max_size=60), st.integers(0, 99), st.text(max_size=30),
)  # fmt: skip


def frame(status: DawStatus | None, now: float = 100.0) -> Frame:
    shot = msgspec.structs.replace(snapshot_at(4.0, 100.0, True), daw=status)
    return Frame(snapshot=shot, now=now, beat=4.0, typing=Typing())


def text(status: DawStatus | None, width: int, now: float = 100.0) -> str:
    return "".join(words for words, _ in status_lines.ports(frame(status, now), width))


def test_the_daws_bar_what_the_key_prints_and_what_was_printed_are_shown() -> None:
    shown = text(ARDOUR, 200)
    assert "● Ardour 3.2 F12 prints bars 5 to 8 last: verse, bars 1 to 4" in shown


def test_the_daws_bar_goes_on_with_its_tempo_and_metre() -> None:
    assert "Ardour 4.1 " in text(ARDOUR, 200, 101.5)
    waltz = msgspec.structs.replace(ARDOUR, signature="6/8", playing=False)
    assert "Ardour 3.2 6/8 " in text(waltz, 200, 101.5)


def test_a_daw_that_is_away_is_shown_so() -> None:
    assert "○ Ardour away" in text(msgspec.structs.replace(ARDOUR, connected=False), 200)


def test_without_a_daw_the_line_is_as_it_was() -> None:
    assert daw_line.daw_lines(frame(None)) == []


@given(statuses, st.integers(60, 200), st.floats(100, 300))
def test_the_line_keeps_to_its_width_whatever_the_daw_says(
    status: DawStatus, width: int, now: float
) -> None:
    plain = length(status_lines.ports(frame(None), width))
    assert length(status_lines.ports(frame(status, now), width)) <= max(width, plain)
