"""Model folders: their paths, specifications, checksums, styles and directions.

Nothing here runs a model or imports a runtime: the engine reads names, styles and directions from
here while the worker runs the graphs.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from pathlib import Path, PureWindowsPath
from typing import Any, Final, NoReturn

import numpy as np
import numpy.typing as npt
import platformdirs
from numpy.lib.npyio import NpzFile

from bridge.errors import ConfigError, ModelError, NameUnknown
from bridge.latent.analysis import MAP_CELLS, LatentStatistics
from bridge.latent.directions import Directions
from bridge.latent.prior import PriorSpace
from bridge.latent.steering import Steering
from bridge.model.contract import (
    KINDS,
    TRACKS,
    TRIO,
    ExtraSpec,
    Floats,
    GraphSpec,
    ModelSpec,
    Preset,
)
from bridge.model.styles.learned_styles import learned_presets
from bridge.music.chords import CHORD_CLASSES
from bridge.music.grid import FOUR_FOUR, METRES, SLOTS_PER_BAR
from bridge.music.tokens import BASS_CLASSES, DRUM_CLASSES, MELODY_CLASSES
from bridge.system.resources import shipped_folder
from bridge.system.strict_yaml import read_yaml_as

SPEC_FILE: Final = "model.yaml"
DEFAULT: Final = "trio-4bar"
"""Name of the default model."""
REPAIR: Final = "fetch or export the model folder again"
"""Advice for a damaged folder."""
UPDATE: Final = "it may need a newer latent-bridge"
_UNREADABLE: Final = (
    ValueError,  # raised by numpy for pickles and damaged headers
    OSError,
    EOFError,
    MemoryError,  # a header that declares terabytes
    NotImplementedError,  # a compression unknown to zipfile
    RuntimeError,  # an encrypted archive
    zipfile.BadZipFile,
    zlib.error,
)
_CLASSES: Final = dict(zip(TRACKS, (MELODY_CLASSES, BASS_CLASSES, DRUM_CLASSES), strict=True))


# --- paths ----------------------------------------------------------------------------------


def library_paths(library: Path | None = None) -> list[Path]:
    """The libraries (folders of model folders) by precedence: ``--library``, the user's, the
    shipped."""
    user = platformdirs.user_data_path("latent-bridge", appauthor=False) / "models"
    given = [] if library is None else [library]
    return [*given, user, shipped_folder("onnx")]


def folders(library: Path | None = None) -> dict[str, Path]:
    """Every model folder by name, in the order of :func:`library_paths`."""
    found: dict[str, Path] = {}
    for place in library_paths(library):
        for spec in sorted(place.glob(f"*/{SPEC_FILE}")):
            if not spec.parent.name.startswith("."):
                found.setdefault(spec.parent.name, spec.parent)
    return found


def names(library: Path | None = None) -> list[str]:
    """The names of all models."""
    return list(folders(library))


def find(name_or_path: str | Path, library: Path | None = None) -> Path:
    """The folder of a model, by its name or its path. NameUnknown when there is none."""
    known = folders(library)
    name = str(name_or_path)
    if name in known:
        return known[name]
    path = Path(name_or_path).expanduser()
    if path.name == SPEC_FILE:
        path = path.parent
    if (path / SPEC_FILE).is_file():
        return path
    raise NameUnknown("model", name, known, hint=f"(or give a folder with a {SPEC_FILE})")


# --- specifications -------------------------------------------------------------------------


def read_spec(folder: Path) -> ModelSpec:
    """Read and check ``model.yaml``. ModelError with the file and line of the first problem."""
    path = folder / SPEC_FILE
    try:
        spec = read_yaml_as(path, ModelSpec)
    except ConfigError as exc:
        raise ModelError(str(exc)) from exc
    for file in _files(spec):
        _inside(folder, file)
    _check_spec(path, spec)
    return spec


def _check_spec(path: Path, spec: ModelSpec) -> None:
    """ModelError for a model of an unknown kind or of impossible sizes."""
    if spec.kind not in KINDS:
        raise ModelError(
            f"{path}: a model of kind {spec.kind!r}, but known are {', '.join(KINDS)}: {UPDATE}"
        )
    if tuple(spec.tracks) != KINDS[spec.kind] or min(spec.tracks.values()) < 2:
        raise ModelError(
            f"{path}: tracks are {spec.tracks}, but a model of kind {spec.kind!r} has "
            f"{', '.join(KINDS[spec.kind])}, of 2 classes or more each"
        )
    if spec.kind == TRIO and spec.tracks != _CLASSES:
        raise ModelError(f"{path}: tracks are {spec.tracks}, but have to be {_CLASSES}")
    if min(spec.bars, spec.latent, spec.steps_per_bar, spec.segments) < 1:
        raise ModelError(f"{path}: bars and latent have to be 1 or more")
    if min(spec.style, spec.phases) < 0:
        raise ModelError(f"{path}: style and phases have to be 0 or more")
    if spec.kind in (TRIO, "melody", "drums") and spec.steps_per_bar != SLOTS_PER_BAR:
        raise ModelError(f"{path}: steps_per_bar is {spec.steps_per_bar}, not {SLOTS_PER_BAR}")
    if unknown := [name for name in spec.metres if name not in METRES]:
        raise ModelError(
            f"{path}: the metre {unknown[0]!r} is none of {', '.join(METRES)}: {UPDATE}"
        )
    if spec.kind == TRIO and spec.chord_classes not in (0, CHORD_CLASSES):
        raise ModelError(f"{path}: chord_classes is {spec.chord_classes}, not {CHORD_CLASSES}")
    if spec.controls < 0 or not 0 <= spec.lowest_pitch <= 127:
        raise ModelError(f"{path}: controls have to be 0 or more, lowest_pitch 0..127")


def check_band(spec: ModelSpec) -> None:
    """ModelError for a model that cannot accompany, with advice."""
    if spec.kind != TRIO:
        raise ModelError(
            f"the model {spec.name} is of the kind {spec.kind!r}, so it cannot accompany: choose "
            "another (latent-bridge models list says what each can do)"
        )
    if "surrogate" not in spec.graphs:
        raise ModelError(
            f"the model {spec.name} has no surrogate, so it cannot accompany: "
            f"python -m tools.train.surrogate --model {spec.name} makes one (docs/models.md)"
        )


def abilities(spec: ModelSpec) -> list[str]:
    """Names of the commands that a model supports."""
    can = ["accompany"] if spec.kind == TRIO and "surrogate" in spec.graphs else []
    can += ["sample", "interpolate"]
    return can + (["encode"] if "encoder" in spec.graphs else [])


def _files(spec: ModelSpec) -> dict[str, str]:
    """File -> sha256 of all files of the model."""
    parts: list[GraphSpec | ExtraSpec] = [*spec.graphs.values(), *spec.extras.values()]
    return {part.file: part.sha256 for part in parts}


def _inside(folder: Path, file: str) -> Path:
    """The path of a file named in ``model.yaml``. ModelError if it is not in the folder.

    Only a plain name is allowed: no separator of any system, no drive, no parent, no link that
    leads outside.
    """
    plain = PureWindowsPath(file).name == file and file not in ("", ".", "..")
    path = folder / file
    if not plain or ":" in file or path.resolve().parent != folder.resolve():
        raise ModelError(
            f"{folder / SPEC_FILE}: the file {file!r} is not in the model's folder: "
            "do not use this model"
        )
    return path


# --- checksums ------------------------------------------------------------------------------


def check(folder: Path, spec: ModelSpec | None = None) -> list[tuple[str, bool]]:
    """(File, True if it exists with the right checksum) for each file of the model."""
    spec = spec or read_spec(folder)
    return [
        (file, _checksum(_inside(folder, file)) == sha256.lower())
        for file, sha256 in _files(spec).items()
    ]


def verify(folder: Path, spec: ModelSpec | None = None) -> list[tuple[str, bool]]:
    """As :func:`check`, but ModelError for the first file that is missing or damaged."""
    found = check(folder, spec)
    for file, whole in found:
        if not whole:
            state = "differs from its checksum" if (folder / file).is_file() else "is missing"
            raise ModelError(f"{folder / file} {state}: {REPAIR}")
    return found


def checked_bytes(folder: Path, file: str, sha256: str) -> bytes:
    """A file's content, read once and compared with its checksum. ModelError otherwise."""
    path = _inside(folder, file)
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise ModelError(f"{path} is missing: {REPAIR}") from exc
    if hashlib.sha256(content).hexdigest() != sha256.lower():
        raise ModelError(f"{path} differs from its checksum: {REPAIR}")
    return content


