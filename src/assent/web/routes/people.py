"""For the steward: who is enrolled, what is held of one person, enrolling here and now, withdrawing on their behalf."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, File, Form, Path, Query, Request, Response, UploadFile

from assent.errors import ConsentMissing, EvidenceSpent, InvalidInput
from assent.people import (
    Basis,
    Bearer,
    Enrolment,
    PersonId,
    PersonState,
    PurposeSlug,
    Told,
    parse_day,
    parse_end,
    parse_evidence_digest,
)
from assent.services.define_purpose import list_purposes
from assent.services.delay_disclosure import list_delays
from assent.services.enrol_person import enrol_person
from assent.services.inform_kin import show_wish
from assent.services.list_people import list_people, show_portrait
from assent.services.renew_personal_link import find_bearer, renew_personal_link
from assent.services.runtime import Runtime
from assent.services.sessions import SignedIn
from assent.services.show_person import show_person
from assent.services.withdraw_person import withdraw_person
from assent.web import steward_words
from assent.web.acting import RuntimeHere, Steward
from assent.web.errors import say_error
from assent.web.one_time_links import show_link
from assent.web.pages import redirect, render
from assent.web.uploads import read_upload
from assent.web.words import _

router = APIRouter()

PersonPath = Annotated[str, Path(pattern=r"^p_[a-z2-7]{16}$")]
ReferencePath = Annotated[str, Path(pattern=r"^r_[a-z2-7]{16}$")]
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
JPEG = "image/jpeg"
MOST_EVIDENCE_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class EnrolmentForm:
    """What a steward typed; shown again where something lacks. Files have to be chosen again: browsers insist."""

    name: str = ""
    purposes: list[str] = field(default_factory=list)
    text_version: str = ""
    evidence: str = ""
    valid_from: str = ""
    valid_until: str = ""
    basis: str = Basis.CONSENT.value
    registered_by: str = ""
    reference: str = ""


@router.get("/people")
def show_list(
    request: Request, runtime: RuntimeHere, steward: Steward, page: PageNumber = 1, waiting: str = ""
) -> Response:
    """List the people, newest first, or those registered by next of kin whom nobody has checked yet."""
    return _list(request, runtime, steward, page=page, is_waiting=bool(waiting))


@router.post("/people/find")
def find_one(
    request: Request, runtime: RuntimeHere, steward: Steward, reference: Annotated[str, Form()] = ""
) -> Response:
    """Find somebody by the number of their form, which stands in no address."""
    found = list_people(runtime, steward.actor, file_reference=reference).people if reference.strip() else ()
    if not found:
        error = _("Nobody is enrolled under this reference.")
        return _list(request, runtime, steward, page=1, is_waiting=False, typed=reference, error=error)
    return redirect(request, f"/people/{found[0].id}")


@router.get("/people/new")
def show_new(request: Request, runtime: RuntimeHere, _steward: Steward) -> Response:
    """Ask for everything that an enrolment takes."""
    return _ask_for_enrolment(request, runtime, EnrolmentForm(valid_from=f"{runtime.clock():%Y-%m-%d}"))


@router.post("/people")
def enrol(
    request: Request,
    runtime: RuntimeHere,
    steward: Steward,
    *,
    name: Annotated[str, Form()] = "",
    purpose: Annotated[list[str] | None, Form()] = None,
    text_version: Annotated[str, Form()] = "",
    evidence: Annotated[str, Form()] = "",
    valid_from: Annotated[str, Form()] = "",
    valid_until: Annotated[str, Form()] = "",
    basis: Annotated[str, Form()] = Basis.CONSENT.value,
    registered_by: Annotated[str, Form()] = "",
    reference: Annotated[str, Form()] = "",
    photos: Annotated[list[UploadFile] | None, File()] = None,
    evidence_file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Enrol somebody with photos and a signed form."""
    typed = EnrolmentForm(
        name, purpose or [], text_version, evidence, valid_from, valid_until, basis, registered_by, reference
    )
    try:
        enrolment = _read_enrolment(runtime, typed, photos or [], evidence_file)
        enrolled = enrol_person(runtime, steward.actor, enrolment)
    except (InvalidInput, ConsentMissing, EvidenceSpent) as error:
        return _ask_for_enrolment(request, runtime, typed, say_error(error))
    return redirect(request, f"/people/{enrolled.person}", _("Enrolled. This person can be found from now on."))


@router.get("/people/{person}")
def show_one(request: Request, runtime: RuntimeHere, steward: Steward, person: PersonPath) -> Response:
    """Show what is held of a person, and which looks at the gallery returned them."""
    return show_person_page(request, runtime, steward, person)


@router.get("/people/{person}/photos/{reference}.jpg")
def show_photo(runtime: RuntimeHere, steward: Steward, person: PersonPath, reference: ReferencePath) -> Response:
    """Show one portrait."""
    return Response(show_portrait(runtime, steward.actor, PersonId(person), reference), media_type=JPEG)


@router.post("/people/{person}/link")
def renew_link(request: Request, runtime: RuntimeHere, steward: Steward, person: PersonPath) -> Response:
    """Make a new personal link, shown this once; the old one is dead."""
    token = renew_personal_link(runtime, steward.actor, person)
    return show_link(request, f"/p/{token}", "people/link.html", person=person)


