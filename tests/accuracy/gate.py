"""Measures accuracy on a fixed small set: composite people who exist nowhere, their probes spoiled.

The set is easy and says nothing of real people: it only shows whether a change of the code made accuracy worse, as
OpenBR's assertEval does. Stored figures lie in figures.json; see docs/accuracy.md for how to store new ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

import assent
from assent.evaluation.fit_calibration import measure_distances
from assent.faces import FacePipeline, Image

PEOPLE = Path(assent.__file__).parent / "services" / "demonstration" / "people"
FIGURES = Path(__file__).with_name("figures.json")
GALLERY = [f"{number:03}" for number in range(1, 31)]
SMALL_WIDTH_PX = 60


def blur(image: Image) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), image.shape[1] / 60))


def shrink(image: Image) -> Image:
    height, width = image.shape[:2]
    size = (SMALL_WIDTH_PX, round(height * SMALL_WIDTH_PX / width))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def cover(image: Image) -> Image:
    covered = image.copy()
    covered[int(image.shape[0] * 0.62) :] = 127
    return covered


SPOILERS: dict[str, Callable[[Image], Image]] = {"blurred": blur, "small": shrink, "covered": cover}


def measure(pipeline: FacePipeline, spoilers: Sequence[str] = tuple(SPOILERS)) -> dict[str, dict[str, float]]:
    """For each way of spoiling: how far genuine and stranger distances lie apart, and the nearest-person rate.

    `separation` is the difference of the medians over the strangers' standard deviation; `rank_one` the share of
    probes whose nearest reference is their own; `acquired` the share of probes in which a face was found.
    """
    gallery = np.stack([_embed(pipeline, _read(pipeline, person, 1), is_reference=True) for person in GALLERY])
    return {
        name: _compare(
            gallery, [_try_to_embed(pipeline, SPOILERS[name](_read(pipeline, person, 2))) for person in GALLERY]
        )
        for name in spoilers
    }


def _compare(gallery: np.ndarray, probes: list[np.ndarray | None]) -> dict[str, float]:
    owners = [owner for owner, probe in enumerate(probes) if probe is not None]
    distances = measure_distances(np.stack([probe for probe in probes if probe is not None]), gallery)
    is_own = np.zeros(distances.shape, np.bool_)
    is_own[np.arange(len(owners)), owners] = True
    strangers, own = distances[~is_own], distances[is_own]
    return {
        "separation": round(float((np.median(strangers) - np.median(own)) / strangers.std()), 3),
        "rank_one": round(float((distances.argmin(axis=1) == owners).sum()) / len(probes), 3),
        "acquired": round(len(owners) / len(probes), 3),
    }


def _read(pipeline: FacePipeline, person: str, picture: int) -> Image:
    return pipeline.decode((PEOPLE / person / f"{picture}.jpg").read_bytes())


def _try_to_embed(pipeline: FacePipeline, image: Image) -> np.ndarray | None:
    return _embed(pipeline, image, is_reference=False) if pipeline.detect(image, smallest_face_px=20) else None


def _embed(pipeline: FacePipeline, image: Image, *, is_reference: bool) -> np.ndarray:
    face = max(pipeline.detect(image, smallest_face_px=20), key=lambda found: found.score)
    embed = pipeline.embed_references if is_reference else pipeline.embed
    return embed(image, [face])[0].vector


def find_drops(stored: dict[str, dict[str, float]], measured: dict[str, dict[str, float]]) -> list[str]:
    """Name every figure that fell by more than its tolerance: 0.2 of a separation, one probe of thirty in a rate."""
    allowed = {"separation": 0.2, "rank_one": 0.034, "acquired": 0.034}
    return [
        f"{name}: {figure} is {measured[name][figure]}, stored is {value}"
        for name in measured
        for figure, value in stored[name].items()
        if measured[name][figure] < value - allowed[figure]
    ]
