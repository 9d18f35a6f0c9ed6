"""Error rates of searches after ISO/IEC 19795-1: FNIR at a chosen FPIR, and the rank-based identification rate.

A candidate is returned when its distance is at most the threshold and its rank at most the shortlist's length. FPIR is
the share of non-mated searches that return anybody, FNIR the share of mated searches that do not return the person.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assent.evaluation.intervals import Draw, Rate, bound_rate, draw_people
from assent.evaluation.scores import Scores

FPIR_TARGETS: Final = (0.1, 0.03, 0.01, 0.003, 0.001)
RANKS: Final = (1, 5, 10)
SHORTLIST: Final = 10
RULE_OF_THREE: Final = 3
"""Without an error in n independent trials the rate is below 3/n with 95 % confidence (Hanley and others, 1983)."""
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What is missed where strangers are returned in at most a chosen share of non-mated searches.

    `threshold` is the largest distance at which that holds. Where too few different photos were searched with to speak
    of such a share, `photos_needed` says how many more it takes, and there are no figures. `fnir` is None, too, where
    nobody has a second photo to search with.
    """

    target: float
    photos_needed: int
    threshold: float | None
    fpir: Rate | None
    fnir: Rate | None

    @property
    def is_supported(self) -> bool:
        """Whether there are figures."""
        return self.fpir is not None


@dataclass(frozen=True, slots=True)
class RankRate:
    """The share of mated searches that return the person among the first `rank`, whatever the distance."""

    rank: int
    rate: Rate


