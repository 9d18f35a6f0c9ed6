"""Tables of the person's own pages: invitations, links, sessions, receipts, and what is told to whom.

Tokens are kept as their SHA-256 only; whatever is personal is sealed under the person's key and goes with it.
"""

from sqlalchemy import CheckConstraint, Column, Integer, LargeBinary, String, Table, Text

from assent.storage.tables import UtcTime, id_column, metadata

purpose_texts = Table(
    "purpose_texts",
    metadata,
    Column("slug", String(40), primary_key=True),
    Column("language", String(20), primary_key=True),
    Column("text", Text, nullable=False),
    Column("text_version", String(40), nullable=False),
    Column("defined_at", UtcTime, nullable=False),
)

controllers = Table(
    "controllers",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("description", LargeBinary, nullable=False),
    Column("set_at", UtcTime, nullable=False),
    CheckConstraint("id = 1", name="single"),
)

invitations = Table(
    "invitations",
    metadata,
    id_column(primary_key=True),
    Column("token_tag", LargeBinary(32), nullable=False, unique=True),
    Column("bearer", String(20), nullable=False),
    Column("purposes", Text, nullable=False),
    Column("language", String(20), nullable=False),
    # For whom it is, in the steward's words, under a key of the invitation's own that goes when the invitation ends.
    Column("note_sealed", LargeBinary, nullable=False),
    id_column("members", name="invited_by", nullable=False),
    Column("invited_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("consent_days", Integer),
    Column("used_at", UtcTime),
    Column("revoked_at", UtcTime),
    # No foreign key: cleared when the person is erased.
    id_column(name="person_id", index=True),
)

personal_links = Table(
    "personal_links",
    metadata,
    id_column("persons", name="person_id", primary_key=True),
    Column("token_tag", LargeBinary(32), nullable=False, unique=True),
    Column("bearer", String(20), nullable=False),
    Column("made_at", UtcTime, nullable=False),
)

person_sessions = Table(
    "person_sessions",
    metadata,
    Column("tag", LargeBinary(32), primary_key=True),
    id_column("invitations", name="invitation_id", index=True),
    id_column("persons", name="person_id", index=True),
    Column("opened_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    CheckConstraint("(invitation_id IS NULL) <> (person_id IS NULL)", name="one_page"),
)

consent_records = Table(
    "consent_records",
    metadata,
    id_column(primary_key=True),
    id_column("persons", name="person_id", nullable=False, index=True),
    Column("record_sealed", LargeBinary, nullable=False),
    Column("made_at", UtcTime, nullable=False),
)

kin_wishes = Table(
    "kin_wishes",
    metadata,
    id_column("persons", name="person_id", primary_key=True),
    Column("told", String(20), nullable=False),
    Column("text_sealed", LargeBinary, nullable=False),
    id_column("members", name="decided_by", nullable=False),
    Column("decided_at", UtcTime, nullable=False),
)

search_delays = Table(
    "search_delays",
    metadata,
    id_column("searches", name="search_id", primary_key=True),
    Column("until", UtcTime, nullable=False),
    id_column("members", name="placed_by", nullable=False),
    Column("placed_at", UtcTime, nullable=False),
)
