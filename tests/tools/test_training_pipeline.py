"""The tools end to end at tiny size: prepare, train, resume, export, evaluate, write the card."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

pytest.importorskip("torch", reason="the training extra is not installed")
pytest.importorskip("onnx", reason="the training extra is not installed")

import torch

from bridge.model.answering.answer import answer
from bridge.model.loading import load
from bridge.model.messages import Request
from tools.data import augment, build_dataset, dataset, sizes
from tools.evaluate.figures import evaluate
from tools.evaluate.page import write_page
from tools.export import model_files, model_folder, runtime
from tools.export.decoder_graph import decoder_graph
from tools.export.moves import NAMES
from tools.network import config, drum_touch_net
from tools.network.checkpoints import CHECKPOINT, load_chord_readers, load_trio
from tools.network.devices import Devices
from tools.network.nets import TrioModel
from tools.train import chord_reader
from tools.train import trio as train

GROOVES = ("lib:Straight", "lib:Busy")
BARS = 10


def lead(number: int) -> dict[str, object]:
    """A tune of quarter notes over one chord a bar."""
    roots = [0, 5, 7, 0, 9, 2, 7, 0, 5, 0]
    names = {0: "C", 5: "F", 7: "G7", 9: "Am", 2: "Dm"}
    notes = [
        [16 * bar + 4 * beat, 60 + number % 5 + (roots[bar] + (0, 4, 7, 4)[beat]) % 12, 4]
        for bar in range(BARS)
        for beat in range(4)
    ]
    beats = [names[root] for root in roots for _ in range(4)]
    return {"id": f"tune-{number}", "nb": BARS, "beats": beats, "notes": notes}


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up data folder in the form that build_dataset reads."""
    folder = tmp_path_factory.mktemp("raw")
    (folder / "leads").mkdir()
    (folder / "trio").mkdir()
    leads = [lead(i) for i in range(60, 100)]  # holds tunes of every split
    lines = "\n".join(json.dumps(one) for one in leads)
    (folder / "leads" / "made.jsonl").write_text(lines, encoding="utf-8")
    melody, bass, drums, names = [], [], [], []
    for one in leads:
        line = np.zeros(16 * BARS, np.uint8)
        for start, pitch, _ in one["notes"]:  # type: ignore[attr-defined]
            line[start] = pitch + 2
        for busy, groove in enumerate(GROOVES):
            low = np.zeros_like(line)
            low[:: 8 >> busy] = 38 + 2
            beat = np.zeros(len(line), np.uint16)
            beat[::8], beat[4::8], beat[2 :: 4 >> busy] = 1, 2, 4
            melody.append(line)
            bass.append(low)
            drums.append(beat)
            names.append(f"{one['id']}|{groove}")
    np.savez(
        folder / "trio" / "made.npz",
        melody=np.concatenate(melody),
        bass=np.concatenate(bass),
        drums=np.concatenate(drums),
        lengths=np.full(len(names), 16 * BARS),
        names=np.array(names),
    )
    return folder


