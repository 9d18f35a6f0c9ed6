"""The same gallery searched by plain brute force: what `ExactIndex` is tested against, and enough for a few hundred."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from assent.errors import InvalidInput
from assent.search.index import GallerySize, Neighbour, check_vectors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from assent.mandates import DuplicatePermit, SearchPermit
    from assent.people import PurposeSlug
    from assent.search.roster import Consents


class ReferenceIndex:
    """A gallery of templates in a dict, measured one by one in float64; for one thread."""

    def __init__(self, dims: int) -> None:
        self._dims = dims
        self._version = 0
        self._references: dict[str, tuple[str, NDArray[np.float64]]] = {}
        self._consents: dict[str, Consents] = {}

    @property
    def dims(self) -> int:
        """How many numbers a template has."""
        return self._dims

    @property
    def version(self) -> int:
        """A count that grows with every change."""
        return self._version

    def nearest(
        self, permit: SearchPermit | DuplicatePermit, probe: NDArray[np.float32], *, radius: float, limit: int
    ) -> list[Neighbour]:
        """Find the nearest people in force, as `GalleryIndex.nearest` says."""
        if not radius >= 0 or limit < 1:
            raise InvalidInput(f"cannot search {limit} people within {radius}; ask for at least 1 within at least 0")
        wanted = self._check_vector(probe)
        best: dict[str, Neighbour] = {}
        for reference_id, (person_id, vector) in sorted(self._references.items()):
            if self._is_in_force(person_id, permit.purpose, permit.authorised_at):
                differences = (vector - wanted)[np.newaxis]
                distance = float(np.sqrt(np.einsum("ij,ij->i", differences, differences))[0])
                if distance <= radius and (person_id not in best or distance < best[person_id].distance):
                    best[person_id] = Neighbour(person_id, reference_id, distance)
        return sorted(best.values(), key=lambda near: (near.distance, near.person_id))[:limit]

    def size(self, purpose: PurposeSlug, at: datetime) -> GallerySize:
        """People with at least one template, and templates, that a search for the purpose would go through."""
        people = [person for person, _ in self._references.values() if self._is_in_force(person, purpose, at)]
        return GallerySize(len(set(people)), len(people))

    def add(self, references: Sequence[tuple[str, str, NDArray[np.float32]]]) -> None:
        """Add (reference id, person id, vector), as `GalleryIndex.add` says."""
        new = {reference: (person, self._check_vector(vector)) for reference, person, vector in references}
        if len(new) < len(references) or new.keys() & self._references.keys():
            raise InvalidInput("a reference was given twice, or is already in the index")
        if new:
            self._references |= new
            self._version += 1

    def remove_person(self, person_id: str) -> int:
        """Forget a person's vectors and consents; returns how many templates went."""
        consents = self._consents.pop(person_id, None)
        gone = [reference for reference, (person, _) in self._references.items() if person == person_id]
        for reference in gone:
            self._references.pop(reference)[1].fill(0)
        if gone or consents is not None:
            self._version += 1
        return len(gone)

    def set_consents(self, person_id: str, consents: Consents) -> None:
        """Replace a person's consents; a purpose that is not named is no longer in force."""
        self._consents[person_id] = dict(consents)
        self._version += 1

    def _is_in_force(self, person_id: str, purpose: PurposeSlug, at: datetime) -> bool:
        span = self._consents.get(person_id, {}).get(purpose)
        return span is not None and span[0] <= at and (span[1] is None or at < span[1])

    def _check_vector(self, vector: NDArray[np.float32]) -> NDArray[np.float64]:
        checked: NDArray[np.float64] = check_vectors(np.asarray(vector)[np.newaxis], self._dims)[0].astype(np.float64)
        return checked
