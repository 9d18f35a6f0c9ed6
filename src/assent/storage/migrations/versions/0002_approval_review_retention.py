"""Four eyes, review, retention."""

import sqlalchemy as sa
from alembic import op

from assent.storage.tables import UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("members", sa.Column("person_id", sa.String(length=18), nullable=True))
    op.add_column("licences", sa.Column("allows_urgent", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("searches", sa.Column("is_urgent", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "search_requests",
        sa.Column("id", sa.String(length=18), nullable=False),
        sa.Column("licence_id", sa.String(length=18), nullable=False),
        sa.Column("holder_id", sa.String(length=18), nullable=False),
        sa.Column("case_id", sa.String(length=18), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("probe_source", sa.String(length=40), nullable=False),
        sa.Column("face_number", sa.Integer(), nullable=True),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("requested_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("decided_by", sa.String(length=18), nullable=True),
        sa.Column("decided_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_search_requests_case_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["members.id"], name=op.f("fk_search_requests_decided_by")),
        sa.ForeignKeyConstraint(["holder_id"], ["members.id"], name=op.f("fk_search_requests_holder_id")),
        sa.ForeignKeyConstraint(["licence_id"], ["licences.id"], name=op.f("fk_search_requests_licence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_requests")),
    )
    op.create_index(op.f("ix_search_requests_state"), "search_requests", ["state"])
    op.create_table(
        "reviews",
        sa.Column("search_id", sa.String(length=18), nullable=False),
        sa.Column("reviewer_id", sa.String(length=18), nullable=False),
        sa.Column("observations_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("observed_at", UtcTime(), nullable=False),
        sa.Column("conclusion", sa.String(length=20), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("decided_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["reviewer_id"], ["members.id"], name=op.f("fk_reviews_reviewer_id")),
        sa.ForeignKeyConstraint(["search_id"], ["searches.id"], name=op.f("fk_reviews_search_id")),
        sa.PrimaryKeyConstraint("search_id", "reviewer_id", name=op.f("pk_reviews")),
    )
    op.create_table(
        "retention_rules",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("set_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_retention_rules")),
    )
    op.create_table(
        "deletions",
        sa.Column("record", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=18), nullable=False),
        sa.Column("deleted_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("record", "subject", name=op.f("pk_deletions")),
    )
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.String(length=18), nullable=False),
        sa.Column("subject", sa.String(length=18), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("placed_by", sa.String(length=18), nullable=False),
        sa.Column("placed_at", UtcTime(), nullable=False),
        sa.Column("lifted_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["placed_by"], ["members.id"], name=op.f("fk_legal_holds_placed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_holds")),
    )
    op.create_index(op.f("ix_legal_holds_subject"), "legal_holds", ["subject"])


def downgrade() -> None:
    for table in ("legal_holds", "deletions", "retention_rules", "reviews", "search_requests"):
        op.drop_table(table)
    op.drop_column("searches", "is_urgent")
    op.drop_column("licences", "allows_urgent")
    op.drop_column("members", "person_id")
