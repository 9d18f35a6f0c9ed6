"""The table of tokens for programs; of a token's secret only the SHA-256 is kept."""

from sqlalchemy import Column, LargeBinary, String, Table

from assent.storage.tables import UtcTime, id_column, metadata

api_tokens = Table(
    "api_tokens",
    metadata,
    id_column(primary_key=True),
    id_column("members", name="member_id", nullable=False, index=True),
    # What the member wrote it is for: under the member's key.
    Column("label_sealed", LargeBinary, nullable=False),
    Column("scopes", String(400), nullable=False),
    Column("secret_digest", LargeBinary(32), nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Column("used_at", UtcTime),
)
