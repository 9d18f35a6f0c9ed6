"""Evaluation: a deployment's own calibration, and the thresholds in use."""

import sqlalchemy as sa
from alembic import op

from assent.storage.tables import UtcTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calibrations",
        sa.Column("pack_id", sa.String(length=80), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("taken_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("pack_id", name=op.f("pk_calibrations")),
    )
    op.create_table(
        "thresholds",
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("pack_id", sa.String(length=80), nullable=False),
        sa.Column("calibration", sa.String(length=64), nullable=False),
        sa.Column("fpir", sa.Float(), nullable=False),
        sa.Column("gallery_size", sa.Integer(), nullable=False),
        sa.Column("distance", sa.Float(), nullable=False),
        sa.Column("chosen_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", "pack_id", name=op.f("pk_thresholds")),
    )


def downgrade() -> None:
    op.drop_table("thresholds")
    op.drop_table("calibrations")
