"""Model folders: found, read, and refused in one line when damaged or unsafe."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_folders import (
    direction_arrays,
    make_folder,
    sha256,
    specification,
    style_arrays,
    write_npz,
    write_spec,
)

from bridge.errors import ModelError, NameUnknown
from bridge.model import library


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "library" / "tiny")


def refused(action: Callable[[], object]) -> str:
    with pytest.raises(ModelError) as caught:
        action()
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- where they are


def test_a_model_is_found_by_name_by_folder_and_by_its_yaml(tiny: Path) -> None:
    assert library.find("tiny", tiny.parent) == tiny
    assert library.find(tiny) == tiny
    assert library.find(tiny / "model.yaml") == tiny
    assert "tiny" in library.names(tiny.parent)


def test_the_given_library_wins_over_the_users_and_the_users_over_the_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [tmp_path / name for name in ("user", "shipped")]
    monkeypatch.setattr(library.platformdirs, "user_data_path", lambda *a, **k: places[0])
    monkeypatch.setattr(library, "shipped_folder", lambda name: places[1])
    shipped = make_folder(places[1] / "tiny")
    assert library.find("tiny") == shipped
    user = make_folder(places[0] / "models" / "tiny")
    assert library.find("tiny") == user
    given = make_folder(tmp_path / "given" / "tiny")
    assert library.find("tiny", tmp_path / "given") == given


def test_a_half_written_folder_is_no_model(tiny: Path) -> None:
    make_folder(tiny.parent / ".tiny-part")
    assert ".tiny-part" not in library.names(tiny.parent)


def test_an_unknown_name_is_answered_with_the_nearest(tiny: Path) -> None:
    with pytest.raises(NameUnknown, match="did you mean 'tiny'"):
        library.find("tinny", tiny.parent)


# --- what they say


def test_a_right_folder_is_read_whole(tiny: Path) -> None:
    spec = library.read_spec(tiny)
    assert (spec.name, spec.latent, spec.steps) == ("tiny", 3, 64)
    assert all(whole for _, whole in library.verify(tiny))
    presets = library.read_presets(tiny, spec)
    assert list(presets) == ["rock", "swing"]
    assert (presets["swing"].tempo, presets["swing"].swing) == (140.0, 0.5)
    directions = library.read_directions(tiny, spec)
    assert directions.names == ("density",)
    assert directions.vectors.shape == (1, 3)


def test_a_model_without_extras_has_no_styles_and_no_directions(tiny: Path) -> None:
    write_spec(tiny, extras=None)
    spec = library.read_spec(tiny)
    assert library.read_presets(tiny, spec) == {}
    assert library.read_directions(tiny, spec).vectors.shape == (0, 3)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"latnt": 3, "latent": None}, "unknown key 'latnt': did you mean 'latent'?"),
        ({"latent": None}, "missing key 'latent'"),
        ({"latent": "three"}, "latent: Expected int, got str"),
        ({"latent": 0}, "latent have to be 1 or more"),
        ({"kind": "opera"}, "kind 'opera', but known are trio, melody, drums"),
        ({"kind": "melody"}, "a model of kind 'melody' has melody"),
        ({"tracks": {"melody": 90, "bass": 90, "drums": 128}}, "tracks are"),
        ({"steps_per_bar": 12}, "steps_per_bar is 12, not 16"),
        ({"chord_classes": 24}, "chord_classes is 24"),
    ],
)
def test_a_wrong_specification_is_refused_with_the_files_name(
    tiny: Path, changes: dict[str, Any], words: str
) -> None:
    write_spec(tiny, **changes)
    message = refused(lambda: library.read_spec(tiny))
    assert words in message
    assert str(tiny / "model.yaml") in message


@pytest.mark.parametrize(
    "file",
    [
        "../secret.npz",
        "/etc/passwd",
        "sub/styles.npz",
        "..",
        "",
        ".",
        "..\\secret.npz",
        "C:\\secret.npz",
        "C:secret.npz",
        "styles.npz:stream",
    ],
)
def test_a_file_outside_of_the_folder_is_never_read(tiny: Path, file: str) -> None:
    write_npz(tiny.parent / "secret.npz", **style_arrays())
    digest = sha256(tiny.parent / "secret.npz")
    write_spec(tiny, extras={"styles": {"file": file, "sha256": digest}})
    assert "is not in the model's folder" in refused(lambda: library.read_spec(tiny))


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_link_out_of_the_folder_is_not_followed(tiny: Path) -> None:
    outside = tiny.parent / "secret.npz"
    (tiny / "styles.npz").rename(outside)
    os.symlink(outside, tiny / "styles.npz")
    assert "is not in the model's folder" in refused(lambda: library.read_spec(tiny))


def test_a_folder_that_is_itself_a_link_is_a_folder(tiny: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    try:
        linked.symlink_to(tiny, target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    assert library.read_spec(linked).name == "tiny"
    assert all(whole for _, whole in library.verify(linked))


# --- whether they are whole


def test_a_changed_byte_is_found_and_the_file_named(tiny: Path) -> None:
    (tiny / "decoder.onnx").write_bytes(b"decodeR")
    assert dict(library.check(tiny))["decoder.onnx"] is False
    message = refused(lambda: library.verify(tiny))
    assert "decoder.onnx differs from its checksum: fetch" in message


def test_a_missing_file_is_found_and_named(tiny: Path) -> None:
    (tiny / "style.onnx").unlink()
    assert "style.onnx is missing" in refused(lambda: library.verify(tiny))
    (tiny / "styles.npz").unlink()
    spec = library.read_spec(tiny)
    assert "styles.npz is missing" in refused(lambda: library.read_presets(tiny, spec))


def test_a_folder_without_a_specification_says_so(tmp_path: Path) -> None:
    assert "no such file" in refused(lambda: library.read_spec(tmp_path))


# --- styles and directions


def presets_of(tiny: Path, **arrays: Any) -> str:
    kept = {k: v for k, v in (style_arrays() | arrays).items() if v is not None}
    write_npz(tiny / "styles.npz", **kept)
    write_spec(tiny)
    spec = library.read_spec(tiny)
    return refused(lambda: library.read_presets(tiny, spec))


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"vectors": np.eye(2, 3, dtype=np.float32)}, "vectors of float32 and shape (2, 3)"),
        ({"vectors": np.eye(3, 2, dtype=np.float32)}, "vectors of float32 and shape (3, 2)"),
        ({"vectors": np.full((2, 2), np.nan, np.float32)}, "vectors that are not finite"),
        ({"vectors": np.array([["a", "b"], ["c", "d"]])}, "vectors of <U1"),
        ({"tempo": np.zeros(2, np.float32)}, "a tempo that is not above 0"),
        ({"swing": np.array([0, 1.5], np.float32)}, "swing outside 0..1"),
        ({"swing": None}, "lacks the array 'swing'"),
        ({"names": np.array(["rock", "rock"])}, "one name twice"),
        ({"names": np.array([1, 2])}, "names of int64"),
        ({"names": np.array([["rock", "swing"]])}, "shape (1, 2)"),
    ],
)
def test_styles_that_do_not_fit_are_refused(tiny: Path, arrays: dict[str, Any], words: str) -> None:
    message = presets_of(tiny, **arrays)
    assert words in message
    assert "styles.npz" in message


def test_directions_of_another_width_are_refused(tiny: Path) -> None:
    wide = direction_arrays() | {"vectors": np.ones((1, 4), np.float32)}
    write_npz(tiny / "directions.npz", **wide)
    write_spec(tiny)
    spec = library.read_spec(tiny)
    assert "shape (1, 4), not (1, 3)" in refused(lambda: library.read_directions(tiny, spec))


class Bomb:
    """Leaves a mark if it is ever unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


