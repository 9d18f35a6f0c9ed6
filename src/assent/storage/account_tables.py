"""Tables of accounts: what proves who somebody is, and what is remembered of attempts to.

Nothing here opens an account by itself: passwords are Argon2id hashes sealed under the member's key, what a factor
needs is sealed too, and links, codes and steps are kept as hashes only.
"""

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, String, Table

from assent.storage.tables import UtcTime, id_column, metadata

passwords = Table(
    "passwords",
    metadata,
    id_column("members", name="member_id", primary_key=True),
    Column("hash_sealed", LargeBinary, nullable=False),
    Column("set_at", UtcTime, nullable=False),
)

totp_factors = Table(
    "totp_factors",
    metadata,
    id_column("members", name="member_id", primary_key=True),
    Column("secret_sealed", LargeBinary, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    # A factor counts once a code of it was shown; until then it is being set up.
    Column("confirmed_at", UtcTime),
    # The time step of the last code that was accepted: no code is accepted twice (RFC 6238, 5.2).
    Column("last_step", BigInteger, nullable=False),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    id_column("members", name="member_id", primary_key=True),
    Column("tag", LargeBinary(32), primary_key=True),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("tag", LargeBinary(32), primary_key=True),
    id_column("members", name="member_id", nullable=False, index=True),
    Column("credential_id", LargeBinary, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("label_sealed", LargeBinary, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),
)

one_time_links = Table(
    "one_time_links",
    metadata,
    Column("tag", LargeBinary(32), primary_key=True),
    id_column("members", name="member_id", nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)

sign_in_steps = Table(
    "sign_in_steps",
    metadata,
    Column("tag", LargeBinary(32), primary_key=True),
    Column("kind", String(20), nullable=False),
    id_column("members", name="member_id"),
    Column("roles", String(200)),
    Column("expires_at", UtcTime, nullable=False),
)

sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("tag", LargeBinary(32), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", UtcTime, nullable=False),
)

known_browsers = Table(
    "known_browsers",
    metadata,
    Column("tag", LargeBinary(32), primary_key=True),
    id_column("members", name="member_id", nullable=False, index=True),
    Column("seen_at", UtcTime, nullable=False),
)

account_events = Table(
    "account_events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    id_column("members", name="member_id", nullable=False, index=True),
    Column("what", String(40), nullable=False),
    id_column("members", name="done_by"),
    Column("at", UtcTime, nullable=False),
    # What somebody else did to an account is shown at the next signing in, until the member says that they saw it.
    Column("is_seen", Boolean, nullable=False),
)

provider_identities = Table(
    "provider_identities",
    metadata,
    Column("tag", LargeBinary(32), primary_key=True),
    id_column("members", name="member_id", nullable=False, unique=True),
    Column("linked_at", UtcTime, nullable=False),
)

provider_roles = Table(
    "provider_roles",
    metadata,
    Column("value", String(200), primary_key=True),
    Column("roles", String(200), nullable=False),
)

chosen_settings = Table(
    "chosen_settings",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Integer, nullable=False),
    Column("set_at", UtcTime, nullable=False),
)
