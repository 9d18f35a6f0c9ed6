"""Calibrated on one half of the volunteers, the promised FPIR holds on the others within the promised interval."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from platformdirs import user_cache_dir

from assent.evaluation.fit_calibration import fit_calibration
from assent.faces import DEFAULT_MANIFEST, FacePipeline, Pack, open_default_pack
from assent.search import Calibration, StrangerTail, choose_threshold, predict_returns
from evaluation.volunteer_templates import VOLUNTEERS, Volunteers, compute_templates

# One figure lies at 90.0 %, and another processor's last digits decide about single splits of the 200.
ROUNDING = 0.02

pytestmark = [
    pytest.mark.volunteers,
    pytest.mark.slow,
    pytest.mark.skipif(not VOLUNTEERS.is_dir(), reason="the volunteers' pictures are not beside the repository"),
]

SPLITS = 200
SIZES = (20, 40, 60)
PROMISES = (0.01, 0.1)


@pytest.fixture(scope="module")
def default_pack() -> Pack:
    return open_default_pack(Path(user_cache_dir("assent")))


@pytest.fixture(scope="module")
def volunteers(default_pack: Pack) -> Volunteers:
    return compute_templates(FacePipeline(default_pack))


def calibrate(volunteers: Volunteers, people: np.ndarray, seed: int) -> Calibration:
    return fit_calibration(volunteers.label(people), DEFAULT_MANIFEST.pack_id, basis="A half.", seed=seed)


@pytest.fixture(scope="module")
def outcomes(volunteers: Volunteers) -> dict[tuple[str, int, float], list[bool]]:
    """Whether the count of searches that returned somebody lay in the predicted interval, a list for each reading."""
    found: dict[tuple[str, int, float], list[bool]] = {}
    distances, canada = volunteers.distances, volunteers.canada
    for seed in range(SPLITS):
        rng = np.random.default_rng(seed)
        mixed = rng.permutation(volunteers.london)
        calibrated, other = mixed[:40], mixed[40:]
        calibration = calibrate(volunteers, np.sort(calibrated), seed)
        for size in SIZES:
            # Canadians are in no gallery; for 60 people the gallery is filled up from the half that was calibrated on.
            gallery = rng.permutation(np.concatenate([other, calibrated[: max(0, size - 40)]]))[:size]
            rest = np.setdiff1d(other, gallery)
            # And another reading: Canadians in galleries too, who are more alike than those calibrated on.
            drawn = rng.permutation(np.concatenate([other, canada]))
            readings = {
                "both": np.concatenate([rest, canada]),
                "canada": canada,
                "other half": rest,
                "all mixed": drawn[size:],
            }
            for promise in PROMISES:
                distance = choose_threshold(calibration, size, fpir=promise).distance
                for reading, probes in readings.items():
                    enrolled = drawn[:size] if reading == "all mixed" else gallery
                    if len(probes):
                        returned = int((distances[np.ix_(probes, enrolled)].min(axis=1) <= distance).sum())
                        predicted = predict_returns(calibration, distance, size, len(probes))
                        inside = predicted.low <= returned <= predicted.high
                        found.setdefault((reading, size, promise), []).append(inside)
    return found


@pytest.mark.parametrize("promise", PROMISES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("reading", ["both", "canada"])
def test_the_promised_rate_holds_on_people_who_were_not_calibrated_on(
    reading: str, size: int, promise: float, outcomes: dict[tuple[str, int, float], list[bool]]
) -> None:
    assert 0.90 - ROUNDING <= float(np.mean(outcomes[reading, size, promise])) <= 0.99 + ROUNDING


@pytest.mark.parametrize("promise", PROMISES)
def test_the_promised_rate_holds_on_the_other_half_alone(
    promise: float, outcomes: dict[tuple[str, int, float], list[bool]]
) -> None:
    """With 20 of the other half in the gallery and 20 as probes; larger galleries leave nobody of it."""
    assert 0.90 - ROUNDING <= float(np.mean(outcomes["other half", 20, promise])) <= 0.99 + ROUNDING


@pytest.mark.parametrize("promise", PROMISES)
@pytest.mark.parametrize("size", SIZES)
def test_among_people_who_are_more_alike_the_promise_nearly_holds(
    size: int, promise: float, outcomes: dict[tuple[str, int, float], list[bool]]
) -> None:
    """Canadians are 1.5 to 3 times as often near each other as those calibrated on: docs/calibration.md says so."""
    assert 0.85 <= float(np.mean(outcomes["all mixed", size, promise])) <= 0.99 + ROUNDING


def test_the_test_notices_a_calibration_that_promises_too_much(volunteers: Volunteers) -> None:
    calibration = calibrate(volunteers, volunteers.london[:40], seed=0)

    def understate(tail: StrangerTail) -> StrangerTail:
        return replace(tail, share=tail.share / 4)

    boasting = replace(calibration, best=understate(calibration.best), redrawn=understate(calibration.redrawn))
    distance = choose_threshold(boasting, 40, fpir=0.1).distance
    gallery = volunteers.london[40:]
    returned = int((volunteers.distances[np.ix_(volunteers.canada, gallery)].min(axis=1) <= distance).sum())

    assert returned > predict_returns(boasting, distance, 40, len(volunteers.canada)).high


def test_the_shipped_calibration_is_of_the_default_pack_and_gives_these_people_their_threshold(
    default_pack: Pack, volunteers: Volunteers
) -> None:
    shipped = Calibration.from_json(default_pack.calibration or b"")

    again = fit_calibration(volunteers.label(np.arange(120)), default_pack.pack_id, basis="All.")

    assert shipped.pack_id == default_pack.pack_id
    assert choose_threshold(shipped, 60).distance == pytest.approx(choose_threshold(again, 60).distance, abs=0.01)
