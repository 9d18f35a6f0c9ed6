"""What proves who a member is: password, factors, recovery codes, passkeys; and what happened to the account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from assent.errors import InvalidInput
from assent.mandates import MemberId, Role
from assent.storage.account_tables import (
    account_events,
    passkeys,
    passwords,
    provider_identities,
    recovery_codes,
    totp_factors,
)
from assent.storage.tables import members
from assent.storage.vault import Vault

_PASSWORD, _TOTP, _LABEL = "password-hash", "totp-secret", "passkey-label"


@dataclass(frozen=True, slots=True)
class TotpFactor:
    """A shared secret from which codes are computed; it counts once it is confirmed."""

    secret: str
    confirmed_at: datetime | None
    last_step: int


@dataclass(frozen=True, slots=True)
class Passkey:
    """The public half of a passkey; `tag` is the SHA-256 of the identifier that the authenticator chose."""

    tag: bytes
    member: MemberId
    credential_id: bytes
    public_key: bytes
    sign_count: int
    label: str
    made_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """One thing that happened to an account; `by` is whoever did it where it was not the member."""

    what: str
    at: datetime
    by: MemberId | None
    is_seen: bool


# --- members -----------------------------------------------------------------------------------------------------


def record_roles(connection: Connection, member: MemberId, roles: frozenset[Role]) -> None:
    """Give a member other roles."""
    connection.execute(update(members).where(members.c.id == member).values(roles=" ".join(sorted(roles))))


def record_suspension(connection: Connection, member: MemberId, at: datetime | None) -> None:
    """Suspend a member, or with None reactivate them."""
    connection.execute(update(members).where(members.c.id == member).values(suspended_at=at))


# --- password ----------------------------------------------------------------------------------------------------


def record_password(connection: Connection, vault: Vault, member: MemberId, password_hash: str, at: datetime) -> None:
    """Store a password's Argon2id hash, sealed; a former one is gone."""
    connection.execute(delete(passwords).where(passwords.c.member_id == member))
    sealed = vault.seal(member, _PASSWORD, password_hash.encode())
    connection.execute(insert(passwords).values(member_id=member, hash_sealed=sealed, set_at=at))


def load_password(connection: Connection, vault: Vault, member: MemberId) -> str | None:
    """Read the Argon2id hash of a member's password, or None where none was set."""
    sealed = connection.execute(select(passwords.c.hash_sealed).where(passwords.c.member_id == member)).scalar()
    return None if sealed is None else vault.unseal(member, _PASSWORD, sealed).decode()


def has_any_password(connection: Connection) -> bool:
    """Tell whether anybody set a password yet."""
    return connection.execute(select(passwords.c.member_id).limit(1)).first() is not None


# --- one-time codes ----------------------------------------------------------------------------------------------


def record_totp(connection: Connection, vault: Vault, member: MemberId, secret: str, at: datetime) -> None:
    """Store the secret of a factor that is being set up; a former one is gone."""
    delete_totp(connection, member)
    sealed = vault.seal(member, _TOTP, secret.encode())
    connection.execute(insert(totp_factors).values(member_id=member, secret_sealed=sealed, made_at=at, last_step=0))


def load_totp(connection: Connection, vault: Vault, member: MemberId) -> TotpFactor | None:
    """Read a member's factor, also one that is still being set up."""
    row = connection.execute(select(totp_factors).where(totp_factors.c.member_id == member)).one_or_none()
    if row is None:
        return None
    return TotpFactor(vault.unseal(member, _TOTP, row.secret_sealed).decode(), row.confirmed_at, row.last_step)


def record_totp_use(connection: Connection, member: MemberId, step: int, at: datetime) -> bool:
    """Use a time step up and confirm the factor; False if this step or a later one was used before."""
    later = (
        update(totp_factors)
        .where(totp_factors.c.member_id == member, totp_factors.c.last_step < step)
        .values(last_step=step, confirmed_at=func.coalesce(totp_factors.c.confirmed_at, at))
    )
    return connection.execute(later).rowcount == 1


def delete_totp(connection: Connection, member: MemberId) -> None:
    """Remove a member's factor."""
    connection.execute(delete(totp_factors).where(totp_factors.c.member_id == member))


def record_recovery_codes(connection: Connection, member: MemberId, tags: list[bytes]) -> None:
    """Store the hashes of new recovery codes; former ones are gone."""
    connection.execute(delete(recovery_codes).where(recovery_codes.c.member_id == member))
    if tags:
        connection.execute(insert(recovery_codes), [{"member_id": member, "tag": tag} for tag in tags])


def use_recovery_code(connection: Connection, member: MemberId, tag: bytes) -> bool:
    """Use a recovery code up; False if it is none, or was used before."""
    used = delete(recovery_codes).where(recovery_codes.c.member_id == member, recovery_codes.c.tag == tag)
    return connection.execute(used).rowcount == 1


def count_recovery_codes(connection: Connection, member: MemberId) -> int:
    """Count the recovery codes that are left."""
    query = select(func.count()).select_from(recovery_codes).where(recovery_codes.c.member_id == member)
    return connection.execute(query).scalar_one()


# --- passkeys ----------------------------------------------------------------------------------------------------


