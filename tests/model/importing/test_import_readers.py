"""Checkpoints of every form are read; damaged or unsafe ones are refused in one line."""

from __future__ import annotations

import io
import json
import os
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.errors import ExtraMissing, ModelError
from bridge.model.importing import archive, bundle
from bridge.model.importing.reader import files_of, read_checkpoint
from tools.parity import random_checkpoint
from tools.parity.random_checkpoint import PUBLISHED, tensors_of, tiny, write

HERE = Path(__file__).parents[1] / "checkpoints"
INDEX = HERE / "cat-mel_2bar_small.ckpt.index"
"""Written by TensorFlow 2.21 itself, with an optimizer's variables among the weights."""


def magenta_js(folder: Path, name: str = "mel_2bar_small", quantized: int = 0) -> Any:
    """A checkpoint of few cells in ``folder``; what a reader should find."""
    published = tiny(PUBLISHED[name])
    return write(folder, published.spec(), tensors_of(published, 1), quantized)


def deeplearn_js(folder: Path) -> Any:
    published = tiny(PUBLISHED["mel_2bar_small"])
    tensors = tensors_of(published, 1)
    folder.mkdir(parents=True)
    manifest = {}
    for name, value in tensors.items():
        file = name.replace("/", "_")
        (folder / file).write_bytes(value.tobytes())
        manifest[name] = {"filename": file, "shape": list(value.shape)}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "converter.json").write_text(json.dumps(published.spec()["dataConverter"]))
    return tensors


