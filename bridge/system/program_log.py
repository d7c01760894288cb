"""Lines that libraries log or warn of, kept off the terminal that the screen is drawn on.

With a screen they go into a file of the user's; without one to stderr, at most one a minute of
each library, so that a flood of bad messages fills no log.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

import platformdirs

EVERY_SECONDS: Final = 60.0
LARGEST_BYTES: Final = 1_000_000
"""Size of the file at which a new one is begun; one old one is kept."""


class OncePerMinute(logging.Filter):
    """Lets one line a minute of each library through, told apart by their folders."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """True for a record that is to be written."""
        library, now = str(Path(record.pathname).parent), self._clock()
        if now - self._last.get(library, -EVERY_SECONDS) < EVERY_SECONDS:
            return False
        self._last[library] = now
        return True


def log_path() -> Path:
    """The file for what is logged while the screen runs; it may not exist."""
    return platformdirs.user_state_path("latent-bridge", appauthor=False) / "screen.log"


@contextmanager
def diverted(*, screen: bool, path: Path | None = None) -> Iterator[None]:
    """While it lasts, whatever is logged or warned of goes into ``path`` (None:
    :func:`log_path`) where a screen runs, else to stderr. Where the file cannot be written it
    goes nowhere."""
    root = logging.getLogger()
    before, handler = root.handlers[:], _handler(screen, path or log_path())
    handler.addFilter(OncePerMinute())
    handler.setFormatter(logging.Formatter("%(asctime)s  %(message)s", "%H:%M:%S"))
    root.handlers[:] = [handler]
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = before
        handler.close()


def _handler(screen: bool, path: Path) -> logging.Handler:
    if not screen:
        return logging.StreamHandler()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return RotatingFileHandler(path, maxBytes=LARGEST_BYTES, backupCount=1, encoding="utf-8")
    except OSError:
        return logging.NullHandler()
