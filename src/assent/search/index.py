"""The gallery held in memory: nearest people for a probe, exactly, and only those whose consent is in force.

Vectors lie in a `PanoramaStore`, people and consents in a `PersonRoster`; this module joins them by slot.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from assent.errors import InvalidInput, TemplatesNotComparable
from assent.search.panorama import PanoramaStore
from assent.search.roster import PersonRoster, encode_ids, to_microseconds
from assent.search.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from assent.mandates import DuplicatePermit, SearchPermit
    from assent.people import PersonId, PurposeSlug
    from assent.search.panorama import Found, TurnedProbe
    from assent.search.roster import Consents

#: Beyond the limit, so that float32 noise at the edge and a few second references do not force another pass.
_SPARE_FRACTION = 0.25
_SPARE_REFERENCES = 8
#: Templates have norms of about 1; far larger numbers would overflow float32 once squared.
_LARGEST_COMPONENT = 1e6


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A person near a probe, through the reference that is nearest; the distance is Euclidean."""

    person_id: str
    reference_id: str
    distance: float


class GallerySize(NamedTuple):
    """How much of a gallery a search goes through."""

    people: int
    templates: int


class GalleryIndex(Protocol):
    """References of a gallery, searched exactly.

    A person can be found for a purpose from `valid_from` on and before `valid_until` of their consent.
    """

    @property
    def dims(self) -> int:
        """How many numbers a template has."""

    @property
    def version(self) -> int:
        """A count that grows with every change."""

    def nearest(
        self, permit: SearchPermit | DuplicatePermit, probe: NDArray[np.float32], *, radius: float, limit: int
    ) -> list[Neighbour]:
        """Find the nearest people within `radius` (Euclidean, included) of a probe (dims,), at most `limit` of them.

        Only people whose consent for `permit.purpose` is in force at `permit.authorised_at`; each once, with their
        nearest reference; sorted by distance, then person id. Raises TemplatesNotComparable where the probe has other
        dimensions, InvalidInput where it is not finite, the radius is negative or the limit below 1.
        """

    def size(self, purpose: PurposeSlug, at: datetime) -> GallerySize:
        """People with at least one template, and templates, that a search for the purpose would go through."""

    def add(self, references: Sequence[tuple[str, str, NDArray[np.float32]]]) -> None:
        """Add (reference id, person id, vector of shape (dims,)).

        Raises TemplatesNotComparable or InvalidInput, and then nothing was added.
        """

    def remove_person(self, person_id: str) -> int:
        """Forget a person's vectors and consents; returns how many templates went, 0 for somebody unknown."""

    def set_consents(self, person_id: str, consents: Consents) -> None:
        """Replace a person's consents; a purpose that is not named is no longer in force."""


