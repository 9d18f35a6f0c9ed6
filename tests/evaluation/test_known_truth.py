"""Measured rates against true ones that are known because the people were simulated."""

import numpy as np
import pytest
from scipy.stats import norm

from assent.evaluation.rates import ScoreArrays, measure_operating_points
from assent.evaluation.searches import Division, make_searches
from evaluation.simulated_people import simulate_people, true_fnir, true_fpir, true_threshold


def test_a_thousand_people_give_the_true_rates_within_their_intervals() -> None:
    scores = make_searches(simulate_people(1_000, 5, seed=5), {}, Division(folds=3, rounds=1))

    points = measure_operating_points(ScoreArrays.of(scores))

    assert [point.target for point in points if point.is_supported] == [0.1, 0.03, 0.01, 0.003, 0.001]
    for point in points:
        assert point.threshold is not None
        assert point.fpir is not None
        assert point.fnir is not None
        assert point.fpir.low <= true_fpir(point.threshold, 667) <= point.fpir.high
        assert point.fnir.low <= true_fnir(true_threshold(point.target, 667)) <= point.fnir.high


def test_intervals_from_templates_cover_the_truth_as_often_as_they_promise() -> None:
    targets, repeats = (0.1, 0.03), 40
    truth = {target: true_fnir(true_threshold(target, 80)) for target in targets}
    covered = {"FPIR": 0, "FNIR": 0}

    for repeat in range(repeats):
        scores = make_searches(simulate_people(120, 4, seed=repeat), {}, Division(folds=3, rounds=2, seed=repeat))
        for point in measure_operating_points(ScoreArrays.of(scores), targets=targets, seed=repeat):
            assert point.threshold is not None
            assert point.fpir is not None
            assert point.fnir is not None
            covered["FPIR"] += point.fpir.low <= true_fpir(point.threshold, 80) <= point.fpir.high
            covered["FNIR"] += point.fnir.low <= truth[point.target] <= point.fnir.high

    # 95 % of 80 are 76; the two targets of a repeat go together, so that chance may take a few away.
    assert covered["FPIR"] >= 71
    assert covered["FNIR"] >= 71


@pytest.mark.parametrize(
    ("mated_people", "other_people", "searches_each", "together"),
    [
        pytest.param(200, 150, 3, 0.5, id="people alike within themselves"),
        pytest.param(200, 150, 1, 0.0, id="one search a person"),
    ],
)
def test_intervals_from_distances_cover_the_truth_as_often_as_they_promise(
    mated_people: int, other_people: int, searches_each: int, together: float
) -> None:
    targets, repeats = (0.1, 0.03), 60
    covered = {"FPIR": 0, "FNIR": 0}

    for repeat in range(repeats):
        arrays = simulate_distances(mated_people, other_people, searches_each, together, seed=repeat)
        for point in measure_operating_points(arrays, targets=targets, seed=repeat):
            assert point.threshold is not None
            assert point.fpir is not None
            assert point.fnir is not None
            covered["FPIR"] += point.fpir.low <= norm.cdf(point.threshold) <= point.fpir.high
            covered["FNIR"] += point.fnir.low <= norm.cdf(-3 - norm.ppf(point.target)) <= point.fnir.high

    # 95 % of 120 are 114.
    assert covered["FPIR"] >= 107
    assert covered["FNIR"] >= 107


def simulate_distances(mated: int, others: int, each: int, together: float, seed: int) -> ScoreArrays:
    """Draw strangers' distances from a normal distribution and genuine ones from one three deviations below.

    `together` is the share of the variance that a person's searches have in common.
    """
    generator = np.random.default_rng(seed)

    def draw(people: int, mean: float) -> tuple[np.ndarray, np.ndarray]:
        shared = np.repeat(generator.normal(size=people), each)
        values = mean + np.sqrt(together) * shared + np.sqrt(1 - together) * generator.normal(size=people * each)
        order = np.argsort(values)
        return np.repeat(np.arange(people), each)[order], values[order]

    mated_people, genuine = draw(mated, -3.0)
    other_people, strangers = draw(others, 0.0)
    return ScoreArrays(
        groups=("",) * (mated + others),
        mated_people=mated_people,
        mated_distances=genuine,
        mated_ranks=np.ones(len(genuine), np.int64),
        non_mated_people=other_people + mated,
        stranger_distances=strangers,
        non_mated_photos=len(strangers),
    )
