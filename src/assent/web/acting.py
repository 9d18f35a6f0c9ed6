"""Who acts: what a route demands of the member before it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from assent.mandates import Role
from assent.services.runtime import Runtime
from assent.services.sessions import SignedIn, find_signed_in
from assent.web import cookies

CHANNEL = "web"


class SignInNeeded(Exception):
    """Nobody is signed in, or the session ran out; the page answers with the way to sign in."""


class ConfirmationNeeded(Exception):
    """What is asked for takes password and factor once more."""


def read_runtime(request: Request) -> Runtime:
    """Find the deployment that this process serves."""
    runtime: Runtime = request.app.state.runtime
    return runtime


RuntimeHere = Annotated[Runtime, Depends(read_runtime)]


def find_acting(request: Request, runtime: RuntimeHere) -> SignedIn | None:
    """Find who is signed in, if anybody; kept for the page's own navigation."""
    token = request.cookies.get(cookies.SESSION)
    signed_in = find_signed_in(runtime, token, CHANNEL) if token else None
    request.state.signed_in = signed_in
    return signed_in


MaybeMember = Annotated[SignedIn | None, Depends(find_acting)]


def require(*roles: Role, is_confirmed: bool = False) -> Callable[..., SignedIn]:
    """Make a dependency: a signed-in member with one of the roles, confirmed lately where that is asked for.

    The dependency raises SignInNeeded, RoleMissing or ConfirmationNeeded.
    """

    def find_member(signed_in: MaybeMember, runtime: RuntimeHere) -> SignedIn:
        if signed_in is None:
            raise SignInNeeded
        if roles:
            signed_in.actor.require_role(*roles)
        if is_confirmed and not signed_in.is_confirmed(runtime.clock()):
            raise ConfirmationNeeded
        return signed_in

    return find_member


AnyMember = Annotated[SignedIn, Depends(require())]
Steward = Annotated[SignedIn, Depends(require(Role.STEWARD))]
Searcher = Annotated[SignedIn, Depends(require(Role.SEARCHER))]
Approver = Annotated[SignedIn, Depends(require(Role.APPROVER))]
Issuer = Annotated[SignedIn, Depends(require(Role.ISSUER))]
Overseer = Annotated[SignedIn, Depends(require(Role.OVERSEER))]
Administrator = Annotated[SignedIn, Depends(require(Role.ADMINISTRATOR))]
ConfirmedMember = Annotated[SignedIn, Depends(require(is_confirmed=True))]
ConfirmedIssuer = Annotated[SignedIn, Depends(require(Role.ISSUER, is_confirmed=True))]
ConfirmedOverseer = Annotated[SignedIn, Depends(require(Role.OVERSEER, is_confirmed=True))]
ConfirmedAdministrator = Annotated[SignedIn, Depends(require(Role.ADMINISTRATOR, is_confirmed=True))]
