"""Run :mod:`tools.export.model_folder`: ``python -m tools.export``."""

from tools.export.model_folder import main

main()
