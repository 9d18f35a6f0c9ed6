"""Sessions of signed-in members: opened, found while they last, confirmed and ended (OWASP ASVS 5.0, V7).

Their limits are settings; `services/sign_in/limits.py` reads them.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from assent.mandates import Actor, MemberId, Role
from assent.services.runtime import Runtime
from assent.services.sign_in.limits import read_limits
from assent.storage import mandates as stored_mandates
from assent.storage import sessions as stored_sessions
from assent.storage.sessions import Session

_SEEN_STEP = timedelta(seconds=60)
"""A session's last use is written at most this often, so that reading a page writes nothing."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A member in one browser: who acts, and the session in which they do."""

    actor: Actor
    session: Session
    confirmed_limit: timedelta = timedelta(minutes=10)

    def is_confirmed(self, at: datetime) -> bool:
        """Tell whether password and factor were shown lately enough for export, licence and role changes."""
        return at - self.session.confirmed_at < self.confirmed_limit


def tag_of(token: str) -> bytes:
    """Hash a token (SHA-256), as it is kept; a token has 256 random bits, so it needs no salt."""
    return hashlib.sha256(token.encode()).digest()


def open_session(runtime: Runtime, member: MemberId, roles: frozenset[Role] | None = None) -> str:
    """Sign a member in, narrowed to some of their roles where given.

    The token for the browser comes back and is kept nowhere. It is a new one each time, so a token that somebody
    planted in the browser before is worth nothing.
    """
    token, at = secrets.token_urlsafe(32), runtime.clock()
    with runtime.database.transaction() as transaction:
        limits = read_limits(runtime, transaction)
        stored_sessions.delete_sessions_before(transaction, opened=at - limits.absolute, seen=at - limits.idle)
        stored_sessions.record_session(transaction, Session(tag_of(token), member, at, at, at, roles))
    return token


def find_signed_in(runtime: Runtime, token: str, channel: str) -> SignedIn | None:
    """Find who is signed in by a browser's token; nobody, where the session ended, ran out, or they are suspended."""
    at = runtime.clock()
    with runtime.database.snapshot() as view:
        session, limits = stored_sessions.find_session(view, tag_of(token)), read_limits(runtime, view)
        if session is None or at - session.opened_at >= limits.absolute or at - session.seen_at >= limits.idle:
            return None
        member = stored_mandates.find_member(view, runtime.vault, session.member)
    if member.suspended_at is not None:
        return None
    if session.roles is not None:
        member = replace(member, roles=member.roles & session.roles)
    if at - session.seen_at >= _SEEN_STEP:
        with runtime.database.transaction() as transaction:
            stored_sessions.record_seen(transaction, session.tag, at)
        session = replace(session, seen_at=at)
    return SignedIn(Actor(member, channel), session, limits.confirmed)


def confirm_session(runtime: Runtime, signed_in: SignedIn) -> str | None:
    """Note that the member has just shown password and factor again; the session's new token comes back.

    None where the session ended meanwhile. What may do more gets a new token, so that an old one does not come to it.
    """
    token = secrets.token_urlsafe(32)
    with runtime.database.transaction() as transaction:
        at = runtime.clock()
        is_rotated = stored_sessions.record_rotation(transaction, signed_in.session.tag, tag_of(token), at)
    return token if is_rotated else None


def end_session(runtime: Runtime, token: str) -> None:
    """Sign out; a token that is unknown is no error."""
    with runtime.database.transaction() as transaction:
        stored_sessions.delete_session(transaction, tag_of(token))


def end_sessions(runtime: Runtime, member: MemberId, *, but: bytes | None = None) -> int:
    """End a member's sessions, all or all but the one with this tag; how many ended comes back."""
    with runtime.database.transaction() as transaction:
        return stored_sessions.delete_sessions(transaction, member, but=but)


def list_sessions(runtime: Runtime, member: MemberId) -> list[Session]:
    """List a member's sessions that last still, the newest first."""
    at = runtime.clock()
    with runtime.database.snapshot() as view:
        limits = read_limits(runtime, view)
        return [
            session
            for session in stored_sessions.load_sessions(view, member)
            if at - session.opened_at < limits.absolute and at - session.seen_at < limits.idle
        ]


def end_session_of(runtime: Runtime, member: MemberId, tag: bytes) -> None:
    """End one of a member's own sessions; one that ended already is no error."""
    with runtime.database.transaction() as transaction:
        if tag in {session.tag for session in stored_sessions.load_sessions(transaction, member)}:
            stored_sessions.delete_session(transaction, tag)
