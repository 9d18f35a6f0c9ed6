"""Who may use the API: tokens in force, with the scope, of a member who is not suspended; nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from assent.mandates import Role
from assent.mandates.api_token import Scope
from assent.services.api_tokens import list_tokens, make_token, revoke_token
from demo_deployments import act_as
from web.api.api_clients import PREFIX, a_token, as_program, bring, reason_of
from web.sites import Site


def later(site: Site, **time: int) -> None:
    clock, passed = site.runtime.clock, timedelta(**time)
    site.runtime.clock = lambda: clock() + passed


def test_program_is_told_who_it_is(bare_site: Site) -> None:
    answer = as_program(bare_site, Role.SEARCHER).get("/me")

    assert answer.status_code == 200
    assert answer.json()["handle"] == "searcher"
    assert "searches:write" in answer.json()["scopes"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer assent_aaaaaaaaaaaaaaaa_wrong", "Basic YTpi", "Bearer x"])
def test_nothing_opens_without_a_token_in_force(bare_site: Site, header: str) -> None:
    client = TestClient(bare_site.app, base_url=f"https://testserver{PREFIX}")

    answer = client.get("/me", headers={"authorization": header} if header else {})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert reason_of(answer) == "sign-in-needed"


def test_session_of_a_browser_opens_nothing(bare_site: Site) -> None:
    assert bare_site.as_role("searcher").get(f"{PREFIX}/me").status_code == 401


def test_token_opens_only_its_scopes(bare_site: Site) -> None:
    client = as_program(bare_site, Role.SEARCHER, [Scope.LICENCES_READ])

    assert client.get("/licences").status_code == 200
    assert reason_of(client.get("/searches")) == "scope-missing"
    assert reason_of(client.post("/cases", json={"number": "2026/1", "purpose": "reunite"})) == "scope-missing"


def test_expired_token_opens_nothing(bare_site: Site) -> None:
    actor = act_as(bare_site.runtime, Role.SEARCHER)
    made = make_token(
        bare_site.runtime, actor, label="short", scopes=[Scope.SEARCHES_READ], lifetime=timedelta(hours=1)
    )
    client = bring(bare_site, made.text)
    assert client.get("/searches").status_code == 200

    later(bare_site, hours=1)

    assert client.get("/searches").status_code == 401


def test_revoked_token_opens_nothing_from_the_next_request_on(bare_site: Site) -> None:
    client, actor = as_program(bare_site, Role.SEARCHER), act_as(bare_site.runtime, Role.SEARCHER)
    assert client.get("/me").status_code == 200

    revoke_token(bare_site.runtime, actor, list_tokens(bare_site.runtime, actor)[0].id)

    assert client.get("/me").status_code == 401


def test_token_of_a_suspended_member_opens_nothing(bare_site: Site) -> None:
    from assent.services.manage_members import suspend_member  # noqa: PLC0415

    client = as_program(bare_site, Role.SEARCHER)

    suspend_member(bare_site.runtime, act_as(bare_site.runtime, Role.ADMINISTRATOR), "searcher")

    answer = client.get("/me")
    assert answer.status_code in {401, 403}


def test_one_token_is_limited_and_others_are_not(bare_site: Site) -> None:
    api = next(route.app for route in bare_site.app.routes if getattr(route, "path", "") == PREFIX)
    api.state.request_limit.requests_a_minute = 3
    now = bare_site.runtime.clock()
    bare_site.runtime.clock = lambda: now
    client, other = as_program(bare_site, Role.SEARCHER), as_program(bare_site, Role.ISSUER)

    answers = [client.get("/me") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert reason_of(answers[-1]) == "too-many-requests"
    assert other.get("/me").status_code == 200


def test_made_on_the_page_shown_once_and_revoked_there(bare_site: Site) -> None:
    browser = bare_site.as_role("searcher")

    page = browser.post_form(
        "/account/tokens", {"label": "nightly", "scopes": ["searches:read"], "days": "30"}, follow_redirects=True
    ).text
    text = page.split('class="token">')[1].split("<")[0].strip()

    assert bring(bare_site, text).get("/searches").status_code == 200
    assert text not in browser.get("/account/tokens").text
    token = list_tokens(bare_site.runtime, act_as(bare_site.runtime, Role.SEARCHER))[0].id
    assert browser.post_form(f"/account/tokens/{token}/revoke").status_code == 303
    assert bring(bare_site, text).get("/searches").status_code == 401


def test_nobody_revokes_the_token_of_another_on_the_page(bare_site: Site) -> None:
    a_token(bare_site, Role.SEARCHER)
    token = list_tokens(bare_site.runtime, act_as(bare_site.runtime, Role.SEARCHER))[0].id

    assert bare_site.as_role("issuer").post_form(f"/account/tokens/{token}/revoke").status_code == 404


def test_page_keeps_what_was_typed_where_something_is_missing(bare_site: Site) -> None:
    answer = bare_site.as_role("searcher").post_form("/account/tokens", {"label": "nightly", "days": "30"})

    assert answer.status_code == 422
    assert 'value="nightly"' in answer.text
