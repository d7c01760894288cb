"""The child process of ``bench start``: the demo, up to its first note.

``python -m bridge.cli.bench.first_note MODEL`` prints the time (monotonic seconds) of the first
note-on that leaves.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    from bridge.cli.early import begin

    finish = begin(["demo"])  # as ``latent-bridge demo`` begins

from collections.abc import Callable
from dataclasses import dataclass

from bridge.cli.live.demo import check_style, demo_session
from bridge.live.performer import ScriptedPlayer, tune_keys
from bridge.midi.ports import MemoryOut
from bridge.music.grid import FOUR_FOUR
from bridge.music.notes import Part
from bridge.music.tunes import DEMO_TUNE
from bridge.session.messages.commands import Quit
from bridge.system.clock import monotonic_seconds


@dataclass
class FirstNote(MemoryOut):
    """An output that records the time of the first note-on, and then ends the session."""

    at: float | None = None
    heard: Callable[[], None] = lambda: None

    def send(self, message: bytes) -> None:
        """Take one message."""
        if self.at is None and message[0] & 0xF0 == 0x90:
            self.at = monotonic_seconds()
            self.heard()


def main(model: str) -> None:
    """Play the demo's tune until a note leaves, and print when."""
    check_style("", model, FOUR_FOUR)
    out = FirstNote("first note")
    session = demo_session(DEMO_TUNE, model, dict.fromkeys(Part, out))
    out.heard = lambda: session.tell(Quit())
    ScriptedPlayer(session, tune_keys(DEMO_TUNE.notes(), 1), 1).run()
    print(out.at)


if __name__ == "__main__":
    main(sys.argv[1])
    finish()
