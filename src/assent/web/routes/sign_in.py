"""Signing in and out, and the second factor that completes it."""

from __future__ import annotations

from typing import Annotated, Any

import segno
from fastapi import APIRouter, Form, Request, Response
from markupsafe import Markup

from assent.errors import AssentError, SignInFailed
from assent.mandates import Member
from assent.services.runtime import Runtime
from assent.services.sessions import end_session
from assent.services.sign_in.factors import TotpOffer, confirm_totp, offer_totp, renew_recovery_codes, sign_in_with_code
from assent.services.sign_in.passkeys import (
    complete_with_passkey,
    offer_assertion,
    offer_registration,
    register_passkey,
    sign_in_with_passkey,
)
from assent.services.sign_in.provider import has_provider
from assent.services.sign_in.sign_in_with_password import sign_in_with_password
from assent.services.sign_in.steps import Progress, StepKind, complete_step, find_step, read_member
from assent.web import cookies
from assent.web.acting import MaybeMember, RuntimeHere
from assent.web.errors import say_error
from assent.web.pages import redirect, render
from assent.web.signing import go_on, offer, origin_of, own_path, party_of, put_session, show_again
from assent.web.words import _

router = APIRouter()

NextPath = Annotated[str, Form(alias="next")]
Typed = Annotated[str, Form(max_length=2_000)]
Answer = Annotated[str, Form(max_length=20_000)]


@router.get("/sign-in")
def show_sign_in(request: Request, runtime: RuntimeHere, signed_in: MaybeMember, next: str = "/") -> Response:  # noqa: A002 (the name in the address)
    """Ask for handle and password, or for a passkey."""
    if signed_in is not None:
        return redirect(request, own_path(next))
    return render(request, "sign_in/sign_in.html", error="", **_doors(runtime, next))


@router.post("/sign-in")
def sign_in(
    request: Request, runtime: RuntimeHere, handle: Typed, password: Typed, next_path: NextPath = "/"
) -> Response:
    """Judge handle and password."""
    try:
        origin = origin_of(request)
        progress = sign_in_with_password(runtime, handle=handle, password=password, origin=origin)
    except AssentError as error:
        return show_again(request, "sign_in/sign_in.html", error, **_doors(runtime, next_path, handle))
    return go_on(request, progress, next_path)


@router.post("/sign-in/passkey/options")
def ask_for_passkey(request: Request, runtime: RuntimeHere) -> Response:
    """Ask for any passkey of this site."""
    return offer(offer_assertion(runtime, party_of(request)))


@router.post("/sign-in/passkey")
def sign_in_by_passkey(request: Request, runtime: RuntimeHere, answer: Answer, next_path: NextPath = "/") -> Response:
    """Judge a passkey."""
    token = request.cookies.get(cookies.CHALLENGE, "")
    try:
        progress = sign_in_with_passkey(
            runtime, token=token, answer=answer, party=party_of(request), origin=origin_of(request)
        )
    except AssentError as error:
        return show_again(request, "sign_in/sign_in.html", error, **_doors(runtime, next_path))
    return go_on(request, progress, next_path)


@router.post("/sign-out")
def sign_out(request: Request, runtime: RuntimeHere) -> Response:
    """End this browser's session."""
    end_session(runtime, request.cookies.get(cookies.SESSION, ""))
    response = redirect(request, "/", _("You are signed out."))
    for name in (cookies.SESSION, cookies.STEP, cookies.CHALLENGE):
        cookies.drop(response, name)
    return response


# --- the second factor -------------------------------------------------------------------------------------------


@router.get("/sign-in/factor")
def show_factor(request: Request, runtime: RuntimeHere, next: str = "/") -> Response:  # noqa: A002
    """Ask for a code or a passkey."""
    try:
        _member_at(request, runtime, StepKind.FACTOR)
    except SignInFailed as error:
        return _start_again(request, error)
    return render(request, "sign_in/factor.html", next=own_path(next), error="")


@router.post("/sign-in/factor")
def show_code(request: Request, runtime: RuntimeHere, code: Typed, next_path: NextPath = "/") -> Response:
    """Judge a code."""
    try:
        progress = sign_in_with_code(runtime, _step(request), code, origin_of(request))
    except AssentError as error:
        return show_again(request, "sign_in/factor.html", error, next=own_path(next_path))
    return go_on(request, progress, next_path)


