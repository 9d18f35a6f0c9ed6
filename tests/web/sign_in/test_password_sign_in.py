"""Signing in with handle and password: what it opens, what it refuses, how it slows guessing down."""

from __future__ import annotations

import pytest

from assent.mandates import Role
from assent.services.manage_members import suspend_member
from assent.services.sign_in import sign_in_with_password as module
from assent.web import cookies
from demo_deployments import act_as
from web.sign_in.doors import (
    OTHER_PASSWORD,
    PASSWORD,
    demand_no_factor,
    give_password,
    is_signed_in,
    session_of,
    sign_in,
    stop_clock,
)
from web.sites import Site


def test_right_password_leads_to_the_second_factor_and_not_inside(bare_site: Site) -> None:
    give_password(bare_site, "steward")
    browser = bare_site.visit()

    answer = sign_in(browser, "steward", next="/people")

    assert answer.headers["location"] == "/sign-in/enrol?next=/people"
    assert not is_signed_in(browser)


def test_password_alone_opens_where_an_administrator_said_so(bare_site: Site) -> None:
    demand_no_factor(bare_site)
    give_password(bare_site, "steward")
    browser = bare_site.visit()

    assert sign_in(browser, "Steward ", next="/account").headers["location"] == "/account"
    assert is_signed_in(browser)


@pytest.mark.parametrize("handle", ["steward", "nobody", "searcher", "", "x" * 500])
def test_wrong_password_unknown_handle_and_account_without_password_get_one_answer(
    bare_site: Site, handle: str
) -> None:
    give_password(bare_site, "steward")

    answer = sign_in(bare_site.visit(), handle or " ", OTHER_PASSWORD)

    assert answer.status_code == 403
    assert "Handle and password do not belong together." in answer.text


def test_unknown_handle_costs_a_hash_as_well(bare_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    give_password(bare_site, "steward")
    real = module.is_password
    monkeypatch.setattr(module, "is_password", lambda known, typed: asked.append(known) or real(known, typed))

    for handle in ("steward", "nobody"):
        sign_in(bare_site.visit(), handle, OTHER_PASSWORD)

    assert [known is None for known in asked] == [False, True]


def test_typed_password_comes_back_in_no_page(bare_site: Site) -> None:
    answer = sign_in(bare_site.visit(), "steward", "a secret that was mistyped")

    assert "mistyped" not in answer.text


def test_sign_in_never_leads_to_another_site(bare_site: Site) -> None:
    demand_no_factor(bare_site)
    give_password(bare_site, "steward")

    assert sign_in(bare_site.visit(), "steward", next="//elsewhere.example").headers["location"] == "/"


def test_session_that_was_planted_before_is_not_used(bare_site: Site) -> None:
    demand_no_factor(bare_site)
    give_password(bare_site, "steward")
    browser = bare_site.visit()
    browser.cookies.set(cookies.SESSION, "planted", domain="testserver.local")

    answer = sign_in(browser, "steward")

    assert session_of(browser) != "planted"
    assert cookies.SESSION in answer.headers["set-cookie"]
    thief = bare_site.visit()
    thief.cookies.set(cookies.SESSION, "planted")
    assert not is_signed_in(thief)


def test_session_cookie_has_every_flag_and_ends_with_the_browser(bare_site: Site) -> None:
    demand_no_factor(bare_site)
    give_password(bare_site, "steward")

    flags = next(
        value
        for value in sign_in(bare_site.visit(), "steward").headers.get_list("set-cookie")
        if value.startswith(cookies.SESSION)
    )

    assert flags.startswith("__Host-")
    assert all(flag in flags for flag in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))
    assert "Domain" not in flags
    assert "Max-Age" not in flags
    assert "expires" not in flags.lower()


def test_guessing_gets_slower_and_ends_in_no_lock(bare_site: Site) -> None:
    clock = stop_clock(bare_site)
    demand_no_factor(bare_site)
    give_password(bare_site, "steward")
    browser = bare_site.visit()

    answers = [sign_in(browser, "steward", OTHER_PASSWORD).status_code for _ in range(7)]
    early = sign_in(browser, "steward")
    clock.move(seconds=int(early.headers["retry-after"]))

    assert answers == [403] * 5 + [429] * 2
    assert early.status_code == 429
    assert sign_in(browser, "steward").status_code == 303


def test_stranger_who_hammers_an_account_does_not_keep_its_member_out(bare_site: Site) -> None:
    stop_clock(bare_site)
    demand_no_factor(bare_site)
    give_password(bare_site, "steward")
    own = bare_site.visit()
    sign_in(own, "steward")
    own.post_form("/sign-out")
    stranger = bare_site.visit()
    for _ in range(6):
        sign_in(stranger, "steward", OTHER_PASSWORD)

    assert sign_in(stranger, "steward").status_code == 429
    assert sign_in(own, "steward").status_code == 303


def test_address_that_tries_many_accounts_is_slowed_down(bare_site: Site) -> None:
    stop_clock(bare_site)
    browser = bare_site.visit()

    answers = [sign_in(browser, f"guess{number}").status_code for number in range(21)]

    assert answers == [403] * 20 + [429]


def test_attempts_are_counted_in_the_database_and_name_nobody(bare_site: Site) -> None:
    for _ in range(5):
        sign_in(bare_site.visit(), "a-telling-handle", OTHER_PASSWORD)

    assert sign_in(bare_site.visit(), "a-telling-handle").status_code == 429
    assert b"a-telling-handle" not in bare_site.deployment.database.read_bytes()


def test_suspended_member_comes_in_no_more(bare_site: Site) -> None:
    demand_no_factor(bare_site)
    give_password(bare_site, "steward")
    inside, outside = bare_site.visit(), bare_site.visit()
    sign_in(inside, "steward")

    suspend_member(bare_site.runtime, act_as(bare_site.runtime, Role.ADMINISTRATOR), "steward")

    assert not is_signed_in(inside)
    assert "suspended" in sign_in(outside, "steward").text
    assert not is_signed_in(outside)
    assert "do not belong together" in sign_in(outside, "steward", OTHER_PASSWORD).text


def test_form_without_its_token_signs_nobody_in(bare_site: Site) -> None:
    demand_no_factor(bare_site)
    give_password(bare_site, "steward")
    browser = bare_site.visit()
    browser.get("/sign-in")

    assert browser.post("/sign-in", data={"handle": "steward", "password": PASSWORD}).status_code == 403
    assert not is_signed_in(browser)


def test_signing_out_ends_the_session_on_the_server(bare_site: Site) -> None:
    browser = bare_site.as_role("steward")
    token = session_of(browser)

    browser.post_form("/sign-out")

    thief = bare_site.visit()
    thief.cookies.set(cookies.SESSION, str(token))
    assert not is_signed_in(thief)
