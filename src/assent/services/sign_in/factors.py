"""The second factor: codes from an authenticator app (RFC 6238), and recovery codes for the day it is lost."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

import pyotp

from assent.errors import InvalidInput, SignInFailed
from assent.mandates import Member
from assent.services.runtime import Runtime
from assent.services.sign_in.attempts import Origin, count_attempt, forgive_attempt
from assent.services.sign_in.steps import Progress, StepKind, find_step, go_on, read_member, use_step
from assent.storage import accounts as stored_accounts

RECOVERY_CODES = 10
_RECOVERY_LENGTH = 16
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_STEP_SECONDS = 30
_CODE_DIGITS = 6
_DRIFT_STEPS = 1
"""A clock may be one step off (RFC 6238, 5.2)."""


@dataclass(frozen=True, slots=True)
class TotpOffer:
    """A secret to put into an authenticator app, also as the address that its QR code holds."""

    secret: str
    uri: str


def offer_totp(runtime: Runtime, member: Member) -> TotpOffer:
    """Offer a secret: the same one until it is confirmed, so that going back in the browser does no harm."""
    with runtime.database.transaction() as transaction:
        found = stored_accounts.load_totp(transaction, runtime.vault, member.id)
        if found is not None and found.confirmed_at is not None:
            raise InvalidInput("An authenticator app is set up already; remove it first.")
        secret = pyotp.random_base32() if found is None else found.secret
        if found is None:
            stored_accounts.record_totp(transaction, runtime.vault, member.id, secret, runtime.clock())
    return TotpOffer(secret, pyotp.TOTP(secret).provisioning_uri(name=member.handle, issuer_name="Assent"))


def confirm_totp(runtime: Runtime, member: Member, code: str, origin: Origin) -> list[str]:
    """Confirm the offered secret with its first code; recovery codes come back, shown this once.

    Raises SignInFailed or TooManyAttempts.
    """
    counters = count_attempt(runtime, "factor", member.id, origin)
    if not _use_totp(runtime, member, code, is_confirmed=False):
        raise SignInFailed("This code is not right; it changes every 30 seconds.")
    forgive_attempt(runtime, counters)
    with runtime.database.transaction() as transaction:
        stored_accounts.record_event(transaction, member.id, "authenticator-added", runtime.clock(), by=None)
    return renew_recovery_codes(runtime, member)


def renew_recovery_codes(runtime: Runtime, member: Member) -> list[str]:
    """Make new recovery codes; the former ones are worth nothing from now on. Only hashes of them are kept."""
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    with runtime.database.transaction() as transaction:
        tags = [_recovery_tag(code) for code in codes]
        stored_accounts.record_recovery_codes(transaction, member.id, tags)
        stored_accounts.record_event(transaction, member.id, "recovery-codes-made", runtime.clock(), by=None)
    return ["-".join(code[start : start + 4] for start in range(0, _RECOVERY_LENGTH, 4)) for code in codes]


def sign_in_with_code(runtime: Runtime, step_token: str, code: str, origin: Origin) -> Progress:
    """Complete a sign-in with a code of either kind. Raises SignInFailed or TooManyAttempts."""
    step = find_step(runtime, step_token, StepKind.FACTOR)
    member = read_member(runtime, step)
    require_code(runtime, member, code, origin)
    use_step(runtime, step_token, StepKind.FACTOR)
    return go_on(runtime, member, is_factor_shown=True, browser=origin.browser, roles=step.roles)


def require_code(runtime: Runtime, member: Member, code: str, origin: Origin) -> None:
    """Make sure that a code is a current one of the app, or a recovery code, and use it up.

    Raises SignInFailed or TooManyAttempts.
    """
    counters = count_attempt(runtime, "factor", member.id, origin)
    typed = "".join(character for character in code.lower() if character.isalnum())
    if len(typed) == _CODE_DIGITS and typed.isascii() and typed.isdigit():
        is_right = _use_totp(runtime, member, typed, is_confirmed=True)
    else:
        with runtime.database.transaction() as transaction:
            is_right = stored_accounts.use_recovery_code(transaction, member.id, _recovery_tag(typed))
            if is_right:
                stored_accounts.record_event(transaction, member.id, "recovery-code-used", runtime.clock(), by=None)
    if not is_right:
        raise SignInFailed("This code is not right, or was used before.")
    forgive_attempt(runtime, counters)


def _use_totp(runtime: Runtime, member: Member, code: str, *, is_confirmed: bool) -> bool:
    """Compare with the codes of the steps around now, all of them; a step that was used, or an older one, is none."""
    at = runtime.clock()
    now = int(at.timestamp()) // _STEP_SECONDS
    typed = code.strip().replace(" ", "").encode()
    with runtime.database.transaction() as transaction:
        factor = stored_accounts.load_totp(transaction, runtime.vault, member.id)
        if factor is None or (factor.confirmed_at is not None) is not is_confirmed:
            return False
        codes = pyotp.TOTP(factor.secret)
        found = 0
        for step in range(now - _DRIFT_STEPS, now + _DRIFT_STEPS + 1):
            if hmac.compare_digest(codes.generate_otp(step).encode(), typed):
                found = step
        return found > 0 and stored_accounts.record_totp_use(transaction, member.id, found, at)


def _recovery_tag(code: str) -> bytes:
    # 16 of 31 characters are 79 random bits: more than can be tried, so a plain hash keeps them.
    return hashlib.sha256(f"assent recovery code v1 {code}".encode()).digest()
