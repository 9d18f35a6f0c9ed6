"""Rates and their intervals, and the same rates from the exported scores by a second, plain implementation."""

import math

import numpy as np
import pytest

from assent.evaluation.groups import compare_groups
from assent.evaluation.intervals import Rate, bound_difference, bound_exactly, draw_people
from assent.evaluation.rates import (
    FPIR_TARGETS,
    ScoreArrays,
    choose_threshold,
    count_missing_photos,
    measure_operating_points,
    measure_ranks,
)
from assent.evaluation.scores import MatedSearch, NonMatedSearch, Scores, from_csv, to_csv
from assent.evaluation.searches import Division, make_searches
from evaluation.plain_rates import (
    compute_fnir,
    compute_fpir,
    compute_rank_rate,
    count_photos_needed,
    find_bound,
    read_scores,
)
from evaluation.simulated_people import simulate_people


@pytest.fixture(scope="module")
def scores() -> Scores:
    people = simulate_people(300, 3, seed=1)
    groups = {f"{person:04}": ("north", "south", "west")[person % 3] for person in range(0, 300, 2)}
    return make_searches(people, groups, Division())


def test_the_rates_agree_with_a_plain_computation_from_the_exported_scores(scores: Scores) -> None:
    exported = to_csv(scores)
    plain, arrays = read_scores(exported), ScoreArrays.of(from_csv(exported))

    points = measure_operating_points(arrays)

    assert [point.target for point in points if point.is_supported] == [0.1, 0.03, 0.01]
    for point in points:
        assert point.photos_needed == count_photos_needed(plain, point.target)
        if point.fpir is not None and point.fnir is not None:
            bound = find_bound(plain, point.target)
            assert point.fpir.value == pytest.approx(compute_fpir(plain, bound), abs=1e-12)
            assert point.fnir.value == pytest.approx(compute_fnir(plain, bound), abs=1e-12)
    for found in measure_ranks(arrays):
        assert found.rate.value == pytest.approx(compute_rank_rate(plain, found.rank), abs=1e-12)


def test_the_rates_of_groups_agree_with_a_plain_computation(scores: Scores) -> None:
    plain, arrays = read_scores(to_csv(scores)), ScoreArrays.of(scores)
    bound = find_bound(plain, 0.01)

    compared = compare_groups(arrays, choose_threshold(arrays.stranger_distances, 0.01))

    assert compared is not None
    assert [(group.group, group.people) for group in compared.groups] == [("north", 50), ("south", 50), ("west", 50)]
    for group in compared.groups:
        assert group.fnir is not None
        assert group.fpir is not None
        assert group.fnir.value == pytest.approx(compute_fnir(plain, bound, group.group), abs=1e-12)
        assert group.fpir.value == pytest.approx(compute_fpir(plain, bound, group.group), abs=1e-12)
    gap = compared.gaps[0]
    rates = {group.group: compute_fnir(plain, bound, group.group) for group in compared.groups}
    assert gap.rate == "FNIR"
    assert gap.difference == pytest.approx(max(rates.values()) - min(rates.values()), abs=1e-12)
    assert rates[gap.worse] == max(rates.values())
    assert gap.low <= gap.difference <= gap.high
    assert gap.comparisons == 3


def test_a_group_of_few_people_is_counted_and_not_rated(scores: Scores) -> None:
    compared = compare_groups(ScoreArrays.of(scores), 3.0, least_people=51)

    assert compared is not None
    assert [(group.people, group.fnir, group.fpir) for group in compared.groups] == [(50, None, None)] * 3
    assert compared.gaps == ()


def test_without_groups_nothing_is_compared() -> None:
    search = NonMatedSearch(0, 0, 0, "", 5, 0.5)

    assert compare_groups(ScoreArrays.of(Scores((), (search,))), 0.4) is None


@pytest.mark.parametrize(
    ("target", "photos", "missing"),
    [(0.1, 30, 0), (0.1, 29, 1), (0.03, 100, 0), (0.01, 120, 180), (0.003, 1_000, 0), (0.001, 2_999, 1)],
)
def test_the_rule_of_three_says_how_many_photos_are_missing(target: float, photos: int, missing: int) -> None:
    assert count_missing_photos(photos, target) == missing


def test_repeated_searches_with_the_same_photos_support_no_smaller_rate() -> None:
    searches = tuple(NonMatedSearch(split, n, n, "", 5, 1 + n / 100) for split in range(40) for n in range(30))
    mated = tuple(MatedSearch(0, n, 100 + n, "", 5, 1.0, 0.5, 1) for n in range(30, 40))

    points = measure_operating_points(ScoreArrays.of(Scores(mated, searches)))

    assert [point.is_supported for point in points] == [True, False, False, False, False]
    assert points[2].photos_needed == 270


def test_at_the_threshold_no_more_strangers_are_returned_than_the_target_allows() -> None:
    distances = np.sort(np.random.default_rng(2).uniform(size=1_000))

    for target in FPIR_TARGETS:
        threshold = choose_threshold(distances, target)
        assert np.count_nonzero(distances <= threshold) == round(1_000 * target)
        assert np.count_nonzero(distances <= math.nextafter(threshold, 2)) == round(1_000 * target) + 1


def test_a_person_beyond_the_shortlist_is_missed_at_any_threshold() -> None:
    mated = (MatedSearch(0, 0, 0, "", 50, 0.1, 0.2, 11), MatedSearch(0, 1, 1, "", 50, 0.3, 0.2, 10))

    arrays = ScoreArrays.of(Scores(mated, ()))

    assert arrays.mated_distances.tolist() == [0.2, math.inf]


@pytest.mark.parametrize(
    ("count", "trials", "low", "high"),
    [
        # Clopper and Pearson's own kind of table: 0 and 1 of 10, 5 of 10, 10 of 10.
        (0, 10, 0.0, 0.3085),
        (1, 10, 0.0025, 0.4450),
        (5, 10, 0.1871, 0.8129),
        (10, 10, 0.6915, 1.0),
    ],
)
def test_exact_bounds_are_those_of_clopper_and_pearson(count: int, trials: int, low: float, high: float) -> None:
    assert bound_exactly(count, trials) == pytest.approx((low, high), abs=5e-5)


def test_the_difference_of_two_rates_has_newcombes_interval() -> None:
    # The published example, 56 of 70 against 48 of 80, from Wilson's intervals: 0.0524 to 0.3339.
    more, less = Rate(0.8, 0.6918, 0.8770, 56, 70, 70), Rate(0.6, 0.4904, 0.7004, 48, 80, 80)

    assert bound_difference(more, less) == pytest.approx((0.0524, 0.3339), abs=2e-4)


def test_the_same_seed_draws_the_same_people_and_shared_roles_halve_the_draw() -> None:
    plain = next(draw_people(10, shares_roles=False, seed=3, replicates=5))
    shared = next(draw_people(10, shares_roles=True, seed=3, replicates=5))

    assert (plain.mated == shared.mated).all()
    assert plain.non_mated.sum(axis=1).tolist() == [10.0] * 5
    assert shared.non_mated.sum(axis=1).tolist() == [5.0] * 5


def test_without_mated_searches_there_are_no_rates_of_people_missed() -> None:
    searches = tuple(NonMatedSearch(0, n, n, "", 5, 1 + n / 100) for n in range(40))

    arrays = ScoreArrays.of(Scores((), searches))

    assert measure_ranks(arrays) == ()
    point, *others = measure_operating_points(arrays)
    assert point.fpir is not None
    assert (point.fpir.count, point.fpir.trials, point.fnir) == (4, 40, None)
    assert not any(point.is_supported for point in others)
