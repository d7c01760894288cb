"""Published MusicVAE files that are too large for the repository, for the tests that need them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_FOLDER = Path(os.environ.get("LATENT_BRIDGE_DATA", "")) / "magenta"
DECODER = _FOLDER / "mel_2bar_small-deeplearnjs-decoder"
"""The decoder of magenta.js's ``mel_2bar_small``."""
REFERENCE = _FOLDER / "mel_2bar_small-decode-reference.json"
"""Codes, and the notes that magenta.js decodes from them."""

needs_published_files = pytest.mark.skipif(
    not ("LATENT_BRIDGE_DATA" in os.environ and DECODER.is_dir()),
    reason="LATENT_BRIDGE_DATA names no folder with magenta/mel_2bar_small-deeplearnjs-decoder",
)
