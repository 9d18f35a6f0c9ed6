"""Persons, consents and references, sealed on the way in and opened on the way out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Connection, Row, delete, func, insert, select, true, update

from assent.errors import NotFound
from assent.people import (
    Basis,
    Consent,
    ConsentId,
    Enrolment,
    Person,
    PersonId,
    PersonState,
    Purpose,
    PurposeSlug,
    ReferenceId,
)
from assent.storage.person_pages import delete_person_pages
from assent.storage.tables import (
    consents,
    gallery_changes,
    ledger_openings,
    members,
    person_references,
    persons,
    purposes,
    spent_evidence,
)
from assent.storage.vault import Vault

Spans = dict[PurposeSlug, tuple[datetime, datetime | None]]
"""Per purpose, the first moment in force and the first no longer in force."""

TEMPLATE = "template"
_NAMED_AT_ONCE = 10_000
"""Fewer than the 32,766 variables that SQLite takes in one statement (sqlite.org/limits.html)."""
_PROFILE = "profile"
_EVIDENCE = "evidence"
_FILE_REFERENCE = "file-reference"


@dataclass(frozen=True, slots=True)
class NewReference:
    """A reference about to be stored: the template's bytes as `faces.Template.to_bytes` writes them."""

    id: ReferenceId
    pack_id: str
    template: bytes


# --- purposes ----------------------------------------------------------------------------------------------------


def record_purpose(connection: Connection, purpose: Purpose) -> None:
    """Keep a purpose, or its new text."""
    values = {
        "text": purpose.text,
        "text_version": purpose.text_version,
        "language": purpose.language,
        "defined_at": purpose.defined_at,
    }
    if connection.execute(update(purposes).where(purposes.c.slug == purpose.slug).values(**values)).rowcount == 0:
        connection.execute(insert(purposes).values(slug=purpose.slug, **values))


def load_purposes(connection: Connection) -> dict[PurposeSlug, Purpose]:
    """Read all purposes by their short names."""
    rows = connection.execute(select(purposes).order_by(purposes.c.slug))
    return {
        PurposeSlug(row.slug): Purpose(PurposeSlug(row.slug), row.text, row.text_version, row.language, row.defined_at)
        for row in rows
    }


# --- persons -----------------------------------------------------------------------------------------------------


def record_person(
    connection: Connection,
    vault: Vault,
    person: PersonId,
    enrolment: Enrolment,
    granted: Sequence[Consent],
    references: Sequence[NewReference],
    at: datetime,
) -> None:
    """Store a person with consents and references; the person's key must have been made before."""
    profile = {"name": enrolment.name.strip(), "registered_by": enrolment.registered_by}
    profile["file_reference"] = enrolment.file_reference
    connection.execute(
        insert(persons).values(
            id=person,
            basis=enrolment.basis,
            state=PersonState.PENDING if enrolment.is_pending else PersonState.ENROLLED,
            profile_sealed=vault.seal(person, _PROFILE, json.dumps(profile).encode()),
            file_reference_tag=vault.tag(_FILE_REFERENCE, enrolment.file_reference)
            if enrolment.file_reference
            else None,
            enrolled_at=at,
        )
    )
    record_consents(connection, vault, granted)
    for reference in references:
        connection.execute(
            insert(person_references).values(
                id=reference.id,
                person_id=person,
                pack_id=reference.pack_id,
                template_sealed=vault.seal(person, TEMPLATE, reference.template),
                created_at=at,
            )
        )
    note_gallery_change(connection, person)


def record_consents(connection: Connection, vault: Vault, granted: Sequence[Consent]) -> None:
    """Store consents of somebody who is enrolled, or being enrolled; the caller notes the change of the gallery."""
    for consent in granted:
        connection.execute(
            insert(consents).values(
                id=consent.id,
                person_id=consent.person,
                purpose=consent.purpose,
                basis=consent.basis,
                text_version=consent.text_version,
                evidence_sealed=vault.seal(consent.person, _EVIDENCE, consent.evidence_digest.encode()),
                evidence_tag=vault.tag(_EVIDENCE, consent.evidence_digest),
                valid_from=consent.valid_from,
                valid_until=consent.valid_until,
            )
        )


def load_person(connection: Connection, vault: Vault, person: PersonId) -> Person:
    """Read a person whole. Raises NotFound if nobody has this identifier (any more)."""
    row = connection.execute(select(persons).where(persons.c.id == person)).one_or_none()
    if row is None:
        raise NotFound(f"There is no person {person}.")
    profile = json.loads(vault.unseal(person, _PROFILE, row.profile_sealed))
    references = connection.execute(
        select(person_references.c.id).where(person_references.c.person_id == person).order_by(person_references.c.id)
    )
    return Person(
        id=person,
        name=profile["name"],
        basis=Basis(row.basis),
        state=PersonState(row.state),
        enrolled_at=row.enrolled_at,
        consents=load_consents(connection, vault, person),
        references=tuple(ReferenceId(reference) for reference in references.scalars()),
        file_reference=profile["file_reference"],
        registered_by=profile["registered_by"],
    )


