"""The curves of an evaluation: the trade-off between both errors (DET) and how distances are distributed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assent.evaluation.rates import ScoreArrays, measure_fnir

_MOST_POINTS: Final = 120
_BINS: Final = 48


@dataclass(frozen=True, slots=True)
class DetPoint:
    """Both errors at one threshold, FNIR with its 95 % interval; FPIR rises along the curve."""

    threshold: float
    fpir: float
    fnir: float
    fnir_low: float
    fnir_high: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many searches have a distance between each edge and the next: to the person, and to the nearest stranger."""

    edges: tuple[float, ...]
    genuine: tuple[int, ...]
    strangers: tuple[int, ...]


def draw_det(arrays: ScoreArrays, *, seed: int = 0) -> tuple[DetPoint, ...]:
    """Compute the curve at thresholds where FPIR changes, evenly on its logarithm."""
    searches, mated = len(arrays.stranger_distances), len(arrays.mated_distances)
    if not searches or not mated:
        return ()
    counts = np.unique(np.geomspace(1, searches, _MOST_POINTS).round().astype(np.int64))
    thresholds = np.unique(arrays.stranger_distances[counts - 1])
    thresholds = thresholds[np.isfinite(thresholds)]
    fpir = np.searchsorted(arrays.stranger_distances, thresholds, side="right") / searches
    rates = measure_fnir(arrays, thresholds, seed=seed)
    return tuple(
        DetPoint(float(threshold), float(share), rate.value, rate.low, rate.high)
        for threshold, share, rate in zip(thresholds, fpir, rates, strict=True)
    )


def count_distances(genuine: NDArray[np.float64], strangers: NDArray[np.float64]) -> Histogram:
    """Count distances in bins of equal width from 0 to the largest that is finite."""
    finite = [values[np.isfinite(values)] for values in (genuine, strangers)]
    largest = max((float(values.max()) for values in finite if values.size), default=1.0)
    edges = np.linspace(0, largest or 1.0, _BINS + 1)
    counts = [np.histogram(values, edges)[0].tolist() for values in finite]
    return Histogram(tuple(edges.tolist()), tuple(counts[0]), tuple(counts[1]))
