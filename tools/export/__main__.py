"""Run :mod:`tools.export.two_level_folder`: ``python -m tools.export``."""

from tools.export.two_level_folder import main

main()
