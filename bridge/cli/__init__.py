"""The command line: the composition root, the only place that builds real things."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``latent-bridge`` with these arguments (None: the process's own); the exit code."""
    from bridge.cli.app import main as run

    return run(arguments)
