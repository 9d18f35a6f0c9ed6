"""Signing in through an identity provider: what is believed, what is refused, and that it never gives a role."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from assent.errors import RoleMissing, RolesIncompatible, Unavailable
from assent.mandates import Role
from assent.services.sign_in.provider import narrow_roles, set_provider_roles
from assent.services.sign_in.provider_connection import ProviderConnection
from demo_deployments import act_as
from web.sign_in.doors import is_signed_in
from web.sign_in.providers import CLIENT, ISSUER, SECRET, Provider
from web.sites import Site, Visit


@pytest.fixture
def provider(bare_site: Site) -> Provider:
    made = Provider(now=bare_site.runtime.clock().timestamp())
    secret = bare_site.runtime.settings.data_folder.parent / "client-secret"
    secret.write_text(f"{SECRET}\n")
    bare_site.runtime.settings = replace(
        bare_site.runtime.settings,
        provider_issuer=ISSUER,
        provider_client_id=CLIENT,
        provider_secret_file=secret,
        provider_name="Town account",
    )
    bare_site.app.state.provider_connection = made.connect()
    return made


def connect(site: Site, provider: Provider, handle: str) -> Visit:
    """Connect a member's account, as the member does in 'My account'."""
    browser = site.as_member(handle)
    address = browser.get("/account/provider", follow_redirects=False).headers["location"]
    back = browser.get("/sign-in/provider/back", params=provider.authorise(address), follow_redirects=False)
    assert back.headers["location"] == "/account"
    assert "Connected to Town account" in browser.get("/account").text
    return browser


def sign_in(site: Site, provider: Provider, **changes: str) -> tuple[Visit, str]:
    """Sign in through the provider; where the browser is led comes back."""
    browser = site.visit()
    address = browser.get("/sign-in/provider", follow_redirects=False).headers["location"]
    answer = provider.authorise(address, **changes)
    back = browser.get("/sign-in/provider/back", params=answer, follow_redirects=False)
    return browser, back.headers["location"]


def test_connected_member_signs_in_through_the_provider(bare_site: Site, provider: Provider) -> None:
    connect(bare_site, provider, "steward")

    browser, way = sign_in(bare_site, provider)

    assert way == "/"
    assert browser.get("/people").status_code == 200
    assert "Town account" in bare_site.visit().get("/sign-in").text


def test_account_that_nobody_connected_makes_no_member(bare_site: Site, provider: Provider) -> None:
    browser, way = sign_in(bare_site, provider)

    assert way == "/sign-in"
    assert not is_signed_in(browser)


def test_provider_that_saw_no_second_factor_is_not_enough(bare_site: Site, provider: Provider) -> None:
    connect(bare_site, provider, "steward")
    provider.amr = ["pwd"]

    browser, way = sign_in(bare_site, provider)

    assert way.startswith("/sign-in/enrol")
    assert not is_signed_in(browser)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"iss": "https://other.example.org"}, id="another issuer"),
        pytest.param({"aud": "another-client"}, id="for another client"),
        pytest.param({"aud": [CLIENT, "another"], "azp": "another"}, id="issued to another client"),
        pytest.param({"nonce": "another"}, id="another sign-in's token"),
        pytest.param({"nonce": None}, id="no nonce"),
        pytest.param({"exp": 1}, id="run out"),
        pytest.param({"sub": None}, id="nobody"),
    ],
)
def test_token_that_is_not_for_this_sign_in_is_refused(
    bare_site: Site, provider: Provider, changes: dict[str, Any]
) -> None:
    connect(bare_site, provider, "steward")
    provider.changes = changes

    browser, way = sign_in(bare_site, provider)

    assert way == "/sign-in"
    assert not is_signed_in(browser)


def test_token_signed_by_somebody_else_is_refused(bare_site: Site, provider: Provider) -> None:
    connect(bare_site, provider, "steward")
    provider.signing_key = ECKey.generate_key("P-256", {"kid": "k1"}, private=True)

    assert sign_in(bare_site, provider)[1] == "/sign-in"


@pytest.mark.parametrize(
    "changes", [{"state": "another"}, {"error": "access_denied"}, {"iss": "https://other.example.org"}, {"code": "no"}]
)
def test_answer_that_does_not_belong_here_is_refused(
    bare_site: Site, provider: Provider, changes: dict[str, str]
) -> None:
    connect(bare_site, provider, "steward")

    browser, way = sign_in(bare_site, provider, **changes)

    assert way == "/sign-in"
    assert not is_signed_in(browser)


