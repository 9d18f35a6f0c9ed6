"""Sessions of signed-in members: opened, found while they last, confirmed and ended."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from assent.mandates import Actor, MemberId
from assent.services.runtime import Runtime
from assent.storage import mandates as stored_mandates
from assent.storage import sessions as stored_sessions
from assent.storage.sessions import Session

IDLE_LIMIT = timedelta(minutes=30)
"""After how long without use a session ends: OWASP ASVS 5.0, V7.3.1 asks for a documented limit."""

ABSOLUTE_LIMIT = timedelta(hours=10)
"""After how long a session ends in any case (V7.3.2): a working day."""

CONFIRMED_LIMIT = timedelta(minutes=10)
"""How long a confirmation by password and factor counts for what asks for one (V7.5.3)."""

_SEEN_STEP = timedelta(seconds=60)
"""A session's last use is written at most this often, so that reading a page writes nothing."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A member in one browser: who acts, and the session in which they do."""

    actor: Actor
    session: Session

    def is_confirmed(self, at: datetime) -> bool:
        """Tell whether password and factor were shown lately enough for export, licence and role changes."""
        return at - self.session.confirmed_at < CONFIRMED_LIMIT


def tag_of(token: str) -> bytes:
    """Hash a token (SHA-256), as it is kept; a token has 256 random bits, so it needs no salt."""
    return hashlib.sha256(token.encode()).digest()


def open_session(runtime: Runtime, member: MemberId) -> str:
    """Sign a member in; the token for the browser comes back and is kept nowhere."""
    token, at = secrets.token_urlsafe(32), runtime.clock()
    with runtime.database.transaction() as transaction:
        stored_sessions.delete_sessions_before(transaction, opened=at - ABSOLUTE_LIMIT, seen=at - IDLE_LIMIT)
        stored_sessions.record_session(transaction, Session(tag_of(token), member, at, at, at))
    return token


def find_signed_in(runtime: Runtime, token: str, channel: str) -> SignedIn | None:
    """Find who is signed in by a browser's token; nobody, where the session ended or ran out."""
    at = runtime.clock()
    with runtime.database.snapshot() as view:
        session = stored_sessions.find_session(view, tag_of(token))
        if session is None or at - session.opened_at >= ABSOLUTE_LIMIT or at - session.seen_at >= IDLE_LIMIT:
            return None
        member = stored_mandates.find_member(view, runtime.vault, session.member)
    if at - session.seen_at >= _SEEN_STEP:
        with runtime.database.transaction() as transaction:
            stored_sessions.record_seen(transaction, session.tag, at)
        session = replace(session, seen_at=at)
    return SignedIn(Actor(member, channel), session)


def confirm_session(runtime: Runtime, signed_in: SignedIn) -> None:
    """Note that the member has just shown password and factor again."""
    with runtime.database.transaction() as transaction:
        stored_sessions.record_confirmed(transaction, signed_in.session.tag, runtime.clock())


def end_session(runtime: Runtime, token: str) -> None:
    """Sign out; a token that is unknown is no error."""
    with runtime.database.transaction() as transaction:
        stored_sessions.delete_session(transaction, tag_of(token))


def end_sessions(runtime: Runtime, member: MemberId, *, but: bytes | None = None) -> int:
    """End a member's sessions, all or all but the one with this tag; how many ended comes back."""
    with runtime.database.transaction() as transaction:
        return stored_sessions.delete_sessions(transaction, member, but=but)