@router.post("/sign-in/factor/options")
def ask_for_own_passkey(request: Request, runtime: RuntimeHere) -> Response:
    """Ask for one of the member's passkeys."""
    return offer(offer_assertion(runtime, party_of(request), _member_at(request, runtime, StepKind.FACTOR)))


@router.post("/sign-in/factor/passkey")
def show_passkey(request: Request, runtime: RuntimeHere, answer: Answer, next_path: NextPath = "/") -> Response:
    """Judge the passkey that completes a sign-in."""
    token = request.cookies.get(cookies.CHALLENGE, "")
    try:
        progress = complete_with_passkey(
            runtime, _step(request), token=token, answer=answer, party=party_of(request), origin=origin_of(request)
        )
    except AssentError as error:
        return show_again(request, "sign_in/factor.html", error, next=own_path(next_path))
    return go_on(request, progress, next_path)


# --- the first second factor -------------------------------------------------------------------------------------


@router.get("/sign-in/enrol")
def show_enrol(request: Request, runtime: RuntimeHere, next: str = "/") -> Response:  # noqa: A002
    """Ask somebody without a second factor to set one up."""
    try:
        member = _member_at(request, runtime, StepKind.ENROL)
    except SignInFailed as error:
        return _start_again(request, error)
    return render(request, "sign_in/enrol.html", next=own_path(next), error="", **_drawn(offer_totp(runtime, member)))


@router.post("/sign-in/enrol")
def enrol_authenticator(request: Request, runtime: RuntimeHere, code: Typed, next_path: NextPath = "/") -> Response:
    """Confirm an authenticator app by its first code; sign in; show the recovery codes this once."""
    member = _member_at(request, runtime, StepKind.ENROL)
    try:
        codes = confirm_totp(runtime, member, code, origin_of(request))
    except AssentError as error:
        drawn = _drawn(offer_totp(runtime, member))
        return show_again(request, "sign_in/enrol.html", error, next=own_path(next_path), **drawn)
    return _show_codes(request, complete_step(runtime, _step(request), origin_of(request).browser), codes, next_path)


@router.post("/sign-in/enrol/options")
def ask_for_new_passkey(request: Request, runtime: RuntimeHere) -> Response:
    """Ask for a new passkey."""
    return offer(offer_registration(runtime, _member_at(request, runtime, StepKind.ENROL), party_of(request)))


@router.post("/sign-in/enrol/passkey")
def enrol_passkey(
    request: Request, runtime: RuntimeHere, answer: Answer, label: Typed = "", next_path: NextPath = "/"
) -> Response:
    """Register the first passkey; sign in; show the recovery codes this once."""
    member = _member_at(request, runtime, StepKind.ENROL)
    token = request.cookies.get(cookies.CHALLENGE, "")
    try:
        register_passkey(runtime, member, token=token, answer=answer, label=label, party=party_of(request))
    except AssentError as error:
        drawn = _drawn(offer_totp(runtime, member))
        return show_again(request, "sign_in/enrol.html", error, next=own_path(next_path), **drawn)
    codes = renew_recovery_codes(runtime, member)
    return _show_codes(request, complete_step(runtime, _step(request), origin_of(request).browser), codes, next_path)


def draw_code(uri: str) -> Markup:
    """Draw a QR code (ISO/IEC 18004) as SVG without any style of its own."""
    return Markup(segno.make(uri, error="m").svg_inline(scale=5, border=3, omitsize=False))  # noqa: S704 (drawn here)


def _doors(runtime: Runtime, next_path: str, handle: str = "") -> dict[str, Any]:
    provider = runtime.settings.provider_name if has_provider(runtime) else ""
    return {"next": own_path(next_path), "handle": handle, "provider": provider}


def _step(request: Request) -> str:
    return request.cookies.get(cookies.STEP, "")


def _member_at(request: Request, runtime: Runtime, kind: StepKind) -> Member:
    return read_member(runtime, find_step(runtime, _step(request), kind))


def _start_again(request: Request, error: AssentError) -> Response:
    return redirect(request, "/sign-in", say_error(error))


def _drawn(offered: TotpOffer) -> dict[str, Any]:
    return {"secret": offered.secret, "drawing": draw_code(offered.uri)}


def _show_codes(request: Request, progress: Progress, codes: list[str], next_path: str) -> Response:
    response = render(request, "sign_in/codes.html", codes=codes, next=own_path(next_path))
    put_session(request, response, progress)
    return response