@pytest.fixture(scope="session")
def prepared(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prepared data set."""
    out = tmp_path_factory.mktemp("data")
    build_dataset.build(build_dataset.Sources(raw)).save(out)
    return out


@pytest.fixture(scope="session")
def trained(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a few steps of the tiny model."""
    out = tmp_path_factory.mktemp("checkpoint")
    arguments = ["--data", str(prepared), "--out", str(out), "--config", "tiny"]
    train.main([*arguments, "--every", "5", "--check", "8", "--threads", "1"])
    return out


@pytest.fixture(scope="session")
def exported(trained: Path, prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model folder of the tiny model."""
    out = tmp_path_factory.mktemp("onnx") / "tiny"
    model, _ = load_trio(trained)
    model_folder.export(model, dataset.Windows(dataset.Dataset.load(prepared), "train"), out)
    return out


def test_pitches_become_musicvae_classes() -> None:
    """The files' pitch + 2 is turned into pitch - 19; what is out of range moves by octaves."""
    raw = np.array([0, 1, 62, 12, 127], np.uint8)
    assert build_dataset.to_classes(raw).tolist() == [0, 1, 41, 3, 82]


def test_a_bass_is_put_where_basses_are() -> None:
    """Notes of a bass track that are too high or too low move by octaves to E1..G3."""
    raw = np.arange(2, 130).astype(np.uint8)
    low, high = build_dataset.BASS_LOW, build_dataset.BASS_HIGH
    folded = build_dataset.to_classes(raw, low, high).astype(int)
    assert folded.min() == low
    assert folded.max() == high
    assert not ((folded - (raw.astype(int) - 21)) % 12).any()


def test_no_tune_is_on_both_sides(prepared: Path) -> None:
    """The split goes by the tune's name alone, whatever the groove."""
    data = dataset.Dataset.load(prepared)
    seen = {name: set(data.lead[data.pieces(name)]) for name in dataset.SPLITS}
    assert all(seen.values())
    assert not seen["train"] & seen["test"]
    assert not seen["train"] & seen["valid"]
    for name in ("tune-85", "tune-86", "tune-1"):
        last = hashlib.sha1(name.encode()).hexdigest()[-1]
        expected = 2 if last in "01" else 1 if last == "2" else 0
        assert dataset.split_of(name) == expected


def test_windows_come_in_the_common_key(prepared: Path) -> None:
    """Melody and chords move together: the chord of the first bar holds its first note."""
    windows = dataset.Windows(dataset.Dataset.load(prepared), "train")
    batch = windows.random(32, np.random.default_rng(0))
    assert batch.tokens.shape == (32, sizes.STEPS, 3)
    first = (batch.tokens[:, 0, 0] + 19) % 12
    shift = np.unique((first - (batch.chords[:, 0] - 1)) % 12)
    assert len(shift) <= 5


def test_a_style_begins_where_its_groove_does(prepared: Path) -> None:
    """A window from any bar is turned: its bars stand where the groove has them, none is lost."""
    bars = np.repeat(np.arange(4), 16)
    for phase in range(4):
        heard = np.roll(bars, -16 * phase)  # begins with that bar of the groove
        assert np.array_equal(dataset.turned(heard[None], np.array([phase]))[0], bars)
        assert np.array_equal(dataset.turned(bars[None], np.array([-phase]))[0], heard)
    windows = dataset.Windows(dataset.Dataset.load(prepared), "train")
    index = np.arange(8)
    batch = windows.batch(index, np.random.default_rng(0))
    starts = windows.start[index] - windows.data.starts[windows.piece[index]]
    assert np.array_equal(batch.phase, starts // 16 % 4)


def test_transposition_keeps_the_range() -> None:
    """Classes stay within 2..89 and keep their pitch class moved; 0 and 1 stay."""
    classes = np.arange(90)
    for by in range(-6, 7):
        moved = dataset.transpose(classes, by)
        assert moved[:2].tolist() == [0, 1]
        assert moved[2:].min() >= 2
        assert moved[2:].max() <= 89
        assert np.array_equal(moved[2:] % 12, (classes[2:] + by) % 12)


@pytest.mark.parametrize("case", augment.CASES)
def test_heard_masks_are_what_they_say(case: str) -> None:
    """The last bar is heard in ``all`` only (or at a take's start); silence hears nothing."""
    mask = augment.heard_mask(case, np.random.default_rng(3))
    assert mask.shape == (sizes.STEPS,)
    if case == "all":
        assert mask.all()
    if case in ("next", "early"):
        assert not mask[-16:].any()
        assert mask[:32].all()
    if case == "silence":
        assert not mask.any()


def test_played_melodies_stay_melodies() -> None:
    """Every class of a melody with mistakes is one of the 90."""
    rng = np.random.default_rng(0)
    clean = rng.choice([0, 0, 0, 1, 2, 40, 89], size=(200, sizes.STEPS))
    rough = augment.with_mistakes(clean, rng)
    assert rough.min() >= 0
    assert rough.max() <= 89
    assert (rough != clean).any()


def test_the_same_seed_trains_the_same(prepared: Path, tmp_path: Path) -> None:
    """Two runs of a few steps end in the same weights."""
    weights = []
    for name in ("a", "b"):
        arguments = ["--data", str(prepared), "--out", str(tmp_path / name), "--config", "tiny"]
        train.main([*arguments, "--steps", "3", "--check", "4", "--threads", "1"])
        weights.append(load_trio(tmp_path / name)[0].state_dict())
    for key, value in weights[0].items():
        assert torch.equal(value, weights[1][key]), key


def test_training_resumes(prepared: Path, trained: Path, tmp_path: Path) -> None:
    """A checkpoint goes on from its step, and a curve and a log are left."""
    assert (trained / "curve.png").stat().st_size > 1000
    rows = [json.loads(row) for row in (trained / "log.jsonl").read_text().splitlines()]
    assert rows[-1]["step"] == config.TINY_TRAIN.steps
    assert "valid" in rows[-1]
    (tmp_path / CHECKPOINT).write_bytes((trained / CHECKPOINT).read_bytes())
    arguments = ["--data", str(prepared), "--out", str(tmp_path), "--config", "tiny"]
    train.main([*arguments, "--steps", "23", "--check", "4", "--threads", "1"])
    assert load_trio(tmp_path)[1]["step"] == 23


def test_the_surrogate_can_go_on_alone(prepared: Path, trained: Path, tmp_path: Path) -> None:
    """The codes and what is decoded from them stay to the bit; the surrogate does not."""
    arguments = ["--data", str(prepared), "--out", str(tmp_path), "--config", "tiny"]
    more = ["--init", str(trained), "--only-surrogate", "--match", "0.6", "--steps", "3"]
    train.main([*arguments, *more, "--check", "4", "--threads", "1"])
    before, after = (load_trio(run)[0] for run in (trained, tmp_path))
    for part in ("encoder", "decoder"):
        for old, new in zip(
            getattr(before, part).parameters(), getattr(after, part).parameters(), strict=True
        ):
            assert torch.equal(old, new)
    pairs = zip(before.surrogate.parameters(), after.surrogate.parameters(), strict=True)
    assert not all(torch.equal(old, new) for old, new in pairs)


def test_onnx_does_what_torch_does(trained: Path, prepared: Path) -> None:
    """All four graphs agree with PyTorch: numbers to 1e-4, likeliest classes exactly."""
    model, _ = load_trio(trained)
    windows = dataset.Windows(dataset.Dataset.load(prepared), "train")
    tokens = windows.random(16, np.random.default_rng(0)).tokens
    found = model_folder.parity(model, model_folder.graphs_of(model), tokens)
    assert found.pop("tokens") == 0
    assert all(gap < model_folder.TOLERANCE for gap in found.values()), found


def test_an_untrained_full_size_model_fits() -> None:
    """The shipped sizes leave room for the other graphs in 20 MB, whatever the weights."""
    model = model_folder.rounded(TrioModel(config.ModelConfig(), range(300)).eval())
    graphs = model_folder.graphs_of(model)
    assert sum(len(graph.SerializeToString()) for graph in graphs.values()) < 12e6


def test_half_the_room_loses_nothing() -> None:
    """A rounded model's graphs are smaller, and still do to the bit what they did."""
    model = model_folder.rounded(TrioModel(config.ModelConfig(), range(20)).eval())
    whole = decoder_graph(model.decoder, model.config.latent)
    small = model_folder.graphs_of(model)["decoder"]
    assert small.ByteSize() < 0.75 * whole.ByteSize()
    rng = np.random.default_rng(0)
    feed = {
        "z": rng.standard_normal((3, model.config.latent)).astype(np.float32),
        "bars": np.arange(4),
        "temperature": np.array(0.7, np.float32),
        "noise": rng.random((3, 4, 16, 3), dtype=np.float32),
    }
    said, again = (model_folder.session(graph).run(None, feed)[0] for graph in (whole, small))
    assert np.array_equal(said, again)


def test_the_model_folder_is_whole(exported: Path) -> None:
    """model.yaml names every file with its checksum and every shape."""
    spec = yaml.safe_load((exported / "model.yaml").read_text())
    assert set(spec["graphs"]) == {"encoder", "style", "surrogate", "decoder"}
    for entry in [*spec["graphs"].values(), *spec["extras"].values()]:
        assert model_files.checksum(exported / entry["file"]) == entry["sha256"]
    latent = spec["latent"]
    assert spec["graphs"]["encoder"]["outputs"] == {"mu": ["N", latent], "sigma": ["N", latent]}
    assert spec["graphs"]["decoder"]["inputs"]["noise"] == ["N", "K", 16, 3]
    with np.load(exported / "styles.npz", allow_pickle=False) as styles:
        assert styles["vectors"].shape == (len(styles["names"]), spec["style"])
        assert styles["vectors"].dtype == np.float32
    with np.load(exported / "directions.npz", allow_pickle=False) as found:
        assert found["names"].tolist() == list(NAMES)
        assert found["vectors"].shape == (len(NAMES), latent)
    assert [p.name for p in exported.parent.iterdir()] == [exported.name]


def test_noise_makes_the_choice(exported: Path) -> None:
    """The same noise gives the same bar; at temperature 0 no noise matters."""
    model = runtime.ExportedModel(exported)
    z = np.random.default_rng(0).normal(size=(2, 12))
    assert np.array_equal(
        model.decode(z, (1, 3), 1.0, seed=5), model.decode(z, (1, 3), 1.0, seed=5)
    )
    assert not np.array_equal(
        model.decode(z, (1,), 1.0, seed=5), model.decode(z, (1,), 1.0, seed=6)
    )
    assert np.array_equal(model.decode(z, (1,), 0.0, seed=5), model.decode(z, (1,), 0.0, seed=6))


def test_bars_do_not_feed_each_other(exported: Path) -> None:
    """A bar decoded alone is the bar decoded with the others."""
    model = runtime.ExportedModel(exported)
    z = np.random.default_rng(1).normal(size=(1, 12))
    window = model.decode(z)
    for bar in range(sizes.BARS):
        assert np.array_equal(model.decode(z, (bar,))[:, 0], window[:, bar])


def test_given_chords_replace_the_guess(exported: Path) -> None:
    """Different chords give a different code for the same melody."""
    model = runtime.ExportedModel(exported)
    melody = np.zeros((1, sizes.STEPS), np.int64)
    style = model.styles[:1]
    first, second = (
        model.guess(melody, style, chords=np.full((1, sizes.HALVES), cls)).mu for cls in (1, 8)
    )
    assert not np.allclose(first, second)


def test_evaluation_gives_every_figure(exported: Path, prepared: Path) -> None:
    """The report has the keys of the card, and shares are shares."""
    windows = dataset.Windows(dataset.Dataset.load(prepared), "test")
    figures = evaluate(runtime.ExportedModel(exported), windows, 32)
    for key in (
        "recon.melody",
        "recon.bass",
        "recon.drums",
        "bass_root_heard",
        "bass_root_next",
        "chord_root_whole",
        "chord_root_heard",
        "chord_root_next",
        "bass_in_harmony",
        "drums_style",
    ):
        assert 0 <= figures[key] <= 1, key
    assert figures["distinct_styles"] >= 1
    assert figures["variation"]["0.0"] == 0


def test_the_page_shows_every_figure_and_its_pictures(tmp_path: Path) -> None:
    figures = {
        "split": "test",
        "windows": 7,
        "recon_events.bass": 0.5,
        "variation": {"0.0": 0, "1.0": 1},
    }
    text = write_page(figures, tmp_path).read_text(encoding="utf-8")
    assert "test split, 7 windows" in text
    assert "<td>0.5</td><td>0.96</td>" in text
    for picture in ("aims.png", "variation.png"):
        assert f'src="{picture}"' in text
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")


def test_a_chord_reader_and_a_touch_go_into_the_folder(
    trained: Path, prepared: Path, tmp_path: Path
) -> None:
    """Trained at tiny size, exported beside the trio, and used by the program's own runtime."""
    readers = ["--data", str(prepared), "--out", str(tmp_path), "--config", "tiny", "--nets", "2"]
    chord_reader.main(readers)
    told = json.loads((tmp_path / "harmony.json").read_text())
    assert set(told["first"]) == {"whole", "heard", "next"}
    model, _ = load_trio(trained)
    windows = dataset.Windows(dataset.Dataset.load(prepared), "train")
    found = model_folder.export(
        model,
        windows,
        tmp_path / "folder",
        readers=load_chord_readers(tmp_path),
        feel=drum_touch_net.FeelNet(drum_touch_net.TINY).eval(),
    )
    assert found["harmony"] < model_folder.HALF_TOLERANCE
    assert found["feel"] < model_folder.TOLERANCE
    trio = load(tmp_path / "folder")
    style = tuple(map(float, next(iter(trio.presets.values())).vector))
    melody = (41, *[0] * 15) * sizes.BARS
    asked = Request(1, 4, (0, 1), melody, (1,) * sizes.STEPS, style, before=melody)
    bars = answer(trio, asked).bars
    assert all(len(bar.touch) == sum(d.bit_count() for d in bar.drums) for bar in bars)


def test_training_ends_when_it_gets_no_better() -> None:
    """With a patience of two checks, at the second that was no better than the best."""
    trainer = train.Trainer(TrioModel(config.TINY_MODEL, range(8)), config.TINY_TRAIN, None, 0)
    shares = (0.5, 0.6, 0.6, 0.55)
    ends = [trainer.stale({"a": share, "b": share}, 2) for share in shares]
    assert ends == [False, False, False, True]
    assert not any(trainer.stale({"a": 0.1}, 0) for _ in range(9))


def test_two_processes_learn_together(prepared: Path, tmp_path: Path) -> None:
    """Under torchrun: one log, one checkpoint, and gradients that both have made."""

    def run(name: str, *start: str) -> Path:
        out = tmp_path / name
        command = [sys.executable, "-m", *start, "tools.train.trio", "--data", str(prepared)]
        command += ["--out", str(out), "--config", "tiny", "--steps", "4", "--check", "4"]
        command += ["--threads", "1", "--every", "2", "--device", "cpu"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return out

    both = run("both", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m")
    rows = (both / "log.jsonl").read_text().splitlines()
    assert [json.loads(row)["step"] for row in rows] == [2, 4]
    together, alone = (load_trio(p)[0].state_dict() for p in (both, run("alone")))
    assert any(not torch.equal(value, alone[name]) for name, value in together.items())


def test_a_gpu_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit, match="--device cpu"):
        Devices.find("cuda")
    assert Devices.find("auto").device.type == "cpu"
    assert Devices.find("auto").leads
