"""A person's own page: what is held, which searches returned them, and every way to change or end it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from assent.errors import ConsentMissing, InvalidInput, NotFound
from assent.mandates import Visitor
from assent.people import LONGEST_NAME, PurposeSlug
from assent.services.correct_name import correct_name
from assent.services.download_own import download_own
from assent.services.give_consent import give_consent
from assent.services.person_sessions import end_person_session, open_personal_link
from assent.services.runtime import Runtime
from assent.services.show_own_page import find_own_record, read_own_photo, show_own_page
from assent.services.withdraw_own import withdraw_own
from assent.services.write_receipt import write_receipt_json, write_receipt_pdf
from assent.web import cookies, words
from assent.web.acting import RuntimeHere
from assent.web.errors import say_error
from assent.web.pages import redirect, render
from assent.web.visiting import VisitorHere
from assent.web.words import _

router = APIRouter()


@router.get("/p/{token}")
def follow_personal_link(request: Request, runtime: RuntimeHere, token: str) -> Response:
    """Exchange the link's token for a cookie and go on without it in the address."""
    response = redirect(request, "/me")
    cookies.put(response, cookies.PERSON, open_personal_link(runtime, token))
    return response


@router.get("/me")
def show_me(request: Request, runtime: RuntimeHere, visitor: VisitorHere) -> Response:
    """Show everything that is held."""
    return _render_page(request, runtime, visitor)


@router.get("/me/photos/{reference}")
def show_photo(runtime: RuntimeHere, visitor: VisitorHere, reference: str) -> Response:
    """Show one of the visitor's own photos."""
    return Response(read_own_photo(runtime, visitor, reference), media_type="image/jpeg")


@router.get("/me/receipts/{record}.json")
def download_receipt_json(runtime: RuntimeHere, visitor: VisitorHere, record: str) -> Response:
    """Hand a receipt over as JSON."""
    found = find_own_record(runtime, visitor, record)
    return _hand_over(write_receipt_json(found), "application/json", f"receipt-{found.id}.json")


@router.get("/me/receipts/{record}.pdf")
def download_receipt_pdf(runtime: RuntimeHere, visitor: VisitorHere, record: str) -> Response:
    """Hand a receipt over as PDF."""
    found = find_own_record(runtime, visitor, record)
    return _hand_over(write_receipt_pdf(found, _), "application/pdf", f"receipt-{found.id}.pdf")


@router.get("/me/download")
def download_everything(runtime: RuntimeHere, visitor: VisitorHere) -> Response:
    """Hand everything over as one ZIP."""
    packed = download_own(runtime, visitor, language=words.spoken().language, say=_)
    return _hand_over(packed, "application/zip", "assent.zip")


@router.post("/me/name")
def change_name(
    request: Request, runtime: RuntimeHere, visitor: VisitorHere, name: Annotated[str, Form()] = ""
) -> Response:
    """Correct the name."""
    try:
        correct_name(runtime, visitor, name)
    except InvalidInput as error:
        return _render_page(request, runtime, visitor, name=name[: LONGEST_NAME + 1], name_error=say_error(error))
    return redirect(request, "/me", _("The name was corrected."))


@router.post("/me/purposes")
def give_purposes(
    request: Request,
    runtime: RuntimeHere,
    visitor: VisitorHere,
    purpose: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Agree to more purposes, or to one again."""
    try:
        slugs = [PurposeSlug(slug) for slug in purpose or ()]
        give_consent(runtime, visitor, slugs, language=words.spoken().language)
    except (InvalidInput, ConsentMissing) as error:
        return _render_page(request, runtime, visitor, error=say_error(error))
    return redirect(request, "/me", _("Thank you. A receipt was added below."))


@router.post("/me/withdraw")
def withdraw(
    request: Request, runtime: RuntimeHere, visitor: VisitorHere, purpose: Annotated[str, Form()] = ""
) -> Response:
    """Withdraw one purpose, or everything: done with this request."""
    purposes = [PurposeSlug(purpose)] if purpose else None
    done = withdraw_own(runtime, visitor, purposes, language=words.spoken().language)
    if not done.is_erased:
        return redirect(request, "/me", _("Withdrawn. No search for this purpose can return you any more."))
    request.cookies.pop(cookies.PERSON, None)
    response = render(request, "person/withdrawn.html", done=done)
    cookies.drop(response, cookies.PERSON)
    return response


@router.post("/me/close")
def close_page(request: Request, runtime: RuntimeHere) -> Response:
    """Close the page in this browser; the personal link opens it again."""
    end_person_session(runtime, request.cookies.get(cookies.PERSON, ""))
    response = redirect(request, "/", _("Your page is closed in this browser. Your personal link opens it again."))
    cookies.drop(response, cookies.PERSON)
    return response


def _render_page(
    request: Request,
    runtime: Runtime,
    visitor: Visitor,
    *,
    error: str = "",
    name: str | None = None,
    name_error: str = "",
) -> Response:
    try:
        page = show_own_page(runtime, visitor, language=words.spoken().language)
    except NotFound:
        # Erased in another browser, or because every consent ran out, a moment ago.
        return render(request, "person/nothing.html", 404)
    return render(
        request,
        "person/me.html",
        422 if error or name_error else 200,
        page=page,
        error=error,
        name=page.person.name if name is None else name,
        name_error=name_error,
        longest_name=LONGEST_NAME,
    )


def _hand_over(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
