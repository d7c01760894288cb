"""The command line: the composition root, the only place that builds real things."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``latent-bridge`` with these arguments (None: the process's own); the exit code."""
    if arguments is not None:
        from bridge.cli.app import main as run

        return run(arguments)
    from bridge.cli.early import INTERRUPTED, begin, nothing

    finish = nothing
    try:
        finish = begin(sys.argv[1:])
        from bridge.cli.app import main as run

        return run(sys.argv[1:], before_message=finish)
    except KeyboardInterrupt:  # while something is imported
        return INTERRUPTED
    finally:
        finish()