class ExactIndex:
    """A gallery of templates in memory, kept rotated for FAISS's Panorama; safe to use from several threads.

    Distances are computed in float64 from vectors that were rounded to float32 once more after their rotation: true to
    about 1e-8, and 0 for equal vectors.
    """

    def __init__(self, dims: int) -> None:
        self._turns = Turns()
        self._version = 0
        self._store = PanoramaStore(dims)
        self._roster = PersonRoster()
        self._reference_ids: NDArray[np.bytes_] = np.empty(0, dtype="S1")
        self._person_slots = np.empty(0, dtype=np.int32)
        self._eligible: dict[PurposeSlug, _Eligible] = {}

    @classmethod
    def build(
        cls,
        dims: int,
        *,
        vectors: NDArray[np.float32],
        reference_ids: Sequence[str],
        person_ids: Sequence[str],
        consents: Mapping[PersonId, Consents],
    ) -> ExactIndex:
        """Build an index of `vectors` (n, dims) float32 with the id and the person of each, and consents by person id.

        Raises TemplatesNotComparable or InvalidInput as `add` does, except that ids are not compared among each other.
        """
        if not len(vectors) == len(reference_ids) == len(person_ids):
            raise InvalidInput(f"{len(vectors)} vectors, {len(reference_ids)} references, {len(person_ids)} people")
        vectors = check_vectors(vectors, dims)
        index = cls(dims)
        index._roster = PersonRoster(person_ids)
        index._roster.set_all_consents(consents)
        index._person_slots = index._roster.slots_of(person_ids)
        index._reference_ids = encode_ids(reference_ids)
        index._store.add(vectors)
        return index

    @property
    def dims(self) -> int:
        """How many numbers a template has."""
        return self._store.dims

    @property
    def version(self) -> int:
        """A count that grows with every change."""
        return self._version

    def nearest(
        self, permit: SearchPermit | DuplicatePermit, probe: NDArray[np.float32], *, radius: float, limit: int
    ) -> list[Neighbour]:
        """Find the nearest people in force, as `GalleryIndex.nearest` says, in one thread.

        Searches run side by side; a change waits for those under way and holds back new ones.
        """
        if not radius >= 0 or limit < 1:
            raise InvalidInput(f"cannot search {limit} people within {radius}; ask for at least 1 within at least 0")
        probe = check_vectors(np.asarray(probe)[np.newaxis], self.dims)[0]
        with self._turns.reading():
            eligible = self._select_eligible(permit.purpose, to_microseconds(permit.authorised_at))
            if not eligible.size.templates:
                return []
            turned = self._store.turn_probe(probe)
            # 1. The closest references, enough of them that they usually hold `limit` people.
            references_per_person = eligible.size.templates / eligible.size.people
            wanted = int(limit * references_per_person * (1 + _SPARE_FRACTION)) + _SPARE_REFERENCES
            found = self._store.find_closest(turned, min(wanted, eligible.size.templates), eligible.bits)
            near = list(islice(self._rank(turned, found, radius), limit))
            # 2. They are the answer if nothing unseen can be as near as the last of them, or within the radius.
            needed = near[-1].distance if len(near) == limit else radius
            if np.isinf(found.unseen_squared) or needed**2 < found.unseen_squared:
                return near
            # 3. Otherwise everything up to there: the last of `limit` people bounds how far the answer reaches.
            found = self._store.find_within(turned, needed**2, eligible.bits)
            return list(islice(self._rank(turned, self._drop_farther(found, turned, limit), radius), limit))

    def size(self, purpose: PurposeSlug, at: datetime) -> GallerySize:
        """People with at least one template, and templates, that a search for the purpose would go through."""
        with self._turns.reading():
            return self._select_eligible(purpose, to_microseconds(at)).size

    def add(self, references: Sequence[tuple[str, str, NDArray[np.float32]]]) -> None:
        """Add (reference id, person id, vector of shape (dims,)), without touching those held.

        Raises TemplatesNotComparable or InvalidInput (also for a reference the person already has), and then nothing
        was added.
        """
        if not references:
            return
        vectors = np.concatenate(
            [check_vectors(np.asarray(vector)[np.newaxis], self.dims) for *_, vector in references]
        )
        reference_ids = encode_ids([reference_id for reference_id, _, _ in references])
        person_ids = [person_id for _, person_id, _ in references]
        encode_ids(person_ids)
        with self._turns.writing():
            self._refuse_known(reference_ids, person_ids)
            slots = [self._roster.enter(person_id) for person_id in person_ids]
            count = len(self._store)
            self._store.add(vectors)
            self._reference_ids = _append(self._reference_ids, count, reference_ids)
            self._person_slots = _append(self._person_slots, count, np.array(slots, dtype=np.int32))
            self._note_change()

    def remove_person(self, person_id: str) -> int:
        """Forget a person's consents and overwrite their vectors; returns how many templates went.

        No search that starts afterwards returns the person. What the allocator freed while the index grew is beyond
        reach; the operating system clears it before anybody else reads it.
        """
        with self._turns.writing():
            person_slot = self._roster.find_slot(person_id)
            if person_slot is None:
                return 0
            self._roster.set_consents(person_slot, {})
            count = len(self._store)
            slots = np.flatnonzero(self._person_slots[:count] == person_slot)
            if len(slots):
                gaps, movers = self._store.erase(slots)
                for column in (self._reference_ids, self._person_slots):
                    column[gaps] = column[movers]
                    column[count - len(slots) : count] = np.zeros(1, dtype=column.dtype)
            self._note_change()
            return len(slots)

    def set_consents(self, person_id: str, consents: Consents) -> None:
        """Replace a person's consents; a purpose that is not named is no longer in force."""
        with self._turns.writing():
            self._roster.set_consents(self._roster.enter(person_id), consents)
            self._note_change()

    def _note_change(self) -> None:
        self._version += 1
        self._eligible.clear()

    def _refuse_known(self, reference_ids: NDArray[np.bytes_], person_ids: list[str]) -> None:
        if len(np.unique(reference_ids)) < len(reference_ids):
            raise InvalidInput("the same reference was given twice")
        known = {slot for slot in map(self._roster.find_slot, person_ids) if slot is not None}
        held = np.isin(self._person_slots[: len(self._store)], list(known))
        twice = np.intersect1d(self._reference_ids[: len(self._store)][held], reference_ids)
        if len(twice):
            raise InvalidInput(f"reference {twice[0].decode('ascii')} is already in the index")

    def _select_eligible(self, purpose: PurposeSlug, at_us: int) -> _Eligible:
        """Select who may be found, kept until something changes or a consent begins or ends."""
        eligible = self._eligible.get(purpose)
        if eligible is None or not eligible.from_us <= at_us < eligible.until_us:
            in_force = self._roster.people_in_force(purpose, at_us)
            person_slots = self._person_slots[: len(self._store)]
            templates = in_force.people[person_slots]
            people = np.zeros_like(in_force.people)
            people[person_slots] = True
            size = GallerySize(int(np.count_nonzero(people & in_force.people)), int(np.count_nonzero(templates)))
            bits = None if size.templates == len(templates) else np.packbits(templates, bitorder="little")
            eligible = _Eligible(size, bits, in_force.from_us, in_force.until_us)
            self._eligible[purpose] = eligible
        return eligible

    def _drop_farther(self, found: Found, probe: TurnedProbe, limit: int) -> Found:
        """Leave out references that are surely farther than `limit` people, so that few are measured exactly."""
        _, people = np.unique(self._person_slots[found.slots], return_inverse=True)
        best = np.full(people.max(initial=-1) + 1, np.inf, dtype=np.float32)
        np.minimum.at(best, people, found.squared)
        if len(best) <= limit:
            return found
        near = found.squared <= np.partition(best, limit - 1)[limit - 1] + 2 * probe.margin
        return type(found)(found.slots[near], found.squared[near], found.unseen_squared)

    def _rank(self, probe: TurnedProbe, found: Found, radius: float) -> Iterator[Neighbour]:
        """Name the people behind the references found, within the radius, nearest first."""
        distances = np.sqrt(self._store.measure(probe, found.slots)).tolist()
        ids = self._reference_ids[found.slots].astype(str).tolist()
        people = [self._roster.person_id(slot) for slot in self._person_slots[found.slots].tolist()]
        seen = set()
        for distance, person_id, reference_id in sorted(zip(distances, people, ids, strict=True)):
            if distance > radius:
                return
            if person_id not in seen:
                seen.add(person_id)
                yield Neighbour(person_id, reference_id, distance)