def test_answer_works_in_the_browser_that_asked_and_once(bare_site: Site, provider: Provider) -> None:
    connect(bare_site, provider, "steward")
    browser = bare_site.visit()
    answer = provider.authorise(browser.get("/sign-in/provider", follow_redirects=False).headers["location"])
    other = bare_site.visit()

    other.get("/sign-in/provider/back", params=answer, follow_redirects=False)
    browser.get("/sign-in/provider/back", params=answer, follow_redirects=False)
    again = browser.get("/sign-in/provider/back", params=answer, follow_redirects=False)

    assert (is_signed_in(other), is_signed_in(browser)) == (False, True)
    assert again.headers["location"] in {"/account", "/sign-in"}


def test_stranger_cannot_have_their_account_connected_in_a_members_browser(bare_site: Site, provider: Provider) -> None:
    stranger = bare_site.as_member("searcher")
    answer = provider.authorise(stranger.get("/account/provider", follow_redirects=False).headers["location"])
    member = bare_site.as_member("steward")

    member.get("/sign-in/provider/back", params=answer, follow_redirects=False)

    assert "Connected to" not in member.get("/account").text


def test_session_has_only_the_roles_that_the_provider_vouches_for(bare_site: Site, provider: Provider) -> None:
    admin = act_as(bare_site.runtime, Role.ADMINISTRATOR)
    set_provider_roles(bare_site.runtime, admin, value="tracing", roles=[Role.SEARCHER, Role.APPROVER])
    connect(bare_site, provider, "searcher")
    provider.groups = ["tracing", "choir"]

    browser, _way = sign_in(bare_site, provider)

    assert browser.get("/searches").status_code == 200
    assert browser.get("/approvals").status_code == 403


def test_member_for_whose_roles_nobody_vouches_stays_outside(bare_site: Site, provider: Provider) -> None:
    admin = act_as(bare_site.runtime, Role.ADMINISTRATOR)
    set_provider_roles(bare_site.runtime, admin, value="tracing", roles=[Role.SEARCHER])
    connect(bare_site, provider, "steward")
    provider.groups = ["tracing", "administrator", "steward"]

    browser, way = sign_in(bare_site, provider)

    assert way == "/sign-in"
    assert not is_signed_in(browser)


def test_roles_are_narrowed_and_never_widened() -> None:
    rules = {"a": frozenset({Role.SEARCHER}), "b": frozenset({Role.ISSUER})}

    assert narrow_roles(frozenset({Role.SEARCHER}), {}, ["a"]) is None
    assert narrow_roles(frozenset({Role.SEARCHER, Role.APPROVER}), rules, ["a"]) == {Role.SEARCHER}
    with pytest.raises(RoleMissing):
        narrow_roles(frozenset({Role.STEWARD}), rules, ["a"])
    with pytest.raises(RolesIncompatible):
        narrow_roles(frozenset({Role.SEARCHER}), rules, ["a", "b"])


@pytest.mark.parametrize("address", ["http://id.example.org/", "ftp://id.example.org/", "id.example.org"])
def test_provider_without_encryption_is_not_asked(provider: Provider, address: str) -> None:
    with pytest.raises(Unavailable):
        provider.connect().get(address)
    assert provider.requests == []


@pytest.mark.parametrize(
    "configuration", [{"issuer": "https://other.example.org"}, {"token_endpoint": "http://x.test/"}]
)
def test_configuration_of_another_issuer_or_without_encryption_is_refused(
    bare_site: Site, provider: Provider, configuration: dict[str, str]
) -> None:
    provider.configuration = configuration
    browser = bare_site.visit()
    way = browser.get("/sign-in/provider", follow_redirects=False)
    if way.status_code == 303:
        answer = provider.authorise(way.headers["location"])
        browser.get("/sign-in/provider/back", params=answer, follow_redirects=False)

    assert not is_signed_in(browser)
    assert "/token" not in provider.requests


def test_provider_that_answers_nonsense_is_unavailable() -> None:
    for answer in (httpx.Response(500), httpx.Response(200, text="no"), httpx.Response(200, json=[1])):
        connection = ProviderConnection(httpx.MockTransport(lambda _request, answer=answer: answer))
        with pytest.raises(Unavailable):
            connection.get(f"{ISSUER}/keys")
