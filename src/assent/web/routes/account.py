"""My account: password, factors, sessions and what happened; and showing once more that it is really the member."""

from __future__ import annotations

import hmac
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from assent.errors import AssentError, SignInFailed
from assent.mandates import SHORTEST_PASSWORD
from assent.services.api_tokens import list_tokens
from assent.services.runtime import Runtime
from assent.services.sessions import SignedIn, confirm_session, end_session_of, end_sessions
from assent.services.sign_in.factors import confirm_totp, offer_totp, renew_recovery_codes
from assent.services.sign_in.own_account import (
    acknowledge_news,
    change_password,
    confirm_identity,
    remove_authenticator,
    remove_passkey,
    show_own_account,
)
from assent.services.sign_in.passkeys import offer_assertion, offer_registration, register_passkey, require_passkey
from assent.services.sign_in.provider import disconnect, has_provider
from assent.web import cookies
from assent.web.acting import AnyMember, ConfirmedMember, RuntimeHere
from assent.web.errors import say_error
from assent.web.pages import redirect, render
from assent.web.routes.sign_in import draw_code
from assent.web.signing import offer, origin_of, own_path, party_of, show_again
from assent.web.words import _

router = APIRouter()

Typed = Annotated[str, Form(max_length=2_000)]
Answer = Annotated[str, Form(max_length=20_000)]
NextPath = Annotated[str, Form(alias="next")]
Tag = Annotated[str, Form(pattern="^[0-9a-f]{64}$")]


@router.get("/account")
def show_account(request: Request, runtime: RuntimeHere, signed_in: AnyMember) -> Response:
    """Show what is set up, where the member is signed in, and what happened."""
    return render(request, "account/show.html", error="", **_describe(runtime, signed_in))


@router.post("/account/seen")
def acknowledge(request: Request, runtime: RuntimeHere, signed_in: AnyMember) -> Response:
    """Note that the member has seen what others did."""
    acknowledge_news(runtime, signed_in)
    return redirect(request, "/account")


@router.post("/account/password")
def set_password(
    request: Request, runtime: RuntimeHere, signed_in: AnyMember, current: Typed, password: Typed, repeated: Typed
) -> Response:
    """Change the password."""
    try:
        origin = origin_of(request)
        change_password(runtime, signed_in, current=current, password=password, repeated=repeated, origin=origin)
    except AssentError as error:
        return show_again(request, "account/show.html", error, **_describe(runtime, signed_in))
    notice = _("Your password is changed, and your other sessions are ended.")
    return _confirmed(request, runtime, signed_in, "/account", notice)


# --- factors -----------------------------------------------------------------------------------------------------


@router.get("/account/authenticator")
def show_authenticator(request: Request, runtime: RuntimeHere, signed_in: ConfirmedMember) -> Response:
    """Offer a secret for an authenticator app."""
    offered = offer_totp(runtime, signed_in.actor.member)
    drawing = draw_code(offered.uri)
    return render(request, "account/authenticator.html", error="", secret=offered.secret, drawing=drawing)


@router.post("/account/authenticator")
def add_authenticator(request: Request, runtime: RuntimeHere, signed_in: ConfirmedMember, code: Typed) -> Response:
    """Confirm the app by its first code, and show the recovery codes this once."""
    member = signed_in.actor.member
    try:
        codes = confirm_totp(runtime, member, code, origin_of(request))
    except AssentError as error:
        offered = offer_totp(runtime, member)
        drawn = {"secret": offered.secret, "drawing": draw_code(offered.uri)}
        return show_again(request, "account/authenticator.html", error, **drawn)
    return render(request, "sign_in/codes.html", codes=codes, next="/account")


@router.post("/account/authenticator/remove")
def take_authenticator(request: Request, runtime: RuntimeHere, signed_in: ConfirmedMember) -> Response:
    """Remove the authenticator app."""
    remove_authenticator(runtime, signed_in.actor)
    return redirect(request, "/account", _("The authenticator app is removed."))


@router.post("/account/recovery-codes")
def make_recovery_codes(request: Request, runtime: RuntimeHere, signed_in: ConfirmedMember) -> Response:
    """Make new recovery codes and show them this once."""
    codes = renew_recovery_codes(runtime, signed_in.actor.member)
    return render(request, "sign_in/codes.html", codes=codes, next="/account")


@router.post("/account/passkeys/options")
def ask_for_new_passkey(request: Request, runtime: RuntimeHere, signed_in: ConfirmedMember) -> Response:
    """Ask for a new passkey."""
    return offer(offer_registration(runtime, signed_in.actor.member, party_of(request)))


