"""Run :mod:`tools.evaluate.figures`: ``python -m tools.evaluate``."""

from tools.evaluate.figures import main

main()
