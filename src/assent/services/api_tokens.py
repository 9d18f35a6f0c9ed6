"""Tokens with which a member's programs use the API: made, shown once, found by what is brought, revoked."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta

from assent.errors import InvalidInput, MemberSuspended, NotFound
from assent.ledger import EntryKind
from assent.mandates import Actor
from assent.mandates.api_token import (
    TOKEN_PREFIX,
    USUAL_LIFETIME,
    ApiToken,
    Scope,
    TokenId,
    check_label,
    check_lifetime,
    check_scopes,
)
from assent.people import is_identifier, make_identifier
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import api_tokens as stored_tokens
from assent.storage import mandates as stored_mandates

MOST_TOKENS = 20
"""How many tokens in force one member may have."""

_USED_STEP = timedelta(minutes=10)
"""A token's last use is written at most this often, so that reading writes nothing."""
_SEPARATOR = "_"


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A new token; `text` is what a program brings, and is shown this once."""

    token: ApiToken
    text: str


@dataclass(frozen=True, slots=True)
class TokenBearer:
    """Who acts through the API, and with which token."""

    actor: Actor
    token: ApiToken


def make_token(
    runtime: Runtime, actor: Actor, *, label: str, scopes: Collection[Scope], lifetime: timedelta = USUAL_LIFETIME
) -> MadeToken:
    """Make a token of one's own. Raises InvalidInput for scopes beyond the roles, too long a life, or too many."""
    secret, at = secrets.token_urlsafe(32), runtime.clock()
    token = ApiToken(
        id=TokenId(make_identifier("t")),
        member=actor.member.id,
        label=check_label(label),
        scopes=check_scopes(scopes, actor.member.roles),
        secret_digest=_digest(secret),
        made_at=at,
        expires_at=at + check_lifetime(lifetime),
    )
    with runtime.database.transaction() as transaction:
        kept = stored_tokens.load_tokens(transaction, runtime.vault, actor.member.id)
        if sum(other.is_in_force(at) for other in kept) >= MOST_TOKENS:
            raise InvalidInput(f"You have {MOST_TOKENS} tokens in force; revoke one first.")
        stored_tokens.record_token(transaction, runtime.vault, token)
        _record_change(runtime, transaction, actor, "token-made")
    return MadeToken(token, f"{TOKEN_PREFIX}{token.id.removeprefix('t_')}{_SEPARATOR}{secret}")


def list_tokens(runtime: Runtime, actor: Actor) -> list[ApiToken]:
    """List one's own tokens, newest first, ended ones too."""
    with runtime.database.snapshot() as view:
        return stored_tokens.load_tokens(view, runtime.vault, actor.member.id)


def revoke_token(runtime: Runtime, actor: Actor, token: str) -> ApiToken:
    """Revoke one of one's own tokens; it opens nothing from the next request on.

    Raises NotFound, also for somebody else's, and InvalidInput if it was revoked already.
    """
    at = runtime.clock()
    with runtime.database.transaction() as transaction:
        found = stored_tokens.find_token(transaction, runtime.vault, token)
        if found is None or found.member != actor.member.id:
            raise NotFound("You have no token with this identifier.")
        if found.revoked_at is not None:
            raise InvalidInput(f"Token {found.id} was revoked already.")
        stored_tokens.record_token_end(transaction, found.id, at)
        _record_change(runtime, transaction, actor, "token-revoked")
    return replace(found, revoked_at=at)


def find_bearer(runtime: Runtime, text: str, channel: str) -> TokenBearer | None:
    """Find who acts by the token that was brought; nobody, where it is unknown, revoked or has run out.

    Raises MemberSuspended.
    """
    letters, _, secret = text.removeprefix(TOKEN_PREFIX).partition(_SEPARATOR)
    identifier = f"t_{letters}"
    if not text.startswith(TOKEN_PREFIX) or not is_identifier(identifier, "t"):
        return None
    at = runtime.clock()
    with runtime.database.snapshot() as view:
        token = stored_tokens.find_token(view, runtime.vault, identifier)
        # Compared in constant time, though the secret's 256 bits would not be guessed from the time either.
        if token is None or not hmac.compare_digest(token.secret_digest, _digest(secret)):
            return None
        member = stored_mandates.find_member(view, runtime.vault, token.member)
    if not token.is_in_force(at):
        return None
    if member.suspended_at is not None:
        raise MemberSuspended(f"The account of member {member.id} is suspended.")
    if token.used_at is None or at - token.used_at >= _USED_STEP:
        with runtime.database.transaction() as transaction:
            stored_tokens.record_token_use(transaction, token.id, at)
    return TokenBearer(Actor(member, channel), token)


def _digest(secret: str) -> bytes:
    """Compute the SHA-256 under which a secret is kept; it has 256 random bits, so it needs no salt."""
    return hashlib.sha256(secret.encode()).digest()


def _record_change(runtime: Runtime, transaction: Connection, actor: Actor, change: str) -> None:
    # The roles as they stand now: a change since the member signed in must not be written back.
    roles = stored_mandates.find_member(transaction, runtime.vault, actor.member.id).roles
    fields = {"member": actor.member.id, "change": change, "roles": sorted(roles)}
    record_entry(runtime, transaction, EntryKind.MEMBER_CHANGED, actor=actor, at=runtime.clock(), fields=fields)