def load_consents(connection: Connection, vault: Vault, person: PersonId) -> tuple[Consent, ...]:
    """Read all consents of a person, withdrawn ones too."""
    rows = connection.execute(select(consents).where(consents.c.person_id == person).order_by(consents.c.purpose))
    return tuple(_read_consent(row, vault.unseal(person, _EVIDENCE, row.evidence_sealed).decode()) for row in rows)


def load_consent_terms(connection: Connection, people: Iterable[str] | None = None) -> dict[str, list[Consent]]:
    """Read the consents of some people, or of all, without opening their evidence (left empty)."""
    terms: dict[str, list[Consent]] = {}
    for chosen in _choose_people(consents.c.person_id, people):
        for row in connection.execute(select(consents).where(chosen)):
            terms.setdefault(row.person_id, []).append(_read_consent(row, ""))
    return terms


def _choose_people(column: Column[str], people: Iterable[str] | None) -> list[ColumnElement[bool]]:
    """Write the conditions that together choose everyone, or the people named, each of them once."""
    if people is None:
        return [true()]
    named = list(dict.fromkeys(people))
    return [column.in_(named[start : start + _NAMED_AT_ONCE]) for start in range(0, len(named), _NAMED_AT_ONCE)]


def _read_consent(row: Row[tuple[object, ...]], evidence_digest: str) -> Consent:
    return Consent(
        id=ConsentId(row.id),
        person=PersonId(row.person_id),
        purpose=PurposeSlug(row.purpose),
        basis=Basis(row.basis),
        text_version=row.text_version,
        evidence_digest=evidence_digest,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        withdrawn_at=row.withdrawn_at,
    )


def find_person_by_file_reference(connection: Connection, vault: Vault, file_reference: str) -> PersonId | None:
    """Find who was enrolled under the organisation's own reference, if anybody."""
    tag = vault.tag(_FILE_REFERENCE, file_reference)
    found = connection.execute(select(persons.c.id).where(persons.c.file_reference_tag == tag)).scalar_one_or_none()
    return PersonId(found) if found else None


def is_evidence_spent(connection: Connection, vault: Vault, evidence_digest: str) -> bool:
    """Tell whether this evidence backed a consent that was withdrawn."""
    tag = vault.tag(_EVIDENCE, evidence_digest)
    return connection.execute(select(spent_evidence.c.tag).where(spent_evidence.c.tag == tag)).first() is not None


def record_withdrawal(connection: Connection, ended: Sequence[Consent], at: datetime) -> None:
    """Mark consents as withdrawn and their evidence as spent."""
    for consent in ended:
        connection.execute(update(consents).where(consents.c.id == consent.id).values(withdrawn_at=at))
        _spend(connection, consents.c.id == consent.id, at)
        note_gallery_change(connection, consent.person)


def spend_evidence(connection: Connection, person: str, at: datetime) -> None:
    """Mark all evidence of a person as spent: no form of theirs can be imported again."""
    _spend(connection, consents.c.person_id == person, at)


def _spend(connection: Connection, which: ColumnElement[bool], at: datetime) -> None:
    unspent = select(consents.c.evidence_tag).distinct().where(which)
    unspent = unspent.where(consents.c.evidence_tag.not_in(select(spent_evidence.c.tag)))
    for tag in connection.execute(unspent).scalars().all():
        connection.execute(insert(spent_evidence).values(tag=tag, at=at))


def record_name(connection: Connection, vault: Vault, person: PersonId, name: str) -> None:
    """Correct a person's name."""
    mine = persons.c.id == person
    sealed = connection.execute(select(persons.c.profile_sealed).where(mine)).scalar_one()
    profile = json.loads(vault.unseal(person, _PROFILE, sealed)) | {"name": name}
    changed = vault.seal(person, _PROFILE, json.dumps(profile).encode())
    connection.execute(update(persons).where(mine).values(profile_sealed=changed))


def mark_checked(connection: Connection, person: PersonId) -> None:
    """Make somebody findable whose registration a caseworker has checked."""
    connection.execute(update(persons).where(persons.c.id == person).values(state=PersonState.ENROLLED))
    note_gallery_change(connection, person)


def mark_withdrawing(connection: Connection, person: PersonId) -> None:
    """Put a person on the way out: not findable from this commit on, whatever happens next."""
    connection.execute(update(persons).where(persons.c.id == person).values(state=PersonState.WITHDRAWING))
    note_gallery_change(connection, person)


