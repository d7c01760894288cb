"""Run :mod:`tools.train.trio`: ``python -m tools.train``."""

from tools.train.trio import main

main()
