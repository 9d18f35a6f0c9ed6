"""One's own account: what is set up, what happened to it, and changing the password or a factor."""

from __future__ import annotations

from dataclasses import dataclass

from assent.errors import InvalidInput, NotFound
from assent.mandates import Actor, MemberId, check_password
from assent.services.runtime import Runtime
from assent.services.sessions import SignedIn, list_sessions
from assent.services.sign_in.attempts import Origin
from assent.services.sign_in.factors import require_code
from assent.services.sign_in.limits import read_limits
from assent.services.sign_in.links import note_change
from assent.services.sign_in.passwords import hash_password
from assent.services.sign_in.sign_in_with_password import require_password
from assent.storage import Connection
from assent.storage import accounts as stored_accounts
from assent.storage import sessions as stored_sessions
from assent.storage import sign_in as stored_sign_in
from assent.storage.accounts import AccountEvent, Passkey
from assent.storage.sessions import Session

EVENTS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """What a member sees of their own account."""

    has_password: bool
    has_authenticator: bool
    passkeys: list[Passkey]
    recovery_codes: int
    is_at_provider: bool
    sessions: list[Session]
    events: list[AccountEvent]
    has_news: bool


def show_own_account(runtime: Runtime, signed_in: SignedIn) -> OwnAccount:
    """Show what is set up and what happened."""
    member = signed_in.actor.member.id
    with runtime.database.snapshot() as view:
        totp = stored_accounts.load_totp(view, runtime.vault, member)
        return OwnAccount(
            has_password=stored_accounts.load_password(view, runtime.vault, member) is not None,
            has_authenticator=totp is not None and totp.confirmed_at is not None,
            passkeys=stored_accounts.load_passkeys(view, runtime.vault, member),
            recovery_codes=stored_accounts.count_recovery_codes(view, member),
            is_at_provider=stored_accounts.has_identity(view, member),
            sessions=list_sessions(runtime, member),
            events=stored_accounts.load_events(view, member, EVENTS_SHOWN),
            has_news=stored_accounts.has_unseen_events(view, member),
        )


def has_news(runtime: Runtime, member: MemberId) -> bool:
    """Tell whether somebody did something to the account that the member has not seen."""
    with runtime.database.snapshot() as view:
        return stored_accounts.has_unseen_events(view, member)


def acknowledge_news(runtime: Runtime, signed_in: SignedIn) -> None:
    """Note that the member has seen what others did to the account; it stays listed."""
    with runtime.database.transaction() as transaction:
        stored_accounts.record_events_seen(transaction, signed_in.actor.member.id)


def confirm_identity(runtime: Runtime, signed_in: SignedIn, *, password: str, code: str, origin: Origin) -> None:
    """Make sure that whoever sits there is the member: by password, and by a code where a factor is set up.

    Raises SignInFailed or TooManyAttempts.
    """
    member = signed_in.actor.member
    require_password(runtime, member, password, origin)
    with runtime.database.snapshot() as view:
        has_factor = _has_factor(runtime, view, signed_in)
    if has_factor:
        require_code(runtime, member, code, origin)


def change_password(
    runtime: Runtime, signed_in: SignedIn, *, current: str, password: str, repeated: str, origin: Origin
) -> None:
    """Change one's password; all other sessions end.

    Raises SignInFailed for a wrong current one, TooManyAttempts, InvalidInput for a new one that will not do.
    """
    member, at = signed_in.actor.member, runtime.clock()
    if password != repeated:
        raise InvalidInput("The two passwords differ.")
    new = check_password(password, handle=member.handle)
    require_password(runtime, member, current, origin)
    password_hash = hash_password(new)
    with runtime.database.transaction() as transaction:
        stored_accounts.record_password(transaction, runtime.vault, member.id, password_hash, at)
        stored_sessions.delete_sessions(transaction, member.id, but=signed_in.session.tag)
        stored_sign_in.delete_steps(transaction, member.id)
        stored_sign_in.delete_links(transaction, member.id)
        note_change(runtime, transaction, member, "password-changed", actor=signed_in.actor)


def remove_passkey(runtime: Runtime, actor: Actor, tag: bytes) -> None:
    """Remove one's own passkey. Raises NotFound, or InvalidInput for the last factor where one is needed."""
    member = actor.member
    with runtime.database.transaction() as transaction:
        totp = stored_accounts.load_totp(transaction, runtime.vault, member.id)
        others = len(stored_accounts.load_passkeys(transaction, runtime.vault, member.id)) - 1
        _require_another(
            runtime, transaction, is_left=others > 0 or (totp is not None and totp.confirmed_at is not None)
        )
        if not stored_accounts.delete_passkeys(transaction, member.id, tag):
            raise NotFound("You have no such passkey.")
        stored_accounts.record_event(transaction, member.id, "passkey-removed", runtime.clock(), by=None)


def remove_authenticator(runtime: Runtime, actor: Actor) -> None:
    """Remove one's authenticator app. Raises InvalidInput for the last factor where one is needed."""
    member = actor.member
    with runtime.database.transaction() as transaction:
        left = stored_accounts.load_passkeys(transaction, runtime.vault, member.id)
        _require_another(runtime, transaction, is_left=bool(left))
        stored_accounts.delete_totp(transaction, member.id)
        stored_accounts.record_event(transaction, member.id, "authenticator-removed", runtime.clock(), by=None)


def _has_factor(runtime: Runtime, view: Connection, signed_in: SignedIn) -> bool:
    member = signed_in.actor.member.id
    totp = stored_accounts.load_totp(view, runtime.vault, member)
    is_confirmed = totp is not None and totp.confirmed_at is not None
    return is_confirmed or bool(stored_accounts.load_passkeys(view, runtime.vault, member))


def _require_another(runtime: Runtime, view: Connection, *, is_left: bool) -> None:
    if not is_left and read_limits(runtime, view).needs_second_factor:
        raise InvalidInput("This is your last second factor; add another before you remove it.")
