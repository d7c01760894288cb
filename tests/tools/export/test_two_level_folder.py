"""A two-level model's folder as the program uses it: codes, styles, answers, in every metre."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the training extra is not installed")
pytest.importorskip("onnx", reason="the training extra is not installed")

import torch

from bridge.errors import ModelError
from bridge.model import library
from bridge.model.answering.answer import answer
from bridge.model.codec import load_codec
from bridge.model.loading import load
from bridge.model.messages import Request
from bridge.model.two_level.code_layout import NETWORK_METRES, CodeLayout
from bridge.model.two_level.trio import TwoLevelTrio
from bridge.model.two_level.window_chords import chords_of_windows
from bridge.music.grid import METRES
from tools.data.dataset import ALL_PARTS, Dataset
from tools.data.slots import slot_mask
from tools.data.window_batches import BatchMaker, Lines, WindowSource
from tools.evaluate import card
from tools.export import two_level_folder
from tools.export.style_references import STYLES, written_bass, written_hits
from tools.network.chord_reader_net import TINY, ChordReader, ChordReaders
from tools.network.surrogate_net import TwoLevelSurrogate
from tools.network.two_level import TwoLevelVae
from tools.network.two_level_config import TINY_TWO_LEVEL, TwoLevelTraining
from tools.train.two_level import Training
from tools.train.two_level_surrogate import ReferenceDrawer
from tools.train.two_level_surrogate import loss_of as surrogate_loss

BARS, PIECES = 12, 8


@pytest.fixture(scope="module")
def windows() -> WindowSource:
    """Made-up trios, two in each metre that the network tells apart."""
    rng = np.random.default_rng(0)
    size = 16 * BARS
    metre = np.arange(PIECES) % 4
    mask = np.stack([np.tile(slot_mask(METRES[NETWORK_METRES[m]]), BARS) for m in metre])
    melody = rng.integers(30, 60, (PIECES, size)) * (rng.random((PIECES, size)) < 0.3) * mask
    bass = rng.integers(10, 30, (PIECES, size)) * (rng.random((PIECES, size)) < 0.2) * mask
    drums = rng.integers(0, 8, (PIECES, size)) * mask
    data = Dataset(
        melody=melody.ravel().astype(np.uint8),
        bass=bass.ravel().astype(np.uint8),
        drums=drums.ravel().astype(np.uint16),
        starts=size * np.arange(PIECES),
        lengths=np.full(PIECES, size),
        lead=np.arange(PIECES),
        groove=(metre != 1).astype(int),
        chords=np.tile([1, 6], PIECES * BARS).astype(np.uint8),
        chord_starts=2 * BARS * np.arange(PIECES),
        shift=np.zeros(PIECES, int),
        split=np.zeros(PIECES, int),
        lead_names=np.array([f"tune-{i}" for i in range(PIECES)]),
        groove_names=np.array(["stdlib/waltz:Waltz", "stdlib/swing:SwingWalk"]),
        source=np.array(["made"] * (PIECES - 2) + ["real"] * 2),
        metre=metre.astype(np.uint8),
        parts=np.full(PIECES, ALL_PARTS, np.uint8),
    )
    return WindowSource(data, Lines.of(data), "train")


@pytest.fixture(scope="module")
def trained(windows: WindowSource) -> tuple[TwoLevelVae, TwoLevelSurrogate]:
    """Networks after a few steps, for which the losses fell or at least are numbers."""
    torch.manual_seed(0)
    maker = BatchMaker(windows)
    training = Training(TwoLevelVae(TINY_TWO_LEVEL), TwoLevelTraining(batch=24), 1.0)
    rng = np.random.default_rng(1)
    losses = [training.advance(maker.draw(24, rng))["loss"] for _ in range(30)]
    assert np.mean(losses[-5:]) < np.mean(losses[:5])
    model = training.model.eval()
    net = TwoLevelSurrogate(model.config, hidden=16, heard=8)
    total, _ = surrogate_loss(model, net, ReferenceDrawer(maker).draw(16, rng))
    assert torch.isfinite(total)
    return model, net.eval()


@pytest.fixture(scope="module")
def folder(
    trained: tuple[TwoLevelVae, TwoLevelSurrogate],
    windows: WindowSource,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The model folder of the small networks."""
    out = tmp_path_factory.mktemp("onnx") / "small"
    model, net = (two_level_folder.rounded(each) for each in trained)
    two_level_folder.export(model, net, windows, out)
    return out


