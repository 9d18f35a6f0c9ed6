"""Sessions of signed-in members, found by the SHA-256 of their token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from assent.mandates import MemberId, Role
from assent.storage.session_tables import sessions


@dataclass(frozen=True, slots=True)
class Session:
    """One browser in which a member is signed in; `tag` is the SHA-256 of the token that the browser holds.

    `roles` narrows what the member may do in it, where an identity provider vouched for less than they have.
    """

    tag: bytes
    member: MemberId
    opened_at: datetime
    seen_at: datetime
    confirmed_at: datetime
    roles: frozenset[Role] | None = None


def record_session(connection: Connection, session: Session) -> None:
    """Store a new session."""
    connection.execute(
        insert(sessions).values(
            tag=session.tag,
            member_id=session.member,
            opened_at=session.opened_at,
            seen_at=session.seen_at,
            confirmed_at=session.confirmed_at,
            roles=None if session.roles is None else " ".join(sorted(session.roles)),
        )
    )


_FIND_SESSION = select(sessions).where(sessions.c.tag == bindparam("this_tag"))


def find_session(connection: Connection, tag: bytes) -> Session | None:
    """Read a session by the SHA-256 of its token."""
    row = connection.execute(_FIND_SESSION, {"this_tag": tag}).one_or_none()
    return None if row is None else _read_session(row)


def load_sessions(connection: Connection, member: MemberId) -> list[Session]:
    """Read a member's sessions, the newest first."""
    rows = connection.execute(
        select(sessions).where(sessions.c.member_id == member).order_by(sessions.c.opened_at.desc())
    )
    return [_read_session(row) for row in rows]


def record_seen(connection: Connection, tag: bytes, at: datetime) -> None:
    """Note that a session was used."""
    connection.execute(update(sessions).where(sessions.c.tag == tag).values(seen_at=at))


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


def record_rotation(connection: Connection, tag: bytes, new_tag: bytes, at: datetime) -> bool:
    """Put a session under a new token and note that the member showed password and factor; False if it ended."""
    rotated = update(sessions).where(sessions.c.tag == tag).values(tag=new_tag, confirmed_at=at, seen_at=at)
    return connection.execute(rotated).rowcount == 1


def _read_session(row: Row[tuple[object, ...]]) -> Session:
    roles = None if row.roles is None else frozenset(Role(role) for role in row.roles.split())
    return Session(bytes(row.tag), row.member_id, row.opened_at, row.seen_at, row.confirmed_at, roles)
