"""For searchers and stewards: cases, opened and closed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request, Response

from assent.errors import InvalidInput, NotFound
from assent.mandates import Role
from assent.people import PurposeSlug
from assent.services.close_case import close_case
from assent.services.define_purpose import list_purposes
from assent.services.open_case import list_cases, open_case
from assent.services.runtime import Runtime
from assent.services.sessions import SignedIn
from assent.web.acting import RuntimeHere, require
from assent.web.errors import say_error
from assent.web.pages import redirect, render
from assent.web.words import _

router = APIRouter()

CaseWorker = Annotated[SignedIn, Depends(require(Role.SEARCHER, Role.STEWARD))]
CasePath = Annotated[str, Path(pattern=r"^c_[a-z2-7]{16}$")]


@router.get("/cases")
def show_cases(request: Request, runtime: RuntimeHere, member: CaseWorker) -> Response:
    """List cases: one's own, or for a steward all."""
    return _show(request, runtime, member)


@router.post("/cases")
def add_case(
    request: Request,
    runtime: RuntimeHere,
    member: CaseWorker,
    number: Annotated[str, Form()] = "",
    purpose: Annotated[str, Form()] = "",
) -> Response:
    """Open a case."""
    try:
        open_case(runtime, member.actor, number=number, purpose=PurposeSlug(purpose))
    except InvalidInput as error:
        return _show(request, runtime, member, number=number, purpose=purpose, error=say_error(error))
    return redirect(request, "/cases", _("The case is open."))


@router.post("/cases/{case}/close")
def end_case(request: Request, runtime: RuntimeHere, member: CaseWorker, case: CasePath) -> Response:
    """Close a case of one's own, or as a steward any."""
    number = next((found.number for found in list_cases(runtime, member.actor) if found.id == case), "")
    if not number:
        raise NotFound("There is no such case of yours.")
    try:
        close_case(runtime, member.actor, number)
    except InvalidInput as error:
        return _show(request, runtime, member, error=say_error(error))
    return redirect(request, "/cases", _("The case is closed; nobody searches in it any more."))


def _show(
    request: Request, runtime: Runtime, member: SignedIn, *, number: str = "", purpose: str = "", error: str = ""
) -> Response:
    return render(
        request,
        "cases/cases.html",
        422 if error else 200,
        cases=sorted(list_cases(runtime, member.actor), key=lambda case: case.opened_at, reverse=True),
        purposes=[(slug, slug) for slug in sorted(found.slug for found in list_purposes(runtime))],
        number=number,
        purpose=purpose,
        error=error,
    )
