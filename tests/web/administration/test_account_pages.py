"""The administrator's accounts: what is changed, on whose record, and that the member gets to see it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from assent.ledger import EntryKind
from assent.mandates import Role
from assent.services.show_ledger import list_entries
from web.sign_in.doors import PASSWORD, demand_no_factor, give_password, is_signed_in, sign_in, stop_clock
from web.sites import Site, Visit


def member_id(site: Site, handle: str) -> str:
    return site.runtime.find_actor(handle, "web").member.id


def act(site: Site, browser: Visit, handle: str, what: str, **data: object) -> int:
    return browser.post_form(f"/administration/accounts/{member_id(site, handle)}/{what}", data).status_code


def changes_of(site: Site, handle: str) -> list[tuple[object, object]]:
    """Each change of an account, with who made it."""
    member = member_id(site, handle)
    return [
        (entry.fields["change"], entry.fields["actor"])
        for entry in (indexed.entry for indexed in list_entries(site.runtime))
        if entry.kind is EntryKind.MEMBER_CHANGED and entry.fields["member"] == member
    ]


def follow_link(site: Site, page: str, password: str = PASSWORD) -> Visit:
    found = re.search(r"(/welcome/[\w-]{43})</code>", page)
    assert found is not None
    browser = site.visit()
    assert browser.get(found.group(1), follow_redirects=False).headers["location"] == "/welcome"
    browser.post_form("/welcome", {"password": password, "repeated": password})
    return browser


def test_new_member_comes_in_by_the_link_that_is_shown_once(bare_site: Site) -> None:
    demand_no_factor(bare_site)
    browser = bare_site.as_role("administrator")

    shown = browser.post_form("/administration/accounts", {"handle": "Ines", "unit": "desk", "roles": ["searcher"]})

    assert shown.status_code == 200
    assert is_signed_in(follow_link(bare_site, shown.text))
    account = browser.get(f"/administration/accounts/{member_id(bare_site, 'ines')}").text
    assert "/welcome/" not in account


def test_roles_that_watch_each_other_are_not_given_to_one_member(bare_site: Site) -> None:
    browser = bare_site.as_role("administrator")
    data = {"handle": "ines", "unit": "desk", "roles": ["searcher", "issuer"]}

    answer = browser.post_form("/administration/accounts", data)

    assert answer.status_code == 403
    assert "One member cannot be both issuer and searcher" in answer.text
    assert 'value="ines"' in answer.text


def test_roles_are_changed_on_record_and_end_all_sessions(bare_site: Site) -> None:
    browser, steward = bare_site.as_role("administrator"), bare_site.as_role("steward")

    status = act(bare_site, browser, "steward", "roles", roles=["searcher", "approver"])

    assert status == 303
    assert not is_signed_in(steward)
    assert changes_of(bare_site, "steward")[-1] == ("roles-changed", member_id(bare_site, "admin"))
    assert bare_site.as_member("steward").get("/people").status_code == 403


@pytest.mark.parametrize(
    ("what", "data"),
    [("roles", {"roles": ["searcher"]}), ("reset", {}), ("suspend", {}), ("link", {}), ("reactivate", {})],
)
def test_what_opens_or_shuts_an_account_asks_for_confirmation(bare_site: Site, what: str, data: object) -> None:
    clock = stop_clock(bare_site)
    browser = bare_site.as_role("administrator")
    clock.move(minutes=11)
    path = f"/administration/accounts/{member_id(bare_site, 'steward')}/{what}"

    answer = browser.post_form(path, dict(data))  # type: ignore[call-overload]

    assert answer.headers["location"].startswith("/confirm")
    assert bare_site.runtime.find_actor("steward", "web").member.roles == {Role.STEWARD}


def test_nobody_changes_their_own_roles(bare_site: Site) -> None:
    browser = bare_site.as_role("administrator")

    assert act(bare_site, browser, "admin", "roles", roles=["overseer"]) == 422
    assert bare_site.runtime.find_actor("admin", "web").member.roles == {Role.ADMINISTRATOR}


def test_reset_cannot_be_done_without_the_member_seeing_who_did_it(bare_site: Site) -> None:
    demand_no_factor(bare_site)
    give_password(bare_site, "steward")
    browser = bare_site.as_role("administrator")
    admin, member = member_id(bare_site, "admin"), member_id(bare_site, "steward")

    shown = browser.post_form(f"/administration/accounts/{member}/reset", {"factors": "yes"})
    follow_link(bare_site, shown.text)

    assert (("factors-link", admin)) in changes_of(bare_site, "steward")
    assert changes_of(bare_site, "steward")[-1] == ("password-set", member)
    page = bare_site.as_member("steward").get("/account").text
    assert "Somebody else changed your account" in page
    assert admin in page


def test_what_others_did_stays_listed_after_it_was_seen(bare_site: Site) -> None:
    browser, path = bare_site.as_role("administrator"), f"/administration/accounts/{member_id(bare_site, 'steward')}"
    browser.post_form(f"{path}/suspend")
    browser.post_form(f"{path}/reactivate")
    member = bare_site.as_member("steward")

    member.post_form("/account/seen")

    page = member.get("/account").text
    assert "Somebody else changed your account" not in page
    assert "The account was suspended" in page
    assert member_id(bare_site, "admin") in page


def test_member_is_led_to_the_news_at_the_next_signing_in(bare_site: Site) -> None:
    demand_no_factor(bare_site)
    give_password(bare_site, "steward")
    act(bare_site, bare_site.as_role("administrator"), "steward", "sessions/end")

    assert sign_in(bare_site.visit(), "steward", next="/people").headers["location"] == "/account"


def test_link_runs_out(bare_site: Site) -> None:
    clock = stop_clock(bare_site)
    shown = bare_site.as_role("administrator").post_form(
        f"/administration/accounts/{member_id(bare_site, 'steward')}/link"
    )
    clock.at += timedelta(hours=24)

    assert not is_signed_in(follow_link_late(bare_site, shown.text))


def follow_link_late(site: Site, page: str) -> Visit:
    browser = site.visit()
    browser.get(re.findall(r"/welcome/[\w-]{43}", page)[0], follow_redirects=False)
    answer = browser.post("/welcome", data={"csrf": browser.read_token(), "password": PASSWORD, "repeated": PASSWORD})
    assert answer.status_code == 403
    return browser


def test_only_administrators_administer(bare_site: Site) -> None:
    paths = ("", "/accounts/new", "/settings", "/purposes", "/packs", "/retention", "/health")

    for role in ("steward", "searcher", "approver", "issuer", "overseer"):
        browser = bare_site.as_role(role)
        assert [browser.get(f"/administration{path}").status_code for path in paths] == [403] * len(paths)


def test_administrator_sees_no_person_and_no_picture(bare_site: Site) -> None:
    browser = bare_site.as_role("administrator")

    assert [browser.get(path).status_code for path in ("/people", "/searches", "/oversight")] == [403, 403, 403]
