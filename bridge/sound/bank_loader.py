"""Load the instruments from the cache; missing ones are recorded in processes of their own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.errors import SoundError
from bridge.music.notes import Part
from bridge.sound.messages import PARTS
from bridge.sound.sample_bank import Bank, bank_path, read_bank

RECORD_SECONDS: Final = 120
RECORDING: Final = "recording the instruments, once: they sound in some seconds"
"""Notice to the player while banks are recorded."""


@dataclass(frozen=True)
class BankRequest:
    """The instrument of a part: GM ``program`` 0..127 and the path of its bank file."""

    part: Part
    program: int
    path: Path

    @property
    def drums(self) -> bool:
        """True for a drum kit."""
        return self.part is Part.DRUMS

    def read(self) -> Bank | None:
        """The bank from its file; None where that is missing or damaged."""
        return read_bank(self.path, self.drums)


def bank_requests(
    programs: tuple[int, int, int], font: Path, folder: Path | None = None
) -> list[BankRequest]:
    """The bank requests of all parts; ``programs`` are in the order of :data:`PARTS`."""
    return [
        BankRequest(part, program, bank_path(program, part is Part.DRUMS, font, folder))
        for part, program in zip(PARTS, programs, strict=True)
    ]


def load_banks(
    requests: list[BankRequest],
    font: Path,
    use: Callable[[Part, Bank], None],
    say: Callable[[str], None],
) -> None:
    """Pass each part's bank to ``use`` as soon as it is available.

    Missing banks are recorded in parallel, into a temporary folder where the cache cannot be
    written. ``say`` gets a notice for the player. SoundError if a bank cannot be recorded.
    """
    missing = []
    for request in requests:
        found = request.read()
        if found is None:
            missing.append(request)
        else:
            use(request.part, found)
    if not missing:
        return
    say(RECORDING)
    with tempfile.TemporaryDirectory(prefix="latent-bridge-") as spare:
        recorders = [(request, _record(request, request.path, font)) for request in missing]
        for request, process in recorders:
            found = _result(request, process)
            if found is None:
                again = BankRequest(request.part, request.program, Path(spare) / request.path.name)
                found = _result(again, _record(again, again.path, font), last=True)
                assert found is not None
                found = Bank.of(found.layout, found.samples.copy())  # the folder is removed
            use(request.part, found)


def _record(request: BankRequest, path: Path, font: Path) -> subprocess.Popen[str]:
    kind = "drums" if request.drums else "program"
    arguments = [str(request.program), kind, str(font), str(path)]
    return subprocess.Popen(
        [sys.executable, "-m", "bridge.sound.bank_recorder", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _result(
    request: BankRequest, process: subprocess.Popen[str], last: bool = False
) -> Bank | None:
    try:
        output, _ = process.communicate(timeout=RECORD_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
    found = request.read()
    if found is None and last:
        why = output.strip() or "the recorder ended early"
        raise SoundError(f"the {request.part} has no instrument ({why}); choose another sound.font")
    return found
