"""All tables; what is personal in them is sealed under its subject's key, and rows never leave storage."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.types import TypeDecorator

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC moment; SQLite keeps no zones, so it is put back on reading."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Convert to UTC and drop the zone. Raises ValueError for a naive moment: it would be taken for local time."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment without a zone cannot be stored")
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Put the zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


def id_column(prefix_table: str | None = None, **kwargs: Any) -> Column[str]:
    """Make a column of identifiers, which refers to the table named, if any."""
    parts = [ForeignKey(f"{prefix_table}.id")] if prefix_table else []
    return Column(kwargs.pop("name", "id"), String(18), *parts, **kwargs)


deployment = Table(
    "deployment",
    metadata,
    id_column(primary_key=True),
    Column("origin", String(100), nullable=False),
    Column("pack_id", String(80), nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

members = Table(
    "members",
    metadata,
    id_column(primary_key=True),
    Column("handle_tag", LargeBinary(32), nullable=False, unique=True),
    Column("handle_sealed", LargeBinary, nullable=False),
    Column("roles", String(200), nullable=False),
    Column("unit", String(40), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    # Who this member is in the gallery, if they are: searches that return a colleague are looked at more closely.
    id_column(name="person_id"),
    Column("suspended_at", UtcTime),
)

purposes = Table(
    "purposes",
    metadata,
    Column("slug", String(40), primary_key=True),
    Column("text", Text, nullable=False),
    Column("text_version", String(40), nullable=False),
    Column("language", String(20), nullable=False),
    Column("defined_at", UtcTime, nullable=False),
)

persons = Table(
    "persons",
    metadata,
    id_column(primary_key=True),
    Column("basis", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("profile_sealed", LargeBinary, nullable=False),
    Column("file_reference_tag", LargeBinary(32), unique=True),
    Column("enrolled_at", UtcTime, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    id_column(primary_key=True),
    id_column("persons", name="person_id", nullable=False, index=True),
    Column("purpose", String(40), nullable=False),
    Column("basis", String(20), nullable=False),
    Column("text_version", String(40), nullable=False),
    Column("evidence_sealed", LargeBinary, nullable=False),
    Column("evidence_tag", LargeBinary(32), nullable=False),
    Column("valid_from", UtcTime, nullable=False),
    Column("valid_until", UtcTime),
    Column("withdrawn_at", UtcTime),
)

person_references = Table(
    "person_references",
    metadata,
    id_column(primary_key=True),
    id_column("persons", name="person_id", nullable=False, index=True),
    Column("pack_id", String(80), nullable=False),
    Column("template_sealed", LargeBinary, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

spent_evidence = Table(
    "spent_evidence",
    metadata,
    Column("tag", LargeBinary(32), primary_key=True),
    Column("at", UtcTime, nullable=False),
)

gallery_changes = Table(
    "gallery_changes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("person_id", String(18), nullable=False),
    sqlite_autoincrement=True,
)

licences = Table(
    "licences",
    metadata,
    id_column(primary_key=True),
    id_column("members", name="holder_id", nullable=False, index=True),
    Column("purposes", Text, nullable=False),
    Column("ground", Text, nullable=False),
    Column("citation", Text, nullable=False),
    Column("valid_from", UtcTime, nullable=False),
    Column("valid_until", UtcTime, nullable=False),
    Column("quota", Integer, nullable=False),
    Column("is_trial", Boolean, nullable=False),
    Column("needs_approval", Boolean, nullable=False),
    Column("allows_urgent", Boolean, nullable=False, server_default=false()),
    id_column("members", name="issued_by", nullable=False),
    Column("issued_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Column("suspended_at", UtcTime),
    Column("searches_started", Integer, nullable=False),
    Column("searches_refused", Integer, nullable=False),
    CheckConstraint("searches_started <= quota", name="quota_kept"),
)

cases = Table(
    "cases",
    metadata,
    id_column(primary_key=True),
    Column("number_tag", LargeBinary(32), nullable=False, unique=True),
    Column("number_sealed", LargeBinary, nullable=False),
    Column("purpose", String(40), nullable=False),
    id_column("members", name="opened_by", nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
)

searches = Table(
    "searches",
    metadata,
    id_column(primary_key=True),
    id_column("licences", name="licence_id", nullable=False),
    Column("number", Integer, nullable=False),
    id_column("members", name="holder_id", nullable=False, index=True),
    id_column("cases", name="case_id", nullable=False, index=True),
    Column("purpose", String(40), nullable=False),
    Column("probe_source", String(40), nullable=False),
    Column("is_urgent", Boolean, nullable=False, server_default=false()),
    Column("state", String(20), nullable=False),
    Column("cause", String(40)),
    Column("started_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("pack_id", String(80)),
    Column("gallery", String(18)),
    Column("gallery_size", Integer),
    Column("threshold", Float),
    UniqueConstraint("licence_id", "number"),
)

candidates = Table(
    "candidates",
    metadata,
    id_column("searches", name="search_id", primary_key=True),
    Column("rank", Integer, primary_key=True),
    # No foreign keys: a person may be erased later, and the count of candidates must stay what was recorded.
    id_column(name="person_id", nullable=False, index=True),
    id_column(name="reference_id", nullable=False),
    Column("distance", Float, nullable=False),
)

search_requests = Table(
    "search_requests",
    metadata,
    id_column(primary_key=True),  # the search that it asks for
    id_column("licences", name="licence_id", nullable=False),
    id_column("members", name="holder_id", nullable=False),
    id_column("cases", name="case_id", nullable=False),
    Column("purpose", String(40), nullable=False),
    Column("probe_source", String(40), nullable=False),
    Column("face_number", Integer),
    Column("is_urgent", Boolean, nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("requested_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    id_column("members", name="decided_by"),
    Column("decided_at", UtcTime),
)

reviews = Table(
    "reviews",
    metadata,
    id_column("searches", name="search_id", primary_key=True),
    id_column("members", name="reviewer_id", primary_key=True),
    Column("observations_sealed", LargeBinary, nullable=False),
    Column("observed_at", UtcTime, nullable=False),
    Column("conclusion", String(20)),
    Column("rank", Integer),
    Column("decided_at", UtcTime),
)

retention_rules = Table(
    "retention_rules",
    metadata,
    Column("kind", String(40), primary_key=True),
    Column("days", Integer, nullable=False),
    Column("set_at", UtcTime, nullable=False),
)

deletions = Table(
    "deletions",
    metadata,
    # What a rule ended, once each: without this row a record that is gone would be looked for, and recorded, again.
    Column("record", String(40), primary_key=True),
    id_column(name="subject", primary_key=True),
    Column("deleted_at", UtcTime, nullable=False),
)

legal_holds = Table(
    "legal_holds",
    metadata,
    id_column(primary_key=True),
    id_column(name="subject", nullable=False, index=True),
    Column("reason_sealed", LargeBinary, nullable=False),
    id_column("members", name="placed_by", nullable=False),
    Column("placed_at", UtcTime, nullable=False),
    Column("lifted_at", UtcTime),
)

ledger_head = Table(
    "ledger_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", Integer, nullable=False),
    CheckConstraint("id = 1", name="single"),
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("entry_index", Integer, primary_key=True, autoincrement=False),
    Column("entry", LargeBinary, nullable=False),
)

ledger_nodes = Table(
    "ledger_nodes",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("node_index", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), nullable=False),
    sqlite_with_rowid=False,
)

ledger_openings = Table(
    "ledger_openings",
    metadata,
    Column("entry_index", Integer, primary_key=True, autoincrement=False),
    Column("field", String(40), primary_key=True),
    Column("subject", String(18), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_ledger_openings_subject", "subject"),
)

ledger_checkpoints = Table(
    "ledger_checkpoints",
    metadata,
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("note", LargeBinary, nullable=False),
    Column("signed_at", UtcTime, nullable=False),
)