def edit(path: Path, change: Callable[[Any], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def refused(source: Path) -> str:
    with pytest.raises(ModelError) as caught:
        read_checkpoint(source)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def same(found: dict[str, np.ndarray], told: dict[str, np.ndarray]) -> None:
    assert sorted(found) == sorted(told)
    for name, value in told.items():
        assert found[name].dtype == np.float32
        np.testing.assert_array_equal(found[name], value)


# --- what is read


@pytest.mark.parametrize("quantized", [0, 1, 2])
@pytest.mark.parametrize("shard", [1 << 22, 997])
def test_shards_are_read_wherever_they_are_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quantized: int, shard: int
) -> None:
    monkeypatch.setattr(random_checkpoint, "SHARD", shard)
    told = magenta_js(tmp_path / "mel", quantized=quantized)
    found = read_checkpoint(tmp_path / "mel")
    assert (found.name, found.config, found.missing) == ("mel", told.config, ())
    same(dict(found.tensors), dict(told.tensors))
    assert len(files_of(tmp_path / "mel")) == len(list((tmp_path / "mel").iterdir()))


def test_half_floats_are_read(tmp_path: Path) -> None:
    told = magenta_js(tmp_path / "mel")
    values = np.concatenate([v.ravel() for v in told.tensors.values()]).astype(np.float16)
    (tmp_path / "mel" / "group1-shard1of1").write_bytes(values.tobytes())
    edit(
        tmp_path / "mel" / "weights_manifest.json",
        lambda m: [w.update(quantization={"dtype": "float16"}) for w in m[0]["weights"]],
    )
    found = read_checkpoint(tmp_path / "mel").tensors
    same(dict(found), {k: v.astype(np.float16).astype(np.float32) for k, v in told.tensors.items()})


def test_a_file_a_tensor_is_read_and_a_torn_encoder_left_out(tmp_path: Path) -> None:
    told = deeplearn_js(tmp_path / "mel")
    found = read_checkpoint(tmp_path / "mel")
    same(dict(found.tensors), told)
    assert found.config["dataConverter"]["type"] == "MelodyConverter"
    torn = next(name for name in told if name.startswith("encoder/cell_0"))
    (tmp_path / "mel" / torn.replace("/", "_")).unlink()
    found = read_checkpoint(tmp_path / "mel")
    assert found.missing == (torn,)
    assert {name.split("/")[0] for name in found.tensors} == {"decoder"}


@pytest.mark.parametrize("given", [".index", "", ".data-00000-of-00001"])
def test_a_tensorflow_checkpoint_is_read_without_tensorflow(given: str) -> None:
    rng = np.random.default_rng(0)
    found = read_checkpoint(INDEX.with_name(f"cat-mel_2bar_small.ckpt{given}"), "mel")
    assert "tensorflow" not in sys.modules
    assert found.config["dataConverter"]["args"]["numSteps"] == 32
    shapes = {
        "decoder/z_to_initial_state/kernel": (8, 16),
        "decoder/z_to_initial_state/bias": (16,),
        "decoder/output_projection/kernel": (4, 90),
        "decoder/output_projection/bias": (90,),
        "decoder/multi_rnn_cell/cell_0/lstm_cell/kernel": (102, 16),
        "decoder/multi_rnn_cell/cell_0/lstm_cell/bias": (16,),
        "decoder/multi_rnn_cell/cell_1/lstm_cell/kernel": (8, 16),
        "decoder/multi_rnn_cell/cell_1/lstm_cell/bias": (16,),
    }
    same(
        dict(found.tensors),
        {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()},
    )


def tarred(path: Path, files: list[Path], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as tar:
        for file in files:
            tar.add(file, f"checkpoints/{file.name}")
    return path


def test_a_tar_as_published_is_read(tmp_path: Path) -> None:
    path = tarred(tmp_path / "cat-mel_2bar_small.tar", sorted(HERE.glob("cat-mel*")))
    assert len(read_checkpoint(path).tensors) == 8
    assert read_checkpoint(path).name == "cat-mel_2bar_small"
    assert files_of(path) == [path]


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
def test_a_packed_folder_is_read(tmp_path: Path, suffix: str) -> None:
    told = magenta_js(tmp_path / "mel")
    path, files = tmp_path / f"packed{suffix}", sorted((tmp_path / "mel").iterdir())
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w") as packed:
            for file in files:
                packed.write(file, f"mel/{file.name}")
    else:
        tarred(path, files, "w:gz")
    same(dict(read_checkpoint(path).tensors), dict(told.tensors))


# --- what is refused


def cut(path: Path, by: int = 1) -> None:
    path.write_bytes(path.read_bytes()[:-by])


MANIFEST = "weights_manifest.json"


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda f: (f / "group1-shard1of1").unlink(), "group1-shard1of1 is missing"),
        (lambda f: cut(f / "group1-shard1of1"), "one is cut off"),
        (lambda f: (f / "group1-shard1of1").open("ab").write(b"x"), "one is too long"),
        (lambda f: cut(f / MANIFEST, 9), "weights_manifest.json is damaged"),
        (lambda f: (f / MANIFEST).write_text("[" * 99999), "weights_manifest.json is damaged"),
        (lambda f: (f / MANIFEST).write_text('{"paths": 3}'), "is damaged"),
        (lambda f: (f / MANIFEST).unlink(), "holds no checkpoint"),
        (lambda f: (f / "config.json").unlink(), "config.json cannot be read"),
        (lambda f: (f / "config.json").write_text('{"type": "MusicRNN"}'), "of a 'MusicRNN'"),
        (
            lambda f: edit(f / MANIFEST, lambda m: m[0]["weights"][0].update(dtype="complex64")),
            "complex64",
        ),
        (
            lambda f: edit(f / MANIFEST, lambda m: m[0]["weights"][0].update(shape=[-1, 4])),
            "has the shape [-1, 4]",
        ),
        (
            lambda f: edit(f / MANIFEST, lambda m: m[0]["weights"][0].update(shape=[1 << 40])),
            "one is cut off",
        ),
        (
            lambda f: edit(f / MANIFEST, lambda m: m.append({**m[0]})),
            "twice",
        ),
        (
            lambda f: edit(f / MANIFEST, lambda m: m[0].update(paths=[])),
            "has tensors without shards",
        ),
    ],
)
def test_a_damaged_checkpoint_is_refused(
    tmp_path: Path, harm: Callable[[Path], object], words: str
) -> None:
    magenta_js(tmp_path / "mel")
    harm(tmp_path / "mel")
    assert words in refused(tmp_path / "mel")


