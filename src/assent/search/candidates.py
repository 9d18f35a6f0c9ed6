"""From nearest references to the candidates that are recorded and shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from assent.mandates import CaseId, DuplicatePermit, LicenceId, MemberId, ProbeSource, SearchId, SearchPermit
from assent.people import Consent, PersonId, PurposeSlug, ReferenceId
from assent.search.index import Neighbour


class SearchState(StrEnum):
    """How far a search came; one that never ended stays `started`, and its result unknown.

    An urgent one that nobody approved is `sealed`: it ran, and what it brought was destroyed.
    """

    STARTED = "started"
    FINISHED = "finished"
    FAILED = "failed"
    SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person returned for a probe: a lead, never an identification. `distance` is the pack's own measure."""

    rank: int
    person: PersonId
    reference: ReferenceId
    distance: float


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """What a search that ended well compared, and what it returned."""

    pack_id: str
    gallery: str
    gallery_size: int
    threshold: float
    candidates: tuple[Candidate, ...]
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Search:
    """One recorded search."""

    id: SearchId
    licence: LicenceId
    number: int
    holder: MemberId
    case: CaseId
    purpose: PurposeSlug
    probe_source: ProbeSource
    state: SearchState
    started_at: datetime
    ended_at: datetime | None = None
    cause: str | None = None
    outcome: SearchOutcome | None = None


def shortlist(
    neighbours: Sequence[Neighbour],
    consents: Mapping[str, Sequence[Consent]],
    permit: SearchPermit | DuplicatePermit,
    at: datetime,
) -> tuple[Candidate, ...]:
    """Keep the neighbours whose consent to the permit's purpose, read under lock, is in force at the moment `at`."""
    findable = [
        neighbour
        for neighbour in neighbours
        if any(
            consent.purpose == permit.purpose and consent.is_in_force(at)
            for consent in consents.get(neighbour.person_id, ())
        )
    ]
    return tuple(
        Candidate(
            rank=rank,
            person=PersonId(neighbour.person_id),
            reference=ReferenceId(neighbour.reference_id),
            distance=neighbour.distance,
        )
        for rank, neighbour in enumerate(findable, start=1)
    )


def list_candidates_bytes(candidates: Sequence[Candidate]) -> bytes:
    """Write the list of candidates as the ledger commits to it: rank, person, distance to six places, a line each."""
    lines = (f"{candidate.rank} {candidate.person} {candidate.distance:.6f}\n" for candidate in candidates)
    return "".join(lines).encode()
