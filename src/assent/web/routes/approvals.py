"""For the approver: what waits, everything that a decision needs, and the decision."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response

from assent.errors import InvalidInput, NotFound
from assent.mandates import RequestState
from assent.services.decide_request import (
    ShownRequest,
    approve_request,
    list_requests,
    name_holders,
    refuse_request,
    show_request,
)
from assent.services.examine_photo import examine_photo
from assent.services.runtime import Runtime
from assent.services.sessions import SignedIn
from assent.web import search_words
from assent.web.acting import Approver, RuntimeHere
from assent.web.errors import say_error
from assent.web.pages import redirect, render
from assent.web.words import _

router = APIRouter()

SearchPath = Annotated[str, Path(pattern=r"^s_[a-z2-7]{16}$")]


@router.get("/approvals")
def show_queue(request: Request, runtime: RuntimeHere, approver: Approver) -> Response:
    """Show the requests that wait, urgent ones first, and those that were decided."""
    mine = approver.actor.member.id
    requests = list_requests(runtime, approver.actor)
    waiting = [pending for pending in requests if pending.state is RequestState.PENDING]
    return render(
        request,
        "approvals/queue.html",
        waiting=sorted(waiting, key=lambda pending: (not pending.is_urgent, pending.requested_at)),
        decided=[pending for pending in reversed(requests) if pending.state is not RequestState.PENDING],
        mine=mine,
        names=name_holders(runtime, approver.actor),
        say=search_words,
    )


@router.get("/approvals/{search}")
def show_one(request: Request, runtime: RuntimeHere, approver: Approver, search: SearchPath) -> Response:
    """Show one request with all that a decision needs."""
    return _show(request, runtime, approver, search)


@router.get("/approvals/{search}/photo.jpg")
def show_photo(runtime: RuntimeHere, approver: Approver, search: SearchPath) -> Response:
    """Show the photo of a request; of an urgent search the portrait."""
    return Response(_require_photo(show_request(runtime, approver.actor, search)), media_type="image/jpeg")


@router.get("/approvals/{search}/face.jpg")
def show_face(runtime: RuntimeHere, approver: Approver, search: SearchPath) -> Response:
    """Show the face that is asked for."""
    shown = show_request(runtime, approver.actor, search)
    wanted = shown.pending.face_number or 1
    for face in examine_photo(runtime, _require_photo(shown)):
        if face.number == wanted:
            return Response(face.portrait, media_type="image/jpeg")
    raise NotFound(f"The photo has no face {wanted}.")


@router.post("/approvals/{search}/approve")
def approve(request: Request, runtime: RuntimeHere, approver: Approver, search: SearchPath) -> Response:
    """Approve a request of somebody else."""
    try:
        approve_request(runtime, approver.actor, search)
    except InvalidInput as error:
        return _show(request, runtime, approver, search, error=say_error(error))
    return redirect(request, "/approvals", _("Approved. The searcher can run it once."))


@router.post("/approvals/{search}/refuse")
def refuse(
    request: Request,
    runtime: RuntimeHere,
    approver: Approver,
    search: SearchPath,
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Refuse a request of somebody else, for a reason."""
    try:
        refuse_request(runtime, approver.actor, search, reason)
    except InvalidInput as error:
        return _show(request, runtime, approver, search, error=say_error(error), reason=reason)
    return redirect(request, "/approvals", _("Refused. The reason is on record."))


def _show(
    request: Request, runtime: Runtime, approver: SignedIn, search: str, *, error: str = "", reason: str = ""
) -> Response:
    shown = show_request(runtime, approver.actor, search)
    mine = approver.actor.member.id
    return render(
        request,
        "approvals/show.html",
        422 if error else 200,
        shown=shown,
        is_own=mine in {shown.pending.holder, shown.licence.holder},
        is_waiting=shown.pending.state is RequestState.PENDING,
        names=name_holders(runtime, approver.actor),
        error=error,
        reason=reason,
        say=search_words,
    )


def _require_photo(shown: ShownRequest) -> bytes:
    if shown.photo is None:
        raise NotFound("The photo is not kept any more.")
    return shown.photo
