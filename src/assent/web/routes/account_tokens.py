"""For every member: tokens of their own for programs, made, shown once, revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response

from assent.errors import InvalidInput
from assent.mandates.api_token import LONGEST_LABEL, LONGEST_LIFETIME, USUAL_LIFETIME, Scope, list_scopes
from assent.services.api_tokens import MadeToken, list_tokens, make_token, revoke_token
from assent.services.runtime import Runtime
from assent.services.sessions import SignedIn
from assent.web.acting import AnyMember, ConfirmedMember, RuntimeHere
from assent.web.errors import say_error
from assent.web.navigation import N_
from assent.web.pages import redirect, render
from assent.web.words import _

router = APIRouter()

SCOPES = {
    Scope.SEARCHES_READ: N_("See searches and cases"),
    Scope.SEARCHES_WRITE: N_("Search, open and close cases"),
    Scope.APPROVALS: N_("Decide on requests"),
    Scope.REVIEWS: N_("Review candidates"),
    Scope.PEOPLE_READ: N_("See people and invitations"),
    Scope.PEOPLE_WRITE: N_("Enrol, withdraw and invite people"),
    Scope.LICENCES_READ: N_("See licences"),
    Scope.LICENCES_WRITE: N_("Issue and change licences"),
    Scope.OVERSIGHT: N_("Count searches"),
}
TokenPath = Annotated[str, Path(pattern=r"^t_[a-z2-7]{16}$")]


@router.get("/account/tokens")
def show_tokens(request: Request, runtime: RuntimeHere, member: AnyMember) -> Response:
    """List one's own tokens."""
    return _show(request, runtime, member)


@router.post("/account/tokens")
def create_token(
    request: Request,
    runtime: RuntimeHere,
    member: ConfirmedMember,
    label: Annotated[str, Form(max_length=200)] = "",
    scopes: Annotated[list[Scope] | None, Form()] = None,
    days: Annotated[int, Form(ge=1, le=LONGEST_LIFETIME.days)] = USUAL_LIFETIME.days,
) -> Response:
    """Make a token; it is shown on this page and never again."""
    try:
        made = make_token(runtime, member.actor, label=label, scopes=scopes or [], lifetime=timedelta(days=days))
    except InvalidInput as error:
        return _show(request, runtime, member, 422, error=say_error(error), label=label, chosen=scopes or [], days=days)
    return _show(request, runtime, member, made=made)


@router.post("/account/tokens/{token}/revoke")
def end_token(request: Request, runtime: RuntimeHere, member: AnyMember, token: TokenPath) -> Response:
    """Revoke one of one's own tokens."""
    revoke_token(runtime, member.actor, token)
    return redirect(request, "/account/tokens", _("The token is revoked; it opens nothing from now on."))


def _show(
    request: Request,
    runtime: Runtime,
    member: SignedIn,
    status: int = 200,
    *,
    made: MadeToken | None = None,
    error: str = "",
    label: str = "",
    chosen: list[Scope] | None = None,
    days: int = USUAL_LIFETIME.days,
) -> Response:
    return render(
        request,
        "account/tokens.html",
        status,
        tokens=list_tokens(runtime, member.actor),
        at=runtime.clock(),
        made=made,
        scopes=[(scope, SCOPES[scope]) for scope in list_scopes(member.actor.member.roles)],
        error=error,
        label=label,
        chosen=chosen or [],
        days=days,
        most_days=LONGEST_LIFETIME.days,
        longest_label=LONGEST_LABEL,
    )
