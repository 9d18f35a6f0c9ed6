"""What somebody typed is text on every page, whatever it looks like: no script, no attribute, no element."""

from __future__ import annotations

import pytest

from assent.mandates import Role
from assent.services.define_purpose import define_purpose
from demo_deployments import act_as
from web.security.crawling import Page, crawl, send_all_forms
from web.sites import Site

SCRIPT = "\"'><script>alert(7)</script><img src=x onerror=alert(7)>"
ATTRIBUTE = "\" onmouseover=alert(7) autofocus onfocus='alert(7)' x=\""
ROLES = ("steward", "searcher", "approver", "issuer", "overseer", "administrator")


def scripts_in(text: str) -> list[str]:
    """What of a page a browser would run although no page of ours holds it."""
    page = Page(text)
    found = [f"<script src={source}>" for source in page.scripts if not (source or "").startswith("/static/")]
    return found + sorted(name for name in page.attributes if name.startswith("on") or name == "style")


def test_script_that_was_let_through_would_be_found() -> None:
    assert scripts_in(f"<p>{SCRIPT}</p>") == ["<script src=None>", "onerror"]
    assert scripts_in(f'<input value="{ATTRIBUTE}">') == ["onfocus", "onmouseover"]


@pytest.mark.parametrize("typed", [SCRIPT, ATTRIBUTE], ids=["script", "attribute"])
def test_no_form_lets_a_script_through_and_no_page_shows_one(bare_site: Site, typed: str) -> None:
    admin = act_as(bare_site.runtime, Role.ADMINISTRATOR)
    define_purpose(bare_site.runtime, admin, slug="learn", text=typed, text_version="v2")
    found, sent = {}, set()

    for role in ROLES:
        browser = bare_site.as_role(role)
        for action, (status, text) in send_all_forms(browser, typed).items():
            sent.add(action)
            assert status < 500, action
            found[f"{role} sent {action}"] = scripts_in(text)
    for role in ROLES:
        found |= {f"{role} at {path}": scripts_in(text) for path, text in crawl(bare_site.as_role(role))}

    assert {place: scripts for place, scripts in found.items() if scripts} == {}
    assert len(sent) > 5
    assert any("learn" in text for _path, text in crawl(bare_site.as_role("administrator"), "/administration/purposes"))


@pytest.mark.parametrize("path", ["/sign-in?next={}", "/confirm?next={}", "/nowhere/{}", "/searches/{}", "/welcome/{}"])
def test_address_is_never_part_of_a_page_as_it_came(bare_site: Site, path: str) -> None:
    answer = bare_site.as_role("steward").get(path.format("%22%3E%3Cscript%3Ealert(7)%3C/script%3E"))

    assert scripts_in(answer.text) == []
    assert "alert(7)" not in answer.text.replace("alert(7)&lt;", "")
