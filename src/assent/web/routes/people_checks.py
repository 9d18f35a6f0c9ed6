"""For the steward: consents about to end, people enrolled twice, registrations by next of kin and what kin are told."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request, Response, UploadFile

from assent.errors import ConsentMissing, InvalidInput, NotFound, QuotaExhausted
from assent.mandates import MOST_DUPLICATES
from assent.people import PersonId, Told, parse_end
from assent.services.check_duplicates import check_duplicates, show_duplicate_check
from assent.services.check_registration import confirm_registration, renew_registration
from assent.services.define_purpose import list_purposes
from assent.services.delay_disclosure import LONGEST_DELAY, delay_disclosure
from assent.services.inform_kin import inform_kin
from assent.services.list_people import list_expiring
from assent.services.runtime import Runtime
from assent.services.sessions import SignedIn
from assent.services.show_person import show_person
from assent.web import steward_words
from assent.web.acting import RuntimeHere, Steward
from assent.web.errors import say_error
from assent.web.pages import redirect, render
from assent.web.routes.people import PageNumber, PersonPath, show_person_page
from assent.web.uploads import read_upload
from assent.web.words import _

router = APIRouter()

SearchPath = Annotated[str, Path(pattern=r"^s_[a-z2-7]{16}$")]
CheckPath = Annotated[str, Path(pattern=r"^x_[a-z2-7]{16}$")]
DAYS_AHEAD = (30, 60, 90)


@router.get("/people/expiring")
def show_expiring(
    request: Request,
    runtime: RuntimeHere,
    steward: Steward,
    days: Annotated[int, Query(ge=1, le=366)] = DAYS_AHEAD[0],
    page: PageNumber = 1,
) -> Response:
    """List consents and registrations that are about to end, each with what to do next."""
    return render(
        request,
        "people/expiring.html",
        listed=list_expiring(runtime, steward.actor, days=days, page=page),
        days=days,
        choices=DAYS_AHEAD,
        at=runtime.clock(),
        say=steward_words,
    )


@router.get("/people/duplicates")
def ask_duplicates(request: Request, runtime: RuntimeHere, _steward: Steward) -> Response:
    """Ask for the photo and the form of somebody who is about to be enrolled."""
    return _ask_for_photo(request, runtime)


@router.post("/people/duplicates")
def look_for_duplicates(
    request: Request,
    runtime: RuntimeHere,
    steward: Steward,
    *,
    photo: UploadFile,
    purpose: Annotated[str, Form()] = "",
    form_reference: Annotated[str, Form()] = "",
) -> Response:
    """Look for somebody among those who consented; on record before the look, and shown at an address of its own."""
    try:
        content = read_upload(photo, runtime.settings.max_image_bytes)
        done = check_duplicates(runtime, steward.actor, content, purpose=purpose, form_reference=form_reference)
    except (InvalidInput, QuotaExhausted) as error:
        typed = {"purpose": purpose, "form_reference": form_reference}
        return _ask_for_photo(request, runtime, typed, say_error(error))
    return redirect(request, f"/people/duplicates/{done.check.id}")


@router.get("/people/duplicates/{check}")
def show_duplicates(request: Request, runtime: RuntimeHere, steward: Steward, check: CheckPath) -> Response:
    """Show whom a check named, as leads to look at beside the form; nobody is the normal outcome."""
    checked = show_duplicate_check(runtime, steward.actor, check)
    return render(request, "people/duplicates.html", checked=checked, most=MOST_DUPLICATES)


@router.post("/people/{person}/confirm")
def confirm(request: Request, runtime: RuntimeHere, steward: Steward, person: PersonPath) -> Response:
    """Make somebody findable whose registration by next of kin was checked."""
    try:
        confirm_registration(runtime, steward.actor, person)
    except InvalidInput as error:
        return show_person_page(request, runtime, steward, person, say_error(error))
    return redirect(request, f"/people/{person}", _("The registration is confirmed; this person can be found now."))


@router.post("/people/{person}/renew")
def renew(
    request: Request, runtime: RuntimeHere, steward: Steward, person: PersonPath, until: Annotated[str, Form()] = ""
) -> Response:
    """Let a registration that was reviewed hold until another day."""
    try:
        renew_registration(runtime, steward.actor, person, parse_end(until))
    except (InvalidInput, ConsentMissing) as error:
        return show_person_page(request, runtime, steward, person, say_error(error))
    return redirect(request, f"/people/{person}", _("The registration was reviewed and holds longer now."))


@router.post("/people/{person}/kin")
def tell_kin(
    request: Request,
    runtime: RuntimeHere,
    steward: Steward,
    person: PersonPath,
    told: Annotated[Told, Form()],
    text: Annotated[str, Form()] = "",
) -> Response:
    """Record what somebody who was found agreed that their family learns."""
    try:
        inform_kin(runtime, steward.actor, person, told, text)
    except InvalidInput as error:
        return show_person_page(request, runtime, steward, person, say_error(error), text)
    return redirect(request, f"/people/{person}", _("Recorded. The family's page says exactly this, and nothing else."))


@router.get("/people/{person}/searches/{search}/delay")
def ask_delay(
    request: Request, runtime: RuntimeHere, steward: Steward, person: PersonPath, search: SearchPath
) -> Response:
    """Ask why a person is to be told of a search later, and when."""
    return _ask_for_delay(request, runtime, steward, person, search)


@router.post("/people/{person}/searches/{search}/delay")
def delay(
    request: Request,
    runtime: RuntimeHere,
    steward: Steward,
    person: PersonPath,
    search: SearchPath,
    *,
    until: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Put off telling the people whom a search returned, until a day that is fixed; the ledger says so."""
    _require_returned(runtime, steward, person, search)
    try:
        delay_disclosure(runtime, steward.actor, search, until=parse_end(until), reason=reason)
    except InvalidInput as error:
        typed = {"until": until, "reason": reason}
        return _ask_for_delay(request, runtime, steward, person, search, typed, say_error(error))
    return redirect(
        request, f"/people/{person}", _("Recorded. The search is told on the day chosen, without anybody's help.")
    )


def _require_returned(runtime: Runtime, steward: SignedIn, person: str, search: str) -> None:
    page = show_person(runtime, steward.actor, PersonId(person))
    if search not in {known.id for known in page.searches}:
        raise NotFound("No such search returned this person.")


def _ask_for_delay(
    request: Request,
    runtime: Runtime,
    steward: SignedIn,
    person: str,
    search: str,
    typed: dict[str, str] | None = None,
    error: str = "",
) -> Response:
    _require_returned(runtime, steward, person, search)
    return render(
        request,
        "people/delay.html",
        422 if error else 200,
        person=person,
        search=search,
        longest=LONGEST_DELAY.days,
        typed=typed or {"until": "", "reason": ""},
        error=error,
    )


def _ask_for_photo(
    request: Request, runtime: Runtime, typed: dict[str, str] | None = None, error: str = ""
) -> Response:
    return render(
        request,
        "people/ask_duplicates.html",
        422 if error else 200,
        typed=typed or {"purpose": "", "form_reference": ""},
        purposes=list_purposes(runtime),
        error=error,
    )
