"""Sign in with handle and password; what comes next depends on the member's second factor."""

from __future__ import annotations

from assent.errors import SignInFailed
from assent.mandates import Member
from assent.services.runtime import Runtime
from assent.services.sign_in.attempts import LONGEST_HANDLE, Origin, count_attempt, forgive_attempt
from assent.services.sign_in.passwords import hash_password, is_outdated, is_password
from assent.services.sign_in.steps import Progress, go_on
from assent.storage import accounts as stored_accounts
from assent.storage import mandates as stored_mandates


def sign_in_with_password(runtime: Runtime, *, handle: str, password: str, origin: Origin) -> Progress:
    """Judge handle and password. Raises SignInFailed, TooManyAttempts, or MemberSuspended to whoever knows both.

    An unknown handle costs the same work and gets the same answer as a wrong password.
    """
    handle = handle.strip().lower()[:LONGEST_HANDLE]
    counters = count_attempt(runtime, "password", handle, origin)
    with runtime.database.snapshot() as view:
        member = stored_mandates.look_for_member(view, runtime.vault, handle)
        known = None if member is None else stored_accounts.load_password(view, runtime.vault, member.id)
    if not is_password(known, password) or member is None or known is None:
        raise SignInFailed("Handle and password do not belong together.")
    forgive_attempt(runtime, counters)
    if is_outdated(known):
        with runtime.database.transaction() as transaction:
            at = runtime.clock()
            stored_accounts.record_password(transaction, runtime.vault, member.id, hash_password(password), at)
    return go_on(runtime, member, is_factor_shown=False, browser=origin.browser)


def require_password(runtime: Runtime, member: Member, password: str, origin: Origin) -> None:
    """Make sure that a signed-in member knows their password. Raises SignInFailed or TooManyAttempts."""
    counters = count_attempt(runtime, "confirm", member.id, origin)
    with runtime.database.snapshot() as view:
        known = stored_accounts.load_password(view, runtime.vault, member.id)
    if not is_password(known, password):
        raise SignInFailed("This is not your password.")
    forgive_attempt(runtime, counters)
