"""Sessions of signed-in members, found by the SHA-256 of their token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from assent.mandates import MemberId
from assent.storage.session_tables import sessions


@dataclass(frozen=True, slots=True)
class Session:
    """One browser in which a member is signed in; `tag` is the SHA-256 of the token that the browser holds."""

    tag: bytes
    member: MemberId
    opened_at: datetime
    seen_at: datetime
    confirmed_at: datetime


def record_session(connection: Connection, session: Session) -> None:
    """Store a new session."""
    connection.execute(
        insert(sessions).values(
            tag=session.tag,
            member_id=session.member,
            opened_at=session.opened_at,
            seen_at=session.seen_at,
            confirmed_at=session.confirmed_at,
        )
    )


def find_session(connection: Connection, tag: bytes) -> Session | None:
    """Read a session by the SHA-256 of its token."""
    row = connection.execute(select(sessions).where(sessions.c.tag == tag)).one_or_none()
    return None if row is None else Session(row.tag, row.member_id, row.opened_at, row.seen_at, row.confirmed_at)


def load_sessions(connection: Connection, member: MemberId) -> list[Session]:
    """Read a member's sessions, the newest first."""
    rows = connection.execute(
        select(sessions).where(sessions.c.member_id == member).order_by(sessions.c.opened_at.desc())
    )
    return [Session(row.tag, row.member_id, row.opened_at, row.seen_at, row.confirmed_at) for row in rows]


def record_seen(connection: Connection, tag: bytes, at: datetime) -> None:
    """Note that a session was used."""
    connection.execute(update(sessions).where(sessions.c.tag == tag).values(seen_at=at))


def record_confirmed(connection: Connection, tag: bytes, at: datetime) -> None:
    """Note that the member showed password and factor again."""
    connection.execute(update(sessions).where(sessions.c.tag == tag).values(confirmed_at=at, seen_at=at))


def delete_session(connection: Connection, tag: bytes) -> None:
    """End a session."""
    connection.execute(delete(sessions).where(sessions.c.tag == tag))


def delete_sessions(connection: Connection, member: MemberId, *, but: bytes | None = None) -> int:
    """End a member's sessions, all or all but one; how many ended comes back."""
    ended = delete(sessions).where(sessions.c.member_id == member)
    return connection.execute(ended if but is None else ended.where(sessions.c.tag != but)).rowcount


def delete_sessions_before(connection: Connection, *, opened: datetime, seen: datetime) -> None:
    """Forget sessions that were opened, or last used, before these moments."""
    connection.execute(delete(sessions).where((sessions.c.opened_at < opened) | (sessions.c.seen_at < seen)))
