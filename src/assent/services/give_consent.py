"""Agree to one more purpose on one's own page, or to one again before it ends; the receipt is the evidence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from assent.errors import ConsentMissing, InvalidInput
from assent.mandates import Actor, Visitor
from assent.people import (
    RECEIPT_PREFIX,
    RECORD_PREFIX,
    Basis,
    Bearer,
    Consent,
    ConsentId,
    ConsentRecord,
    ConsentState,
    Person,
    PersonId,
    Purpose,
    PurposeSlug,
    RecordId,
    RecordTerms,
    check_consent_terms,
    make_identifier,
    write_record,
)
from assent.services.describe_controller import read_controller, read_purpose_texts
from assent.services.enrol_person import record_consent
from assent.services.person_sessions import require_person
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import people as stored_people
from assent.storage import person_pages as stored_pages

WEB_FORM = "form on the person's own page"
REVIEW = "review by a caseworker"


def give_consent(
    runtime: Runtime, visitor: Visitor, purposes: Collection[PurposeSlug], *, language: str
) -> ConsentRecord:
    """Agree to more purposes, or again to some that have an end; next of kin cannot go beyond their registration's.

    Raises NotFound, ConsentMissing without a purpose, or InvalidInput for one that is unknown or agreed to already.
    """
    person = require_person(visitor)
    if not purposes:
        raise ConsentMissing("No purpose was agreed to: name at least one.")
    with runtime.database.transaction() as transaction:
        found = stored_people.load_person(transaction, runtime.vault, person)
        texts = read_purpose_texts(transaction, language)
        if set(purposes) - set(texts):
            raise InvalidInput("There is no such purpose here.")
        at = runtime.clock()
        granted = tuple(
            draft_consent(found.id, visitor.bearer.basis, texts[purpose], at, _find_end(found, visitor, purpose, at))
            for purpose in sorted(set(purposes))
        )
        is_again = set(purposes) <= set(found.purposes_in_force(at))
        terms = make_terms(
            found, visitor.bearer, ConsentState.RECONFIRMED if is_again else ConsentState.GIVEN, at, language, WEB_FORM
        )
        return store_consents(runtime, transaction, visitor, granted, terms, texts)


def extend_consents(
    runtime: Runtime, transaction: Connection, actor: Actor, person: Person, until: datetime
) -> ConsentRecord:
    """Let what is in force hold until another moment, in the caller's transaction. Raises InvalidInput."""
    at = runtime.clock()
    texts = stored_people.load_purposes(transaction)
    language = next(iter(texts.values())).language
    granted = tuple(
        draft_consent(person.id, person.basis, texts[purpose], at, until) for purpose in person.purposes_in_force(at)
    )
    bearer = stored_pages.load_bearer(transaction, person.id) or Bearer.NEXT_OF_KIN
    terms = make_terms(person, bearer, ConsentState.RECONFIRMED, at, language, REVIEW)
    return store_consents(runtime, transaction, actor, granted, terms, texts)


def store_consents(
    runtime: Runtime,
    transaction: Connection,
    actor: Actor | Visitor,
    granted: Sequence[Consent],
    terms: RecordTerms,
    texts: Mapping[PurposeSlug, Purpose],
) -> ConsentRecord:
    """Store drafted consents of somebody enrolled, with their record as evidence, in the caller's transaction."""
    record, evidenced = write_evidence(runtime, transaction, granted, terms, texts)
    for consent in evidenced:
        check_consent_terms(consent, terms.at)
    stored_people.record_consents(transaction, runtime.vault, evidenced)
    stored_people.note_gallery_change(transaction, terms.person)
    for consent in evidenced:
        record_consent(runtime, transaction, actor, consent)
    stored_pages.record_consent_record(transaction, runtime.vault, terms.person, record)
    return record


def write_evidence(
    runtime: Runtime,
    view: Connection,
    granted: Sequence[Consent],
    terms: RecordTerms,
    texts: Mapping[PurposeSlug, Purpose],
) -> tuple[ConsentRecord, tuple[Consent, ...]]:
    """Write the record of drafted consents, and make it their evidence."""
    record = write_record(terms, granted, texts, read_controller(runtime, view))
    return record, tuple(replace(consent, evidence_digest=record.digest) for consent in granted)


def draft_consent(person: PersonId, basis: Basis, text: Purpose, at: datetime, until: datetime | None) -> Consent:
    """Draft a consent that starts now; its evidence, which speaks of it by its identifier, is written after it."""
    return Consent(
        id=ConsentId(make_identifier("k")),
        person=person,
        purpose=text.slug,
        basis=basis,
        text_version=text.text_version,
        evidence_digest="",
        valid_from=at,
        valid_until=until,
    )


def make_terms(
    person: Person, bearer: Bearer, state: ConsentState, at: datetime, language: str, method: str
) -> RecordTerms:
    """Say what an act on the consents of somebody enrolled was about."""
    return RecordTerms(
        record=RecordId(make_identifier(RECORD_PREFIX)),
        receipt=make_identifier(RECEIPT_PREFIX),
        person=person.id,
        bearer=bearer,
        state=state,
        at=at,
        language=language,
        name=person.name,
        given_by=person.registered_by,
        method=method,
    )


def _find_end(person: Person, visitor: Visitor, purpose: PurposeSlug, at: datetime) -> datetime | None:
    """Find when a consent given now ends: as the others do, or, given again, after as long as the first one held."""
    in_force = [consent for consent in person.consents if consent.is_in_force(at)]
    same = [consent for consent in in_force if consent.purpose == purpose]
    if not same:
        ends = [consent.valid_until for consent in in_force]
        known = [end for end in ends if end is not None]
        return max(known) if ends and len(known) == len(ends) else None
    longest = max(same, key=lambda consent: consent.valid_until or datetime.max.replace(tzinfo=at.tzinfo))
    if longest.valid_until is None:
        raise InvalidInput("That purpose is agreed to already, without an end.")
    if visitor.bearer is Bearer.NEXT_OF_KIN:
        raise InvalidInput("A registration is renewed by the caseworker, who reviews it with you.")
    return at + (longest.valid_until - longest.valid_from)