OUTSIDE = ["../secret", "/etc/passwd", "sub/secret", "..\\secret", "C:secret", "", ".", "a\nb"]


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_manifest_that_leaves_the_folder_is_refused(tmp_path: Path, path: str) -> None:
    told = magenta_js(tmp_path / "mel")
    size = sum(v.nbytes for v in told.tensors.values())
    (tmp_path / "secret").write_bytes(bytes(size))
    edit(tmp_path / "mel" / MANIFEST, lambda m: m[0].update(paths=[path]))
    assert "is not in the checkpoint's folder" in refused(tmp_path / "mel")


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_tensors_file_outside_of_the_folder_is_refused(tmp_path: Path, path: str) -> None:
    deeplearn_js(tmp_path / "mel")
    edit(
        tmp_path / "mel" / "manifest.json",
        lambda m: m["decoder/output_projection/bias"].update(filename=path),
    )
    assert "is not in the checkpoint's folder" in refused(tmp_path / "mel")


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_shard_that_is_a_link_elsewhere_is_refused(tmp_path: Path) -> None:
    magenta_js(tmp_path / "mel")
    shard = tmp_path / "mel" / "group1-shard1of1"
    shard.rename(tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", shard)
    assert "is not in the checkpoint's folder" in refused(tmp_path / "mel")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda f: (f / "decoder_output_projection_bias").unlink(), "bias', is missing"),
        (lambda f: cut(f / "decoder_output_projection_bias"), "it is cut off"),
        (lambda f: cut(f / "encoder_mu_bias"), "it is cut off"),
        (
            lambda f: (f / "encoder_mu_bias").write_bytes(np.full(8, np.nan, "<f4").tobytes()),
            "values that are not finite",
        ),
        (lambda f: (f / "converter.json").unlink(), "converter.json cannot be read"),
    ],
)
def test_a_damaged_file_of_a_tensor_is_refused(
    tmp_path: Path, harm: Callable[[Path], object], words: str
) -> None:
    deeplearn_js(tmp_path / "mel")
    harm(tmp_path / "mel")
    assert words in refused(tmp_path / "mel")


def copied(folder: Path) -> Path:
    folder.mkdir()
    for file in HERE.glob("cat-mel*"):
        (folder / file.name).write_bytes(file.read_bytes())
    return folder / INDEX.name


def test_every_cut_and_every_changed_byte_of_an_index_is_found(tmp_path: Path) -> None:
    index = copied(tmp_path / "tf")
    whole = index.read_bytes()
    for length in range(0, len(whole), 37):
        index.write_bytes(whole[:length])
        assert "not the index of a TensorFlow checkpoint" in refused(index)
    for at in range(0, 400, 23):  # the block of the variables
        index.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert "not the index of a TensorFlow checkpoint" in refused(index)


def test_data_that_is_missing_or_cut_off_is_found(tmp_path: Path) -> None:
    index = copied(tmp_path / "tf")
    data = index.with_name("cat-mel_2bar_small.ckpt.data-00000-of-00001")
    cut(data, 400)
    assert "data-00000-of-00001 is cut off" in refused(index)
    data.unlink()
    assert "data-00000-of-00001 is missing" in refused(index)


def test_a_tensorflow_checkpoint_of_an_unknown_name_needs_a_config(tmp_path: Path) -> None:
    copied(tmp_path / "tf")
    for file in (tmp_path / "tf").iterdir():
        file.rename(file.with_name(file.name.replace("cat-mel_2bar_small", "mine")))
    assert "put a config.json beside it" in refused(tmp_path / "tf")
    config = tiny(PUBLISHED["mel_2bar_small"]).spec()
    (tmp_path / "tf" / "config.json").write_text(json.dumps(config))
    assert read_checkpoint(tmp_path / "tf").config == config