def _checksum(path: Path) -> str:
    """sha256, hex; empty for a file that cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


# --- styles and directions ------------------------------------------------------------------


def read_presets(folder: Path, spec: ModelSpec) -> dict[str, Preset]:
    """The model's styles by name, in their order, then the player's own that it knows
    (``model.styles.learned_styles``); empty if it has none.

    ``styles.npz`` holds ``names`` [M], ``vectors`` [M, S], ``tempo`` [M] and ``swing`` [M],
    optionally ``metre`` [M] (names; else all are in 4/4). ModelError for other shapes, repeated
    names, values that are not finite or out of range.
    """
    if "styles" not in spec.extras:
        return {}
    arrays = _Arrays(folder, spec, "styles")
    titles = arrays.names()
    count = len(titles)
    vectors = arrays.floats("vectors", (count, spec.style))
    tempo = arrays.floats("tempo", (count,))
    swing = arrays.floats("swing", (count,))
    if (tempo <= 0).any() or (swing < 0).any() or (swing > 1).any():
        arrays.fail("has a tempo that is not above 0 or a swing outside 0..1")
    metres = arrays.texts("metre", count) if arrays.has("metre") else [FOUR_FOUR.name] * count
    if not set(metres) <= set(METRES):
        arrays.fail(f"has a metre that is none of {', '.join(METRES)}")
    shipped = {
        name: Preset(name, vectors[i], float(tempo[i]), float(swing[i]), metres[i])
        for i, name in enumerate(titles)
    }
    own = learned_presets(spec) if spec.coarse else {}
    return shipped | {name: preset for name, preset in own.items() if name not in shipped}


def read_directions(folder: Path, spec: ModelSpec) -> Directions:
    """The model's latent directions; none if it has none.

    ``directions.npz`` holds ``names`` [D] and ``vectors`` [D, Z]; with ``moves`` they are
    steered (see :func:`read_steering`). ModelError as for presets.
    """
    if "directions" not in spec.extras:
        return Directions.of({}, spec.latent)
    arrays = _Arrays(folder, spec, "directions")
    titles = arrays.names()
    vectors = arrays.floats("vectors", (len(titles), spec.latent))
    return Directions(tuple(titles), vectors, tuple(titles) if arrays.has("moves") else ())


def prior_width(spec: ModelSpec) -> int:
    """Number of coordinates of the model's prior; 0 without a prior."""
    graph = spec.graphs.get("prior")
    size = (list(graph.inputs.values()) or [[0]])[0][-1:] if graph is not None else [0]
    return size[0] if size and isinstance(size[0], int) else 0


