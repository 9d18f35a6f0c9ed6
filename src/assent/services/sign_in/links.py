"""One-time links by which a member sets a password, the first or a new one, with the second factor kept or removed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum

from assent.errors import InvalidInput, LinkSpent
from assent.ledger import EntryKind
from assent.mandates import Actor, Member, check_password
from assent.services.accounting import record_entry
from assent.services.notify import NoticeKind, notify
from assent.services.runtime import Runtime
from assent.services.sessions import tag_of
from assent.services.sign_in.limits import read_limits
from assent.services.sign_in.passwords import hash_password
from assent.services.sign_in.steps import Progress, go_on
from assent.storage import Connection
from assent.storage import accounts as stored_accounts
from assent.storage import mandates as stored_mandates
from assent.storage import sessions as stored_sessions
from assent.storage import sign_in as stored_sign_in
from assent.storage.sign_in import OneTimeLink

LINK_PATH = "/welcome/"


class LinkKind(StrEnum):
    """What using the link changes."""

    SET_UP = "set-up-link"
    """A new account gets its password."""
    PASSWORD = "password-link"  # noqa: S105 (a kind of link)
    """The password is set anew; the second factor stays and is asked for."""
    FACTORS = "factors-link"
    """The password is set anew, and all factors are removed."""


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """What a link is good for, and whose it is."""

    handle: str
    kind: LinkKind


def make_link(runtime: Runtime, transaction: Connection, member: Member, kind: LinkKind, *, actor: Actor | None) -> str:
    """Make a link in the caller's transaction, on record with whoever made it; its path comes back, kept nowhere."""
    token, at = secrets.token_urlsafe(32), runtime.clock()
    expires_at = at + read_limits(runtime, transaction).link
    stored_sign_in.record_link(transaction, OneTimeLink(tag_of(token), member.id, kind, expires_at))
    note_change(runtime, transaction, member, kind, actor=actor)
    return LINK_PATH + token


def find_link(runtime: Runtime, token: str) -> OpenedLink:
    """Tell what a link is good for, without using it. Raises LinkSpent."""
    with runtime.database.snapshot() as view:
        link, member = _find(runtime, view, token)
    return OpenedLink(member.handle, LinkKind(link.kind))


def use_link(runtime: Runtime, token: str, *, password: str, repeated: str, browser: str) -> Progress:
    """Set a password by a link, which is dead from then on, like all sessions of the member.

    Raises LinkSpent, InvalidInput for a password that will not do, MemberSuspended.
    """
    if password != repeated:
        raise InvalidInput("The two passwords differ.")
    with runtime.database.snapshot() as view:
        _link, member = _find(runtime, view, token)
    member.require_active()
    password_hash = hash_password(check_password(password, handle=member.handle))
    with runtime.database.transaction() as transaction:
        link, member = _find(runtime, transaction, token)
        if not stored_sign_in.use_link(transaction, link.tag):
            raise LinkSpent(_SPENT)
        at = runtime.clock()
        stored_accounts.record_password(transaction, runtime.vault, member.id, password_hash, at)
        if link.kind == LinkKind.FACTORS:
            remove_factors(transaction, member)
        end_everything(transaction, member)
        note_change(runtime, transaction, member, "password-set", actor=Actor(member, "web"))
    return go_on(runtime, member, is_factor_shown=False, browser=browser)


def note_change(runtime: Runtime, transaction: Connection, member: Member, change: str, *, actor: Actor | None) -> None:
    """Put a change of an account into the ledger, and before the member's eyes if somebody else made it."""
    at = runtime.clock()
    fields = {"member": member.id, "change": change, "roles": sorted(member.roles), "unit": member.unit}
    record_entry(runtime, transaction, EntryKind.MEMBER_CHANGED, actor=actor, at=at, fields=fields)
    by = None if actor is None or actor.member.id == member.id else actor.member.id
    # A first link is what the member asked for, and opens an account that nobody has used.
    is_seen = by is None or change == LinkKind.SET_UP
    stored_accounts.record_event(transaction, member.id, change, at, by=by, is_seen=is_seen)
    if by is not None:
        notify(runtime, transaction, NoticeKind.ACCOUNT_RESET, [member.id])


def remove_factors(transaction: Connection, member: Member) -> None:
    """Remove all that completes a sign-in besides the password, and what can replace it."""
    stored_accounts.delete_totp(transaction, member.id)
    stored_accounts.delete_passkeys(transaction, member.id)
    stored_accounts.record_recovery_codes(transaction, member.id, [])
    stored_accounts.delete_identity(transaction, member.id)


def end_everything(transaction: Connection, member: Member) -> None:
    """End a member's sessions, what they have begun, and the standing of their browsers."""
    stored_sessions.delete_sessions(transaction, member.id)
    stored_sign_in.delete_steps(transaction, member.id)
    stored_sign_in.delete_browsers(transaction, member.id)


_SPENT = "This link was used already, has run out, or was replaced by a newer one; ask an administrator for another."


def _find(runtime: Runtime, view: Connection, token: str) -> tuple[OneTimeLink, Member]:
    link = stored_sign_in.find_link(view, tag_of(token))
    if link is None or link.expires_at <= runtime.clock():
        raise LinkSpent(_SPENT)
    return link, stored_mandates.find_member(view, runtime.vault, link.member)
