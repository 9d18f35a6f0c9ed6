"""Signing in through an identity provider (OpenID Connect Core 1.0): code flow with PKCE (RFC 7636), state and nonce.

The provider vouches for who somebody is and, by rules that an administrator wrote, for which of their roles; it makes
no member and gives nobody a role.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from assent.errors import InvalidInput, RoleMissing, SignInFailed, Unavailable
from assent.ledger import EntryKind, JsonValue
from assent.mandates import Actor, Member, Role, check_roles
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.services.sign_in.attempts import Origin
from assent.services.sign_in.links import note_change
from assent.services.sign_in.provider_connection import ProviderConnection, read_client_secret, require_safe
from assent.services.sign_in.steps import Progress, StepKind, derive_text, go_on, open_step, use_step
from assent.storage import accounts as stored_accounts
from assent.storage import mandates as stored_mandates
from assent.storage import sign_in as stored_sign_in

ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "EdDSA")
SECOND_FACTORS = frozenset({"mfa", "otp", "hwk", "swk", "fido", "pop", "sc"})
"""Authentication methods (RFC 8176) that are, or contain, a second factor."""
LEEWAY_SECONDS = 60
LONGEST_VALUE = 200
RETURN_PATH = "/sign-in/provider/back"
_NOT_RIGHT = "The identity provider's answer does not belong to this sign-in; please start again."


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser is sent, and the token by which it is known when it comes back."""

    token: str
    address: str


@dataclass(frozen=True, slots=True)
class Vouched:
    """What the provider vouches for: the subject, the values of the roles claim, and how it made sure."""

    subject: str
    values: frozenset[str]
    has_second_factor: bool


def has_provider(runtime: Runtime) -> bool:
    """Tell whether an identity provider is set up."""
    return bool(runtime.settings.provider_issuer and runtime.settings.provider_client_id)


def depart(runtime: Runtime, connection: ProviderConnection, *, return_to: str, member: Member | None) -> Departure:
    """Begin: to sign in or, for a signed-in member, to connect their account. Raises Unavailable or InvalidInput."""
    if not has_provider(runtime):
        raise InvalidInput("No identity provider is set up here.")
    configuration = _read_configuration(runtime, connection)
    token = open_step(runtime, StepKind.PROVIDER, None if member is None else member.id)
    asked = {
        "response_type": "code",
        "client_id": runtime.settings.provider_client_id,
        "redirect_uri": return_to,
        "scope": "openid",
        "state": derive_text(token, "state"),
        "nonce": derive_text(token, "nonce"),
        "code_challenge": create_s256_code_challenge(derive_text(token, "verifier")),
        "code_challenge_method": "S256",
    }
    address = str(configuration["authorization_endpoint"])
    require_safe(address)
    return Departure(token, f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}")


def come_back(
    runtime: Runtime,
    connection: ProviderConnection,
    *,
    token: str,
    answer: Mapping[str, str],
    return_to: str,
    origin: Origin,
    connecting: Actor | None,
) -> Progress | None:
    """Judge what the provider sent back; None where a member connected their account instead of signing in.

    Raises SignInFailed, Unavailable, MemberSuspended, RolesIncompatible, or RoleMissing where no role is vouched for.
    """
    step = use_step(runtime, token, StepKind.PROVIDER)
    if not hmac.compare_digest(answer.get("state", "").encode(), derive_text(token, "state").encode()):
        raise SignInFailed(_NOT_RIGHT)
    # RFC 9207: an answer that names another issuer was mixed up.
    if answer.get("iss", runtime.settings.provider_issuer) != runtime.settings.provider_issuer or "error" in answer:
        raise SignInFailed("The identity provider did not let you in.")
    vouched = _redeem(runtime, connection, token, answer.get("code", ""), return_to)
    tag = runtime.vault.tag("provider-identity", f"{runtime.settings.provider_issuer}\x00{vouched.subject}")
    if step.member is not None:
        if connecting is None or connecting.member.id != step.member:
            raise SignInFailed(_NOT_RIGHT)
        with runtime.database.transaction() as transaction:
            stored_accounts.record_identity(transaction, connecting.member.id, tag, runtime.clock())
            note_change(runtime, transaction, connecting.member, "provider-connected", actor=connecting)
        return None
    with runtime.database.snapshot() as view:
        found = stored_accounts.find_identity(view, tag)
        if found is None:
            raise SignInFailed("This account is connected to no member; sign in and connect it in 'My account'.")
        member = stored_mandates.find_member(view, runtime.vault, found)
        rules = stored_sign_in.load_provider_roles(view)
    roles = narrow_roles(member.roles, rules, vouched.values)
    return go_on(runtime, member, is_factor_shown=vouched.has_second_factor, browser=origin.browser, roles=roles)


