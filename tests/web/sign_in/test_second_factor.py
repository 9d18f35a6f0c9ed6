"""Codes of an authenticator app and recovery codes: each opens once."""

from __future__ import annotations

import hashlib
import re

import pytest

from assent.errors import SignInFailed
from assent.services.sign_in.attempts import Origin
from assent.services.sign_in.factors import confirm_totp
from web.sign_in.doors import (
    OTHER_PASSWORD,
    PASSWORD,
    is_signed_in,
    session_of,
    set_up_authenticator,
    sign_in,
    stop_clock,
)
from web.sites import Site


def test_authenticator_is_set_up_on_the_way_in(bare_site: Site) -> None:
    browser, _app, codes = set_up_authenticator(bare_site, "steward", stop_clock(bare_site))

    assert is_signed_in(browser)
    assert len(set(codes)) == 10


def test_code_completes_a_sign_in_and_is_refused_the_second_time(bare_site: Site) -> None:
    clock = stop_clock(bare_site)
    _browser, app, _codes = set_up_authenticator(bare_site, "steward", clock)
    first, second = bare_site.visit(), bare_site.visit()

    for browser in (first, second):
        assert sign_in(browser, "steward").headers["location"].startswith("/sign-in/factor")
    answers = [
        browser.post_form("/sign-in/factor", {"code": app.at(clock.at)}).status_code for browser in (first, second)
    ]

    assert answers == [303, 403]
    assert (is_signed_in(first), is_signed_in(second)) == (True, False)


def test_older_code_is_refused_after_a_newer_one(bare_site: Site) -> None:
    clock = stop_clock(bare_site)
    _browser, app, _codes = set_up_authenticator(bare_site, "steward", clock)
    old = app.at(clock.at)
    clock.move(seconds=30)
    first, second = bare_site.visit(), bare_site.visit()
    sign_in(first, "steward")
    sign_in(second, "steward")
    first.post_form("/sign-in/factor", {"code": app.at(clock.at)})

    assert second.post_form("/sign-in/factor", {"code": old}).status_code == 403


def test_first_code_of_setting_up_opens_nothing_again(bare_site: Site) -> None:
    clock = stop_clock(bare_site)
    used = clock.at
    _browser, app, _codes = set_up_authenticator(bare_site, "steward", clock)
    clock.at = used
    browser = bare_site.visit()
    sign_in(browser, "steward")

    assert browser.post_form("/sign-in/factor", {"code": app.at(used)}).status_code == 403


def test_recovery_code_opens_once_however_it_is_typed(bare_site: Site) -> None:
    _browser, _app, codes = set_up_authenticator(bare_site, "steward", stop_clock(bare_site))
    first, second = bare_site.visit(), bare_site.visit()
    sign_in(first, "steward")
    sign_in(second, "steward")

    assert first.post_form("/sign-in/factor", {"code": codes[0].upper().replace("-", " ")}).status_code == 303
    assert second.post_form("/sign-in/factor", {"code": codes[0]}).status_code == 403
    assert second.post_form("/sign-in/factor", {"code": codes[1]}).status_code == 303


def test_new_recovery_codes_end_the_old_ones(bare_site: Site) -> None:
    browser, _app, codes = set_up_authenticator(bare_site, "steward", stop_clock(bare_site))
    assert browser.post_form("/account/recovery-codes").status_code == 200
    later = bare_site.visit()
    sign_in(later, "steward")

    assert later.post_form("/sign-in/factor", {"code": codes[3]}).status_code == 403


def test_codes_cannot_be_guessed_in_a_hurry(bare_site: Site) -> None:
    clock = stop_clock(bare_site)
    _browser, app, _codes = set_up_authenticator(bare_site, "steward", clock)
    browser = bare_site.visit()
    sign_in(browser, "steward")

    answers = [browser.post_form("/sign-in/factor", {"code": f"00000{n}"}).status_code for n in range(6)]

    assert answers == [403] * 5 + [429]
    assert browser.post_form("/sign-in/factor", {"code": app.at(clock.at)}).status_code == 429


def test_step_of_another_browser_or_none_leads_back_to_the_start(bare_site: Site) -> None:
    assert bare_site.visit().get("/sign-in/factor", follow_redirects=False).headers["location"] == "/sign-in"
    assert bare_site.visit().get("/sign-in/enrol", follow_redirects=False).headers["location"] == "/sign-in"
    assert bare_site.visit().post_form("/sign-in/factor", {"code": "123456"}).status_code == 403


