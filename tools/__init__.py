"""Making a model: data set, training, export, evaluation, directions and the card.

Each module with a ``main`` is a command: ``python -m tools.train --help``.
"""
