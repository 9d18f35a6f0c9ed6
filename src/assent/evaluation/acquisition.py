"""How often a photo gives nothing to search with, and a person nothing to enrol (ISO/IEC 19795-1: FTA and FTE)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assent.evaluation.intervals import Rate, bound_exactly, bound_rate, draw_people
from assent.evaluation.rates import resample_share
from assent.faces import Quality


@dataclass(frozen=True, slots=True)
class PhotoOutcome:
    """What became of one photo: why it may be no reference and no probe (slugs; none where it may), and its quality."""

    person: str
    against_enrolment: tuple[str, ...]
    against_search: tuple[str, ...]
    quality: Quality | None

    @property
    def may_enrol(self) -> bool:
        """Whether it is good enough for a reference."""
        return not self.against_enrolment

    @property
    def may_search(self) -> bool:
        """Whether it is good enough for a probe."""
        return not self.against_search


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason and how many photos it speaks against; a photo may have several."""

    slug: str
    photos: int


@dataclass(frozen=True, slots=True)
class Acquisition:
    """Failures before any search.

    `failure_to_enrol` counts people none of whose photos may be a reference, `refused_references` photos that may be
    none, `failure_to_acquire` photos that may be no probe.
    """

    failure_to_enrol: Rate
    refused_references: Rate
    failure_to_acquire: Rate
    enrolment_reasons: tuple[Reason, ...]
    search_reasons: tuple[Reason, ...]


def measure_acquisition(outcomes: Sequence[PhotoOutcome], *, seed: int = 0) -> Acquisition:
    """Count failures over at least one photo."""
    people = sorted({outcome.person for outcome in outcomes})
    enrolled = {outcome.person for outcome in outcomes if outcome.may_enrol}
    failed = len(people) - len(enrolled)
    return Acquisition(
        Rate(failed / len(people), *bound_exactly(failed, len(people)), failed, len(people), len(people)),
        _measure(outcomes, people, [not outcome.may_enrol for outcome in outcomes], seed),
        _measure(outcomes, people, [not outcome.may_search for outcome in outcomes], seed),
        _count_reasons([outcome.against_enrolment for outcome in outcomes]),
        _count_reasons([outcome.against_search for outcome in outcomes]),
    )


def _measure(outcomes: Sequence[PhotoOutcome], people: Sequence[str], has_failed: Sequence[bool], seed: int) -> Rate:
    place_of = {person: place for place, person in enumerate(people)}
    places = np.array([place_of[outcome.person] for outcome in outcomes])
    failures: NDArray[np.float64] = np.bincount(places[np.array(has_failed)], minlength=len(people)).astype(np.float64)
    trials: NDArray[np.float64] = np.bincount(places, minlength=len(people)).astype(np.float64)
    draws = draw_people(len(people), shares_roles=False, seed=seed)
    replicates = np.concatenate([resample_share(draw.mated, failures[:, np.newaxis], trials) for draw in draws])
    return bound_rate(sum(has_failed), len(outcomes), len(people), replicates[:, 0])


def _count_reasons(reasons: Sequence[tuple[str, ...]]) -> tuple[Reason, ...]:
    counts = Counter(slug for slugs in reasons for slug in slugs)
    return tuple(Reason(slug, photos) for slug, photos in sorted(counts.items(), key=lambda item: (-item[1], item[0])))
