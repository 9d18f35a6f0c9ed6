"""Photos held while a face is chosen, refusals by holder, addresses of members and mails that wait."""

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

from assent.storage.tables import UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "held_photos",
        sa.Column("member_id", sa.String(length=18), nullable=False),
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_held_photos_member_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_held_photos")),
    )
    refusals = op.create_table(
        "refusals",
        sa.Column("entry_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder_id", sa.String(length=18), nullable=False),
        sa.Column("search_id", sa.String(length=18), nullable=True),
        sa.Column("licence_id", sa.String(length=18), nullable=True),
        sa.Column("case_id", sa.String(length=18), nullable=True),
        sa.Column("purpose", sa.String(length=40), nullable=True),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("entry_index", name=op.f("pk_refusals")),
    )
    op.create_index(op.f("ix_refusals_holder_id"), "refusals", ["holder_id"])
    op.create_table(
        "mail_addresses",
        sa.Column("member_id", sa.String(length=18), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("set_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_mail_addresses_member_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_mail_addresses")),
    )
    op.create_table(
        "mail_outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.String(length=18), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("about", sa.String(length=60), nullable=True),
        sa.Column("queued_at", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_mail_outbox_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_outbox")),
    )
    op.create_index("ix_mail_outbox_member_id_kind", "mail_outbox", ["member_id", "kind"])
    _take_over_refusals(refusals)


def _take_over_refusals(refusals: sa.Table) -> None:
    """Write a row for every refusal that the ledger holds already."""
    entries = sa.table("ledger_entries", sa.column("entry_index", sa.Integer), sa.column("entry", sa.LargeBinary))
    connection = op.get_bind()
    rows = []
    for index, entry in connection.execute(sa.select(entries.c.entry_index, entries.c.entry)):
        if b'"kind":"search.refused"' not in entry:
            continue
        fields = json.loads(entry)
        rows.append(
            {
                "entry_index": index,
                "holder_id": fields["holder"],
                "search_id": fields.get("search"),
                "licence_id": fields.get("licence"),
                "case_id": fields.get("case"),
                "purpose": fields.get("purpose"),
                "cause": fields["cause"],
                "at": datetime.fromisoformat(fields["at"]),
            }
        )
    if rows:
        connection.execute(sa.insert(refusals), rows)


def downgrade() -> None:
    op.drop_index("ix_mail_outbox_member_id_kind", table_name="mail_outbox")
    op.drop_table("mail_outbox")
    op.drop_table("mail_addresses")
    op.drop_index(op.f("ix_refusals_holder_id"), table_name="refusals")
    op.drop_table("refusals")
    op.drop_table("held_photos")