@router.post("/account/passkeys")
def add_passkey(
    request: Request, runtime: RuntimeHere, signed_in: ConfirmedMember, answer: Answer, label: Typed = ""
) -> Response:
    """Register a passkey."""
    token, party = request.cookies.get(cookies.CHALLENGE, ""), party_of(request)
    try:
        register_passkey(runtime, signed_in.actor.member, token=token, answer=answer, label=label, party=party)
    except AssentError as error:
        return show_again(request, "account/show.html", error, **_describe(runtime, signed_in))
    return redirect(request, "/account", _("The passkey is added."))


@router.post("/account/passkeys/remove")
def take_passkey(request: Request, runtime: RuntimeHere, signed_in: ConfirmedMember, tag: Tag) -> Response:
    """Remove a passkey."""
    remove_passkey(runtime, signed_in.actor, bytes.fromhex(tag))
    return redirect(request, "/account", _("The passkey is removed."))


@router.post("/account/provider/disconnect")
def leave_provider(request: Request, runtime: RuntimeHere, signed_in: ConfirmedMember) -> Response:
    """End the link to the identity provider."""
    disconnect(runtime, signed_in.actor)
    return redirect(request, "/account", _("Your account is no longer connected."))


# --- sessions ----------------------------------------------------------------------------------------------------


@router.post("/account/sessions/end")
def end_one_session(request: Request, runtime: RuntimeHere, signed_in: AnyMember, tag: Tag) -> Response:
    """End one of one's own sessions."""
    end_session_of(runtime, signed_in.actor.member.id, bytes.fromhex(tag))
    return redirect(request, "/account", _("The session is ended."))


@router.post("/account/sessions/end-others")
def end_other_sessions(request: Request, runtime: RuntimeHere, signed_in: AnyMember) -> Response:
    """End all of one's sessions but this one."""
    end_sessions(runtime, signed_in.actor.member.id, but=signed_in.session.tag)
    return redirect(request, "/account", _("Your other sessions are ended."))


# --- confirming --------------------------------------------------------------------------------------------------


@router.get("/confirm")
def show_confirm(request: Request, runtime: RuntimeHere, signed_in: AnyMember, next: str = "/") -> Response:  # noqa: A002 (the name in the address)
    """Ask a signed-in member to show once more who they are."""
    return render(request, "sign_in/confirm.html", error="", **_ask(runtime, signed_in, next))


@router.post("/confirm")
def confirm(
    request: Request,
    runtime: RuntimeHere,
    signed_in: AnyMember,
    password: Typed,
    code: Typed = "",
    next_path: NextPath = "/",
) -> Response:
    """Judge password and code."""
    try:
        confirm_identity(runtime, signed_in, password=password, code=code, origin=origin_of(request))
    except AssentError as error:
        return show_again(request, "sign_in/confirm.html", error, **_ask(runtime, signed_in, next_path))
    return _confirmed(request, runtime, signed_in, next_path)


@router.post("/confirm/options")
def ask_for_own_passkey(request: Request, runtime: RuntimeHere, signed_in: AnyMember) -> Response:
    """Ask for one of the member's passkeys."""
    return offer(offer_assertion(runtime, party_of(request), signed_in.actor.member))


@router.post("/confirm/passkey")
def confirm_by_passkey(
    request: Request, runtime: RuntimeHere, signed_in: AnyMember, answer: Answer, next_path: NextPath = "/"
) -> Response:
    """Judge a passkey, which must have verified its user."""
    token, member, party = request.cookies.get(cookies.CHALLENGE, ""), signed_in.actor.member, party_of(request)
    try:
        require_passkey(runtime, member, token=token, answer=answer, party=party, must_verify=True)
    except AssentError as error:
        return show_again(request, "sign_in/confirm.html", error, **_ask(runtime, signed_in, next_path))
    return _confirmed(request, runtime, signed_in, next_path)


def _confirmed(request: Request, runtime: Runtime, signed_in: SignedIn, next_path: str, notice: str = "") -> Response:
    token = confirm_session(runtime, signed_in)
    if token is None:
        return redirect(request, "/sign-in", say_error(SignInFailed("This session has ended.")))
    response = redirect(request, own_path(next_path), notice)
    cookies.put(response, cookies.SESSION, token)
    return response


def _ask(runtime: Runtime, signed_in: SignedIn, next_path: str) -> dict[str, Any]:
    account = show_own_account(runtime, signed_in)
    return {"account": account, "next": own_path(next_path)}


def _describe(runtime: Runtime, signed_in: SignedIn) -> dict[str, Any]:
    account = show_own_account(runtime, signed_in)
    this = signed_in.session.tag
    return {
        "account": account,
        "tokens": list_tokens(runtime, signed_in.actor),
        "at": runtime.clock(),
        "sessions": [(session, hmac.compare_digest(session.tag, this)) for session in account.sessions],
        "provider": runtime.settings.provider_name if has_provider(runtime) else "",
        "shortest": SHORTEST_PASSWORD,
    }
