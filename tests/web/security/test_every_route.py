"""What holds for every route there is: headers, the form's token, nothing for strangers, no way out of a folder."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from web.sites import Site

HEADERS = {
    "content-security-policy": r"default-src 'none';.*frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "permissions-policy": r"camera=\(self\).*microphone=\(\)",
    "cross-origin-opener-policy": "same-origin",
    # The published ledger is for everybody to read, from anywhere.
    "cross-origin-resource-policy": "^same-origin$",
    "strict-transport-security": r"max-age=\d{8}",
}
# Where everybody comes in; all other pages ask who is there. Personal links have cookies of their own.
OPEN = re.compile(
    r"^/($|sign-in|sign-out|welcome|language|public|healthz|readyz|metrics|static|demonstration|i/|me|invited|ledger|tour"
    r"|\.well-known|robots|favicon|checkpoint|tile|withdraw|receipt)"
)
FEWEST_ROUTES = 100
PARAMETER = re.compile(r"\{[^}]+\}")


def routes_of(app: FastAPI) -> list[tuple[str, str]]:
    """Every method and path of the pages, with an identifier in place of its parameters; never nothing at all."""
    found: list[tuple[str, str]] = []
    waiting: list[Any] = list(app.routes)
    while waiting:
        route = waiting.pop()
        if isinstance(route, APIRoute):
            path = PARAMETER.sub("m_aaaaaaaaaaaaaaaa", route.path)
            found += [(method, path) for method in sorted(route.methods)]
        else:
            # FastAPI keeps an included router as one route of its own.
            waiting += getattr(getattr(route, "original_router", None), "routes", [])
    assert len(found) > FEWEST_ROUTES
    return found


def test_every_answer_has_every_header(bare_site: Site) -> None:
    browser = bare_site.visit()
    missing = {}

    for method, path in routes_of(bare_site.app):
        answer = browser.request(method, path, follow_redirects=False)
        lacking = [
            name
            for name, pattern in HEADERS.items()
            if not re.search(pattern, answer.headers.get(name, ""))
            and not (path.startswith("/ledger/") and name == "cross-origin-resource-policy")
        ]
        if lacking or answer.status_code >= 500:
            missing[f"{method} {path}"] = (answer.status_code, lacking)

    assert missing == {}


def test_scripts_and_styles_of_pages_are_our_own(bare_site: Site) -> None:
    policy = bare_site.visit().get("/").headers["content-security-policy"]

    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "data:" not in policy


def test_every_form_needs_the_token_of_its_browser(bare_site: Site) -> None:
    browser = bare_site.as_role("administrator")
    browser.get("/")
    taken = {}

    for method, path in routes_of(bare_site.app):
        if method in {"GET", "HEAD", "OPTIONS"}:
            continue
        for token in ("", "0" * 64):
            answer = browser.request(method, path, data={"csrf": token}, follow_redirects=False)
            if answer.status_code != 403:
                taken[f"{method} {path}"] = answer.status_code

    assert taken == {}


def test_stranger_is_led_to_the_door_from_every_page_that_is_not_for_everybody(bare_site: Site) -> None:
    browser = bare_site.visit()
    shown = {}

    for method, path in routes_of(bare_site.app):
        if method != "GET" or OPEN.match(path):
            continue
        answer = browser.get(path, follow_redirects=False)
        if not answer.headers.get("location", "").startswith("/sign-in"):
            shown[path] = answer.status_code

    assert {path: status for path, status in shown.items() if status not in {404, 422}} == {}


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e%2f%2e%2e%2fsettings.py",
        "/static/....//app.py",
        "/static/..%5capp.py",
        "/static//etc/passwd",
        "/public/ledger/../../assent.db",
        "/public/ledger/%2e%2e/%2e%2e/assent.db",
        "/ledger/%2e%2e%2fassent.db",
    ],
)
def test_no_address_leads_out_of_what_is_published(bare_site: Site, path: str) -> None:
    answer = bare_site.visit().get(path, follow_redirects=False)

    assert answer.status_code in {400, 404, 405}
    assert b"SQLite format" not in answer.content
    assert b"import annotations" not in answer.content


def test_names_of_members_stand_in_no_address_and_no_error(bare_site: Site) -> None:
    browser = bare_site.as_role("administrator")
    page = browser.get("/administration").text

    assert not [link for link in re.findall(r'href="([^"]+)"', page) if "steward" in link or "searcher" in link]
    unknown = browser.get("/administration/accounts/m_aaaaaaaaaaaaaaaa")
    assert unknown.status_code == 404
    assert "steward" not in unknown.text
