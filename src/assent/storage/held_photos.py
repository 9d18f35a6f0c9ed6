"""Photos held sealed for a few minutes; what opens them is in the member's browser and nowhere here."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from assent.mandates import MemberId
from assent.storage.request_tables import held_photos


def record_held(connection: Connection, member: MemberId, tag: bytes, sealed: bytes, expires_at: datetime) -> None:
    """Hold a photo in place of what this member held before."""
    delete_held(connection, member)
    connection.execute(insert(held_photos).values(member_id=member, tag=tag, sealed=sealed, expires_at=expires_at))


def find_held(connection: Connection, member: MemberId, at: datetime) -> tuple[bytes, bytes] | None:
    """Read the tag of what a member holds, and the sealed photo, unless its time is over."""
    mine = held_photos.c.member_id == member
    row = connection.execute(select(held_photos).where(mine, held_photos.c.expires_at > at)).one_or_none()
    return None if row is None else (row.tag, row.sealed)


def delete_held(connection: Connection, member: MemberId) -> None:
    """Delete what a member holds."""
    connection.execute(delete(held_photos).where(held_photos.c.member_id == member))


def delete_held_before(connection: Connection, at: datetime) -> int:
    """Delete what nobody may use any more; how many there were comes back."""
    return connection.execute(delete(held_photos).where(held_photos.c.expires_at <= at)).rowcount
