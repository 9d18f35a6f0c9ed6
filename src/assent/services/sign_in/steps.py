"""The steps of signing in: what was proven so far is remembered by the server, the browser holds a token for it.

Whatever else a step needs (a challenge, a state, a nonce) is derived from that token, so that nothing of it is stored.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from assent.errors import SignInFailed
from assent.mandates import Member, MemberId, Role
from assent.services.runtime import Runtime
from assent.services.sessions import open_session, tag_of
from assent.services.sign_in.limits import read_limits
from assent.storage import accounts as stored_accounts
from assent.storage import mandates as stored_mandates
from assent.storage import sign_in as stored_sign_in
from assent.storage.sign_in import Step

STEP_LIFETIME = timedelta(minutes=15)


class StepKind(StrEnum):
    """What comes next."""

    FACTOR = "factor"
    """A second factor is asked for."""
    ENROL = "enrol"
    """A second factor must be set up first."""
    ASSERTION = "assertion"
    """An authenticator was asked to sign a challenge."""
    REGISTRATION = "registration"
    """An authenticator was asked for a new passkey."""
    PROVIDER = "provider"
    """The browser was sent to the identity provider."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far somebody got: a token for a session, or one for the step that comes next."""

    member: MemberId
    session: str | None = None
    browser: str = ""
    step: str | None = None
    kind: StepKind | None = None


def open_step(runtime: Runtime, kind: StepKind, member: MemberId | None, roles: frozenset[Role] | None = None) -> str:
    """Remember a step; the browser's token for it comes back."""
    token, at = secrets.token_urlsafe(32), runtime.clock()
    with runtime.database.transaction() as transaction:
        stored_sign_in.delete_steps_before(transaction, at)
        stored_sign_in.record_step(transaction, Step(tag_of(token), kind, member, roles, at + STEP_LIFETIME))
    return token


def find_step(runtime: Runtime, token: str, *kinds: StepKind) -> Step:
    """Find the step that a browser is at. Raises SignInFailed where there is none of these kinds."""
    with runtime.database.snapshot() as view:
        step = stored_sign_in.find_step(view, tag_of(token))
    if step is None or step.kind not in kinds or step.expires_at <= runtime.clock():
        raise SignInFailed("This step of signing in is over; please start again.")
    return step


def use_step(runtime: Runtime, token: str, *kinds: StepKind) -> Step:
    """Use a step up; nobody takes it twice. Raises SignInFailed."""
    step = find_step(runtime, token, *kinds)
    with runtime.database.transaction() as transaction:
        if not stored_sign_in.use_step(transaction, step.tag):
            raise SignInFailed("This step of signing in is over; please start again.")
    return step


def derive(token: str, what: str) -> bytes:
    """Derive one of a step's secrets from its token (HMAC-SHA-256)."""
    return hmac.digest(token.encode(), f"assent sign-in v1 {what}".encode(), "sha256")


def derive_text(token: str, what: str) -> str:
    """Derive a secret as 43 letters, digits, hyphens and underscores."""
    return base64.urlsafe_b64encode(derive(token, what)).rstrip(b"=").decode()


def read_member(runtime: Runtime, step: Step) -> Member:
    """Read whose step it is. Raises SignInFailed for nobody's, MemberSuspended."""
    if step.member is None:
        raise SignInFailed("This step of signing in belongs to nobody; please start again.")
    with runtime.database.snapshot() as view:
        member = stored_mandates.find_member(view, runtime.vault, step.member)
    member.require_active()
    return member


def has_factor(runtime: Runtime, member: MemberId) -> bool:
    """Tell whether a member has a second factor: confirmed codes, or a passkey."""
    with runtime.database.snapshot() as view:
        totp = stored_accounts.load_totp(view, runtime.vault, member)
        is_confirmed = totp is not None and totp.confirmed_at is not None
        return is_confirmed or bool(stored_accounts.load_passkeys(view, runtime.vault, member))


def complete_step(runtime: Runtime, token: str, browser: str) -> Progress:
    """Sign in somebody who had to set up a factor first, and has. Raises SignInFailed or MemberSuspended."""
    step = use_step(runtime, token, StepKind.ENROL)
    return go_on(runtime, read_member(runtime, step), is_factor_shown=True, browser=browser, roles=step.roles)


def go_on(
    runtime: Runtime, member: Member, *, is_factor_shown: bool, browser: str, roles: frozenset[Role] | None = None
) -> Progress:
    """Decide what comes after somebody proved who they are: a session, a factor, or setting one up first.

    Raises MemberSuspended.
    """
    member.require_active()
    if not is_factor_shown and has_factor(runtime, member.id):
        step = open_step(runtime, StepKind.FACTOR, member.id, roles)
        return Progress(member.id, step=step, kind=StepKind.FACTOR)
    with runtime.database.snapshot() as view:
        needs_factor = read_limits(runtime, view).needs_second_factor
    if not is_factor_shown and needs_factor:
        return Progress(member.id, step=open_step(runtime, StepKind.ENROL, member.id, roles), kind=StepKind.ENROL)
    browser = browser or secrets.token_urlsafe(32)
    with runtime.database.transaction() as transaction:
        stored_sign_in.record_browser(transaction, tag_of(browser), member.id, runtime.clock())
    return Progress(member.id, session=open_session(runtime, member.id, roles), browser=browser)
