"""Run :mod:`tools.train.two_level`: ``python -m tools.train``."""

from tools.train.two_level import main

main()
