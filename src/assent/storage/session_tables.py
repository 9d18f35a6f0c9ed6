"""Tables of who is signed in; a session's token is kept only as its SHA-256."""

from sqlalchemy import Column, LargeBinary, String, Table

from assent.storage.tables import UtcTime, id_column, metadata

sessions = Table(
    "sessions",
    metadata,
    Column("tag", LargeBinary(32), primary_key=True),
    id_column("members", name="member_id", nullable=False, index=True),
    Column("opened_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    # When password and factor were last shown: export, licence and role changes ask for it again.
    Column("confirmed_at", UtcTime, nullable=False),
    # The roles that the session is narrowed to, where an identity provider vouched for fewer than the member has.
    Column("roles", String(200)),
)
