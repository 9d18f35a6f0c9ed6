"""The first schema."""

import sqlalchemy as sa
from alembic import op

from assent.storage.tables import UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deployment",
        sa.Column("id", sa.String(length=18), nullable=False),
        sa.Column("origin", sa.String(length=100), nullable=False),
        sa.Column("pack_id", sa.String(length=80), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
    )
    op.create_table(
        "gallery_changes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("person_id", sa.String(length=18), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gallery_changes")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ledger_checkpoints",
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_ledger_checkpoints")),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("entry_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entry_index", name=op.f("pk_ledger_entries")),
    )
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_ledger_head_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_head")),
    )
    op.create_table(
        "ledger_nodes",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("node_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("level", "node_index", name=op.f("pk_ledger_nodes")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_openings",
        sa.Column("entry_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=18), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entry_index", "field", name=op.f("pk_ledger_openings")),
    )
    op.create_index("ix_ledger_openings_subject", "ledger_openings", ["subject"], unique=False)
    op.create_table(
        "members",
        sa.Column("id", sa.String(length=18), nullable=False),
        sa.Column("handle_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("handle_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("roles", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("handle_tag", name=op.f("uq_members_handle_tag")),
    )
    op.create_table(
        "persons",
        sa.Column("id", sa.String(length=18), nullable=False),
        sa.Column("basis", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("profile_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("file_reference_tag", sa.LargeBinary(length=32), nullable=True),
        sa.Column("enrolled_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
        sa.UniqueConstraint("file_reference_tag", name=op.f("uq_persons_file_reference_tag")),
    )
    op.create_table(
        "purposes",
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_version", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("defined_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_purposes")),
    )
    op.create_table(
        "spent_evidence",
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tag", name=op.f("pk_spent_evidence")),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.String(length=18), nullable=False),
        sa.Column("number_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("number_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("opened_by", sa.String(length=18), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["opened_by"], ["members.id"], name=op.f("fk_cases_opened_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("number_tag", name=op.f("uq_cases_number_tag")),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.String(length=18), nullable=False),
        sa.Column("person_id", sa.String(length=18), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("basis", sa.String(length=20), nullable=False),
        sa.Column("text_version", sa.String(length=40), nullable=False),
        sa.Column("evidence_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("evidence_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("valid_from", UtcTime(), nullable=False),
        sa.Column("valid_until", UtcTime(), nullable=True),
        sa.Column("withdrawn_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_consents_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_person_id"), "consents", ["person_id"], unique=False)
    op.create_table(
        "licences",
        sa.Column("id", sa.String(length=18), nullable=False),
        sa.Column("holder_id", sa.String(length=18), nullable=False),
        sa.Column("purposes", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("citation", sa.Text(), nullable=False),
        sa.Column("valid_from", UtcTime(), nullable=False),
        sa.Column("valid_until", UtcTime(), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("is_trial", sa.Boolean(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("issued_by", sa.String(length=18), nullable=False),
        sa.Column("issued_at", UtcTime(), nullable=False),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.Column("searches_started", sa.Integer(), nullable=False),
        sa.Column("searches_refused", sa.Integer(), nullable=False),
        sa.CheckConstraint("searches_started <= quota", name=op.f("ck_licences_quota_kept")),
        sa.ForeignKeyConstraint(["holder_id"], ["members.id"], name=op.f("fk_licences_holder_id")),
        sa.ForeignKeyConstraint(["issued_by"], ["members.id"], name=op.f("fk_licences_issued_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences")),
    )
    op.create_index(op.f("ix_licences_holder_id"), "licences", ["holder_id"], unique=False)
    op.create_table(
        "person_references",
        sa.Column("id", sa.String(length=18), nullable=False),
        sa.Column("person_id", sa.String(length=18), nullable=False),
        sa.Column("pack_id", sa.String(length=80), nullable=False),
        sa.Column("template_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_person_references_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_references")),
    )
    op.create_index(op.f("ix_person_references_person_id"), "person_references", ["person_id"], unique=False)
    op.create_table(
        "searches",
        sa.Column("id", sa.String(length=18), nullable=False),
        sa.Column("licence_id", sa.String(length=18), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("holder_id", sa.String(length=18), nullable=False),
        sa.Column("case_id", sa.String(length=18), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("probe_source", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=True),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("pack_id", sa.String(length=80), nullable=True),
        sa.Column("gallery", sa.String(length=18), nullable=True),
        sa.Column("gallery_size", sa.Integer(), nullable=True),
        sa.Column("threshold", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_searches_case_id")),
        sa.ForeignKeyConstraint(["holder_id"], ["members.id"], name=op.f("fk_searches_holder_id")),
        sa.ForeignKeyConstraint(["licence_id"], ["licences.id"], name=op.f("fk_searches_licence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_searches")),
        sa.UniqueConstraint("licence_id", "number", name=op.f("uq_searches_licence_id")),
    )
    op.create_index(op.f("ix_searches_case_id"), "searches", ["case_id"], unique=False)
    op.create_index(op.f("ix_searches_holder_id"), "searches", ["holder_id"], unique=False)
    op.create_table(
        "candidates",
        sa.Column("search_id", sa.String(length=18), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=18), nullable=False),
        sa.Column("reference_id", sa.String(length=18), nullable=False),
        sa.Column("distance", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["search_id"], ["searches.id"], name=op.f("fk_candidates_search_id")),
        sa.PrimaryKeyConstraint("search_id", "rank", name=op.f("pk_candidates")),
    )
    op.create_index(op.f("ix_candidates_person_id"), "candidates", ["person_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_candidates_person_id"), table_name="candidates")
    op.drop_table("candidates")
    op.drop_index(op.f("ix_searches_holder_id"), table_name="searches")
    op.drop_index(op.f("ix_searches_case_id"), table_name="searches")
    op.drop_table("searches")
    op.drop_index(op.f("ix_person_references_person_id"), table_name="person_references")
    op.drop_table("person_references")
    op.drop_index(op.f("ix_licences_holder_id"), table_name="licences")
    op.drop_table("licences")
    op.drop_index(op.f("ix_consents_person_id"), table_name="consents")
    op.drop_table("consents")
    op.drop_table("cases")
    op.drop_table("spent_evidence")
    op.drop_table("purposes")
    op.drop_table("persons")
    op.drop_table("members")
    op.drop_index("ix_ledger_openings_subject", table_name="ledger_openings")
    op.drop_table("ledger_openings")
    op.drop_table("ledger_nodes")
    op.drop_table("ledger_head")
    op.drop_table("ledger_entries")
    op.drop_table("ledger_checkpoints")
    op.drop_table("gallery_changes")
    op.drop_table("deployment")
