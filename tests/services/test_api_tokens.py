"""Tokens for programs: shown once, kept as a digest, within their member's roles, ended by time or by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from assent.errors import InvalidInput, NotFound
from assent.mandates import Actor, Role
from assent.mandates.api_token import Scope
from assent.services.api_tokens import MOST_TOKENS, find_bearer, list_tokens, make_token, revoke_token
from assent.services.open_deployment import open_runtime
from assent.services.runtime import Runtime
from assent.services.verify_ledger import verify_ledger
from demo_deployments import Deployment, act_as


@pytest.fixture
def runtime(bare: Deployment) -> Iterator[Runtime]:
    with open_runtime(bare.settings) as runtime:
        yield runtime


@pytest.fixture
def searcher(runtime: Runtime) -> Actor:
    return act_as(runtime, Role.SEARCHER)


def a_token(runtime: Runtime, actor: Actor, **terms: object) -> str:
    given = {"label": "nightly", "scopes": [Scope.SEARCHES_READ]} | terms
    return make_token(runtime, actor, **given).text  # type: ignore[arg-type]


def later(runtime: Runtime, **time: int) -> None:
    clock, passed = runtime.clock, timedelta(**time)
    runtime.clock = lambda: clock() + passed


def test_token_finds_its_member_and_nothing_of_it_is_stored(
    runtime: Runtime, searcher: Actor, bare: Deployment
) -> None:
    text = a_token(runtime, searcher)

    bearer = find_bearer(runtime, text, "api")

    assert bearer is not None
    assert (bearer.actor.member.id, bearer.actor.channel) == (searcher.member.id, "api")
    assert bearer.token.scopes == {Scope.SEARCHES_READ}
    secret = text.removeprefix("assent_").split("_", 1)[1]
    assert all(secret.encode() not in path.read_bytes() for path in bare.settings.data_folder.glob("assent.db*"))


@pytest.mark.parametrize("change", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: t[7:], lambda _t: ""])
def test_another_text_finds_nobody(runtime: Runtime, searcher: Actor, change: object) -> None:
    text = a_token(runtime, searcher)

    assert callable(change)
    assert find_bearer(runtime, change(text), "api") is None


def test_token_ends_by_time(runtime: Runtime, searcher: Actor) -> None:
    text = a_token(runtime, searcher, lifetime=timedelta(days=2))

    later(runtime, days=1)
    assert find_bearer(runtime, text, "api") is not None

    later(runtime, days=1)
    assert find_bearer(runtime, text, "api") is None


def test_revoked_token_opens_nothing_and_the_ledger_holds_together(runtime: Runtime, searcher: Actor) -> None:
    text = a_token(runtime, searcher)
    (kept,) = list_tokens(runtime, searcher)

    revoke_token(runtime, searcher, kept.id)

    assert find_bearer(runtime, text, "api") is None
    with pytest.raises(InvalidInput, match="already"):
        revoke_token(runtime, searcher, kept.id)
    verify_ledger(runtime)


def test_nobody_sees_or_revokes_the_tokens_of_others(runtime: Runtime, searcher: Actor) -> None:
    a_token(runtime, searcher)
    (kept,) = list_tokens(runtime, searcher)
    issuer = act_as(runtime, Role.ISSUER)

    assert list_tokens(runtime, issuer) == []
    with pytest.raises(NotFound):
        revoke_token(runtime, issuer, kept.id)


@pytest.mark.parametrize(
    "terms",
    [
        {"scopes": [Scope.PEOPLE_WRITE]},
        {"scopes": []},
        {"label": " "},
        {"label": "x" * 61},
        {"lifetime": timedelta(days=367)},
        {"lifetime": timedelta(0)},
    ],
    ids=["beyond the roles", "no scope", "no label", "long label", "too long", "no time"],
)
def test_token_within_its_limits_only(runtime: Runtime, searcher: Actor, terms: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        a_token(runtime, searcher, **terms)


def test_tokens_in_force_are_limited_in_number(runtime: Runtime, searcher: Actor) -> None:
    for number in range(MOST_TOKENS):
        a_token(runtime, searcher, label=f"number {number}")

    with pytest.raises(InvalidInput, match="revoke one"):
        a_token(runtime, searcher)


def test_roles_in_the_ledger_are_those_that_the_member_has_now(runtime: Runtime, searcher: Actor) -> None:
    stale = replace(searcher, member=replace(searcher.member, roles=frozenset({Role.SEARCHER, Role.APPROVER})))

    a_token(runtime, stale)

    verify_ledger(runtime)