def narrow_roles(
    own: frozenset[Role], rules: Mapping[str, frozenset[Role]], values: Collection[str]
) -> frozenset[Role] | None:
    """Find which of a member's own roles the provider vouches for; None means all, where there is no rule at all.

    Raises RolesIncompatible for roles that exclude each other, RoleMissing where nothing is left.
    """
    if not rules:
        return None
    vouched = frozenset(role for value in values for role in rules.get(value, frozenset()))
    if vouched:
        check_roles(vouched)
    left = own & vouched
    if not left:
        raise RoleMissing("The identity provider vouches for none of your roles; ask an administrator.")
    return left


def list_provider_roles(runtime: Runtime, actor: Actor) -> dict[str, frozenset[Role]]:
    """List for which roles each value of the claim vouches; takes an administrator."""
    actor.require_role(Role.ADMINISTRATOR)
    with runtime.database.snapshot() as view:
        return stored_sign_in.load_provider_roles(view)


def set_provider_roles(runtime: Runtime, actor: Actor, *, value: str, roles: Collection[Role]) -> None:
    """Say for which roles a value of the claim vouches; none forgets the value.

    Raises RoleMissing, RolesIncompatible, InvalidInput.
    """
    actor.require_role(Role.ADMINISTRATOR)
    value = value.strip()
    if not 1 <= len(value) <= LONGEST_VALUE:
        raise InvalidInput(f"A value of the claim has 1 to {LONGEST_VALUE} characters.")
    new, at = check_roles(roles) if roles else frozenset[Role](), runtime.clock()
    with runtime.database.transaction() as transaction:
        stored_sign_in.record_provider_roles(transaction, value, new)
        fields: dict[str, JsonValue] = {
            "setting": "provider-roles",
            "value": len(stored_sign_in.load_provider_roles(transaction)),
        }
        record_entry(runtime, transaction, EntryKind.SETTINGS_CHANGED, actor=actor, at=at, fields=fields)


def disconnect(runtime: Runtime, actor: Actor) -> None:
    """End the link between one's account and the identity provider."""
    with runtime.database.transaction() as transaction:
        stored_accounts.delete_identity(transaction, actor.member.id)
        note_change(runtime, transaction, actor.member, "provider-disconnected", actor=actor)


def _redeem(runtime: Runtime, connection: ProviderConnection, token: str, code: str, return_to: str) -> Vouched:
    settings = runtime.settings
    configuration = _read_configuration(runtime, connection)
    secret = read_client_secret(settings.provider_secret_file)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": return_to,
        "client_id": settings.provider_client_id,
        "code_verifier": derive_text(token, "verifier"),
    }
    basic = None if secret is None else (settings.provider_client_id, secret)
    answer = connection.post(str(configuration["token_endpoint"]), form, basic)
    keys = connection.get(str(configuration["jwks_uri"]))
    try:
        read = jwt.decode(str(answer.get("id_token", "")), KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]
        options: Any = {
            "iss": {"essential": True, "value": settings.provider_issuer},
            "aud": {"essential": True, "value": settings.provider_client_id},
            "sub": {"essential": True},
        }
        parameters = {"client_id": settings.provider_client_id, "nonce": derive_text(token, "nonce")}
        claims = CodeIDToken(read.claims, read.header, options, parameters)
        claims.validate(now=int(runtime.clock().timestamp()), leeway=LEEWAY_SECONDS)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise SignInFailed(_NOT_RIGHT) from error
    values = claims.get(settings.provider_roles_claim, [])
    methods = claims.get("amr") or []
    return Vouched(
        subject=str(claims["sub"]),
        values=frozenset(str(value) for value in (values if isinstance(values, list) else [values])),
        has_second_factor=bool(SECOND_FACTORS.intersection(map(str, methods))),
    )


def _read_configuration(runtime: Runtime, connection: ProviderConnection) -> dict[str, Any]:
    issuer = runtime.settings.provider_issuer
    configuration = connection.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    needed = {"authorization_endpoint", "token_endpoint", "jwks_uri"}
    if configuration.get("issuer") != issuer or not needed <= configuration.keys():
        raise Unavailable("The identity provider's configuration is another issuer's, or lacks what is needed.")
    return configuration
