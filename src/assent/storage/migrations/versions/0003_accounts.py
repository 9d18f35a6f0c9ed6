"""Accounts: who is signed in, and with what."""

import sqlalchemy as sa
from alembic import op

from assent.storage.tables import UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=18), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.Column("confirmed_at", UtcTime(), nullable=False),
        sa.Column("roles", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_sessions_member_id")),
        sa.PrimaryKeyConstraint("tag", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_member_id"), "sessions", ["member_id"])

    op.add_column("members", sa.Column("suspended_at", UtcTime(), nullable=True))
    op.create_table(
        "chosen_settings",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("set_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chosen_settings")),
    )
    op.create_table(
        "provider_roles",
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("roles", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("value", name=op.f("pk_provider_roles")),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tag", name=op.f("pk_sign_in_attempts")),
    )
    op.create_table(
        "account_events",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("member_id", sa.String(length=18), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("done_by", sa.String(length=18), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("is_seen", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["done_by"], ["members.id"], name=op.f("fk_account_events_done_by")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_account_events_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_events")),
    )
    op.create_index(op.f("ix_account_events_member_id"), "account_events", ["member_id"], unique=False)
    op.create_table(
        "known_browsers",
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=18), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_known_browsers_member_id")),
        sa.PrimaryKeyConstraint("tag", name=op.f("pk_known_browsers")),
    )
    op.create_index(op.f("ix_known_browsers_member_id"), "known_browsers", ["member_id"], unique=False)
    op.create_table(
        "one_time_links",
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=18), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_one_time_links_member_id")),
        sa.PrimaryKeyConstraint("tag", name=op.f("pk_one_time_links")),
    )
    op.create_index(op.f("ix_one_time_links_member_id"), "one_time_links", ["member_id"], unique=False)
    op.create_table(
        "passkeys",
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=18), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("label_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_passkeys_member_id")),
        sa.PrimaryKeyConstraint("tag", name=op.f("pk_passkeys")),
    )
    op.create_index(op.f("ix_passkeys_member_id"), "passkeys", ["member_id"], unique=False)
    op.create_table(
        "passwords",
        sa.Column("member_id", sa.String(length=18), nullable=False),
        sa.Column("hash_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("set_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_passwords_member_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_passwords")),
    )
    op.create_table(
        "provider_identities",
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=18), nullable=False),
        sa.Column("linked_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_provider_identities_member_id")),
        sa.PrimaryKeyConstraint("tag", name=op.f("pk_provider_identities")),
        sa.UniqueConstraint("member_id", name=op.f("uq_provider_identities_member_id")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("member_id", sa.String(length=18), nullable=False),
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_recovery_codes_member_id")),
        sa.PrimaryKeyConstraint("member_id", "tag", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "sign_in_steps",
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("member_id", sa.String(length=18), nullable=True),
        sa.Column("roles", sa.String(length=200), nullable=True),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_sign_in_steps_member_id")),
        sa.PrimaryKeyConstraint("tag", name=op.f("pk_sign_in_steps")),
    )
    op.create_table(
        "totp_factors",
        sa.Column("member_id", sa.String(length=18), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("confirmed_at", UtcTime(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_totp_factors_member_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_totp_factors")),
    )


def downgrade() -> None:
    op.drop_table("totp_factors")
    op.drop_table("sign_in_steps")
    op.drop_table("recovery_codes")
    op.drop_table("provider_identities")
    op.drop_table("passwords")
    op.drop_index(op.f("ix_passkeys_member_id"), table_name="passkeys")
    op.drop_table("passkeys")
    op.drop_index(op.f("ix_one_time_links_member_id"), table_name="one_time_links")
    op.drop_table("one_time_links")
    op.drop_index(op.f("ix_known_browsers_member_id"), table_name="known_browsers")
    op.drop_table("known_browsers")
    op.drop_index(op.f("ix_account_events_member_id"), table_name="account_events")
    op.drop_table("account_events")
    op.drop_table("sign_in_attempts")
    op.drop_table("provider_roles")
    op.drop_table("chosen_settings")
    op.drop_column("members", "suspended_at")
    op.drop_index(op.f("ix_sessions_member_id"), table_name="sessions")
    op.drop_table("sessions")
