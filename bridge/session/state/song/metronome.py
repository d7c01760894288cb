"""The metronome: clicks on the beats, on an output and a channel of their own."""

from __future__ import annotations

from bridge.music.arrange import DRUM_TICKS
from bridge.music.grid import Grid
from bridge.music.notes import Note
from bridge.session.state.value import Value
from bridge.timing.schedule import Schedule

ACCENT, BEAT = 118, 84
"""Velocities of the first beat of a bar, and of the others."""
QUIETEST = 1


class ClickSound(Value, frozen=True):
    """The notes of a click: ``channel`` 0..15, the pitch of the ``accent`` on the one and that of
    the other beats. The usual ones are General MIDI's high and low wood block."""

    channel: int = 9
    accent: int = 76
    beat: int = 77


class Metronome(Value, frozen=True):
    """``on``: it clicks while music plays. ``clicks`` are those to come and those that sound."""

    on: bool = False
    sound: ClickSound = ClickSound()
    clicks: Schedule = Schedule()

    def bar(self, grid: Grid, bar: int, level: float) -> list[Note]:
        """The clicks of a bar, in ticks of the session, at a loudness of ``level`` 0..1."""
        start, metre = grid.bar_start(bar), grid.metre_of(bar)
        if not level:
            return []
        return [
            Note(
                start + beat * metre.ticks_per_beat,
                self.sound.beat if beat else self.sound.accent,
                DRUM_TICKS,
                max(QUIETEST, round((BEAT if beat else ACCENT) * level)),
            )
            for beat in range(metre.beats)
        ]

    def placed(self, grid: Grid, bar: int, level: float) -> Metronome:
        """The metronome with the clicks of ``bar`` and the bar after it, as far as they are still
        to come; bars before 0 have the count-in's clicks, and none of the metronome's."""
        first = max(bar, 0)
        start, end = grid.bar_start(first), grid.bar_start(bar + 2)
        notes = [n for b in range(first, bar + 2) for n in self.bar(grid, b, level)]
        return self.but(clicks=self.clicks.place(start, end, notes if self.on else ()))