def delete_person(connection: Connection, person: str) -> None:
    """Delete all rows of a person whose key is already destroyed."""
    delete_person_pages(connection, person)
    connection.execute(delete(consents).where(consents.c.person_id == person))
    connection.execute(delete(person_references).where(person_references.c.person_id == person))
    connection.execute(delete(ledger_openings).where(ledger_openings.c.subject == person))
    connection.execute(update(members).where(members.c.person_id == person).values(person_id=None))
    connection.execute(delete(persons).where(persons.c.id == person))
    note_gallery_change(connection, person)


def list_person_ids(connection: Connection, state: PersonState | None = None) -> set[str]:
    """List everyone who has rows, or only those in one state."""
    query = select(persons.c.id)
    return set(connection.execute(query.where(persons.c.state == state) if state else query).scalars())


def list_expired_people(connection: Connection, at: datetime) -> set[str]:
    """List people whom no consent entitles the deployment to hold any longer (see `people.must_erase`)."""
    entitled = select(consents.c.person_id).where(
        consents.c.withdrawn_at.is_(None), (consents.c.valid_until.is_(None)) | (consents.c.valid_until > at)
    )
    held = persons.c.state.in_((PersonState.ENROLLED, PersonState.PENDING))
    query = select(persons.c.id).where(held, persons.c.id.not_in(entitled))
    return set(connection.execute(query).scalars())


def count_people(connection: Connection) -> tuple[int, int]:
    """Count persons and references."""
    return (
        connection.execute(select(func.count()).select_from(persons)).scalar_one(),
        connection.execute(select(func.count()).select_from(person_references)).scalar_one(),
    )


def count_other_packs(connection: Connection, pack_id: str) -> int:
    """Count references of other packs than the one in use; they cannot be found."""
    query = select(func.count()).select_from(person_references).where(person_references.c.pack_id != pack_id)
    return connection.execute(query).scalar_one()


# --- what the gallery reads --------------------------------------------------------------------------------------


def load_consent_spans(connection: Connection, people: Iterable[str] | None = None) -> dict[PersonId, Spans]:
    """Read from when until when each purpose may be in force, of some people or of all; None means without end.

    Several consents to one purpose give one span that covers them all: too wide at worst, never too narrow. What is in
    force at one moment is read from `load_consent_terms`.
    """
    query = (
        select(
            consents.c.person_id,
            consents.c.purpose,
            func.min(consents.c.valid_from),
            func.max(consents.c.valid_until),
            func.count() - func.count(consents.c.valid_until),
        )
        .where(consents.c.withdrawn_at.is_(None))
        .group_by(consents.c.person_id, consents.c.purpose)
    )
    spans: dict[PersonId, Spans] = {}
    for chosen in _choose_people(consents.c.person_id, people):
        for person, purpose, start, end, endless in connection.execute(query.where(chosen)):
            spans.setdefault(person, {})[purpose] = (start, None if endless else end)
    return spans


def load_templates(
    connection: Connection, vault: Vault, pack_id: str, people: Iterable[str] | None = None
) -> Iterator[tuple[str, str, bytes]]:
    """Open the templates of one pack, of some people or of all: reference id, person id, template bytes.

    People whose key is gone, or who are on the way out, are passed over.
    """
    query = (
        select(person_references.c.id, person_references.c.person_id, person_references.c.template_sealed)
        .join(persons, persons.c.id == person_references.c.person_id)
        .where(person_references.c.pack_id == pack_id, persons.c.state == PersonState.ENROLLED)
        .order_by(person_references.c.person_id)
    )
    chosen_people = _choose_people(person_references.c.person_id, people)
    rows = [row for chosen in chosen_people for row in connection.execute(query.where(chosen))]
    opened = vault.unseal_many("p_", TEMPLATE, ((row[1], row[2]) for row in rows))
    for (reference, person, _), template in zip(rows, opened, strict=True):
        if template is not None:
            yield reference, person, template


def note_gallery_change(connection: Connection, person: str) -> None:
    """Tell every process that holds a gallery that this person must be read again before the next search."""
    connection.execute(insert(gallery_changes).values(person_id=person))


_NEWEST_GALLERY_CHANGE = select(func.max(gallery_changes.c.id))


def read_newest_gallery_change(connection: Connection) -> int:
    """Read the number of the newest change; 0 before the first."""
    return connection.execute(_NEWEST_GALLERY_CHANGE).scalar_one_or_none() or 0


def read_gallery_changes(connection: Connection, after: int) -> tuple[int, list[str]]:
    """Read the number of the newest change, and who changed since the change numbered `after`."""
    newest = read_newest_gallery_change(connection)
    if newest == after:
        return newest, []
    query = select(gallery_changes.c.person_id).distinct().where(gallery_changes.c.id > after)
    return newest, list(connection.execute(query).scalars())