def read_prior_space(folder: Path, spec: ModelSpec) -> PriorSpace | None:
    """The coordinate space of the model's prior; None if it has no prior.

    ``prior.npz`` holds ``mean`` [Z], ``axes`` [K, Z] and ``spread`` [K]. ModelError as for
    presets.
    """
    count = prior_width(spec)
    if "prior" not in spec.extras or not count:
        return None
    arrays = _Arrays(folder, spec, "prior")
    return PriorSpace(
        mean=arrays.floats("mean", (spec.latent,)),
        axes=arrays.floats("axes", (count, spec.latent)),
        spread=arrays.floats("spread", (count,)),
    )


def read_steering(folder: Path, spec: ModelSpec) -> Steering | None:
    """The steering data; None if ``directions.npz`` has no ``moves`` [K, Z].

    It also holds ``reach`` [D] and ``weights`` [D], optionally ``aims`` [D, D]. ModelError as for
    presets, and where :class:`Steering` refuses the values.
    """
    if "directions" not in spec.extras:
        return None
    arrays = _Arrays(folder, spec, "directions")
    if not arrays.has("moves"):
        return None
    titles = arrays.names()
    try:
        return Steering(
            tuple(titles),
            arrays.floats("reach", (len(titles),)).astype(np.float64),
            arrays.floats("weights", (len(titles),)).astype(np.float64),
            arrays.table("moves", spec.latent),
            _aims(arrays, len(titles)),
        )
    except ModelError as exc:
        raise ModelError(f"{arrays.path}: {exc}: {REPAIR}") from exc


