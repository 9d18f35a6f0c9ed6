"""Person pages."""

import sqlalchemy as sa
from alembic import op

from assent.storage.tables import UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "controllers",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("description", sa.LargeBinary(), nullable=False),
        sa.Column("set_at", UtcTime(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_controllers_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_controllers")),
    )
    op.create_table(
        "purpose_texts",
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_version", sa.String(length=40), nullable=False),
        sa.Column("defined_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("slug", "language", name=op.f("pk_purpose_texts")),
    )
    op.create_table(
        "consent_records",
        sa.Column("id", sa.String(length=18), nullable=False),
        sa.Column("person_id", sa.String(length=18), nullable=False),
        sa.Column("record_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_consent_records_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_records")),
    )
    op.create_index(op.f("ix_consent_records_person_id"), "consent_records", ["person_id"], unique=False)
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(length=18), nullable=False),
        sa.Column("token_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("bearer", sa.String(length=20), nullable=False),
        sa.Column("purposes", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.String(length=18), nullable=False),
        sa.Column("invited_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("consent_days", sa.Integer(), nullable=True),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.Column("person_id", sa.String(length=18), nullable=True),
        sa.ForeignKeyConstraint(["invited_by"], ["members.id"], name=op.f("fk_invitations_invited_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_tag", name=op.f("uq_invitations_token_tag")),
    )
    op.create_index(op.f("ix_invitations_person_id"), "invitations", ["person_id"], unique=False)
    op.create_table(
        "kin_wishes",
        sa.Column("person_id", sa.String(length=18), nullable=False),
        sa.Column("told", sa.String(length=20), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("decided_by", sa.String(length=18), nullable=False),
        sa.Column("decided_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["decided_by"], ["members.id"], name=op.f("fk_kin_wishes_decided_by")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_kin_wishes_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_kin_wishes")),
    )
    op.create_table(
        "personal_links",
        sa.Column("person_id", sa.String(length=18), nullable=False),
        sa.Column("token_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("bearer", sa.String(length=20), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_personal_links_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_personal_links")),
        sa.UniqueConstraint("token_tag", name=op.f("uq_personal_links_token_tag")),
    )
    op.create_table(
        "person_sessions",
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("invitation_id", sa.String(length=18), nullable=True),
        sa.Column("person_id", sa.String(length=18), nullable=True),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.CheckConstraint("(invitation_id IS NULL) <> (person_id IS NULL)", name=op.f("ck_person_sessions_one_page")),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_person_sessions_invitation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_person_sessions_person_id")),
        sa.PrimaryKeyConstraint("tag", name=op.f("pk_person_sessions")),
    )
    op.create_index(op.f("ix_person_sessions_invitation_id"), "person_sessions", ["invitation_id"], unique=False)
    op.create_index(op.f("ix_person_sessions_person_id"), "person_sessions", ["person_id"], unique=False)
    op.create_table(
        "search_delays",
        sa.Column("search_id", sa.String(length=18), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.Column("placed_by", sa.String(length=18), nullable=False),
        sa.Column("placed_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["placed_by"], ["members.id"], name=op.f("fk_search_delays_placed_by")),
        sa.ForeignKeyConstraint(["search_id"], ["searches.id"], name=op.f("fk_search_delays_search_id")),
        sa.PrimaryKeyConstraint("search_id", name=op.f("pk_search_delays")),
    )


def downgrade() -> None:
    op.drop_table("search_delays")
    op.drop_index(op.f("ix_person_sessions_person_id"), table_name="person_sessions")
    op.drop_index(op.f("ix_person_sessions_invitation_id"), table_name="person_sessions")
    op.drop_table("person_sessions")
    op.drop_table("personal_links")
    op.drop_table("kin_wishes")
    op.drop_index(op.f("ix_invitations_person_id"), table_name="invitations")
    op.drop_table("invitations")
    op.drop_index(op.f("ix_consent_records_person_id"), table_name="consent_records")
    op.drop_table("consent_records")
    op.drop_table("purpose_texts")
    op.drop_table("controllers")
