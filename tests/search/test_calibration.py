"""A calibration's formulas: known values, directions, and where what is known ends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from assent.errors import InvalidInput
from assent.search import (
    Calibration,
    GenuineBand,
    RarityKind,
    StrangerTail,
    choose_threshold,
    describe_rarity,
    predict_returns,
    share_missed,
)


def a_tail(count: int = 1, **columns: float) -> StrangerTail:
    values = {
        "start": 0.5,
        "share": 0.1,
        "shape": -0.13,
        "scale": 0.03,
        "probe_spread": 0.0,
        "reference_spread": 0.0,
    } | columns
    return StrangerTail(**{name: np.full(count, value) for name, value in values.items()})


def a_calibration(people: int = 1_000, **columns: float) -> Calibration:
    bands = (GenuineBand("good", 100, 50, ((5, 0.1), (50, 0.2), (95, 0.3))),)
    return Calibration(
        "tiny-0123", people, 2 * people, "Made up.", a_tail(**columns), a_tail(50, **columns), 0.4, bands
    )


def test_a_gallery_of_independent_strangers_returns_one_as_often_as_chance_says() -> None:
    tail = a_tail()

    assert tail.share_within(0.5)[0] == pytest.approx(0.1)
    assert tail.rate_of_searches(0.5, 7)[0] == pytest.approx(1 - 0.9**7, rel=1e-4)


def test_an_exponential_tail_falls_by_e_with_each_scale() -> None:
    assert a_tail(shape=0.0).share_within(0.44)[0] == pytest.approx(0.1 * np.exp(-2), rel=1e-3)


def test_probes_that_differ_return_strangers_in_fewer_searches() -> None:
    assert a_tail(probe_spread=1.0).rate_of_searches(0.5, 20)[0] < a_tail().rate_of_searches(0.5, 20)[0]


@pytest.mark.parametrize("fpir", [0.001, 0.01, 0.1])
@pytest.mark.parametrize("size", [20, 60, 1_000])
def test_at_the_threshold_the_promised_share_returns_somebody(fpir: float, size: int) -> None:
    calibration = a_calibration()

    distance = choose_threshold(calibration, size, fpir=fpir).distance

    assert calibration.best.rate_of_searches(distance, size)[0] == pytest.approx(fpir, rel=1e-3)


def test_a_larger_gallery_and_more_references_take_a_stricter_threshold() -> None:
    calibration = a_calibration()
    small, large = choose_threshold(calibration, 100), choose_threshold(calibration, 200)

    assert large.distance < small.distance
    assert choose_threshold(calibration, 100, references_per_person=2).distance < small.distance


def test_a_threshold_says_up_to_which_gallery_it_was_seen() -> None:
    few = a_calibration(people=100)

    assert choose_threshold(few, 40).supported_gallery_size == 49
    assert choose_threshold(few, 40).is_supported
    assert not choose_threshold(few, 60).is_supported


def test_a_rarity_is_the_share_times_the_gallery_and_its_inverse_in_searches() -> None:
    rarity = describe_rarity(a_calibration(), 0.40, 12)

    expected = 12 * float(a_tail().share_within(0.40)[0])
    assert rarity.kind is RarityKind.RARE
    assert rarity.strangers == pytest.approx(expected)
    assert rarity.searches == pytest.approx(1 / expected, rel=0.05)
    assert rarity.searches_low <= rarity.searches <= rarity.searches_high


def test_strangers_that_every_search_brings_are_common() -> None:
    assert describe_rarity(a_calibration(), 0.5, 12_400).kind is RarityKind.COMMON


def test_beyond_what_was_seen_only_a_bound_is_given() -> None:
    rarity = describe_rarity(a_calibration(people=100), 0.1, 60)

    assert rarity.kind is RarityKind.BEYOND
    assert rarity.strangers == pytest.approx(60 * 2 / (100 * 99))
    assert rarity.searches == 82


def test_predicted_returns_are_those_of_the_binomial_where_everything_is_known() -> None:
    calibration = a_calibration()
    distance = choose_threshold(calibration, 20, fpir=0.1).distance

    predicted = predict_returns(calibration, distance, 20, 100)

    assert predicted.expected == pytest.approx(10, rel=0.01)
    assert (predicted.low, predicted.high) == (4, 15)


def test_the_share_missed_is_read_off_the_genuine_distances() -> None:
    assert share_missed(a_calibration(), 0.2, "good") == pytest.approx(0.5)
    assert share_missed(a_calibration(), 0.2, "poor") is None


def test_a_calibration_survives_its_file() -> None:
    text = a_calibration().to_json()

    assert Calibration.from_json(text).to_json() == text


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format":"other"}', a_calibration().to_json().replace('"share":[0.1]', '"share":[2]')]
)
def test_anything_else_is_no_calibration(text: str) -> None:
    with pytest.raises(InvalidInput):
        Calibration.from_json(text)


@pytest.mark.parametrize("fpir", [0, -1, 0.6])
def test_an_impossible_promise_is_refused(fpir: float) -> None:
    with pytest.raises(InvalidInput):
        choose_threshold(a_calibration(), 20, fpir=fpir)


def test_few_people_make_no_calibration() -> None:
    with pytest.raises(InvalidInput):
        replace(a_calibration(), people=9)
