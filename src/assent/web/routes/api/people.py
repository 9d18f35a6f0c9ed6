"""People through the API, for stewards: listed, shown, enrolled, withdrawn; and invitations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response, UploadFile
from pydantic import Field

from assent.errors import NotFound
from assent.people import Basis, Bearer, Enrolment, InvitationState, Person, PersonId, PersonState, PurposeSlug
from assent.services.enrol_person import enrol_person
from assent.services.invite_person import invite_person, list_invitations, revoke_invitation
from assent.services.list_people import list_people, show_portrait
from assent.services.runtime import Runtime
from assent.services.show_person import show_person
from assent.services.withdraw_person import withdraw_person
from assent.web.acting import RuntimeHere
from assent.web.pages import absolute_url
from assent.web.routes.api.bearers import PeopleReader, PeopleWriter
from assent.web.routes.api.documents import (
    Document,
    InvitationPath,
    Moment,
    PersonPath,
    Picture,
    ReferencePath,
    Sent,
    Slug,
    bounded,
    jpeg,
)
from assent.web.uploads import read_upload

router = APIRouter(tags=["people"])

MOST_PHOTOS = 20
MOST_PURPOSES = 64


class ConsentDocument(Document):
    """A person's agreement to one purpose."""

    id: str
    purpose: str
    basis: Basis
    text_version: str
    valid_from: datetime
    valid_until: datetime | None
    withdrawn_at: datetime | None


class PersonDocument(Document):
    """Somebody who can be found, or was registered as missing."""

    id: str
    name: str
    basis: Basis
    state: PersonState
    enrolled_at: datetime
    file_reference: str | None
    consents: list[ConsentDocument]
    references: list[str]


class PeopleDocument(Document):
    """A page of the people, newest first."""

    people: list[PersonDocument]
    page: int
    pages: int
    total: int


class EnrolmentForm(Sent):
    """A person with photos, and the agreement that covers some purposes."""

    photos: Annotated[list[UploadFile], Field(min_length=1, max_length=MOST_PHOTOS)]
    name: Annotated[str, bounded(200, 1)]
    purposes: Annotated[list[Slug], Field(min_length=1, max_length=MOST_PURPOSES)]
    text_version: Slug
    evidence_digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the signed form")]
    valid_from: Moment
    valid_until: Moment | None = None
    basis: Basis = Basis.CONSENT
    registered_by: Annotated[str, bounded(200)] | None = None
    file_reference: Annotated[str, bounded(100)] | None = None


class EnrolledDocument(Document):
    """Somebody who can be found from now on."""

    person: str
    references: list[str]


class WithdrawalSent(Sent):
    """Which consents end: those to these purposes, or all where none is named."""

    purposes: Annotated[list[Slug] | None, Field(max_length=MOST_PURPOSES)] = None


class WithdrawalDocument(Document):
    """What a withdrawal ended; `is_erased` when nothing of the person is left."""

    person: str
    purposes: list[str]
    is_erased: bool


class InvitationDocument(Document):
    """An invitation; its link is told once, when it is made."""

    id: str
    bearer: Bearer
    purposes: list[str]
    language: str
    invited_at: datetime
    expires_at: datetime
    state: InvitationState
    note: str | None


class MadeInvitationDocument(Document):
    """A new invitation with its link, which is told this once."""

    id: str
    link: str
    expires_at: datetime


class InvitationSent(Sent):
    """Whom to invite, and to what."""

    bearer: Bearer = Bearer.SELF
    purposes: Annotated[list[Slug], Field(min_length=1, max_length=MOST_PURPOSES)]
    language: Annotated[str, Field(pattern=r"^(en|nl|fr)$")] = "en"
    note: Annotated[str, bounded(200)] = ""
    days: Annotated[int, Field(ge=1, le=90)] = 14
    consent_days: Annotated[int | None, Field(ge=1, le=36_500)] = None


@router.get("/people")
def list_all(
    runtime: RuntimeHere, bearer: PeopleReader, page: Annotated[int, Query(ge=1, le=1_000_000)] = 1
) -> PeopleDocument:
    """List the people, newest first, a page at a time."""
    found = list_people(runtime, bearer.actor, page=page)
    return PeopleDocument(
        people=[describe_person(person) for person in found.people],
        page=found.page,
        pages=found.pages,
        total=found.total,
    )


