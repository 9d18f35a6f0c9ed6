"""One-time links, and the way through an identity provider: what leads into an account from outside."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from assent.errors import AssentError, LinkSpent
from assent.mandates import SHORTEST_PASSWORD
from assent.services.runtime import Runtime
from assent.services.sign_in.links import find_link, use_link
from assent.services.sign_in.provider import RETURN_PATH, come_back, depart
from assent.services.sign_in.provider_connection import ProviderConnection
from assent.services.sign_in.steps import STEP_LIFETIME
from assent.web import cookies
from assent.web.acting import ConfirmedMember, MaybeMember, RuntimeHere
from assent.web.errors import say_error
from assent.web.pages import absolute_url, redirect, render
from assent.web.signing import go_on, origin_of, show_again
from assent.web.words import _

router = APIRouter()

LINK_SECONDS = 3600
Password = Annotated[str, Form(max_length=2_000)]


@router.get("/welcome/{token}")
def open_link(request: Request, token: str) -> Response:
    """Take a link's token out of the address at once; looking at a link does not use it up."""
    response = redirect(request, "/welcome")
    cookies.put(response, cookies.LINK, token[:100], seconds=LINK_SECONDS)
    return response


@router.get("/welcome")
def show_welcome(request: Request, runtime: RuntimeHere) -> Response:
    """Ask for a new password."""
    try:
        return render(request, "sign_in/welcome.html", error="", **_describe(request, runtime))
    except LinkSpent as error:
        return redirect(request, "/sign-in", say_error(error))


@router.post("/welcome")
def set_password(request: Request, runtime: RuntimeHere, password: Password, repeated: Password) -> Response:
    """Set the password; the link is dead from now on."""
    described = _describe(request, runtime)
    try:
        token, browser = request.cookies.get(cookies.LINK, ""), origin_of(request).browser
        progress = use_link(runtime, token, password=password, repeated=repeated, browser=browser)
    except AssentError as error:
        return show_again(request, "sign_in/welcome.html", error, **described)
    response = go_on(request, progress, "/")
    cookies.drop(response, cookies.LINK)
    return response


def _describe(request: Request, runtime: Runtime) -> dict[str, Any]:
    link = find_link(runtime, request.cookies.get(cookies.LINK, ""))
    return {"handle": link.handle, "kind": link.kind, "shortest": SHORTEST_PASSWORD}


# --- the identity provider ---------------------------------------------------------------------------------------


@router.get("/sign-in/provider")
def go_to_provider(request: Request, runtime: RuntimeHere) -> Response:
    """Send the browser to the identity provider to sign in."""
    departure = depart(runtime, _connection(request), return_to=absolute_url(request, RETURN_PATH), member=None)
    return _leave(departure.address, departure.token)


@router.get("/account/provider")
def go_to_connect(request: Request, runtime: RuntimeHere, signed_in: ConfirmedMember) -> Response:
    """Send the browser to the identity provider to connect the member's account there."""
    return_to, member = absolute_url(request, RETURN_PATH), signed_in.actor.member
    departure = depart(runtime, _connection(request), return_to=return_to, member=member)
    return _leave(departure.address, departure.token)


@router.get(RETURN_PATH)
def return_from_provider(request: Request, runtime: RuntimeHere, signed_in: MaybeMember) -> Response:
    """Judge what the provider sent back."""
    try:
        progress = come_back(
            runtime,
            _connection(request),
            token=request.cookies.get(cookies.CHALLENGE, ""),
            answer=dict(request.query_params),
            return_to=absolute_url(request, RETURN_PATH),
            origin=origin_of(request),
            connecting=None if signed_in is None else signed_in.actor,
        )
    except AssentError as error:
        return redirect(request, "/sign-in" if signed_in is None else "/account", say_error(error))
    if progress is None:
        return redirect(request, "/account", _("Your account is connected."))
    return go_on(request, progress, "/")


def _connection(request: Request) -> ProviderConnection:
    return getattr(request.app.state, "provider_connection", None) or ProviderConnection()


def _leave(address: str, token: str) -> Response:
    response = RedirectResponse(address, 303)
    cookies.put(response, cookies.CHALLENGE, token, seconds=int(STEP_LIFETIME.total_seconds()))
    return response
