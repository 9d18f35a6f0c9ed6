"""Tokens for programs, found by their identifiers; labels are sealed under their members' keys."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update

from assent.mandates import MemberId
from assent.mandates.api_token import ApiToken, Scope, TokenId
from assent.storage.api_token_tables import api_tokens
from assent.storage.vault import Vault

_LABEL = "token-label"


def record_token(connection: Connection, vault: Vault, token: ApiToken) -> None:
    """Store a new token."""
    connection.execute(
        insert(api_tokens).values(
            id=token.id,
            member_id=token.member,
            label_sealed=vault.seal(token.member, f"{_LABEL}:{token.id}", token.label.encode()),
            scopes=" ".join(sorted(token.scopes)),
            secret_digest=token.secret_digest,
            made_at=token.made_at,
            expires_at=token.expires_at,
        )
    )


def find_token(connection: Connection, vault: Vault, token: str) -> ApiToken | None:
    """Read a token by its identifier, or None."""
    row = connection.execute(select(api_tokens).where(api_tokens.c.id == token)).one_or_none()
    return None if row is None else _read_token(row, vault)


def load_tokens(connection: Connection, vault: Vault, member: MemberId) -> list[ApiToken]:
    """Read a member's tokens, newest first."""
    rows = connection.execute(
        select(api_tokens).where(api_tokens.c.member_id == member).order_by(api_tokens.c.made_at.desc())
    )
    return [_read_token(row, vault) for row in rows]


def record_token_use(connection: Connection, token: TokenId, at: datetime) -> None:
    """Note that a token was used."""
    connection.execute(update(api_tokens).where(api_tokens.c.id == token).values(used_at=at))


def record_token_end(connection: Connection, token: TokenId, at: datetime) -> None:
    """Mark a token as revoked."""
    connection.execute(update(api_tokens).where(api_tokens.c.id == token).values(revoked_at=at))


def _read_token(row: Row[tuple[object, ...]], vault: Vault) -> ApiToken:
    return ApiToken(
        id=TokenId(row.id),
        member=MemberId(row.member_id),
        label=vault.unseal(row.member_id, f"{_LABEL}:{row.id}", row.label_sealed).decode(),
        scopes=frozenset(Scope(scope) for scope in row.scopes.split()),
        secret_digest=bytes(row.secret_digest),
        made_at=row.made_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        used_at=row.used_at,
    )