def test_what_only_tensorflow_reads_says_which_extra_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = copied(tmp_path / "tf")
    monkeypatch.setitem(sys.modules, "tensorflow", None)

    def compressed(message: bytes) -> int:
        raise bundle.BeyondReaderError("a compressed index")

    monkeypatch.setattr(bundle, "_header", compressed)
    with pytest.raises(ExtraMissing, match=r"pip install 'latent-bridge\[tensorflow\]'"):
        read_checkpoint(index)


def tar_of(path: Path, *members: tarfile.TarInfo, content: bytes = b"x") -> Path:
    with tarfile.open(path, "w") as tar:
        for member in members:
            member.size = len(content) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(content))
    return path


def linked(kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo("innocent")
    member.type, member.linkname = kind, "../secret"
    return member


@pytest.mark.parametrize(
    ("member", "words"),
    [
        (tarfile.TarInfo("../secret"), "leads out of it"),
        (tarfile.TarInfo("/secret"), "leads out of it"),
        (tarfile.TarInfo("mel/../../secret"), "leads out of it"),
        (tarfile.TarInfo("C:secret"), "leads out of it"),
        (linked(tarfile.SYMTYPE), "a link or device"),
        (linked(tarfile.LNKTYPE), "a link or device"),
        (linked(tarfile.FIFOTYPE), "a link or device"),
    ],
)
def test_a_tar_that_leads_out_is_refused(
    tmp_path: Path, member: tarfile.TarInfo, words: str
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret").write_text("mine")
    path = tar_of(tmp_path / "in" / "bad.tar", member)
    assert words in refused(path)
    assert (tmp_path / "secret").read_text() == "mine"
    assert [p.name for p in (tmp_path / "in").iterdir()] == ["bad.tar"]


@pytest.mark.parametrize("name", ["../secret", "/secret", "mel/../../secret", "..\\secret"])
def test_a_zip_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("weights_manifest.json", "[]")
        item = zipfile.ZipInfo("x")
        item.filename = name  # as it is, not as zipfile would clean it
        packed.writestr(item, "x")
    assert "leads out of it" in refused(path)


def test_a_name_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    twice = tar_of(tmp_path / "bad.tar", tarfile.TarInfo("a"), tarfile.TarInfo("./a"))
    assert "'./a' twice" in refused(twice)


def test_an_archive_that_grows_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_BYTES", 1000)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("group1-shard1of1", bytes(10_000))
    assert "unpacks to more than" in refused(path)
    monkeypatch.setattr(archive, "MAX_FILES", 1)
    many = tar_of(tmp_path / "many.tar", *map(tarfile.TarInfo, "abc"))
    assert "too many files" in refused(many)


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".zip"])
def test_a_torn_archive_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"torn{suffix}"
    path.write_bytes(b"PK\x03\x04 no archive at all")
    assert "cannot be unpacked" in refused(path)
    magenta_js(tmp_path / "mel")
    whole = tarred(tmp_path / "whole.tar.gz", sorted((tmp_path / "mel").iterdir()), "w:gz")
    (tmp_path / "half.tar.gz").write_bytes(whole.read_bytes()[:9000])
    assert "cannot be unpacked" in refused(tmp_path / "half.tar.gz")


def test_several_checkpoints_and_none_are_refused(tmp_path: Path) -> None:
    assert "there is no" in refused(tmp_path / "nothing")
    (tmp_path / "some").mkdir()
    assert "holds no checkpoint" in refused(tmp_path / "some")
    (tmp_path / "some.txt").write_text("x")
    assert "is no checkpoint that is known" in refused(tmp_path / "some.txt")
    for name in ("a", "b"):
        magenta_js(tmp_path / "some" / name)
    assert "several checkpoints: give one of a" in refused(tmp_path / "some")