def record_passkey(connection: Connection, vault: Vault, passkey: Passkey) -> None:
    """Store a new passkey. Raises InvalidInput if an authenticator's key is registered already."""
    if connection.execute(select(passkeys.c.tag).where(passkeys.c.tag == passkey.tag)).first():
        raise InvalidInput("This passkey is registered already.")
    connection.execute(
        insert(passkeys).values(
            tag=passkey.tag,
            member_id=passkey.member,
            credential_id=passkey.credential_id,
            public_key=passkey.public_key,
            sign_count=passkey.sign_count,
            label_sealed=vault.seal(passkey.member, _LABEL, passkey.label.encode()),
            made_at=passkey.made_at,
        )
    )


def load_passkeys(connection: Connection, vault: Vault, member: MemberId) -> list[Passkey]:
    """Read a member's passkeys, oldest first."""
    query = select(passkeys).where(passkeys.c.member_id == member).order_by(passkeys.c.made_at, passkeys.c.tag)
    return [_read_passkey(row, vault) for row in connection.execute(query)]


def find_passkey(connection: Connection, vault: Vault, tag: bytes) -> Passkey | None:
    """Find a passkey by the hash of its identifier."""
    row = connection.execute(select(passkeys).where(passkeys.c.tag == tag)).one_or_none()
    return None if row is None else _read_passkey(row, vault)


def record_passkey_use(connection: Connection, tag: bytes, sign_count: int, at: datetime) -> None:
    """Note a passkey's counter and last use."""
    used = update(passkeys).where(passkeys.c.tag == tag)
    connection.execute(used.values(sign_count=sign_count, used_at=at))


def delete_passkeys(connection: Connection, member: MemberId, tag: bytes | None = None) -> int:
    """Remove one passkey of a member, or all of them; how many went comes back."""
    gone = delete(passkeys).where(passkeys.c.member_id == member)
    return connection.execute(gone if tag is None else gone.where(passkeys.c.tag == tag)).rowcount


def _read_passkey(row: object, vault: Vault) -> Passkey:
    values = row._mapping  # type: ignore[attr-defined]  # noqa: SLF001 (SQLAlchemy's public name for it)
    member = MemberId(values["member_id"])
    return Passkey(
        tag=bytes(values["tag"]),
        member=member,
        credential_id=bytes(values["credential_id"]),
        public_key=bytes(values["public_key"]),
        sign_count=values["sign_count"],
        label=vault.unseal(member, _LABEL, values["label_sealed"]).decode(),
        made_at=values["made_at"],
        used_at=values["used_at"],
    )


# --- the identity provider ---------------------------------------------------------------------------------------


def record_identity(connection: Connection, member: MemberId, tag: bytes, at: datetime) -> None:
    """Link a member to an account at the identity provider. Raises InvalidInput if somebody else has it."""
    holder = connection.execute(
        select(provider_identities.c.member_id).where(provider_identities.c.tag == tag)
    ).scalar()
    if holder not in {None, member}:
        raise InvalidInput("This account at the identity provider belongs to another member.")
    delete_identity(connection, member)
    connection.execute(insert(provider_identities).values(tag=tag, member_id=member, linked_at=at))


def find_identity(connection: Connection, tag: bytes) -> MemberId | None:
    """Find the member that an account at the identity provider is linked to."""
    found = connection.execute(select(provider_identities.c.member_id).where(provider_identities.c.tag == tag)).scalar()
    return None if found is None else MemberId(found)


def has_identity(connection: Connection, member: MemberId) -> bool:
    """Tell whether a member is linked to the identity provider."""
    query = select(provider_identities.c.tag).where(provider_identities.c.member_id == member)
    return connection.execute(query).first() is not None


def delete_identity(connection: Connection, member: MemberId) -> None:
    """End the link between a member and the identity provider."""
    connection.execute(delete(provider_identities).where(provider_identities.c.member_id == member))


# --- what happened -----------------------------------------------------------------------------------------------


def record_event(
    connection: Connection, member: MemberId, what: str, at: datetime, *, by: MemberId | None, is_seen: bool = True
) -> None:
    """Note what happened to an account; what somebody else did waits until the member has seen it."""
    row = {"member_id": member, "what": what, "done_by": by, "at": at, "is_seen": is_seen}
    connection.execute(insert(account_events).values(**row))


def load_events(connection: Connection, member: MemberId, limit: int) -> list[AccountEvent]:
    """Read what happened to an account, the newest first."""
    query = select(account_events).where(account_events.c.member_id == member)
    rows = connection.execute(query.order_by(account_events.c.id.desc()).limit(limit))
    return [AccountEvent(row.what, row.at, row.done_by, row.is_seen) for row in rows]


def has_unseen_events(connection: Connection, member: MemberId) -> bool:
    """Tell whether somebody did something to the account that the member has not seen."""
    unseen = select(account_events.c.id).where(account_events.c.member_id == member, ~account_events.c.is_seen)
    return connection.execute(unseen.limit(1)).first() is not None


def record_events_seen(connection: Connection, member: MemberId) -> None:
    """Note that the member has seen what happened."""
    connection.execute(update(account_events).where(account_events.c.member_id == member).values(is_seen=True))
