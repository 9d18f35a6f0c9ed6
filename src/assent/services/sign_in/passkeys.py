"""Passkeys (W3C Web Authentication, Level 3): registered by a member, then shown instead of a password or beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import webauthn
from webauthn.helpers import base64url_to_bytes, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from assent.errors import InvalidInput, SignInFailed
from assent.mandates import Member
from assent.services.runtime import Runtime
from assent.services.sign_in.attempts import Origin
from assent.services.sign_in.steps import Progress, StepKind, derive, find_step, go_on, open_step, read_member, use_step
from assent.storage import accounts as stored_accounts
from assent.storage import mandates as stored_mandates
from assent.storage.accounts import Passkey

LONGEST_LABEL = 60
MOST_PASSKEYS = 10
_CHALLENGE = "challenge"
_NOT_RIGHT = "This passkey is not right, or belongs to nobody here."
_Outcome = TypeVar("_Outcome")


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """What a passkey is bound to: the host's name, and the exact origin of the page."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What the browser hands to the authenticator, and the token by which its answer is known again."""

    token: str
    options: str


def offer_registration(runtime: Runtime, member: Member, party: RelyingParty) -> Ceremony:
    """Ask a member's authenticator for a new passkey."""
    with runtime.database.snapshot() as view:
        known = stored_accounts.load_passkeys(view, runtime.vault, member.id)
    if len(known) >= MOST_PASSKEYS:
        raise InvalidInput(f"You have {MOST_PASSKEYS} passkeys; remove one first.")
    token = open_step(runtime, StepKind.REGISTRATION, member.id)
    options = webauthn.generate_registration_options(
        rp_id=party.host,
        rp_name="Assent",
        user_name=member.handle,
        # What an authenticator keeps to tell accounts apart; it names nobody.
        user_id=runtime.vault.tag("passkey-user", member.id),
        challenge=derive(token, _CHALLENGE),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=passkey.credential_id) for passkey in known],
    )
    return Ceremony(token, webauthn.options_to_json(options))


def register_passkey(
    runtime: Runtime, member: Member, *, token: str, answer: str, label: str, party: RelyingParty
) -> Passkey:
    """Register what the authenticator answered. Raises SignInFailed or InvalidInput."""
    step = use_step(runtime, token, StepKind.REGISTRATION)
    if step.member != member.id:
        raise SignInFailed(_NOT_RIGHT)
    verified = _judge(
        lambda: webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=derive(token, _CHALLENGE),
            expected_rp_id=party.host,
            expected_origin=party.origin,
        )
    )
    passkey = Passkey(
        tag=_tag_of(verified.credential_id),
        member=member.id,
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        label=" ".join(label.split())[:LONGEST_LABEL] or "passkey",
        made_at=runtime.clock(),
        used_at=None,
    )
    with runtime.database.transaction() as transaction:
        stored_accounts.record_passkey(transaction, runtime.vault, passkey)
        stored_accounts.record_event(transaction, member.id, "passkey-added", passkey.made_at, by=None)
    return passkey


def offer_assertion(runtime: Runtime, party: RelyingParty, member: Member | None = None) -> Ceremony:
    """Ask for a signature: by any passkey of this site, which then must verify its user, or by one of a member's."""
    token = open_step(runtime, StepKind.ASSERTION, None if member is None else member.id)
    allowed = []
    if member is not None:
        with runtime.database.snapshot() as view:
            allowed = stored_accounts.load_passkeys(view, runtime.vault, member.id)
    options = webauthn.generate_authentication_options(
        rp_id=party.host,
        challenge=derive(token, _CHALLENGE),
        allow_credentials=[PublicKeyCredentialDescriptor(id=passkey.credential_id) for passkey in allowed],
        user_verification=(
            UserVerificationRequirement.REQUIRED if member is None else UserVerificationRequirement.PREFERRED
        ),
    )
    return Ceremony(token, webauthn.options_to_json(options))


def sign_in_with_passkey(runtime: Runtime, *, token: str, answer: str, party: RelyingParty, origin: Origin) -> Progress:
    """Sign in by a passkey alone, which verified its user: it is both factors. Raises SignInFailed, MemberSuspended."""
    if use_step(runtime, token, StepKind.ASSERTION).member is not None:
        raise SignInFailed(_NOT_RIGHT)
    passkey = _check_assertion(runtime, token, answer, party, must_verify=True)
    with runtime.database.snapshot() as view:
        member = stored_mandates.find_member(view, runtime.vault, passkey.member)
    return go_on(runtime, member, is_factor_shown=True, browser=origin.browser)


def complete_with_passkey(
    runtime: Runtime, step_token: str, *, token: str, answer: str, party: RelyingParty, origin: Origin
) -> Progress:
    """Complete a sign-in that began otherwise. Raises SignInFailed or MemberSuspended."""
    step = find_step(runtime, step_token, StepKind.FACTOR)
    member = read_member(runtime, step)
    require_passkey(runtime, member, token=token, answer=answer, party=party)
    use_step(runtime, step_token, StepKind.FACTOR)
    return go_on(runtime, member, is_factor_shown=True, browser=origin.browser, roles=step.roles)


def require_passkey(
    runtime: Runtime, member: Member, *, token: str, answer: str, party: RelyingParty, must_verify: bool = False
) -> None:
    """Make sure that a member shows one of their own passkeys. Raises SignInFailed."""
    if use_step(runtime, token, StepKind.ASSERTION).member != member.id:
        raise SignInFailed(_NOT_RIGHT)
    if _check_assertion(runtime, token, answer, party, must_verify=must_verify).member != member.id:
        raise SignInFailed(_NOT_RIGHT)


def _check_assertion(runtime: Runtime, token: str, answer: str, party: RelyingParty, *, must_verify: bool) -> Passkey:
    credential = _judge(lambda: parse_authentication_credential_json(answer))
    tag = _tag_of(base64url_to_bytes(credential.id))
    with runtime.database.snapshot() as view:
        passkey = stored_accounts.find_passkey(view, runtime.vault, tag)
    if passkey is None:
        raise SignInFailed(_NOT_RIGHT)
    verified = _judge(
        lambda: webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=derive(token, _CHALLENGE),
            expected_rp_id=party.host,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=must_verify,
        )
    )
    with runtime.database.transaction() as transaction:
        stored_accounts.record_passkey_use(transaction, tag, verified.new_sign_count, runtime.clock())
    return passkey


def _judge(verify: Callable[[], _Outcome]) -> _Outcome:
    """Run a check of the library; whatever it finds wrong is one answer. Raises SignInFailed."""
    try:
        return verify()
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise SignInFailed(_NOT_RIGHT) from error


def _tag_of(credential_id: bytes) -> bytes:
    return hashlib.sha256(credential_id).digest()
