"""How close strangers come: a generalised Pareto distribution of the lower tail, and how far probes differ.

Below `start`, the share of strangers within a distance follows a generalised Pareto distribution of what is missing to
`start` (Pickands 1975; Coles, An Introduction to Statistical Modeling of Extreme Values, 2001, sec. 4). Probes differ:
some faces have many near strangers. A probe's share is the mean share times a gamma variable of mean 1 and variance
`probe_spread`, so that a gallery of N people returns a stranger with the probability 1 - (1 + s L)^(-1/s), where s is
the spread and L = -N log(1 - share); for s = 0 this is the 1 - (1 - share)^N of independent comparisons.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assent.errors import InvalidInput

Numbers = NDArray[np.float64]

_LEAST_SPREAD: Final = 1e-6
_LEAST_SHAPE: Final = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class StrangerTail:
    """Tails side by side, each field of shape (R,): one per way of drawing the calibration's people anew.

    `start` is the distance below which the tail is modelled, `share` the share of strangers below it, `shape` and
    `scale` are the Pareto distribution's; `probe_spread` and `reference_spread` are the squared coefficients of
    variation of a probe's, and of an enrolled person's, number of near strangers, beyond chance.
    """

    start: Numbers
    share: Numbers
    shape: Numbers
    scale: Numbers
    probe_spread: Numbers
    reference_spread: Numbers

    def __post_init__(self) -> None:
        """Check shapes and ranges; raises InvalidInput."""
        columns = [getattr(self, field.name) for field in fields(self)]
        if len({column.shape for column in columns}) != 1 or columns[0].ndim != 1 or not columns[0].size:
            raise InvalidInput("A tail of stranger distances has columns of one equal length.")
        if not all(np.isfinite(column).all() for column in columns):
            raise InvalidInput("A tail of stranger distances has finite numbers only.")
        if (
            min(float(self.start.min()), float(self.scale.min()), float(self.share.min())) <= 0
            or float(self.share.max()) >= 1
            or min(float(self.probe_spread.min()), float(self.reference_spread.min())) < 0
        ):
            raise InvalidInput("A tail's start, scale and share lie above 0, the share below 1, no spread below 0.")

    def share_within(self, distance: float) -> Numbers:
        """Give the share of strangers within a distance, shape (R,); beyond the tail's start it stays the same."""
        missing = np.maximum(self.start - distance, 0.0)
        shape = self._safe_shape()
        grown = 1.0 + shape * missing / self.scale
        return self.share * np.where(grown > 0, np.maximum(grown, 1e-300) ** (-1.0 / shape), 0.0)

    def rate_of_searches(self, distance: float, gallery_size: float) -> Numbers:
        """Give the share of searches that return a stranger within a distance (FPIR), shape (R,)."""
        exposure = -gallery_size * np.log1p(-self.share_within(distance))
        spread = np.maximum(self.probe_spread, _LEAST_SPREAD)
        return -np.expm1(-np.log1p(spread * exposure) / spread)

    def _safe_shape(self) -> Numbers:
        return np.where(np.abs(self.shape) < _LEAST_SHAPE, _LEAST_SHAPE, self.shape)