def test_step_runs_out(bare_site: Site) -> None:
    clock = stop_clock(bare_site)
    _browser, app, _codes = set_up_authenticator(bare_site, "steward", clock)
    browser = bare_site.visit()
    sign_in(browser, "steward")
    clock.move(minutes=15)

    assert browser.post_form("/sign-in/factor", {"code": app.at(clock.at)}).status_code == 403


def test_confirming_takes_password_and_code_and_gives_a_new_token(bare_site: Site) -> None:
    clock = stop_clock(bare_site)
    browser, app, _codes = set_up_authenticator(bare_site, "admin", clock)
    clock.move(minutes=11)
    before = session_of(browser)
    refused = browser.post_form("/administration/settings", {"name": "link_hours", "value": "2"})

    wrong = browser.post_form("/confirm", {"password": OTHER_PASSWORD, "code": app.at(clock.at)})
    without = browser.post_form("/confirm", {"password": PASSWORD, "code": ""})
    right = browser.post_form("/confirm", {"password": PASSWORD, "code": app.at(clock.at), "next": "/administration"})

    assert refused.headers["location"].startswith("/confirm")
    assert (wrong.status_code, without.status_code) == (403, 403)
    assert right.headers["location"] == "/administration"
    assert session_of(browser) != before
    assert browser.post_form("/administration/settings", {"name": "link_hours", "value": "2"}).status_code == 303


def test_last_factor_stays_while_one_is_needed(bare_site: Site) -> None:
    browser, _app, _codes = set_up_authenticator(bare_site, "steward", stop_clock(bare_site))

    assert browser.post_form("/account/authenticator/remove").status_code == 422


def test_confirmed_authenticator_is_not_offered_again(bare_site: Site) -> None:
    browser, _app, _codes = set_up_authenticator(bare_site, "steward", stop_clock(bare_site))
    member = bare_site.runtime.find_actor("steward", "web").member

    assert browser.get("/account/authenticator").status_code == 422
    with pytest.raises(SignInFailed):
        confirm_totp(bare_site.runtime, member, "000000", Origin("203.0.113.9"))


def test_new_password_ends_other_sessions_and_keeps_this_one(bare_site: Site) -> None:
    browser, _app, _codes = set_up_authenticator(bare_site, "steward", stop_clock(bare_site))
    other = bare_site.as_member("steward")
    before = session_of(browser)
    new = {"current": PASSWORD, "password": OTHER_PASSWORD, "repeated": OTHER_PASSWORD}

    assert browser.post_form("/account/password", new | {"current": OTHER_PASSWORD}).status_code == 403
    assert browser.post_form("/account/password", new).status_code == 303

    assert (is_signed_in(browser), is_signed_in(other)) == (True, False)
    assert session_of(browser) != before


def test_sessions_are_listed_and_ended_one_by_one(bare_site: Site) -> None:
    first, second = bare_site.as_member("steward"), bare_site.as_member("steward")
    tags = re.findall(r'name="tag" value="([0-9a-f]{64})"', first.get("/account").text)

    first.post_form("/account/sessions/end", {"tag": tags[0]})

    assert len(tags) == 1
    assert (is_signed_in(first), is_signed_in(second)) == (True, False)


def test_session_of_somebody_else_is_not_ended(bare_site: Site) -> None:
    stranger, member = bare_site.as_member("searcher"), bare_site.as_member("steward")
    tag = hashlib.sha256(str(session_of(member)).encode()).hexdigest()

    stranger.post_form("/account/sessions/end", {"tag": tag})

    assert is_signed_in(member)


@pytest.mark.parametrize(
    ("minutes", "steps", "is_in"), [(29, 1, True), (30, 1, False), (29, 20, True), (29, 21, False)]
)
def test_session_ends_when_idle_and_after_a_working_day(bare_site: Site, minutes: int, steps: int, is_in: bool) -> None:
    clock = stop_clock(bare_site)
    browser = bare_site.as_member("steward")
    for _ in range(steps - 1):
        clock.move(minutes=minutes)
        browser.get("/account")
    clock.move(minutes=minutes)

    assert is_signed_in(browser) is is_in
