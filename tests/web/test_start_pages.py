"""The start page, languages, headers, limits and the form's token."""

from __future__ import annotations

import pytest

from assent.web import cookies
from web.sites import Site


def test_start_page_greets_everybody_and_shows_members_their_places(bare_site: Site) -> None:
    stranger = bare_site.visit().get("/")
    steward = bare_site.as_role("steward").get("/")

    assert stranger.status_code == 200
    assert 'href="/sign-in"' in stranger.text
    assert 'href="/people"' not in stranger.text
    assert 'href="/people"' in steward.text


def test_language_is_chosen_by_header_then_by_hand(bare_site: Site) -> None:
    browser = bare_site.visit()

    assert '<html lang="nl">' in browser.get("/", headers={"accept-language": "nl-BE,nl;q=0.9,en;q=0.5"}).text
    assert browser.post_form("/language", {"language": "fr", "next": "/"}).headers["location"] == "/"
    assert '<html lang="fr">' in browser.get("/").text


@pytest.mark.parametrize("back", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example"])
def test_language_never_leads_to_another_site(bare_site: Site, back: str) -> None:
    answer = bare_site.visit().post_form("/language", {"language": "fr", "next": back})

    assert answer.headers["location"] == "/"


def test_form_without_its_token_is_refused(bare_site: Site) -> None:
    browser = bare_site.visit()
    browser.get("/")

    assert browser.post("/language", data={"language": "fr"}).status_code == 403
    assert browser.post("/language", data={"language": "fr", "csrf": "0" * 64}).status_code == 403


def test_token_of_another_browser_is_refused(bare_site: Site) -> None:
    token = bare_site.visit().read_token()
    browser = bare_site.visit()
    browser.get("/")

    assert browser.post("/language", data={"language": "fr", "csrf": token}).status_code == 403


@pytest.mark.parametrize("path", ["/", "/nowhere", "/static/assent.css"])
def test_headers_stand_on_every_response(bare_site: Site, path: str) -> None:
    headers = bare_site.visit().get(path).headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "max-age" in headers["strict-transport-security"]


def test_cookies_are_kept_from_scripts_and_from_other_hosts(bare_site: Site) -> None:
    flags = bare_site.visit().get("/").headers["set-cookie"]

    assert flags.startswith(f"{cookies.VISITOR}=")
    assert all(flag in flags for flag in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))
    assert "Domain" not in flags


def test_stranger_cannot_send_much(bare_site: Site) -> None:
    browser = bare_site.visit()

    assert browser.post("/language", content=b"x" * 70_000).status_code == 413


def test_page_that_does_not_exist_says_so_calmly(bare_site: Site) -> None:
    answer = bare_site.visit().get("/nowhere")

    assert answer.status_code == 404
    assert "There is no such page." in answer.text
