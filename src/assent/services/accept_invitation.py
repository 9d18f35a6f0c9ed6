"""Accept an invitation: photos judged, consent recorded, the person enrolled and given a link, all or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assent.errors import ConsentMissing, InvalidInput
from assent.ledger import EntryKind
from assent.mandates import Visitor
from assent.people import (
    MOST_PHOTOS,
    RECEIPT_PREFIX,
    RECORD_PREFIX,
    Bearer,
    Consent,
    ConsentRecord,
    ConsentState,
    Enrolment,
    Invitation,
    InvitationState,
    PersonId,
    Purpose,
    PurposeSlug,
    RecordId,
    RecordTerms,
    check_name,
    make_identifier,
)
from assent.services.accounting import record_entry
from assent.services.describe_controller import read_purpose_texts
from assent.services.enrol_person import prepare_photo, store_enrolment
from assent.services.give_consent import draft_consent, write_evidence
from assent.services.person_sessions import OpenedInvitation, start_session
from assent.services.renew_personal_link import make_link
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import invitations as stored_invitations
from assent.storage import person_pages as stored_pages

WEB_FORM = "form opened by an invitation; photos uploaded or taken by the giver"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What somebody who was invited hands over: a name, photos, and the purposes ticked; nothing is ticked for them."""

    name: str
    photos: tuple[bytes, ...]
    purposes: tuple[PurposeSlug, ...]
    language: str
    given_by: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Somebody enrolled by their own hand; the two tokens are told this once and kept as hashes only."""

    person: PersonId
    record: ConsentRecord
    link_token: str
    session_token: str
    is_pending: bool


@dataclass(slots=True)
class _Tokens:
    link: str = ""
    session: str = ""


def list_offered(runtime: Runtime, invitation: Invitation, language: str) -> list[Purpose]:
    """List the purposes that an invitation offers, in the reader's language."""
    with runtime.database.snapshot() as view:
        texts = read_purpose_texts(view, language)
    return [texts[purpose] for purpose in invitation.purposes if purpose in texts]


def accept_invitation(
    runtime: Runtime, opened: OpenedInvitation, acceptance: Acceptance, *, channel: str = "web"
) -> Accepted:
    """Enrol whom an invitation is about; it is used up by this and opens nothing any more.

    Next of kin register somebody who is findable only after a caseworker's check. Raises ConsentMissing, InvalidInput,
    LinkEnded, or what decoding and judging photos raises.
    """
    # 1. What costs nothing to look at.
    invitation = opened.invitation
    _check(invitation, acceptance)
    # 2. Photos, in memory only: whatever is wrong with one, nothing was kept.
    photos = [
        prepare_photo(runtime.faces, photo, number, smallest_face_px=runtime.settings.smallest_face_px)
        for number, photo in enumerate(acceptance.photos, start=1)
    ]
    # 3. Everything else in one transaction.
    person = PersonId(make_identifier("p"))
    record, granted = _write_consents(runtime, invitation, acceptance, person)
    enrolment = Enrolment(
        name=acceptance.name,
        photos=acceptance.photos,
        purposes=tuple(consent.purpose for consent in granted),
        text_version=granted[0].text_version,
        evidence_digest=record.digest,
        valid_from=granted[0].valid_from,
        valid_until=granted[0].valid_until,
        basis=invitation.bearer.basis,
        registered_by=None if invitation.bearer is Bearer.SELF else acceptance.given_by.strip(),
        is_pending=invitation.bearer is Bearer.NEXT_OF_KIN,
    )
    visitor = Visitor(person, invitation.bearer, channel)
    tokens = _Tokens()

    def hand_over(transaction: Connection) -> None:
        _use_up(runtime, transaction, visitor, invitation, person)
        stored_pages.record_consent_record(transaction, runtime.vault, person, record)
        tokens.link = make_link(runtime, transaction, visitor, person, invitation.bearer)
        tokens.session = start_session(runtime, transaction, person=person)

    store_enrolment(runtime, visitor, enrolment, photos, granted=granted, also=hand_over)
    runtime.vault.destroy_keys([invitation.id], runtime.clock())
    return Accepted(person, record, tokens.link, tokens.session, enrolment.is_pending)


def _check(invitation: Invitation, acceptance: Acceptance) -> None:
    check_name(acceptance.name)
    if invitation.bearer is not Bearer.SELF:
        if not acceptance.given_by.strip():
            raise InvalidInput("Please give your own name too: you decide for somebody else.")
        check_name(acceptance.given_by)
    if not acceptance.purposes:
        raise ConsentMissing("Please tick at least one purpose, or close this page: then nothing is kept.")
    if set(acceptance.purposes) - set(invitation.purposes):
        raise InvalidInput("This invitation does not offer that purpose.")
    if not 1 <= len(acceptance.photos) <= MOST_PHOTOS:
        raise InvalidInput(f"Please add 1 to {MOST_PHOTOS} photos.")


def _write_consents(
    runtime: Runtime, invitation: Invitation, acceptance: Acceptance, person: PersonId
) -> tuple[ConsentRecord, tuple[Consent, ...]]:
    """Write the consents to what was ticked, and the record that is their evidence."""
    at = runtime.clock()
    terms = _make_terms(invitation, acceptance, person, at)
    with runtime.database.snapshot() as view:
        texts = read_purpose_texts(view, acceptance.language)
        drafted = [
            draft_consent(person, invitation.bearer.basis, texts[purpose], at, invitation.consent_end(at))
            for purpose in sorted(set(acceptance.purposes))
        ]
        return write_evidence(runtime, view, drafted, terms, texts)


def _make_terms(invitation: Invitation, acceptance: Acceptance, person: PersonId, at: datetime) -> RecordTerms:
    return RecordTerms(
        record=RecordId(make_identifier(RECORD_PREFIX)),
        receipt=make_identifier(RECEIPT_PREFIX),
        person=person,
        bearer=invitation.bearer,
        state=ConsentState.GIVEN,
        at=at,
        language=acceptance.language,
        name=acceptance.name.strip(),
        given_by=None if invitation.bearer is Bearer.SELF else acceptance.given_by.strip(),
        method=WEB_FORM,
    )


def _use_up(
    runtime: Runtime, transaction: Connection, visitor: Visitor, invitation: Invitation, person: PersonId
) -> None:
    """Use an invitation up, looked at again under the write lock: of two browsers one alone gets through."""
    at = runtime.clock()
    stored_invitations.load_invitation(transaction, invitation.id).require_open(at)
    stored_invitations.record_use(transaction, invitation.id, person, at)
    stored_pages.delete_invitation_sessions(transaction, invitation.id)
    fields = {"invitation": invitation.id, "change": InvitationState.USED.value, "person": person}
    record_entry(runtime, transaction, EntryKind.INVITATION_CHANGED, actor=visitor, at=at, fields=fields)
