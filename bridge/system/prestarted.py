"""A child process that is started before its arguments are known.

``python -m bridge.system.prestarted MODULE IMPORT ...`` imports the modules, then waits for its
arguments, a JSON list in one line of standard input, and runs ``MODULE.main(arguments)``. It ends
where none come, because the process that started it has.
"""

from __future__ import annotations

import signal

if __name__ == "__main__":
    # Before the slow imports: the terminal's Ctrl+C goes to the whole process group, but the
    # process that started this one has to end first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

import json
import sys
from collections.abc import Sequence
from importlib import import_module


def main(names: Sequence[str]) -> int:
    """Import the modules, wait, run; the exit code."""
    first, *_ = [import_module(name) for name in names]
    line = sys.stdin.readline()
    return int(first.main(json.loads(line))) if line else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