@pytest.fixture(scope="module")
def trio(folder: Path) -> TwoLevelTrio:
    model = load(folder)
    assert isinstance(model, TwoLevelTrio)
    return model


def test_the_folder_says_its_metres_and_levels(folder: Path) -> None:
    spec = library.read_spec(folder)
    assert set(spec.metres) == set(METRES)
    assert CodeLayout.of(spec).latent == spec.latent
    presets = library.read_presets(folder, spec)
    assert presets["waltz"].metre == "3/4"
    assert presets["swing"].metre == "4/4t"
    assert presets["jig"].metre == "6/8"


def test_a_style_is_the_code_of_its_reference(trio: TwoLevelTrio) -> None:
    bass, drums = (
        written_bass("0.....7...x.", "6/8"),
        written_hits((("kick", "9.....9....."),), "6/8"),
    )
    told = trio.in_metre("6/8").style_of(bass[None], drums[None], np.zeros((1, 8), int))
    assert told.shape == (1, trio.spec.style)
    four = trio.style_of(bass[None], drums[None], np.zeros((1, 8), int))
    assert np.abs(told - four).max() > 1e-4  # the metre is heard


def test_the_bass_follows_the_chords_and_nothing_else_does(trio: TwoLevelTrio) -> None:
    z = np.random.default_rng(2).normal(size=(3, trio.spec.latent)).astype(np.float32)
    noise = np.zeros((3, 4, 16, 3), np.float32)
    bars = np.arange(4)
    over_c = trio.decode(z, bars, 0.0, noise, np.full((3, 8), 1))
    over_f = trio.decode(z, bars, 0.0, noise, np.full((3, 8), 6))
    notes = over_c[..., 1] >= 2
    assert notes.any()
    assert ((over_f[..., 1] - over_c[..., 1])[notes] % 12 == 5).all()
    assert (over_f[..., [0, 2]] == over_c[..., [0, 2]]).all()


@pytest.mark.parametrize("name", list(METRES))
def test_every_metre_is_answered_in_its_own_steps(trio: TwoLevelTrio, name: str) -> None:
    metre = METRES[name]
    steps = 4 * metre.steps
    style = next(p for p in trio.presets.values())
    request = Request(
        generation=1, target_bar=4, bars=(3,), melody=(0,) * steps, heard=(0,) * steps,
        style=tuple(style.vector.tolist()), chords=(1, 1) * 4, metre=name, phase=2,
    )  # fmt: skip
    result = answer(trio, request)
    assert len(result.bars[0].drums) == metre.steps
    assert answer(trio, request).bars == result.bars


def test_a_piece_goes_through_the_codec_over_its_own_chords(
    folder: Path, windows: WindowSource
) -> None:
    codec = load_codec(folder)
    pool = windows.pool(ALL_PARTS, windows.data.metre == 0)
    window = windows.tokens(pool.start[:5])
    again = codec.again(window)
    assert again.shape == window.shape
    assert np.array_equal(codec.again(window), again)


def test_sizes_that_do_not_add_up_are_refused(trio: TwoLevelTrio) -> None:
    wrong = library.read_spec(trio._folder)
    object.__setattr__(wrong, "coarse", wrong.coarse + 1)
    with pytest.raises(ModelError, match="its levels make"):
        CodeLayout.of(wrong)


def test_codes_of_the_one_level_folder_are_moved_through_their_notes(
    trained: tuple[TwoLevelVae, TwoLevelSurrogate],
    windows: WindowSource,
    one_level: Path,
    one_level_windows: Callable[[np.ndarray], np.ndarray],
    tmp_path: Path,
) -> None:
    """Its decoder is kept in the new folder, whatever half precision and int8 did to it."""
    out = tmp_path / "new"
    two_level_folder.export(*trained, windows, out, one_level)
    spec = library.read_spec(out)
    assert spec.earlier == library.read_spec(one_level).latent
    codes = np.random.default_rng(0).normal(size=(3, spec.earlier)).astype(np.float32)
    codes[:, 0] = [-2, 0, 5]
    want = one_level_windows(codes)
    moved, chords = load_codec(out).moved(codes)
    assert (chords == chords_of_windows(want[..., 0], want[..., 1])).all()
    np.testing.assert_array_equal(moved, load(out).encode(want, chords).mu)


