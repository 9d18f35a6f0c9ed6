"""What a pack's distances mean in a gallery of a given size, from measured strangers; docs/calibration.md explains.

A calibration holds aggregated figures only, no template and nothing of a person. File format: `assent-calibration-1`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from math import floor, log10
from typing import Any, Final

import numpy as np

from assent.errors import InvalidInput
from assent.search.stranger_tail import StrangerTail

CALIBRATION_FORMAT: Final = "assent-calibration-1"
DEFAULT_FPIR: Final = 0.01
LEVEL: Final = 0.95
_BOUNDS: Final = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
_HALVINGS: Final = 40
_SHOWN_DIGITS: Final = 2
_LEAST_PEOPLE: Final = 10
# From one stranger in two searches on, "in so many searches" says nothing.
_COMMON_STRANGERS: Final = 0.5


class RarityKind(StrEnum):
    """How a rarity is to be read."""

    COMMON = "common"
    """Strangers as close are expected in every search: say how many."""
    RARE = "rare"
    """One stranger as close is expected in so many searches: say in how many, and the interval."""
    BEYOND = "beyond"
    """Rarer than the calibration's people can tell: say the least number of searches, and that no more is known."""


@dataclass(frozen=True, slots=True)
class Rarity:
    """How surprising a stranger as close as a candidate would be in this gallery; never a probability of identity.

    `strangers` is the expected number of strangers as close in one search, with a 95 % interval; `searches` is its
    inverse, in how many searches one is expected, rounded to two digits for showing. Of the kind `beyond`, `strangers`
    and `searches` are bounds, without an interval: at most so many strangers, at least so many searches.
    """

    kind: RarityKind
    gallery_size: int
    strangers: float
    strangers_low: float
    strangers_high: float
    searches: int
    searches_low: int
    searches_high: int
    calibration_people: int


@dataclass(frozen=True, slots=True)
class Threshold:
    """The distance at which a share `fpir` of searches for people who are not enrolled is expected to return somebody.

    `low` and `high` bound that share at this distance with 95 % confidence; beyond `supported_gallery_size` people the
    distance rests on the tail's form and no longer on distances that were seen.
    """

    distance: float
    fpir: float
    low: float
    high: float
    gallery_size: int
    supported_gallery_size: int

    @property
    def is_supported(self) -> bool:
        """Whether distances as small as this were seen among the calibration's people."""
        return self.gallery_size <= self.supported_gallery_size


