"""Divides labelled photos into gallery and probes, again and again, and makes the mated and non-mated searches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assent.errors import InvalidInput
from assent.evaluation.scores import MatedSearch, NonMatedSearch, Scores
from assent.faces import Quality

FOLDS: Final = 3
ROUNDS: Final = 3
_PROBES_AT_ONCE: Final = 256


@dataclass(frozen=True, slots=True)
class Division:
    """How people are divided: in each round into `folds` random parts, each left out of the gallery once."""

    folds: int = FOLDS
    rounds: int = ROUNDS
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise InvalidInput unless somebody is left out and somebody stays."""
        if self.folds < 2 or self.rounds < 1:  # noqa: PLR2004 - two parts are the fewest
            raise InvalidInput("People are divided into at least 2 parts, in at least 1 round.")


@dataclass(frozen=True, slots=True)
class LabelledProbe:
    """One photo to search with: whose it is, its number among all photos, and how good it is."""

    person: str
    photo: int
    quality: Quality | None = None


@dataclass(frozen=True, slots=True)
class LabelledReference:
    """The one photo by which a person can be found, by its number among all photos."""

    person: str
    photo: int


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Probes and references, at most one of these a person, with their vectors, shape (count, dimensions)."""

    probes: Sequence[LabelledProbe]
    probe_vectors: NDArray[np.float32]
    references: Sequence[LabelledReference]
    reference_vectors: NDArray[np.float32]


def make_searches(
    labelled: Labelled,
    groups: Mapping[str, str],
    division: Division,
    progress: Callable[[int, int], None] | None = None,
) -> Scores:
    """Search with every probe in every split but with a reference's own photo while it is in the gallery.

    Distances are Euclidean. A person without a reference is never in the gallery, and searched with only while left
    out. Raises InvalidInput where there are too few people.
    """
    least = 2 * division.folds
    if len(labelled.references) < least:
        raise InvalidInput(
            f"Only {len(labelled.references)} people have a photo that is good enough for a gallery; an evaluation "
            f"takes at least {least}, and hundreds before it can say much."
        )
    probes, gallery = labelled.probes, _Gallery.of(labelled)
    people = gallery.people
    generator = np.random.default_rng(division.seed)
    # Numbers in a random order: the scores name nobody, and their order gives nobody away.
    person_numbers = generator.permutation(len(people)).tolist()
    probe_numbers = generator.permutation(len(probes)).tolist()
    splits = list(_leave_out(generator, len(people), division))
    places = [gallery.place_of[probe.person] for probe in probes]
    mated: list[MatedSearch] = []
    non_mated: list[NonMatedSearch] = []
    for start in range(0, len(probes), _PROBES_AT_ONCE):
        rows = range(start, min(start + _PROBES_AT_ONCE, len(probes)))
        distances = gallery.measure(labelled.probe_vectors[start : rows.stop])
        for split, left_out in enumerate(splits):
            is_here = gallery.is_enrolled & ~left_out
            size = int(np.count_nonzero(is_here))
            if not size:
                continue
            nearest = _find_nearest(distances, is_here, places[start : rows.stop])
            for row, (strangers, own, rank) in zip(rows, nearest, strict=True):
                probe, place = probes[row], places[row]
                numbers = split, person_numbers[place], probe_numbers[row]
                shared = (*numbers, groups.get(probe.person, ""), size, strangers)
                if left_out[place]:
                    non_mated.append(NonMatedSearch(*shared, probe.quality))
                elif is_here[place] and probe.photo != gallery.photos[place]:
                    mated.append(MatedSearch(*shared, own, rank, probe.quality))
        if progress is not None:
            progress(rows.stop, len(probes))
    # In the order of their numbers, so that a row's place does not give away whose it is.
    return Scores(tuple(sorted(mated, key=_order)), tuple(sorted(non_mated, key=_order)))


def _order(search: MatedSearch | NonMatedSearch) -> tuple[int, int, int]:
    return search.split, search.person, search.probe


def _leave_out(generator: np.random.Generator, people: int, division: Division) -> Iterator[NDArray[np.bool_]]:
    """Say for each split who is left out: everybody exactly once a round."""
    for _ in range(division.rounds):
        order = generator.permutation(people)
        for fold in range(division.folds):
            left_out = np.zeros(people, np.bool_)
            left_out[order[fold :: division.folds]] = True
            yield left_out


@dataclass(frozen=True, slots=True, eq=False)
class _Gallery:
    """Everybody by place: the reference, zero for who has none, and its photo's number, or -1."""

    people: list[str]
    place_of: dict[str, int]
    references: NDArray[np.float64]
    photos: NDArray[np.int64]
    is_enrolled: NDArray[np.bool_]

    @classmethod
    def of(cls, labelled: Labelled) -> _Gallery:
        searched_with = {probe.person for probe in labelled.probes}
        people = sorted(searched_with | {reference.person for reference in labelled.references})
        place_of = {person: place for place, person in enumerate(people)}
        photos = np.full(len(people), -1, np.int64)
        references = np.zeros((len(people), labelled.reference_vectors.shape[1]))
        for reference, vector in zip(labelled.references, labelled.reference_vectors, strict=True):
            references[place_of[reference.person]] = vector
            photos[place_of[reference.person]] = reference.photo
        return cls(people, place_of, references, photos, photos >= 0)

    def measure(self, probes: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return distances, shape (probes, people)."""
        wide = probes.astype(np.float64)
        squared = (wide**2).sum(1)[:, np.newaxis] + (self.references**2).sum(1) - 2 * wide @ self.references.T
        return np.asarray(np.sqrt(np.maximum(squared, 0)))


def _find_nearest(
    distances: NDArray[np.float64], is_here: NDArray[np.bool_], places: Sequence[int]
) -> list[tuple[float, float, int]]:
    """Return for each probe the nearest stranger's distance, that of its own person, and that person's rank."""
    rows = np.arange(len(distances))
    own = distances[rows, places]
    strangers = np.where(is_here, distances, np.inf)
    strangers[rows, places] = np.inf
    ranks = 1 + np.count_nonzero(strangers <= own[:, np.newaxis], axis=1)
    return list(zip(strangers.min(axis=1).tolist(), own.tolist(), ranks.tolist(), strict=True))
