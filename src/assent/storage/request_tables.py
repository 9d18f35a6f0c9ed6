"""Tables around a search: photos held while a face is chosen, refusals by holder, addresses and mails that wait."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table

from assent.storage.tables import UtcTime, id_column, metadata

held_photos = Table(
    "held_photos",
    metadata,
    # One a member. Tag and key are both derived from a token that only the member's browser keeps.
    id_column("members", name="member_id", primary_key=True),
    Column("tag", LargeBinary(32), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)

refusals = Table(
    "refusals",
    metadata,
    # The index of the entry that counts the refusal: what stands here can be looked up in the ledger.
    Column("entry_index", Integer, primary_key=True, autoincrement=False),
    id_column(name="holder_id", nullable=False, index=True),
    id_column(name="search_id", nullable=True),
    id_column(name="licence_id", nullable=True),
    id_column(name="case_id", nullable=True),
    Column("purpose", String(40)),
    Column("cause", String(40), nullable=False),
    Column("at", UtcTime, nullable=False),
)

mail_addresses = Table(
    "mail_addresses",
    metadata,
    id_column("members", name="member_id", primary_key=True),
    Column("address_sealed", LargeBinary, nullable=False),
    Column("set_at", UtcTime, nullable=False),
)

mail_outbox = Table(
    "mail_outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    id_column("members", name="member_id", nullable=False),
    Column("kind", String(30), nullable=False),
    # What it is about, where one mail for each such thing is wanted; never in the mail itself.
    Column("about", String(60)),
    Column("queued_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("sent_at", UtcTime),
    Index("ix_mail_outbox_member_id_kind", "member_id", "kind"),
)
