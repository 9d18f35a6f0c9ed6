"""Passkeys, made and shown by a software authenticator: alone, as second factor, and to confirm."""

from __future__ import annotations

import pytest

from web.sign_in.authenticators import Authenticator
from web.sign_in.doors import PASSWORD, ask_options, give_password, is_signed_in, sign_in, stop_clock
from web.sites import Site, Visit


def set_up_passkey(site: Site, handle: str, key: Authenticator) -> Visit:
    """Sign a member in who makes a passkey on the way."""
    give_password(site, handle)
    browser = site.visit()
    sign_in(browser, handle)
    answer = key.register(ask_options(browser, "/sign-in/enrol/options"))
    shown = browser.post_form("/sign-in/enrol/passkey", {"answer": answer, "label": "blue key"})
    assert shown.status_code == 200, shown.text
    assert "Recovery codes" in shown.text
    return browser


def show_passkey(browser: Visit, key: Authenticator, **more: str) -> int:
    answer = key.sign(ask_options(browser, "/sign-in/passkey/options"))
    return browser.post_form("/sign-in/passkey", {"answer": answer} | more).status_code


def test_passkey_is_made_on_the_way_in_and_listed(bare_site: Site) -> None:
    browser = set_up_passkey(bare_site, "steward", Authenticator())

    assert "blue key" in browser.get("/account").text


def test_passkey_that_verifies_its_user_signs_in_without_a_password(bare_site: Site) -> None:
    key = Authenticator()
    set_up_passkey(bare_site, "steward", key)
    browser = bare_site.visit()

    assert show_passkey(browser, key) == 303
    assert is_signed_in(browser)


def test_passkey_that_verifies_nobody_is_no_sign_in_by_itself_but_a_second_factor(bare_site: Site) -> None:
    key = Authenticator(verifies=False)
    set_up_passkey(bare_site, "steward", key)
    browser = bare_site.visit()

    assert show_passkey(browser, key) == 403
    sign_in(browser, "steward")
    answer = key.sign(ask_options(browser, "/sign-in/factor/options"))
    assert browser.post_form("/sign-in/factor/passkey", {"answer": answer}).status_code == 303
    assert is_signed_in(browser)


def test_answer_is_good_for_one_challenge_only(bare_site: Site) -> None:
    key = Authenticator()
    set_up_passkey(bare_site, "steward", key)
    browser = bare_site.visit()
    answer = key.sign(ask_options(browser, "/sign-in/passkey/options"))
    ask_options(browser, "/sign-in/passkey/options")

    assert browser.post_form("/sign-in/passkey", {"answer": answer}).status_code == 403


def test_answer_is_used_up(bare_site: Site) -> None:
    key = Authenticator()
    set_up_passkey(bare_site, "steward", key)
    browser = bare_site.visit()
    options = ask_options(browser, "/sign-in/passkey/options")
    token = browser.cookies.get("__Host-assent-challenge")
    answer = key.sign(options)
    browser.post_form("/sign-in/passkey", {"answer": answer})
    thief = bare_site.visit()
    thief.cookies.set("__Host-assent-challenge", str(token), domain="testserver.local")

    assert thief.post_form("/sign-in/passkey", {"answer": answer}).status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"origin": "https://phishing.example"}, id="another site's page"),
        pytest.param({"host": "phishing.example"}, id="another site's key"),
        pytest.param({"key": Authenticator().key}, id="another key"),
        pytest.param({"credential_id": b"x" * 32}, id="a key that nobody registered"),
        pytest.param({"count": -1}, id="a copy that counts behind"),
    ],
)
def test_wrong_authenticator_is_refused(bare_site: Site, changes: dict[str, object]) -> None:
    key = Authenticator(count=5)
    set_up_passkey(bare_site, "steward", key)
    for name, value in changes.items():
        setattr(key, name, value)
    browser = bare_site.visit()

    assert show_passkey(browser, key) == 403
    assert not is_signed_in(browser)


@pytest.mark.parametrize("answer", ["", "{}", "null", "[]", '{"id": 7}', "not json", '{"id":"a","rawId":"b"}'])
def test_nonsense_is_refused_calmly(bare_site: Site, answer: str) -> None:
    browser = bare_site.visit()
    ask_options(browser, "/sign-in/passkey/options")

    assert browser.post_form("/sign-in/passkey", {"answer": answer}).status_code in {403, 422}


def test_one_members_key_completes_no_sign_in_of_another(bare_site: Site) -> None:
    own, foreign = Authenticator(), Authenticator()
    set_up_passkey(bare_site, "steward", own)
    set_up_passkey(bare_site, "searcher", foreign)
    browser = bare_site.visit()
    sign_in(browser, "steward")

    answer = foreign.sign(ask_options(browser, "/sign-in/factor/options"))

    assert browser.post_form("/sign-in/factor/passkey", {"answer": answer}).status_code == 403


def test_passkey_confirms_and_is_removed_unless_it_is_the_last(bare_site: Site) -> None:
    clock = stop_clock(bare_site)
    first, second = Authenticator(), Authenticator()
    browser = set_up_passkey(bare_site, "steward", first)
    clock.move(minutes=11)
    confirmed = browser.post_form(
        "/confirm/passkey", {"answer": first.sign(ask_options(browser, "/confirm/options")), "next": "/account"}
    )
    added = browser.post_form(
        "/account/passkeys", {"answer": second.register(ask_options(browser, "/account/passkeys/options"))}
    )
    tags = [line.split('"')[0] for line in browser.get("/account").text.split('name="tag" value="')[1:]]

    assert (confirmed.headers["location"], added.status_code) == ("/account", 303)
    assert browser.post_form("/account/passkeys/remove", {"tag": tags[0]}).status_code == 303
    assert browser.post_form("/account/passkeys/remove", {"tag": tags[1]}).status_code == 422


def test_adding_a_passkey_asks_for_confirmation(bare_site: Site) -> None:
    clock = stop_clock(bare_site)
    browser = bare_site.as_member("steward")
    clock.move(minutes=11)

    answer = browser.post_form("/account/passkeys/options")

    assert answer.headers["location"].startswith("/confirm")


def test_account_is_not_slowed_down_for_passkeys(bare_site: Site) -> None:
    key = Authenticator()
    set_up_passkey(bare_site, "steward", key)
    stranger = bare_site.visit()
    for _ in range(6):
        sign_in(stranger, "steward", PASSWORD + "x")

    assert show_passkey(bare_site.visit(), key) == 303
