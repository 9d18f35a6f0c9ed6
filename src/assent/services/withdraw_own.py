"""Withdraw on one's own page, and say afterwards what was destroyed: nothing of the person is left to look it up."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from assent.mandates import Visitor
from assent.people import ConsentState, PurposeSlug
from assent.services.describe_controller import read_purpose_texts
from assent.services.give_consent import WEB_FORM, make_terms, write_evidence
from assent.services.person_sessions import require_person
from assent.services.runtime import Runtime
from assent.services.withdraw_person import withdraw_person
from assent.storage import people as stored_people
from assent.storage import person_pages as stored_pages


@dataclass(frozen=True, slots=True)
class WithdrawnOwn:
    """What a withdrawal ended, and, where nothing entitles anybody to hold more, how much was destroyed."""

    purposes: tuple[PurposeSlug, ...]
    is_erased: bool
    photos: int
    consents: int
    receipts: int


def withdraw_own(
    runtime: Runtime, visitor: Visitor, purposes: Collection[PurposeSlug] | None = None, *, language: str
) -> WithdrawnOwn:
    """Withdraw some purposes, or everything; a receipt is kept only while the page is. Raises NotFound."""
    person = require_person(visitor)
    with runtime.database.snapshot() as view:
        before = stored_people.load_person(view, runtime.vault, person)
        receipts = stored_pages.count_records(view, person)
    done = withdraw_person(runtime, visitor, person, purposes)
    if not done.is_erased:
        with runtime.database.transaction() as transaction:
            at = runtime.clock()
            terms = make_terms(before, visitor.bearer, ConsentState.WITHDRAWN, at, language, WEB_FORM)
            ended = [consent for consent in before.consents if consent.purpose in done.purposes]
            texts = read_purpose_texts(transaction, language)
            record, _ = write_evidence(runtime, transaction, ended, terms, texts)
            stored_pages.record_consent_record(transaction, runtime.vault, person, record)
    return WithdrawnOwn(done.purposes, done.is_erased, len(before.references), len(before.consents), receipts)