def _aims(arrays: _Arrays, count: int) -> npt.NDArray[np.float64] | None:
    return arrays.floats("aims", (count, count)).astype(np.float64) if arrays.has("aims") else None


def read_statistics(folder: Path, spec: ModelSpec) -> LatentStatistics | None:
    """Statistics of the model's latent space; None if the folder has no ``statistics.npz``.

    Its arrays are those of :class:`LatentStatistics`. ModelError as for presets.
    """
    if "statistics" not in spec.extras:
        return None
    arrays, latent = _Arrays(folder, spec, "statistics"), spec.latent
    features, styles = arrays.names("features"), arrays.names("place_names")
    count, band = arrays.floats("sizes", (2,)).astype(int)
    if count < 2 or not 0 <= band <= latent:
        arrays.fail("has sizes that cannot be")
    return LatentStatistics(
        count=int(count),
        variance=arrays.floats("variance", (latent,)).astype(np.float64),
        mean=arrays.floats("mean", (latent,)).astype(np.float64),
        spread=arrays.floats("spread", (latent,)).astype(np.float64),
        axes=arrays.floats("axes", (2, latent)).astype(np.float64),
        density=arrays.floats("density", MAP_CELLS).astype(np.float64),
        features=tuple(features),
        information=arrays.floats("information", (latent, len(features))).astype(np.float64),
        band=int(band),
        coarse=spec.coarse,
        place_names=tuple(styles),
        places=arrays.floats("places", (len(styles), 2)).astype(np.float64),
    )


class _Arrays:
    """The arrays of an .npz file: checksum verified, pickles refused, every shape checked."""

    def __init__(self, folder: Path, spec: ModelSpec, extra: str) -> None:
        self.path = folder / spec.extras[extra].file
        content = checked_bytes(folder, spec.extras[extra].file, spec.extras[extra].sha256)
        try:
            with NpzFile(io.BytesIO(content), allow_pickle=False) as file:
                self._arrays: dict[str, Any] = {key: file[key] for key in file.files}
        except _UNREADABLE as exc:
            reason = " ".join(str(exc).split())
            raise ModelError(f"{self.path} holds no plain arrays ({reason}): {REPAIR}") from exc

    def fail(self, what: str) -> NoReturn:
        raise ModelError(f"{self.path} {what}: {REPAIR}")

    def _get(self, key: str) -> npt.NDArray[Any]:
        array = self._arrays.get(key)
        if not isinstance(array, np.ndarray):  # numpy returns bytes for other members
            self.fail(f"lacks the array {key!r}")
        return array

    def has(self, key: str) -> bool:
        """True if the array exists."""
        return key in self._arrays

    def table(self, key: str, width: int) -> Floats:
        """As :meth:`floats`, with any number of rows."""
        array = self._get(key)
        return self.floats(key, (len(array) if array.ndim else 0, width))

    def names(self, key: str = "names") -> list[str]:
        """The strings of ``key``, without duplicates or empty ones."""
        array = self._get(key)
        if array.ndim != 1 or array.dtype.kind != "U":
            self.fail(f"has {key} of {array.dtype} and shape {array.shape}, not one row of text")
        texts = self.texts(key, len(array))
        if len(set(texts)) < len(texts) or not all(texts):
            self.fail("has an empty name or one name twice")
        return texts

    def texts(self, key: str, count: int) -> list[str]:
        """The ``count`` strings of ``key``."""
        array = self._get(key)
        if array.shape != (count,) or array.dtype.kind != "U":
            self.fail(f"has {key} of {array.dtype} and shape {array.shape}, not {count} texts")
        return [str(text) for text in array]

    def floats(self, key: str, shape: tuple[int, ...]) -> Floats:
        """A finite float32 array of the given shape."""
        array = self._get(key)
        if array.shape != shape or array.dtype.kind not in "fi":
            self.fail(f"has {key} of {array.dtype} and shape {array.shape}, not {shape}")
        if not np.isfinite(array).all():
            self.fail(f"has {key} that are not finite")
        return array.astype(np.float32)
