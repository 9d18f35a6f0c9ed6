"""The tail of stranger distances from moments, for many weightings of the same people at once."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assent.search import StrangerTail

Numbers = NDArray[np.float64]

TAIL_SHARE: Final = 0.10
# A normal distribution's tail below its tenth part is, down to 1 in 10,000, a Pareto tail of shape -0.12 to -0.15.
_PRIOR_SHAPE: Final = -0.13
_PRIOR_PEOPLE: Final = 20.0
_SHAPE_BOUNDS: Final = (-0.45, 0.30)
# Redrawn people move the tail's start; pairs beyond this share are never needed.
_SORTED_SHARE: Final = 0.25
_NUMBERS_AT_ONCE: Final = 4_000_000
_LEAST_EXCESS: Final = 1e-9


def fit_tails(distances: Numbers, weights: Numbers) -> StrangerTail:
    """Fit one tail for each row of `weights`, shape (R, n): how often each of the n people was drawn.

    `distances`, shape (n, n), are those of each person's probe to each person's reference; the diagonal is left out,
    and so is a person's copy when they were drawn twice.
    """
    count = len(distances)
    probes, references = np.nonzero(~np.eye(count, dtype=np.bool_))
    values = distances[probes, references]
    order = np.argsort(values)[: max(2, int(len(values) * _SORTED_SHARE))]
    nearest = values[order], probes[order], references[order]
    rows = max(1, _NUMBERS_AT_ONCE // (count * count))
    columns = [_fit_some(distances, *nearest, weights[start : start + rows]) for start in range(0, len(weights), rows)]
    return StrangerTail(*(np.concatenate(column) for column in zip(*columns, strict=True)))


def _fit_some(
    distances: Numbers, values: Numbers, probes: NDArray[np.intp], references: NDArray[np.intp], weights: Numbers
) -> tuple[Numbers, ...]:
    pairs = weights[:, probes] * weights[:, references]
    total = weights.sum(axis=1) ** 2 - (weights**2).sum(axis=1)
    below = (np.cumsum(pairs, axis=1) < TAIL_SHARE * total[:, None]).sum(axis=1)
    start = values[np.minimum(below, len(values) - 1)]
    pairs = pairs * (values < start[:, None])
    missing = np.maximum(start[:, None] - values, 0.0)
    held = np.maximum(pairs.sum(axis=1), _LEAST_EXCESS)
    # Probability-weighted moments of what is missing to the start: the mean, and that weighted by what is yet nearer.
    nearer = (np.cumsum(pairs, axis=1) - pairs / 2) / held[:, None]
    mean = np.maximum((pairs * missing).sum(axis=1) / held, _LEAST_EXCESS)
    weighted = (pairs * missing * nearer).sum(axis=1) / held
    people = weights.shape[1]
    shape = 2 - mean / np.maximum(mean - 2 * weighted, _LEAST_EXCESS)
    shape = np.clip((people * shape + _PRIOR_PEOPLE * _PRIOR_SHAPE) / (people + _PRIOR_PEOPLE), *_SHAPE_BOUNDS)
    near = (distances < start[:, None, None]) & ~np.eye(people, dtype=np.bool_)
    return (
        start,
        np.clip(held / np.maximum(total, 1.0), _LEAST_EXCESS, 1 - _LEAST_EXCESS),
        shape,
        mean * (1 - shape),
        _measure_spread(np.einsum("rij,rj->ri", near, weights), weights),
        _measure_spread(np.einsum("rij,ri->rj", near, weights), weights),
    )


def _measure_spread(counts: Numbers, weights: Numbers) -> Numbers:
    """Give the squared coefficient of variation of people's shares of near strangers, beyond binomial chance."""
    drawn = weights.sum(axis=1)
    others = np.maximum(drawn[:, None] - weights, 1.0)
    shares = counts / others
    mean = (weights * shares).sum(axis=1) / drawn
    variance = (weights * (shares - mean[:, None]) ** 2).sum(axis=1) / drawn
    # Copies of one person are no independent trials.
    squares = (weights**2).sum(axis=1, keepdims=True) - weights**2
    chance = (weights * ((mean * (1 - mean))[:, None] * squares / others**2)).sum(axis=1) / drawn
    return np.asarray(np.maximum(variance - chance, 0.0) / np.maximum(mean, _LEAST_EXCESS) ** 2, np.float64)