def test_a_pickled_object_in_an_npz_is_refused_and_not_run(tiny: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    np.savez(tiny / "styles.npz", names=np.array([Bomb(mark)], dtype=object))
    write_spec(tiny)
    spec = library.read_spec(tiny)
    assert "holds no plain arrays" in refused(lambda: library.read_presets(tiny, spec))
    assert not mark.exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"no archive", b"\x93NUMPY\x01"])
def test_an_npz_that_is_none_is_refused_even_with_a_right_checksum(
    tiny: Path, content: bytes
) -> None:
    (tiny / "styles.npz").write_bytes(content)
    write_spec(tiny)
    spec = library.read_spec(tiny)
    assert "styles.npz" in refused(lambda: library.read_presets(tiny, spec))


def test_an_npz_with_something_else_inside_is_refused(tiny: Path) -> None:
    with zipfile.ZipFile(tiny / "styles.npz", "w") as archive:
        archive.writestr("names", b"not an array")
    write_spec(tiny)
    spec = library.read_spec(tiny)
    assert "styles.npz" in refused(lambda: library.read_presets(tiny, spec))


def test_a_plain_npy_in_the_place_of_an_npz_is_refused(tiny: Path) -> None:
    with (tiny / "styles.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    write_spec(tiny)
    spec = library.read_spec(tiny)
    assert "styles.npz" in refused(lambda: library.read_presets(tiny, spec))


def test_the_checksum_may_be_in_capitals(tiny: Path) -> None:
    extras = {k: v | {"sha256": v["sha256"].upper()}
              for k, v in specification(tiny)["extras"].items()}  # fmt: skip
    write_spec(tiny, extras=extras)
    assert library.read_presets(tiny, library.read_spec(tiny))


def test_the_library_does_without_onnxruntime() -> None:
    """The engine's process reads styles and directions; only the worker pays for the runtime."""
    modules = "bridge.model.library, bridge.model.worker.child, sys"
    code = f"import {modules}; print('onnxruntime' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