def test_without_an_older_folder_nothing_is_moved(folder: Path) -> None:
    assert "earlier" not in library.read_spec(folder).graphs
    with pytest.raises(ModelError, match="no earlier version"):
        load_codec(folder).moved(np.zeros((1, 5), np.float32))


def test_chord_readers_that_are_given_replace_those_of_the_older_folder(
    trained: tuple[TwoLevelVae, TwoLevelSurrogate], windows: WindowSource, tmp_path: Path
) -> None:
    torch.manual_seed(2)
    found = []
    for name in ("a", "b"):
        readers = ChordReaders([ChordReader(TINY).eval()]).eval()
        others = two_level_folder.OtherNets(readers)
        old = tmp_path / "a" if found else None
        told = two_level_folder.export(*trained, windows, tmp_path / name, old, others)
        assert told["harmony"] < two_level_folder.MOST_DIFFERENT["harmony"]
        found.append(library.read_spec(tmp_path / name).graphs["harmony"].sha256)
    assert found[0] != found[1]


def test_a_graph_unlike_its_network_is_not_written(
    trained: tuple[TwoLevelVae, TwoLevelSurrogate],
    windows: WindowSource,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(two_level_folder.MOST_DIFFERENT, "codes", -1.0)
    with pytest.raises(SystemExit, match="does not do what PyTorch does"):
        two_level_folder.export(*trained, windows, tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_every_written_style_has_whole_bars_and_a_kick_or_a_snare() -> None:
    for style in STYLES:
        if style.bass:
            line = written_bass(style.bass, style.metre)
            assert len(line) == 64, style.name
            assert line[0] >= 2 or style.name == "reggae"
        if style.hits:
            assert written_hits(style.hits, style.metre)[0] & 1, style.name
    assert len({style.name for style in STYLES}) == len(STYLES) >= 48


def test_a_style_in_phase_is_the_same_for_equal_places_of_the_groove(trio: TwoLevelTrio) -> None:
    styles = np.random.default_rng(3).normal(size=(5, trio.spec.style)).astype(np.float32)
    phase = np.array([0, 1, -1, 3, 7])
    turned = trio.in_phase(styles, phase)
    assert (turned[0] == styles[0]).all()
    alone = [trio.in_phase(styles[i : i + 1], phase[i : i + 1] + 4)[0] for i in range(5)]
    np.testing.assert_allclose(turned, alone, atol=1e-5)


def test_a_code_made_of_a_style_has_that_style_and_no_melody(trio: TwoLevelTrio) -> None:
    styles = np.random.default_rng(4).normal(size=(2, trio.spec.style)).astype(np.float32)
    codes = trio.layout.code_of(styles)
    assert codes.shape == (2, trio.spec.latent)
    assert (trio.layout.style_of(codes) == styles).all()
    fine = codes[:, trio.layout.coarse :].reshape(2, trio.layout.bars, -1)
    assert not fine[..., : trio.layout.fine[0]].any()


def test_the_card_says_what_was_measured(folder: Path) -> None:
    """Every figure that it is given, the licence, and how to rebuild."""
    figures = {
        "split": "test", "windows": 16, "bass_root_heard": 0.61, "pieces": {"drums_style": 0.795},
        "draws": {"prior": [0.1, 0.2, 0.35]}, "speed": {"surrogate_ms": {"p50": 0.3, "p99": 1.5}},
    }  # fmt: skip
    text = card.card(folder, figures, {"step": 10, "minutes": 2.4}, {"step": 7, "minutes": 1.0})
    wanted = ("| 0.610 |", "| 0.795 | 0.88 |", "0.10 / 0.20 / 0.35", "surrogate 0.3 / 1.5")
    rest = ("GPL-3.0", "python -m tools.train.two_level --data", "waltz (3/4, 120)")
    for part in (*wanted, *rest):
        assert part in text
    assert "{" not in text
