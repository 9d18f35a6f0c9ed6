"""Tables of the steward's desk: checks for people enrolled twice, and imports under way."""

from __future__ import annotations

from sqlalchemy import Column, Float, Integer, LargeBinary, String, Table

from assent.storage.tables import UtcTime, id_column, metadata

duplicate_checks = Table(
    "duplicate_checks",
    metadata,
    id_column(primary_key=True),
    id_column("members", name="steward_id", nullable=False, index=True),
    Column("purpose", String(40), nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    # Empty until the look has ended; one that never did stays like that, and its result unknown.
    Column("ended_at", UtcTime),
    Column("gallery_size", Integer),
)

duplicate_candidates = Table(
    "duplicate_candidates",
    metadata,
    id_column("duplicate_checks", name="check_id", primary_key=True),
    Column("rank", Integer, primary_key=True),
    # No foreign key: a person may be erased later, and the count of candidates must stay what was recorded.
    id_column(name="person_id", nullable=False, index=True),
    Column("distance", Float, nullable=False),
)

import_runs = Table(
    "import_runs",
    metadata,
    id_column(primary_key=True),
    id_column("members", name="steward_id", nullable=False),
    Column("state", String(20), nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("enrolled", Integer, nullable=False),
    Column("known", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("cause", String(60)),
    # The refused rows: their references are the organisation's own numbers, so they are sealed under the run's key.
    Column("report_sealed", LargeBinary),
)