@dataclass(frozen=True, slots=True)
class _Eligible:
    """The templates that one purpose reaches while `from_us` <= time < `until_us`; no bits where it reaches all."""

    size: GallerySize
    bits: NDArray[np.uint8] | None
    from_us: int
    until_us: int


def check_vectors(vectors: NDArray[np.float32], dims: int) -> NDArray[np.float32]:
    """Check (n, dims) vectors and give them as contiguous float32.

    Raises TemplatesNotComparable for other dimensions, InvalidInput for numbers that are not finite or far too large.
    """
    if vectors.shape[1:] != (dims,):
        raise TemplatesNotComparable(f"vectors of shape {vectors.shape[1:]} meet an index of {dims} dimensions")
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    # Also refuses NaN, for which no comparison holds.
    if len(vectors) and not (vectors.min() >= -_LARGEST_COMPONENT and vectors.max() <= _LARGEST_COMPONENT):
        raise InvalidInput(f"a template must hold finite numbers of at most {_LARGEST_COMPONENT:g}")
    return vectors


def _append(column: NDArray[Any], count: int, values: NDArray[Any]) -> NDArray[Any]:
    """Put values after the first `count` of a column: doubled when full, widened for longer identifiers."""
    needed = count + len(values)
    dtype = np.promote_types(column.dtype, values.dtype)
    if len(column) < needed or column.dtype != dtype:
        grown = np.zeros(max(needed, 2 * len(column)) if len(column) < needed else len(column), dtype=dtype)
        grown[:count] = column[:count]
        column = grown
    column[count:needed] = values
    return column
