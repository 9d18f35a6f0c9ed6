"""What only the oversight desk reads: which people members are, whom searches returned, what was asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from assent.errors import NotFound
from assent.mandates import MemberId
from assent.people import PersonId, PersonState
from assent.storage.tables import candidates, consents, ledger_openings, members, persons
from assent.storage.vault import Vault


def record_link(connection: Connection, member: MemberId, person: PersonId | None) -> None:
    """Keep which person of the gallery a member is, or that they are none."""
    connection.execute(update(members).where(members.c.id == member).values(person_id=person))


def load_links(connection: Connection) -> dict[MemberId, PersonId]:
    """Read which person of the gallery each member is, of those who are any."""
    rows = connection.execute(select(members.c.id, members.c.person_id).where(members.c.person_id.is_not(None)))
    return {MemberId(row.id): PersonId(row.person_id) for row in rows}


def load_returned_people(connection: Connection) -> dict[str, list[PersonId]]:
    """Read whom each search returned, as far as its candidates are still kept."""
    returned: dict[str, list[PersonId]] = {}
    query = select(candidates.c.search_id, candidates.c.person_id).order_by(candidates.c.search_id, candidates.c.rank)
    for row in connection.execute(query):
        returned.setdefault(row.search_id, []).append(PersonId(row.person_id))
    return returned


def open_field(connection: Connection, vault: Vault, field: str) -> Iterator[tuple[int, bytes]]:
    """Open one field of all entries, where its subject's key is still there: entry index, salt and value."""
    query = (
        select(ledger_openings.c.entry_index, ledger_openings.c.subject, ledger_openings.c.sealed)
        .where(ledger_openings.c.field == field)
        .order_by(ledger_openings.c.entry_index)
    )
    for row in connection.execute(query).all():
        with suppress(NotFound):
            yield row.entry_index, vault.unseal(row.subject, f"opening:{row.entry_index}:{field}", bytes(row.sealed))


def count_findable(connection: Connection, at: datetime) -> dict[str, int]:
    """Count the people whom a search for a purpose could return at a moment, by purpose."""
    query = (
        select(consents.c.purpose, func.count(consents.c.person_id.distinct()))
        .join(persons, persons.c.id == consents.c.person_id)
        .where(
            persons.c.state == PersonState.ENROLLED,
            consents.c.valid_from <= at,
            consents.c.valid_until.is_(None) | (consents.c.valid_until > at),
            consents.c.withdrawn_at.is_(None) | (consents.c.withdrawn_at > at),
        )
        .group_by(consents.c.purpose)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
