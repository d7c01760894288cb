"""Latent Bridge: play a melody, hear a band.

The rooms, from the inside out (each may import only those before it):
``errors``, ``music``, ``latent``, ``timing``, ``ipc``, ``model`` | ``midi`` | ``render``,
``config``, ``session``, ``ui``, ``cli``.
"""

from __future__ import annotations

__version__ = "0.1.0"
