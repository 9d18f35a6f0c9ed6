"""Fits a calibration to labelled templates; docs/calibration.md says why these formulas and where they end.

Stranger distances below their tenth part get a generalised Pareto distribution by probability-weighted moments (Hosking
and Wallis, Technometrics 29, 1987), quick enough to fit anew for every redrawing of the people. Its shape is drawn
towards that of a normal distribution's tail, as if 20 people had been seen with it. Pairs that share a person are not
independent, hence intervals come from people drawn anew (bootstrap), never from pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assent.errors import InvalidInput
from assent.evaluation.tail_moments import fit_tails
from assent.faces import PROBE_WARNING, Quality, list_reasons
from assent.search import Calibration, GenuineBand, StrangerTail

LEAST_PEOPLE: Final = 10
MOST_PEOPLE: Final = 1500
REDRAWINGS: Final = 200
GOOD, POOR = "good", "poor"
_QUANTILES: Final = (1, 5, 10, 25, 50, 75, 90, 95, 99)
# Somebody with r references is as near to strangers as r ** 0.4 people: where too few people have several pictures.
_USUAL_EXPONENT: Final = 0.4
_LEAST_FOR_EXPONENT: Final = 10
# Other people than those measured have other strangers: by a factor of 1.6 either way, at 95 %.
_POPULATION_SPREAD: Final = 0.25

Vectors = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledTemplates:
    """Vectors of probes, shape (n, D), and of references, shape (m, D), with whose and which picture's they are.

    People and pictures are any numbers; a picture may be both a probe and a reference.
    """

    probes: Vectors
    probe_people: NDArray[np.int64]
    probe_pictures: NDArray[np.int64]
    qualities: Sequence[Quality | None]
    references: Vectors
    reference_people: NDArray[np.int64]
    reference_pictures: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Check that the columns fit; raises InvalidInput."""
        probes = {len(self.probes), len(self.probe_people), len(self.probe_pictures), len(self.qualities)}
        references = {len(self.references), len(self.reference_people), len(self.reference_pictures)}
        if len(probes) != 1 or len(references) != 1:
            raise InvalidInput("Labelled templates have one person, picture and quality for each vector.")


def fit_calibration(
    templates: LabelledTemplates, pack_id: str, *, basis: str, seed: int = 0, redrawings: int = REDRAWINGS
) -> Calibration:
    """Fit a pack's calibration; raises InvalidInput where there are fewer than `LEAST_PEOPLE` people."""
    rng = np.random.default_rng(seed)
    people = np.intersect1d(templates.probe_people, templates.reference_people)
    if len(people) < LEAST_PEOPLE:
        raise InvalidInput(f"There are {len(people)} people; a calibration takes {LEAST_PEOPLE}, better hundreds.")
    if len(people) > MOST_PEOPLE:
        people = np.sort(rng.choice(people, MOST_PEOPLE, replace=False))
    last, first = _find_last(templates.probe_people, people), _find_first(templates.reference_people, people)
    between = measure_distances(templates.probes[last], templates.references[first])
    ones = np.ones((1, len(people)))
    redrawn = rng.multinomial(len(people), np.full(len(people), 1 / len(people)), size=redrawings).astype(np.float64)
    best = fit_tails(between, ones)
    return Calibration(
        pack_id=pack_id,
        people=len(people),
        pictures=len(np.union1d(templates.probe_pictures, templates.reference_pictures)),
        basis=basis,
        best=best,
        redrawn=_allow_for_other_people(fit_tails(between, redrawn), rng),
        reference_exponent=_measure_exponent(templates, people, between, best),
        genuine=_measure_genuine(templates),
    )


def measure_distances(probes: Vectors, references: Vectors) -> NDArray[np.float64]:
    """Give the Euclidean distances, shape (probes, references)."""
    first, second = probes.astype(np.float64), references.astype(np.float64)
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2 * first @ second.T
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)), np.float64)


def _find_first(labels: NDArray[np.int64], people: NDArray[np.int64]) -> NDArray[np.intp]:
    order = np.argsort(labels, kind="stable")
    return np.asarray(order[np.searchsorted(labels[order], people, side="left")], np.intp)


def _find_last(labels: NDArray[np.int64], people: NDArray[np.int64]) -> NDArray[np.intp]:
    order = np.argsort(labels, kind="stable")
    return np.asarray(order[np.searchsorted(labels[order], people, side="right") - 1], np.intp)


def _allow_for_other_people(tail: StrangerTail, rng: np.random.Generator) -> StrangerTail:
    """Widen the redrawn tails by a log-normal factor of median 1: the next people are not drawn from those measured."""
    count = len(tail.share)
    normal = NormalDist()
    places = rng.permutation([normal.inv_cdf((place + 0.5) / count) for place in range(count)])
    factors = np.exp(_POPULATION_SPREAD * places)
    return replace(tail, share=np.minimum(tail.share * factors, 0.9))


def _measure_exponent(
    templates: LabelledTemplates, people: NDArray[np.int64], between: NDArray[np.float64], tail: StrangerTail
) -> float:
    """Measure by how much more often a stranger is near to the nearer of two references than to one."""
    first, last = _find_first(templates.reference_people, people), _find_last(templates.reference_people, people)
    several = np.flatnonzero(first != last)
    if len(several) < _LEAST_FOR_EXPONENT:
        return _USUAL_EXPONENT
    probes = templates.probes[_find_last(templates.probe_people, people)]
    other = measure_distances(probes, templates.references[last[several]])
    strangers = np.arange(len(people))[:, None] != several
    start = float(tail.start[0])
    one = np.concatenate([between[:, several][strangers], other[strangers]])
    nearer = np.minimum(between[:, several], other)[strangers]
    share_one, share_two = float((one < start).mean()), float((nearer < start).mean())
    if not 0 < share_one <= share_two:
        return _USUAL_EXPONENT
    return float(np.clip(np.log2(share_two / share_one), 0.0, 1.0))


def _measure_genuine(templates: LabelledTemplates) -> tuple[GenuineBand, ...]:
    """Collect the distances between different pictures of a person, by the probe's quality."""
    found: dict[str, list[tuple[int, float]]] = {GOOD: [], POOR: []}
    for person in np.unique(templates.probe_people):
        probes = np.flatnonzero(templates.probe_people == person)
        references = np.flatnonzero(templates.reference_people == person)
        distances = measure_distances(templates.probes[probes], templates.references[references])
        is_other = templates.probe_pictures[probes][:, None] != templates.reference_pictures[references]
        for place, row in enumerate(probes):
            quality = templates.qualities[int(row)]
            band = POOR if quality is not None and list_reasons(quality, PROBE_WARNING) else GOOD
            found[band] += [(int(person), float(distance)) for distance in distances[place][is_other[place]]]
    return tuple(
        GenuineBand(
            quality=name,
            pairs=len(pairs),
            people=len({person for person, _ in pairs}),
            quantiles=tuple(
                (percent, float(np.percentile([distance for _, distance in pairs], percent))) for percent in _QUANTILES
            ),
        )
        for name, pairs in found.items()
        if pairs
    )