@router.get("/people/{person}/withdraw")
def ask_withdrawal(request: Request, runtime: RuntimeHere, steward: Steward, person: PersonPath) -> Response:
    """Ask what is to be withdrawn."""
    return _ask_withdrawal(request, runtime, steward, person)


@router.post("/people/{person}/withdraw")
def withdraw(
    request: Request,
    runtime: RuntimeHere,
    steward: Steward,
    person: PersonPath,
    purpose: Annotated[list[str] | None, Form()] = None,
    everything: Annotated[str, Form()] = "",
) -> Response:
    """Withdraw consent on a person's behalf; what nothing entitles us to hold any longer is destroyed at once."""
    if not everything and not purpose:
        error = _("Choose what is to be withdrawn, or everything.")
        return _ask_withdrawal(request, runtime, steward, person, error)
    purposes = None if everything else [PurposeSlug(slug) for slug in purpose or []]
    done = withdraw_person(runtime, steward.actor, PersonId(person), purposes)
    if done.is_erased:
        return redirect(request, "/people", _("Withdrawn. Everything held about this person is destroyed."))
    return redirect(request, f"/people/{person}", _("Withdrawn. Other consents remain."))


def show_person_page(
    request: Request, runtime: Runtime, steward: SignedIn, person: str, error: str = "", text: str = ""
) -> Response:
    """Render a person's page, with the sentence about what could not be done with it."""
    page = show_person(runtime, steward.actor, PersonId(person))
    bearer = find_bearer(runtime, steward.actor, person)
    return render(
        request,
        "people/show.html",
        422 if error else 200,
        page=page,
        person=page.person,
        at=runtime.clock(),
        bearer=bearer,
        wish=show_wish(runtime, steward.actor, person) if bearer is Bearer.NEXT_OF_KIN else None,
        told=list(Told),
        typed_text=text,
        delays=list_delays(runtime, steward.actor),
        is_pending=page.person.state is PersonState.PENDING,
        is_registration=page.person.basis is Basis.NEXT_OF_KIN,
        error=error,
        say=steward_words,
    )


def _list(
    request: Request,
    runtime: Runtime,
    steward: SignedIn,
    *,
    page: int,
    is_waiting: bool,
    typed: str = "",
    error: str = "",
) -> Response:
    state = PersonState.PENDING if is_waiting else None
    waiting = list_people(runtime, steward.actor, state=PersonState.PENDING).total
    return render(
        request,
        "people/list.html",
        422 if error else 200,
        listed=list_people(runtime, steward.actor, page=page, state=state),
        waiting=waiting,
        is_waiting=is_waiting,
        at=runtime.clock(),
        typed=typed,
        error=error,
        say=steward_words,
    )


def _ask_for_enrolment(request: Request, runtime: Runtime, typed: EnrolmentForm, error: str = "") -> Response:
    bases = [(basis.value, _(steward_words.BASES[basis])) for basis in Basis]
    return render(
        request,
        "people/new.html",
        422 if error else 200,
        typed=typed,
        error=error,
        bases=bases,
        purposes=list_purposes(runtime),
    )


def _ask_withdrawal(request: Request, runtime: Runtime, steward: SignedIn, person: str, error: str = "") -> Response:
    found = show_person(runtime, steward.actor, PersonId(person)).person
    at = runtime.clock()
    return render(
        request,
        "people/withdraw.html",
        422 if error else 200,
        person=found,
        purposes=found.purposes_in_force(at),
        error=error,
    )


def _read_enrolment(
    runtime: Runtime, typed: EnrolmentForm, photos: list[UploadFile], evidence_file: UploadFile | None
) -> Enrolment:
    most = runtime.settings.max_image_bytes
    if typed.basis not in set(Basis):
        raise InvalidInput(f"The basis must be one of: {', '.join(Basis)}.")
    if evidence_file is not None and evidence_file.filename:
        # The form itself stays with the organisation: what is kept is the digest that shows it unchanged.
        digest = hashlib.sha256(read_upload(evidence_file, MOST_EVIDENCE_BYTES)).hexdigest()
    else:
        digest = parse_evidence_digest(typed.evidence)
    return Enrolment(
        name=typed.name.strip(),
        photos=tuple(read_upload(photo, most) for photo in photos if photo.filename),
        purposes=tuple(PurposeSlug(slug) for slug in typed.purposes),
        text_version=typed.text_version.strip() or _find_text_version(runtime, typed.purposes),
        evidence_digest=digest,
        valid_from=parse_day(typed.valid_from),
        valid_until=parse_end(typed.valid_until) if typed.valid_until.strip() else None,
        basis=Basis(typed.basis),
        registered_by=typed.registered_by.strip() or None,
        file_reference=typed.reference.strip() or None,
    )


def _find_text_version(runtime: Runtime, chosen: list[str]) -> str:
    """Take the version in force where the purposes have the same one."""
    versions = {purpose.text_version for purpose in list_purposes(runtime) if purpose.slug in chosen}
    if len(versions) > 1:
        raise InvalidInput("The purposes have texts of different versions; say which version was signed.")
    return versions.pop() if versions else "none"
