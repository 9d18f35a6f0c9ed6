"""One-time links: the first start, invitations and resets; and that nothing of them lies about."""

from __future__ import annotations

import pytest

from assent.errors import LinkSpent
from assent.mandates import Role
from assent.services.manage_members import invite_member, reset_member
from assent.services.set_up_link import make_set_up_link
from assent.services.sign_in.links import LINK_PATH, use_link
from demo_deployments import act_as
from factories import read_all_files
from web.sign_in.doors import (
    OTHER_PASSWORD,
    PASSWORD,
    demand_no_factor,
    give_password,
    is_signed_in,
    set_up_authenticator,
    sign_in,
    stop_clock,
)
from web.sites import Site, Visit


def open_link(site: Site, path: str) -> Visit:
    browser = site.visit()
    browser.get(path, follow_redirects=False)
    return browser


def set_password(browser: Visit, password: str = PASSWORD, repeated: str | None = None) -> int:
    data = {"csrf": browser.read_token(), "password": password, "repeated": repeated or password}
    return browser.post("/welcome", data=data, follow_redirects=False).status_code


def reset(site: Site, handle: str, *, loses_factors: bool) -> str:
    return reset_member(site.runtime, act_as(site.runtime, Role.ADMINISTRATOR), handle, loses_factors=loses_factors)


def test_first_start_gives_the_administrator_a_link_until_there_is_a_password(bare_site: Site) -> None:
    demand_no_factor(bare_site)
    first, second = make_set_up_link(bare_site.runtime), make_set_up_link(bare_site.runtime)
    assert first
    assert second

    assert set_password(open_link(bare_site, first)) == 403
    browser = open_link(bare_site, second)
    assert set_password(browser) == 303

    assert "/administration" in browser.get("/").text
    assert make_set_up_link(bare_site.runtime) is None


def test_looking_at_a_link_does_not_use_it_up_and_takes_it_out_of_the_address(bare_site: Site) -> None:
    path = make_set_up_link(bare_site.runtime)
    assert path

    previews = [bare_site.visit().get(path, follow_redirects=False) for _ in range(3)]

    assert {preview.headers["location"] for preview in previews} == {"/welcome"}
    assert set_password(open_link(bare_site, path)) == 303


def test_link_is_used_once(bare_site: Site) -> None:
    path = make_set_up_link(bare_site.runtime)
    assert path
    set_password(open_link(bare_site, path))

    assert set_password(open_link(bare_site, path), OTHER_PASSWORD) == 403


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "../../etc", "%00"])
def test_invented_link_opens_nothing(bare_site: Site, token: str) -> None:
    with pytest.raises(LinkSpent):
        use_link(bare_site.runtime, token, password=PASSWORD, repeated=PASSWORD, browser="")


@pytest.mark.parametrize(
    "password", ["short", "Password2026!!", "steward.steward", "aaaaaaaaaaaaaa", "qwertyuiopas", "123456789012"]
)
def test_password_that_is_tried_first_is_not_taken(bare_site: Site, password: str) -> None:
    path = invite_member(bare_site.runtime, act_as(bare_site.runtime, Role.ADMINISTRATOR), "steward")
    browser = open_link(bare_site, path)

    assert set_password(browser, password) == 422
    assert set_password(browser, PASSWORD, OTHER_PASSWORD) == 422
    assert set_password(browser) == 303


def test_reset_of_the_password_keeps_the_second_factor(bare_site: Site) -> None:
    clock = stop_clock(bare_site)
    inside, app, _codes = set_up_authenticator(bare_site, "steward", clock)

    browser = open_link(bare_site, reset(bare_site, "steward", loses_factors=False))
    assert set_password(browser, OTHER_PASSWORD) == 303

    assert not is_signed_in(inside)
    assert not is_signed_in(browser)
    assert browser.post_form("/sign-in/factor", {"code": app.at(clock.at)}).status_code == 303
    assert sign_in(bare_site.visit(), "steward", PASSWORD).status_code == 403


def test_reset_of_everything_removes_the_factor_and_the_recovery_codes(bare_site: Site) -> None:
    _inside, _app, codes = set_up_authenticator(bare_site, "steward", stop_clock(bare_site))

    browser = open_link(bare_site, reset(bare_site, "steward", loses_factors=True))
    set_password(browser, OTHER_PASSWORD)

    assert browser.get("/sign-in/enrol").status_code == 200
    assert browser.post_form("/sign-in/factor", {"code": codes[0]}).status_code == 403


def test_invitation_is_not_made_for_somebody_who_has_a_password(bare_site: Site) -> None:
    give_password(bare_site, "steward")
    path = bare_site.runtime.find_actor("steward", "web").member.id

    answer = bare_site.as_role("administrator").post_form(f"/administration/accounts/{path}/link")

    assert answer.status_code == 422


def test_neither_password_nor_token_nor_code_lies_in_any_file(bare_site: Site) -> None:
    browser, app, codes = set_up_authenticator(bare_site, "steward", stop_clock(bare_site))
    path = reset(bare_site, "searcher", loses_factors=False)
    secrets = [
        PASSWORD,
        app.secret,
        *codes,
        *(code.replace("-", "") for code in codes),
        path.removeprefix(LINK_PATH),
        *(str(value) for value in browser.cookies.values()),
    ]

    bare_site.runtime.database.truncate_log()
    lying = read_all_files(bare_site.runtime.settings.data_folder)

    assert [secret for secret in secrets if secret.encode() in lying] == []
    assert b"argon2id" not in lying
