"""Calibrations fitted to invented people whose every rate is known: the promise holds, and few people are refused."""

from __future__ import annotations

import numpy as np
import pytest

from assent.errors import InvalidInput
from assent.evaluation.fit_calibration import LabelledTemplates, fit_calibration, measure_distances
from assent.search import Calibration, choose_threshold, predict_returns

DIMENSIONS = 24
SPLITS = 100


def draw_people(rng: np.random.Generator, count: int, pictures: int = 1) -> np.ndarray:
    """Draw people on the unit sphere, pictures varying a little; shape (count, pictures, dimensions)."""
    people = rng.normal(size=(count, 1, DIMENSIONS)) + 0.5
    vectors = people + 0.15 * rng.normal(size=(count, pictures, DIMENSIONS))
    return vectors / np.linalg.norm(vectors, axis=2, keepdims=True)


def label(probes: np.ndarray, references: np.ndarray) -> LabelledTemplates:
    people = np.arange(len(probes))
    return LabelledTemplates(probes, people, 2 * people, [None] * len(probes), references, people, 2 * people + 1)


def calibrate(rng: np.random.Generator, count: int) -> Calibration:
    vectors = draw_people(rng, count, pictures=2)
    return fit_calibration(label(vectors[:, 0], vectors[:, 1]), "tiny-0123", basis="Invented.", redrawings=100)


@pytest.mark.parametrize("promise", [0.01, 0.1])
def test_the_promise_holds_on_new_people_of_the_same_kind(promise: float) -> None:
    inside, returned_of_all = [], 0
    for seed in range(SPLITS):
        rng = np.random.default_rng(seed)
        calibration = calibrate(rng, 60)
        distance = choose_threshold(calibration, 40, fpir=promise).distance
        probes, gallery = draw_people(rng, 60)[:, 0], draw_people(rng, 40)[:, 0]
        returned = int((measure_distances(probes, gallery).min(axis=1) <= distance).sum())
        predicted = predict_returns(calibration, distance, 40, 60)
        inside.append(predicted.low <= returned <= predicted.high)
        returned_of_all += returned

    assert np.mean(inside) >= 0.90
    assert promise / 2 <= returned_of_all / (60 * SPLITS) <= 2 * promise


def test_more_people_narrow_the_interval() -> None:
    few, many = (choose_threshold(calibrate(np.random.default_rng(3), count), 40) for count in (30, 300))

    assert many.high - many.low < few.high - few.low
    assert many.supported_gallery_size > few.supported_gallery_size


def test_the_same_seed_gives_the_same_file() -> None:
    first, second = (calibrate(np.random.default_rng(5), 30).to_json() for _ in range(2))

    assert first == second


def test_a_second_reference_counts_as_little_as_it_adds() -> None:
    rng = np.random.default_rng(7)
    vectors = draw_people(rng, 60, pictures=3)
    people = np.repeat(np.arange(60), 2)
    templates = LabelledTemplates(
        vectors[:, 0],
        np.arange(60),
        np.arange(60),
        [None] * 60,
        vectors[:, 1:].reshape(-1, DIMENSIONS),
        people,
        1_000 + np.arange(120),
    )

    calibration = fit_calibration(templates, "tiny-0123", basis="Invented.", redrawings=10)

    assert 0 < calibration.reference_exponent < 1
    assert calibration.pictures == 180
    assert calibration.genuine[0].pairs == 120


def test_fewer_than_ten_people_make_no_calibration() -> None:
    with pytest.raises(InvalidInput, match="9 people"):
        calibrate(np.random.default_rng(1), 9)


def test_columns_of_different_length_are_refused() -> None:
    vectors = draw_people(np.random.default_rng(1), 10)[:, 0]

    with pytest.raises(InvalidInput):
        LabelledTemplates(vectors, np.arange(9), np.arange(10), [None] * 10, vectors, np.arange(10), np.arange(10))
