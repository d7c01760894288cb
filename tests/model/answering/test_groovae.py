"""Imported GrooVAE models: drums from taps, velocities and delays of drums."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

pytest.importorskip("onnx", reason="the package onnx is not here")

from bridge.cli.app import main as program
from bridge.errors import ModelError
from bridge.model.answering.groovae import TAP_DRUM, TrioWithGroove, load_groove
from bridge.model.fake import FakeTrio
from bridge.model.importing.folder import Origin, write_folder
from bridge.model.messages import Request, Result
from bridge.model.musicvae.checkpoint import Checkpoint
from bridge.model.worker.child import reply
from bridge.music.tokens import decode_drums
from tools.parity.random_checkpoint import PUBLISHED, tensors_of, tiny

TAPS = (41, 0, 0, 41, 0, 0, 41, 0) * 2
REQUEST = Request(
    generation=1,
    target_bar=4,
    bars=(3,),
    melody=(0,) * 16 + TAPS * 2 + (0,) * 16,
    heard=(1,) * 48 + (0,) * 16,
    style=(1.0, 0.0, 0.0, 0.0),
    temperature=0.0,
    tap=True,
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with both models, of few cells and random weights."""
    place = tmp_path_factory.mktemp("grooves")
    for name in ("tap2drum_2bar", "groovae_2bar_humanize", "mel_2bar_small"):
        few = tiny(PUBLISHED[name])
        write_folder(Checkpoint(name, few.spec(), tensors_of(few, 1)), Origin("made"), place)
    return place


@pytest.fixture(scope="module")
def band(place: Path) -> TrioWithGroove:
    return TrioWithGroove(
        FakeTrio(), load_groove("groovae_2bar_humanize", place), load_groove("tap2drum_2bar", place)
    )


def asked(band: TrioWithGroove, **changes: object) -> Result:
    found = reply(band, msgspec.structs.replace(REQUEST, **changes))
    assert isinstance(found, Result), found
    return found


def test_every_hit_that_is_humanized_has_a_velocity_and_a_delay(band: TrioWithGroove) -> None:
    (bar,) = asked(band, tap=False).bars
    (plain,) = asked(TrioWithGroove(FakeTrio()), tap=False).bars  # type: ignore[arg-type]
    assert bar.drums == plain.drums
    assert len(bar.touch) == len(decode_drums(bar.drums)) > 0
    assert all(1 <= loud <= 127 for loud, _ in bar.touch)
    assert len(set(bar.touch)) > 1


def test_a_tapped_rhythm_decides_the_drums(band: TrioWithGroove) -> None:
    (bar,) = asked(band).bars
    assert len(bar.touch) == len(decode_drums(bar.drums))
    assert asked(band).bars == (bar,)
    window = np.zeros((1, 32, 27), np.float32)
    window[0, :, TAP_DRUM] = np.tile(np.array(TAPS) > 1, 2)
    codec = load_groove_of(band)
    groove = codec.decode(codec.encode(window).mu, 0.0, np.zeros(codec.noise_shape(1), np.float32))
    assert bar.drums == tuple(((groove[0, :16, :9] > 0.5) << np.arange(9)).sum(-1).tolist())
    other = asked(band, temperature=1.5, seed=3).bars
    assert other == asked(band, temperature=1.5, seed=3).bars


def load_groove_of(band: TrioWithGroove):  # type: ignore[no-untyped-def]
    return band._tapper


def test_without_a_tap_the_bands_own_drums_stay_and_so_do_bass_and_melody(
    band: TrioWithGroove,
) -> None:
    silent = asked(band, melody=(0,) * 64).bars
    assert silent == asked(band, melody=(0,) * 64, tap=False).bars
    (bar,), (plain,) = asked(band).bars, asked(band, tap=False).bars
    assert (bar.melody, bar.bass) == (plain.melody, plain.bass)


def test_what_was_not_heard_is_no_tap(band: TrioWithGroove) -> None:
    assert asked(band, heard=(0,) * 64).bars == asked(band, heard=(0,) * 64, tap=False).bars


def test_a_model_that_is_not_there_or_is_another_is_told_in_one_line(place: Path) -> None:
    with pytest.raises(ModelError, match="latent-bridge models import tap2drum_2bar fetches it"):
        load_groove("tap2drum_2bar", place / "none")
    with pytest.raises(ModelError, match="of the kind 'melody', not a GrooVAE"):
        load_groove("mel_2bar_small", place)


def test_mode_tap_without_a_model_says_how_to_get_one(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program(["play", "--headless", "--mode", "tap", "--library", str(place / "none")]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "latent-bridge models import tap2drum_2bar" in line
