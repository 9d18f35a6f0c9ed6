"""What the database holds, in the words of `ledger.facts`, so that the two can be compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from assent.ledger import INVITATION_MADE, FactKey, digest_public_text, format_decimal, format_time
from assent.people import PersonState
from assent.storage.person_page_tables import (
    invitations,
    kin_wishes,
    personal_links,
    purpose_texts,
    search_delays,
)
from assent.storage.steward_tables import duplicate_candidates, duplicate_checks
from assent.storage.tables import (
    candidates,
    cases,
    consents,
    deletions,
    legal_holds,
    licences,
    members,
    person_references,
    persons,
    purposes,
    retention_rules,
    reviews,
    search_requests,
    searches,
)

Found = dict[FactKey, dict[str, Any]]


def read_facts(connection: Connection) -> Iterator[tuple[FactKey, Mapping[str, Any]]]:
    """Read everything that a ledger entry speaks of; searches, of which there are most, one by one."""
    yield from _load_facts(connection).items()
    yield from _read_searches(connection)


def _load_facts(connection: Connection) -> Found:
    found: Found = {}
    for row in connection.execute(select(members.c.id, members.c.roles)):
        found["member", row.id] = {"roles": tuple(sorted(row.roles.split()))}
    for row in connection.execute(select(purposes)):
        found["purpose", row.slug] = {"text_version": row.text_version, "text": digest_public_text(row.text)}
    for case in connection.execute(select(cases.c.id, cases.c.purpose, cases.c.closed_at)):
        found["case", case.id] = {"purpose": case.purpose, "closed": case.closed_at is not None}
    for row in connection.execute(select(licences)):
        found["licence", row.id] = {
            "holder": row.holder_id,
            "purposes": tuple(json.loads(row.purposes)),
            "from": format_time(row.valid_from),
            "until": format_time(row.valid_until),
            "quota": row.quota,
            "approval": row.needs_approval,
            "urgent": row.allows_urgent,
            "revoked": row.revoked_at is not None,
            "suspended": row.suspended_at is not None,
            "started": row.searches_started,
            "refused": row.searches_refused,
        }
    _load_people(connection, found)
    _load_person_pages(connection, found)
    _load_duplicate_checks(connection, found)
    _load_requests(connection, found)
    _load_keeping(connection, found)
    return found


def _load_people(connection: Connection, found: Found) -> None:
    counted = select(person_references.c.person_id, func.count()).group_by(person_references.c.person_id)
    references = {row[0]: row[1] for row in connection.execute(counted)}
    for row in connection.execute(select(persons.c.id, persons.c.basis, persons.c.state)):
        terms = {"references": references.get(row.id, 0), "basis": row.basis}
        found["person", row.id] = {**terms, "pending": row.state == PersonState.PENDING}
    for row in connection.execute(select(consents)):
        found["consent", row.id] = {
            "person": row.person_id,
            "purpose": row.purpose,
            "basis": row.basis,
            "from": format_time(row.valid_from),
            "until": _format_end(row.valid_until),
            "withdrawn": row.withdrawn_at is not None,
        }


def _load_person_pages(connection: Connection, found: Found) -> None:
    for text in connection.execute(select(purpose_texts)):
        shown = {"text_version": text.text_version, "text": digest_public_text(text.text)}
        found["purpose text", f"{text.slug} {text.language}"] = shown
    for link in connection.execute(select(personal_links.c.person_id, personal_links.c.bearer)):
        found["personal link", link.person_id] = {"bearer": link.bearer}
    for wish in connection.execute(select(kin_wishes.c.person_id, kin_wishes.c.told)):
        found["kin wish", wish.person_id] = {"told": wish.told}
    for delay in connection.execute(select(search_delays.c.search_id, search_delays.c.until)):
        found["delay", delay.search_id] = {"until": format_time(delay.until)}
    for row in connection.execute(select(invitations)):
        state = "used" if row.used_at else "revoked" if row.revoked_at else INVITATION_MADE
        found["invitation", row.id] = {"bearer": row.bearer, "state": state}


def _load_duplicate_checks(connection: Connection, found: Found) -> None:
    counted = select(duplicate_candidates.c.check_id, func.count()).group_by(duplicate_candidates.c.check_id)
    named = {row[0]: row[1] for row in connection.execute(counted)}
    for row in connection.execute(select(duplicate_checks)):
        found["duplicate check", row.id] = {
            "purpose": row.purpose,
            "steward": row.steward_id,
            "gallery_size": row.gallery_size,
            "candidates": named.get(row.id, 0),
        }


def _read_searches(connection: Connection) -> Iterator[tuple[FactKey, Mapping[str, Any]]]:
    listed = select(candidates.c.search_id, func.count()).group_by(candidates.c.search_id)
    counts = {row[0]: row[1] for row in connection.execute(listed)}
    for row in connection.execute(select(searches), execution_options={"yield_per": 5_000}):
        state = {
            "licence": row.licence_id,
            "number": row.number,
            "holder": row.holder_id,
            "case": row.case_id,
            "purpose": row.purpose,
            "probe_source": row.probe_source,
            "urgent": row.is_urgent,
            "state": row.state,
            "cause": row.cause,
            "pack": row.pack_id,
            "gallery": row.gallery,
            "gallery_size": row.gallery_size,
            "threshold": None if row.threshold is None else format_decimal(row.threshold),
            "candidates": counts.get(row.id, 0),
        }
        yield ("search", row.id), state


def _load_requests(connection: Connection, found: Found) -> None:
    for row in connection.execute(select(search_requests)):
        found["request", row.id] = {
            "licence": row.licence_id,
            "holder": row.holder_id,
            "case": row.case_id,
            "purpose": row.purpose,
            "probe_source": row.probe_source,
            "urgent": row.is_urgent,
            "state": row.state,
            "approver": row.decided_by,
        }


def _load_keeping(connection: Connection, found: Found) -> None:
    for row in connection.execute(select(reviews).where(reviews.c.conclusion.is_not(None))):
        found["review", f"{row.search_id} {row.reviewer_id}"] = {"conclusion": row.conclusion}
    for deletion in connection.execute(select(deletions)):
        found["deletion", f"{deletion.record} {deletion.subject}"] = {}
    for hold in connection.execute(select(legal_holds)):
        found["hold", hold.id] = {"subject": hold.subject, "lifted": hold.lifted_at is not None}
    for rule in connection.execute(select(retention_rules)):
        found["retention rule", rule.kind] = {"days": rule.days}


def _format_end(at: datetime | None) -> str | None:
    return None if at is None else format_time(at)