@router.get("/people/{person}")
def show_one(runtime: RuntimeHere, bearer: PeopleReader, person: PersonPath) -> PersonDocument:
    """Show what is held about a person."""
    return describe_person(show_person(runtime, bearer.actor, PersonId(person)).person)


@router.get("/people/{person}/references/{reference}/portrait", response_class=Picture, responses=jpeg())
def show_reference(runtime: RuntimeHere, bearer: PeopleReader, person: PersonPath, reference: ReferencePath) -> Picture:
    """Show one portrait of a person."""
    return Picture(show_portrait(runtime, bearer.actor, PersonId(person), reference))


@router.post("/people", status_code=201)
def enrol(
    runtime: RuntimeHere, bearer: PeopleWriter, sent: Annotated[EnrolmentForm, Form(media_type="multipart/form-data")]
) -> EnrolledDocument:
    """Enrol a person from a signed form; all or nothing."""
    enrolled = enrol_person(runtime, bearer.actor, _read_enrolment(runtime, sent))
    return EnrolledDocument(person=enrolled.person, references=list(enrolled.references))


@router.post("/people/{person}/withdraw")
def withdraw(
    runtime: RuntimeHere, bearer: PeopleWriter, person: PersonPath, sent: WithdrawalSent
) -> WithdrawalDocument:
    """Withdraw a person's consent on their behalf; where none is left, everything is destroyed."""
    purposes = None if sent.purposes is None else [PurposeSlug(purpose) for purpose in sent.purposes]
    return WithdrawalDocument.model_validate(withdraw_person(runtime, bearer.actor, PersonId(person), purposes))


@router.get("/invitations")
def list_all_invitations(runtime: RuntimeHere, bearer: PeopleReader) -> list[InvitationDocument]:
    """List all invitations, the newest first."""
    return [
        InvitationDocument(
            id=shown.invitation.id,
            bearer=shown.invitation.bearer,
            purposes=list(shown.invitation.purposes),
            language=shown.invitation.language,
            invited_at=shown.invitation.invited_at,
            expires_at=shown.invitation.expires_at,
            state=shown.state,
            note=shown.note,
        )
        for shown in list_invitations(runtime, bearer.actor)
    ]


@router.post("/invitations", status_code=201)
def invite(
    request: Request, runtime: RuntimeHere, bearer: PeopleWriter, sent: InvitationSent
) -> MadeInvitationDocument:
    """Invite somebody to enrol themselves, a child or ward, or a relative they miss."""
    invited = invite_person(
        runtime,
        bearer.actor,
        bearer=sent.bearer,
        purposes=[PurposeSlug(purpose) for purpose in sent.purposes],
        language=sent.language,
        note=sent.note,
        days=sent.days,
        consent_days=sent.consent_days,
    )
    return MadeInvitationDocument(
        id=invited.invitation.id,
        link=absolute_url(request, f"/i/{invited.token}"),
        expires_at=invited.invitation.expires_at,
    )


@router.delete("/invitations/{invitation}", status_code=204)
def take_back(runtime: RuntimeHere, bearer: PeopleWriter, invitation: InvitationPath) -> Response:
    """Take an invitation back."""
    revoke_invitation(runtime, bearer.actor, invitation)
    return Response(status_code=204)


def describe_person(person: Person) -> PersonDocument:
    """Describe a person to a steward."""
    if person.state is PersonState.WITHDRAWING:
        raise NotFound(f"There is no person {person.id}.")
    return PersonDocument.model_validate(person)


def _read_enrolment(runtime: Runtime, sent: EnrolmentForm) -> Enrolment:
    most = runtime.settings.max_image_bytes
    return Enrolment(
        name=sent.name,
        photos=tuple(read_upload(photo, most) for photo in sent.photos),
        purposes=tuple(PurposeSlug(purpose) for purpose in sent.purposes),
        text_version=sent.text_version,
        evidence_digest=sent.evidence_digest,
        valid_from=sent.valid_from,
        valid_until=sent.valid_until,
        basis=sent.basis,
        registered_by=sent.registered_by,
        file_reference=sent.file_reference,
    )
