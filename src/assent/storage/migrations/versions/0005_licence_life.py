"""Licences on hold, checks for people enrolled twice, and imports under way."""

import sqlalchemy as sa
from alembic import op

from assent.storage.tables import UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("licences", sa.Column("suspended_at", UtcTime(), nullable=True))
    op.create_table(
        "duplicate_checks",
        sa.Column("id", sa.String(length=18), nullable=False),
        sa.Column("steward_id", sa.String(length=18), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("gallery_size", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["steward_id"], ["members.id"], name=op.f("fk_duplicate_checks_steward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_checks")),
    )
    op.create_index(op.f("ix_duplicate_checks_steward_id"), "duplicate_checks", ["steward_id"])
    op.create_table(
        "duplicate_candidates",
        sa.Column("check_id", sa.String(length=18), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=18), nullable=False),
        sa.Column("distance", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["check_id"], ["duplicate_checks.id"], name=op.f("fk_duplicate_candidates_check_id")),
        sa.PrimaryKeyConstraint("check_id", "rank", name=op.f("pk_duplicate_candidates")),
    )
    op.create_index(op.f("ix_duplicate_candidates_person_id"), "duplicate_candidates", ["person_id"])
    op.create_table(
        "import_runs",
        sa.Column("id", sa.String(length=18), nullable=False),
        sa.Column("steward_id", sa.String(length=18), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("enrolled", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=60), nullable=True),
        sa.Column("report_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["steward_id"], ["members.id"], name=op.f("fk_import_runs_steward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_runs")),
    )


def downgrade() -> None:
    op.drop_table("import_runs")
    op.drop_index(op.f("ix_duplicate_candidates_person_id"), table_name="duplicate_candidates")
    op.drop_table("duplicate_candidates")
    op.drop_index(op.f("ix_duplicate_checks_steward_id"), table_name="duplicate_checks")
    op.drop_table("duplicate_checks")
    op.drop_column("licences", "suspended_at")
