"""Lists of people for the steward's desk: a page at a time, so that only the keys of those shown are read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from assent.people import Basis, PersonId, PersonState, PurposeSlug
from assent.storage.tables import consents, person_references, persons


@dataclass(frozen=True, slots=True)
class ExpiringConsent:
    """A purpose for which a person can be found until `valid_until`, and no longer unless somebody acts."""

    person: PersonId
    purpose: PurposeSlug
    basis: Basis
    valid_until: datetime


def list_person_page(
    connection: Connection, state: PersonState | None, *, offset: int, limit: int
) -> tuple[int, list[PersonId]]:
    """Count the people who are in this state, or anywhere but on the way out, and list a part, newest first."""
    chosen = _in_state(state)
    total = connection.execute(select(func.count()).select_from(persons).where(chosen)).scalar_one()
    query = select(persons.c.id).where(chosen).order_by(persons.c.enrolled_at.desc(), persons.c.id)
    return total, [PersonId(person) for person in connection.execute(query.offset(offset).limit(limit)).scalars()]


def list_expiring_consents(
    connection: Connection, at: datetime, before: datetime, *, offset: int, limit: int
) -> tuple[int, list[ExpiringConsent]]:
    """Count what ends after `at` and before `before` with nothing that follows it, and list a part, soonest first."""
    last_end = func.max(consents.c.valid_until)
    ending = (
        select(
            consents.c.person_id, consents.c.purpose, func.max(consents.c.basis).label("basis"), last_end.label("end")
        )
        .join(persons, persons.c.id == consents.c.person_id)
        .where(consents.c.withdrawn_at.is_(None), _in_state(None))
        .group_by(consents.c.person_id, consents.c.purpose)
        .having(func.count() == func.count(consents.c.valid_until), last_end > at, last_end < before)
        .subquery()
    )
    total = connection.execute(select(func.count()).select_from(ending)).scalar_one()
    query = select(ending).order_by(ending.c.end, ending.c.person_id, ending.c.purpose).offset(offset).limit(limit)
    return total, [
        ExpiringConsent(PersonId(row.person_id), PurposeSlug(row.purpose), Basis(row.basis), row.end)
        for row in connection.execute(query)
    ]


def is_reference_of(connection: Connection, person: str, reference: str) -> bool:
    """Tell whether a reference is this person's."""
    query = select(person_references.c.id).where(
        person_references.c.id == reference, person_references.c.person_id == person
    )
    return connection.execute(query).first() is not None


def _in_state(state: PersonState | None) -> ColumnElement[bool]:
    return persons.c.state != PersonState.WITHDRAWING if state is None else persons.c.state == state
