"""Analysis of a latent space: informative dimensions, mutual information, ranks, a 2D map. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
BINS: Final = 12
"""Bins of each variable in :func:`mutual_information`, of equal count."""
INFORMATIVE_VARIANCE: Final = 0.5
"""A dimension is informative when its posterior's mean variance is below this share of the
prior's, which is 1."""
MAX_NEURON_TARGETS: Final = 16
"""Most neurons that are available as controller targets."""
MAP_EXTENT: Final = 3.0
"""Half the width of the map, in standard deviations."""
MAP_CELLS: Final = (24, 48)
"""Rows and columns of the map."""


@dataclass(frozen=True)
class LatentStatistics:
    """Statistics of a latent space of Z dimensions over N windows of music.

    ``count`` N; ``variance`` [Z] the posterior's mean variance; ``mean`` and ``spread`` [Z] of
    the mean codes; ``axes`` [2, Z] the plane of :func:`principal_plane`; ``density`` [rows,
    columns] the number of codes in each cell of the map, the first row on top,
    :data:`MAP_EXTENT` to each side; ``features`` F names and ``information`` [Z, F] in bits;
    ``band`` the number of last dimensions that bass and drums are decoded from (0: unknown);
    ``coarse`` the number of first dimensions that are for the whole window (0: all are);
    ``places`` [M, 2] the points of the styles ``place_names`` on the plane.
    """

    count: int
    variance: Floats
    mean: Floats
    spread: Floats
    axes: Floats
    density: Floats
    features: tuple[str, ...]
    information: Floats
    band: int = 0
    coarse: int = 0
    place_names: tuple[str, ...] = ()
    places: Floats = field(default_factory=lambda: np.zeros((0, 2)))

    def ranked(self) -> npt.NDArray[np.int64]:
        """All dimensions by posterior variance, the smallest first."""
        return np.argsort(self.variance, kind="stable")

    def informative(self) -> npt.NDArray[np.int64]:
        """The ranked dimensions with a variance below :data:`INFORMATIVE_VARIANCE`."""
        order = self.ranked()
        return order[self.variance[order] < INFORMATIVE_VARIANCE]

    def neuron_targets(self) -> npt.NDArray[np.int64]:
        """The dimensions that are controller targets: the first informative ones that are for the
        whole window and that bass and drums are decoded from."""
        width = len(self.variance)
        first, end = width - (self.band or width), self.coarse or width
        informative = self.informative()
        return informative[(informative >= first) & (informative < end)][:MAX_NEURON_TARGETS]

    def project(self, codes: npt.ArrayLike) -> Floats:
        """Codes [..., Z] as points [..., 2] of the plane, in standard deviations."""
        return np.asarray((np.asarray(codes, np.float64) - self.mean) @ self.axes.T)


def analyse(
    codes: npt.NDArray[np.floating],
    sigma: npt.NDArray[np.floating],
    features: npt.NDArray[np.floating],
    names: tuple[str, ...],
    coarse: int = 0,
) -> LatentStatistics:
    """The statistics of N >= 2 posteriors [N, Z] (means and deviations) and features [N, F].

    With ``coarse`` the plane lies in the first ``coarse`` dimensions.
    """
    seen = codes if not coarse else np.where(np.arange(codes.shape[1]) < coarse, codes, 0)
    mean, axes = principal_plane(seen)
    points = (codes - mean) @ axes.T
    edges = [np.linspace(-MAP_EXTENT, MAP_EXTENT, cells + 1) for cells in MAP_CELLS]
    density = np.histogram2d(points[:, 1], points[:, 0], bins=edges)[0][::-1]
    return LatentStatistics(
        count=len(codes),
        variance=np.asarray((np.asarray(sigma, np.float64) ** 2).mean(axis=0)),
        mean=mean,
        spread=np.asarray(codes.std(axis=0), np.float64),
        axes=axes,
        density=density,
        features=names,
        information=mutual_information(codes, features),
        coarse=coarse,
    )


def ranks(values: npt.ArrayLike) -> Floats:
    """Ranks 0..K-1 along the last axis [..., K]; equal values share the mean of theirs."""
    table = np.asarray(values, np.float64)
    below = (table[..., None, :] < table[..., :, None]).sum(axis=-1)
    same = (table[..., None, :] == table[..., :, None]).sum(axis=-1)
    return np.asarray(below + (same - 1) / 2.0)


def spearman(values: npt.ArrayLike) -> Floats:
    """Spearman's rank correlation of rows [..., K] with their order 0..K-1: [...], -1..1.

    0 for a constant row.
    """
    ranked = ranks(values)
    ranked = ranked - ranked.mean(axis=-1, keepdims=True)
    order = np.arange(ranked.shape[-1]) - (ranked.shape[-1] - 1) / 2.0
    length = np.sqrt((ranked**2).sum(axis=-1) * (order**2).sum())
    return np.asarray((ranked * order).sum(axis=-1) / np.where(length > 0, length, 1.0))


def quantile_bins(values: npt.NDArray[np.floating], bins: int = BINS) -> npt.NDArray[np.int64]:
    """Each column of [N, D] as bin numbers 0..bins-1 of about equal count; ties stay together."""
    edges = np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1], axis=0)
    return np.asarray((values[:, None, :] > edges[None]).sum(axis=1), np.int64)


def mutual_information(
    codes: npt.NDArray[np.floating], features: npt.NDArray[np.floating], bins: int = BINS
) -> Floats:
    """Mutual information in bits of every dimension [N, Z] with every feature [N, F]: [Z, F].

    The plug-in estimate over bins of equal count, less the bias of Miller and Madow ("Note on
    the bias of information estimates", 1955), at least 0. It measures any dependence, not only
    a linear one.
    """
    rows = quantile_bins(codes, bins)
    columns = quantile_bins(features, bins)
    ones = np.eye(bins, dtype=np.float32)
    (count, dims), names = rows.shape, columns.shape[1]
    left, right = ones[rows].reshape(count, -1), ones[columns].reshape(count, -1)
    joint = (left.T @ right).astype(np.float64).reshape(dims, bins, names, bins) / count
    expected = joint.sum(axis=3, keepdims=True) * joint.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(joint > 0, joint * np.log2(joint / expected), 0.0)
    used = ((joint.sum(axis=3) > 0).sum(axis=1) - 1) * ((joint.sum(axis=1) > 0).sum(axis=2) - 1)
    bias = used / (2 * count * np.log(2))
    return np.asarray(np.maximum(parts.sum(axis=(1, 3)) - bias, 0.0))


def principal_plane(codes: npt.NDArray[np.floating]) -> tuple[Floats, Floats]:
    """The mean [Z] and the two principal axes [2, Z] of codes [N, Z], each scaled so that a
    code's coordinates along it have deviation 1. The sign: an axis's largest entry is positive."""
    values = np.asarray(codes, np.float64)
    mean = values.mean(axis=0)
    spread, axes = np.linalg.eigh(np.cov(values.T, bias=True))
    two = axes[:, ::-1][:, :2].T
    two = two * np.sign(two[np.arange(2), np.abs(two).argmax(axis=1)])[:, None]
    return mean, two / np.sqrt(np.maximum(spread[::-1][:2], 1e-12))[:, None]