@dataclass(frozen=True, slots=True)
class PredictedReturns:
    """In how many of `probes` searches for people who are not enrolled somebody will be returned, at 95 %."""

    probes: int
    expected: float
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class GenuineBand:
    """Distances between pictures of the same people at one quality; `quantiles` maps shares in percent to distances."""

    quality: str
    pairs: int
    people: int
    quantiles: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Distances of strangers, and of the same people, measured with one pack; `basis` says on whom, in words.

    `best` is the tail of all people (one row), `redrawn` those of people drawn anew (bootstrap), from which intervals
    come. `reference_exponent`: somebody with r references is as near to strangers as r to this power people with one.
    """

    pack_id: str
    people: int
    pictures: int
    basis: str
    best: StrangerTail
    redrawn: StrangerTail
    reference_exponent: float
    genuine: tuple[GenuineBand, ...] = ()

    def __post_init__(self) -> None:
        """Check what the formulas rely on; raises InvalidInput."""
        if self.people < _LEAST_PEOPLE or self.best.start.size != 1 or not 0 <= self.reference_exponent <= 1:
            raise InvalidInput(f"A calibration rests on {_LEAST_PEOPLE} people at least and has one best tail.")

    @property
    def least_share(self) -> float:
        """The smallest share of strangers of which anything was seen: one pair of people among all."""
        return 2.0 / (self.people * (self.people - 1))

    def to_json(self) -> str:
        """Write the file `calibration.json`."""
        document = {
            "format": CALIBRATION_FORMAT,
            "pack_id": self.pack_id,
            "people": self.people,
            "pictures": self.pictures,
            "basis": self.basis,
            "reference_exponent": round(self.reference_exponent, 4),
            "strangers": _tail_to_fields(self.best),
            "strangers_redrawn": _tail_to_fields(self.redrawn),
            "genuine": [
                {
                    "quality": band.quality,
                    "pairs": band.pairs,
                    "people": band.people,
                    "quantiles": {str(percent): round(distance, 4) for percent, distance in band.quantiles},
                }
                for band in self.genuine
            ],
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).replace('],"', '],\n"') + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Calibration:
        """Read the file; raises InvalidInput on any other content."""
        try:
            document = json.loads(text)
            if document["format"] != CALIBRATION_FORMAT:
                raise InvalidInput(f"The calibration is not of the format {CALIBRATION_FORMAT}.")
            return cls(
                pack_id=str(document["pack_id"]),
                people=int(document["people"]),
                pictures=int(document["pictures"]),
                basis=str(document["basis"]),
                best=_tail_from_fields(document["strangers"]),
                redrawn=_tail_from_fields(document["strangers_redrawn"]),
                reference_exponent=float(document["reference_exponent"]),
                genuine=tuple(
                    GenuineBand(
                        str(band["quality"]),
                        int(band["pairs"]),
                        int(band["people"]),
                        tuple((int(percent), float(distance)) for percent, distance in band["quantiles"].items()),
                    )
                    for band in document["genuine"]
                ),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidInput(f"The calibration does not have the fields of {CALIBRATION_FORMAT}.") from error


def describe_rarity(
    calibration: Calibration, distance: float, gallery_size: int, *, references_per_person: float = 1.0
) -> Rarity:
    """Say how many strangers as close as `distance` one search of a gallery of `gallery_size` people should bring."""
    size = _effective_size(calibration, gallery_size, references_per_person)
    share = float(calibration.best.share_within(distance)[0])
    low, high = np.quantile(calibration.redrawn.share_within(distance), _BOUNDS)
    strangers, bounds = share * size, (min(low, share) * size, max(high, share) * size)
    kind = RarityKind.COMMON if strangers >= _COMMON_STRANGERS else RarityKind.RARE
    if share < calibration.least_share:
        kind, strangers = RarityKind.BEYOND, max(float(high), calibration.least_share) * size
        bounds = (strangers, strangers)
    return Rarity(
        kind=kind,
        gallery_size=gallery_size,
        strangers=strangers,
        strangers_low=float(bounds[0]),
        strangers_high=float(bounds[1]),
        searches=_count_searches(strangers),
        searches_low=_count_searches(float(bounds[1])),
        searches_high=_count_searches(max(float(bounds[0]), calibration.least_share * size / 10)),
        calibration_people=calibration.people,
    )


def choose_threshold(
    calibration: Calibration, gallery_size: int, *, fpir: float = DEFAULT_FPIR, references_per_person: float = 1.0
) -> Threshold:
    """Find the distance at which the expected FPIR is `fpir`; raises InvalidInput outside of 0 to 0.5.

    Expected over the redrawn people too, because a distance that only the best tail makes right would be exceeded by
    more than its uncertainty falls short of it.
    """
    if not 0 < fpir <= 0.5:  # noqa: PLR2004 - half of all searches returning strangers is no threshold
        raise InvalidInput("A promised FPIR lies above 0 and is 0.5 at most.")
    size = _effective_size(calibration, max(gallery_size, 1), references_per_person)
    nearest, farthest = 0.0, float(calibration.best.start[0])
    for _ in range(_HALVINGS):
        middle = (nearest + farthest) / 2
        if float(calibration.redrawn.rate_of_searches(middle, size).mean()) > fpir:
            farthest = middle
        else:
            nearest = middle
    low, high = np.quantile(calibration.redrawn.rate_of_searches(nearest, size), _BOUNDS)
    supported = fpir / calibration.least_share * gallery_size / size if gallery_size else 0
    return Threshold(nearest, fpir, float(low), float(high), gallery_size, floor(supported))


def predict_returns(
    calibration: Calibration,
    distance: float,
    gallery_size: int,
    probes: int,
    *,
    references_per_person: float = 1.0,
) -> PredictedReturns:
    """Predict in how many of `probes` searches a gallery returns a stranger: the shortest range that holds 95 %.

    The rate is uncertain as the redrawn people show; within one gallery it varies as gallery members do, so that the
    count is beta-binomial for each redrawn tail.
    """
    size = _effective_size(calibration, gallery_size, references_per_person)
    rate = np.clip(calibration.redrawn.rate_of_searches(distance, size), 1e-9, 1 - 1e-9)
    spread = np.maximum(calibration.redrawn.reference_spread / max(size, 1.0), 1e-6)
    weight = np.clip((1 - rate) / (rate * spread) - 1, 0.5, 1e7)
    first, second = rate * weight, (1 - rate) * weight
    steps = np.arange(probes)[:, None]
    chance = np.exp(np.log((second + steps) / (weight + steps)).sum(axis=0))
    chances = [float(chance.mean())]
    for count in range(probes):
        ratio = (probes - count) / (count + 1) * (first + count) / np.maximum(probes - count - 1 + second, 1e-12)
        chance = chance * ratio
        chances.append(float(chance.mean()))
    low, high = _find_shortest(chances)
    return PredictedReturns(probes, float(rate.mean()) * probes, low, high)


def share_missed(calibration: Calibration, distance: float, quality: str) -> float | None:
    """Estimate the share of people enrolled whom a threshold misses at a quality; None where nothing was measured."""
    for band in calibration.genuine:
        if band.quality == quality:
            percents, distances = zip(*band.quantiles, strict=True)
            return 1 - float(np.interp(distance, distances, percents)) / 100
    return None


def _find_shortest(chances: Sequence[float]) -> tuple[int, int]:
    """Find the shortest range of counts that holds `LEVEL`, the lowest of equal ones."""
    sums = np.concatenate([[0.0], np.cumsum(chances)])
    best = (0, len(chances) - 1)
    for low in range(len(chances)):
        high = int(np.searchsorted(sums, sums[low] + LEVEL)) - 1
        if high < len(chances) and high - low < best[1] - best[0]:
            best = (low, high)
    return best


def _effective_size(calibration: Calibration, people: int, references_per_person: float) -> float:
    return float(people * max(references_per_person, 1.0) ** calibration.reference_exponent)


def _count_searches(strangers: float) -> int:
    """Round 1 / strangers to two digits."""
    searches = 1 / max(strangers, 1e-12)
    if searches < 1:
        return 1
    return int(round(searches, _SHOWN_DIGITS - 1 - floor(log10(searches))))


def _tail_to_fields(tail: StrangerTail) -> dict[str, list[float]]:
    return {field.name: [round(float(x), 5) for x in getattr(tail, field.name)] for field in fields(tail)}


def _tail_from_fields(columns: Mapping[str, Any]) -> StrangerTail:
    return StrangerTail(**{name: np.array(values, np.float64) for name, values in columns.items()})
