"""Error rates by the group that people volunteered, at one threshold for all, and the widest gap between groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assent.evaluation.intervals import Rate, bound_difference, bound_rate, draw_people
from assent.evaluation.rates import ScoreArrays, resample_share

LEAST_PEOPLE: Final = 10
"""A group of fewer people is counted, not rated: a rate of so few says nothing but who they are."""


@dataclass(frozen=True, slots=True)
class GroupRates:
    """What a group meets at the threshold that all meet; no rates where it is too small or was never searched with."""

    group: str
    people: int
    fnir: Rate | None
    fpir: Rate | None


@dataclass(frozen=True, slots=True)
class Gap:
    """The widest difference of a rate between two groups, with its interval, widened for having been chosen of many."""

    rate: str
    worse: str
    better: str
    difference: float
    low: float
    high: float
    comparisons: int


@dataclass(frozen=True, slots=True)
class GroupComparison:
    """All groups at one threshold, and the widest gap of each rate between those large enough."""

    threshold: float
    groups: tuple[GroupRates, ...]
    gaps: tuple[Gap, ...]


def compare_groups(
    arrays: ScoreArrays, threshold: float, *, least_people: int = LEAST_PEOPLE, seed: int = 0
) -> GroupComparison | None:
    """Measure each volunteered group's rates at the threshold; None where nobody volunteered a group."""
    named = sorted(set(arrays.groups) - {""})
    if not named:
        return None
    large = [group for group in named if arrays.groups.count(group) >= least_people]
    missed = _Errors("FNIR", arrays.mated_people, arrays.mated_distances > threshold)
    returned = _Errors("FPIR", arrays.non_mated_people, arrays.stranger_distances <= threshold)
    fnir, fpir = (_measure(arrays, errors, large, seed) for errors in (missed, returned))
    groups = [GroupRates(group, arrays.groups.count(group), fnir.get(group), fpir.get(group)) for group in named]
    gaps = [_find_gap(arrays, errors, large, seed) for errors in (missed, returned)]
    return GroupComparison(threshold, tuple(groups), tuple(gap for gap in gaps if gap is not None))


@dataclass(frozen=True, slots=True, eq=False)
class _Errors:
    """Searches of one kind: whose each was, and whether it went wrong."""

    rate: str
    people: NDArray[np.int64]
    is_error: NDArray[np.bool_]


def _measure(
    arrays: ScoreArrays, errors: _Errors, named: Sequence[str], seed: int, *, comparisons: int = 1
) -> dict[str, Rate]:
    """Measure the rate of each group that was searched with at all."""
    labels = np.array(arrays.groups)
    belongs = np.stack([labels == group for group in named], axis=1) if named else np.empty((len(labels), 0))
    trials = arrays.sum_by_person(errors.people)[:, np.newaxis] * belongs
    counts = arrays.sum_by_person(errors.people, errors.is_error)[:, np.newaxis] * belongs
    draws = draw_people(arrays.people, shares_roles=arrays.shares_roles, seed=seed)
    replicates = np.concatenate(
        [resample_share(draw.mated if errors.rate == "FNIR" else draw.non_mated, counts, trials) for draw in draws]
    )
    return {
        group: bound_rate(
            round(counts[:, place].sum()),
            round(trials[:, place].sum()),
            int(np.count_nonzero(trials[:, place])),
            replicates[:, place],
            comparisons=comparisons,
        )
        for place, group in enumerate(named)
        if trials[:, place].any()
    }


def _find_gap(arrays: ScoreArrays, errors: _Errors, named: Sequence[str], seed: int) -> Gap | None:
    """Compare the groups with the highest and the lowest rate; each pair of groups is a comparison."""
    comparisons = max(1, len(named) * (len(named) - 1) // 2)
    rates = _measure(arrays, errors, named, seed, comparisons=comparisons)
    ordered = sorted(rates, key=lambda group: (rates[group].value, group))
    if len(ordered) < 2:  # noqa: PLR2004 - a gap lies between two
        return None
    better, worse = ordered[0], ordered[-1]
    low, high = bound_difference(rates[worse], rates[better])
    difference = rates[worse].value - rates[better].value
    return Gap(errors.rate, worse, better, difference, low, high, comparisons)
