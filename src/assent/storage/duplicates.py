"""Checks for people enrolled twice, and whom they named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, func, insert, select, update

from assent.errors import NotFound
from assent.mandates import CheckId, DuplicatePermit, MemberId
from assent.people import PersonId, PurposeSlug
from assent.search import Candidate
from assent.storage.steward_tables import duplicate_candidates, duplicate_checks


@dataclass(frozen=True, slots=True)
class DuplicateCheck:
    """One recorded check; without an end its result is unknown."""

    id: CheckId
    steward: MemberId
    purpose: PurposeSlug
    asked_at: datetime
    ended_at: datetime | None
    gallery_size: int | None


def record_check(connection: Connection, permit: DuplicatePermit) -> None:
    """Store a check that was authorised, before its photo is decoded."""
    connection.execute(
        insert(duplicate_checks).values(
            id=permit.check, steward_id=permit.steward, purpose=permit.purpose, asked_at=permit.authorised_at
        )
    )


def record_check_outcome(
    connection: Connection, check: CheckId, found: Sequence[Candidate], gallery_size: int, at: datetime
) -> None:
    """Store how a check ended and whom it named."""
    chosen = duplicate_checks.c.id == check
    connection.execute(update(duplicate_checks).where(chosen).values(ended_at=at, gallery_size=gallery_size))
    for candidate in found:
        connection.execute(
            insert(duplicate_candidates).values(
                check_id=check, rank=candidate.rank, person_id=candidate.person, distance=candidate.distance
            )
        )


def count_checks(connection: Connection, steward: MemberId, since: datetime) -> int:
    """Count the checks of one steward from a moment on."""
    query = select(func.count()).select_from(duplicate_checks)
    query = query.where(duplicate_checks.c.steward_id == steward, duplicate_checks.c.asked_at > since)
    return int(connection.execute(query).scalar_one())


def load_check(connection: Connection, check: str) -> DuplicateCheck:
    """Read a check. Raises NotFound."""
    row = connection.execute(select(duplicate_checks).where(duplicate_checks.c.id == check)).one_or_none()
    if row is None:
        raise NotFound("There is no such check for duplicates.")
    return _read_check(row)


def load_check_candidates(connection: Connection, check: str) -> list[tuple[PersonId, float]]:
    """Read whom a check named, nearest first, with the distance; some of them may be erased since."""
    query = select(duplicate_candidates).where(duplicate_candidates.c.check_id == check)
    rows = connection.execute(query.order_by(duplicate_candidates.c.rank))
    return [(PersonId(row.person_id), row.distance) for row in rows]


def load_checks_that_named(connection: Connection, person: str) -> list[DuplicateCheck]:
    """Read the checks that named a person, newest first: looks that they may know of."""
    query = select(duplicate_checks).join(
        duplicate_candidates, duplicate_candidates.c.check_id == duplicate_checks.c.id
    )
    query = query.where(duplicate_candidates.c.person_id == person).order_by(duplicate_checks.c.asked_at.desc())
    return [_read_check(row) for row in connection.execute(query)]


def list_check_ids(connection: Connection) -> set[str]:
    """List all checks: everything here that has a key."""
    return set(connection.execute(select(duplicate_checks.c.id)).scalars())


def _read_check(row: Row[tuple[object, ...]]) -> DuplicateCheck:
    return DuplicateCheck(
        id=CheckId(row.id),
        steward=MemberId(row.steward_id),
        purpose=PurposeSlug(row.purpose),
        asked_at=row.asked_at,
        ended_at=row.ended_at,
        gallery_size=row.gallery_size,
    )