@dataclass(frozen=True, slots=True, eq=False)
class ScoreArrays:
    """Scores as arrays: `mated_people` and `non_mated_people` number people from 0; non-mated searches lie sorted.

    `mated_distances` is infinite where the person is beyond the shortlist; `groups` has one label a person, or empty.
    """

    groups: tuple[str, ...]
    mated_people: NDArray[np.int64]
    mated_distances: NDArray[np.float64]
    mated_ranks: NDArray[np.int64]
    non_mated_people: NDArray[np.int64]
    stranger_distances: NDArray[np.float64]
    non_mated_photos: int

    @classmethod
    def of(cls, scores: Scores, *, shortlist: int = SHORTLIST) -> ScoreArrays:
        """Arrange scores, mated and non-mated each by distance."""
        mated = sorted(scores.mated, key=lambda search: search.distance if search.rank <= shortlist else math.inf)
        non_mated = sorted(scores.non_mated, key=lambda search: search.stranger_distance)
        group_of = {search.person: search.group for search in mated}
        group_of |= {search.person: search.group for search in non_mated}
        place = {person: number for number, person in enumerate(sorted(group_of))}
        within = [search.distance if search.rank <= shortlist else math.inf for search in mated]
        return cls(
            groups=tuple(group_of[person] for person in sorted(group_of)),
            mated_people=np.array([place[search.person] for search in mated], np.int64),
            mated_distances=np.array(within, np.float64),
            mated_ranks=np.array([search.rank for search in mated], np.int64),
            non_mated_people=np.array([place[search.person] for search in non_mated], np.int64),
            stranger_distances=np.array([search.stranger_distance for search in non_mated], np.float64),
            non_mated_photos=len({search.probe for search in non_mated}),
        )

    @property
    def people(self) -> int:
        """How many people were searched with."""
        return len(self.groups)

    @property
    def shares_roles(self) -> bool:
        """Whether anybody was in the gallery in one split and a stranger in another."""
        return bool(np.intersect1d(self.mated_people, self.non_mated_people).size)

    def sum_by_person(self, people: NDArray[np.int64], values: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
        """Count each person's searches, or those for which a value holds."""
        return np.bincount(people, None if values is None else values.astype(np.float64), self.people).astype(float)


def choose_threshold(stranger_distances: NDArray[np.float64], target: float) -> float:
    """Return the largest threshold at which at most the target's share of non-mated searches returns anybody."""
    return float(np.nextafter(stranger_distances[count_allowed(len(stranger_distances), target)], 0))


def count_allowed(searches: int, target: float) -> int:
    """Count how many of so many searches may return a stranger; always fewer than all."""
    return min(math.floor(searches * target + _ROUNDING), searches - 1)


def count_missing_photos(photos: int, target: float) -> int:
    """Count how many more photos of people outside the gallery it takes before a target can be spoken of."""
    return max(0, math.ceil(RULE_OF_THREE / target - _ROUNDING) - photos)


def measure_operating_points(
    arrays: ScoreArrays, *, targets: tuple[float, ...] = FPIR_TARGETS, seed: int = 0
) -> tuple[OperatingPoint, ...]:
    """Measure FNIR at each target of FPIR that the number of non-mated searches supports."""
    missing = {target: count_missing_photos(arrays.non_mated_photos, target) for target in targets}
    supported = [target for target in targets if not missing[target]]
    thresholds = np.array([choose_threshold(arrays.stranger_distances, target) for target in supported])
    fpir = measure_fpir(arrays, thresholds, seed=seed)
    fnir = _measure_fnir_at_targets(arrays, supported, thresholds, seed)
    measured = {
        target: OperatingPoint(target, 0, float(thresholds[number]), fpir[number], fnir[number])
        for number, target in enumerate(supported)
    }
    return tuple(
        measured.get(target) or OperatingPoint(target, missing[target], None, None, None) for target in targets
    )


def measure_fpir(arrays: ScoreArrays, thresholds: NDArray[np.float64], *, seed: int = 0) -> list[Rate]:
    """Measure the share of non-mated searches that return anybody, at each of the thresholds."""
    errors = arrays.stranger_distances[:, np.newaxis] <= thresholds
    return _measure(arrays, arrays.non_mated_people, errors, seed, is_mated=False)


def measure_fnir(arrays: ScoreArrays, thresholds: NDArray[np.float64], *, seed: int = 0) -> list[Rate]:
    """Measure the share of mated searches that do not return the person, at each of the thresholds, taken as given."""
    errors = arrays.mated_distances[:, np.newaxis] > thresholds
    return _measure(arrays, arrays.mated_people, errors, seed, is_mated=True)


def measure_ranks(arrays: ScoreArrays, *, ranks: tuple[int, ...] = RANKS, seed: int = 0) -> tuple[RankRate, ...]:
    """Measure the rank-based identification rate; nothing where there was no mated search."""
    found = arrays.mated_ranks[:, np.newaxis] <= np.array(ranks)
    rates = _measure(arrays, arrays.mated_people, found, seed, is_mated=True)
    return tuple(RankRate(rank, rate) for rank, rate in zip(ranks, rates, strict=False))


def _measure(
    arrays: ScoreArrays, people: NDArray[np.int64], outcomes: NDArray[np.bool_], seed: int, *, is_mated: bool
) -> list[Rate]:
    """Turn outcomes, shape (searches, rates), into rates with intervals."""
    trials = arrays.sum_by_person(people)
    columns = [arrays.sum_by_person(people, column) for column in outcomes.T]
    if not columns or not len(people):
        return []
    counts = np.stack(columns, axis=1)
    replicates = np.concatenate(
        [
            resample_share(draw.mated if is_mated else draw.non_mated, counts, trials)
            for draw in draw_people(max(1, arrays.people), shares_roles=arrays.shares_roles, seed=seed)
        ]
    )
    searched = int(np.count_nonzero(trials))
    return [
        bound_rate(round(column.sum()), len(people), searched, replicates[:, number])
        for number, column in enumerate(columns)
    ]


def resample_share(
    drawn: NDArray[np.float32], counts: NDArray[np.float64], trials: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compute shares in each replicate, shape (replicates, rates), NaN where no trial was drawn.

    `counts` has shape (people, rates), and so has `trials` unless all rates have the same trials.
    """
    with np.errstate(invalid="ignore"):
        return np.asarray((drawn @ counts) / (drawn @ trials.reshape(len(trials), -1)), np.float64)


def _measure_fnir_at_targets(
    arrays: ScoreArrays, targets: list[float], thresholds: NDArray[np.float64], seed: int
) -> list[Rate] | list[None]:
    """Measure FNIR where in each replicate the threshold, too, is chosen anew, as it was before."""
    if not targets or not len(arrays.mated_people):
        return [None] * len(targets)
    draws = draw_people(arrays.people, shares_roles=arrays.shares_roles, seed=seed)
    replicates = np.concatenate([_resample_fnir(arrays, draw, targets) for draw in draws])
    people = len(np.unique(arrays.mated_people))
    counts = [int(np.count_nonzero(arrays.mated_distances > threshold)) for threshold in thresholds]
    return [
        bound_rate(count, len(arrays.mated_people), people, replicates[:, number])
        for number, count in enumerate(counts)
    ]


def _resample_fnir(arrays: ScoreArrays, draw: Draw, targets: list[float]) -> NDArray[np.float64]:
    """Compute FNIR at each target in some replicates, shape (replicates, targets)."""
    strangers = np.cumsum(draw.non_mated[:, arrays.non_mated_people], axis=1, dtype=np.float64)
    own = np.cumsum(draw.mated[:, arrays.mated_people], axis=1, dtype=np.float64)
    shares = np.full((len(own), len(targets)), np.nan)
    for row, (returned, searches) in enumerate(zip(strangers, own, strict=True)):
        if not returned[-1] or not searches[-1]:
            continue
        allowed = np.array(targets) * returned[-1] + _ROUNDING
        first_too_many = np.searchsorted(returned, allowed, side="right")
        bounds = arrays.stranger_distances[np.minimum(first_too_many, len(returned) - 1)]
        found = np.searchsorted(arrays.mated_distances, bounds, side="left")
        shares[row] = 1 - np.where(found > 0, searches[np.maximum(found - 1, 0)], 0.0) / searches[-1]
    return shares
