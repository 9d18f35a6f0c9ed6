"""The searcher's path in a real browser: bring a photo, choose the face, say why, compare; and the approver between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from assent.mandates import Role
from assent.services.add_member import add_member
from assent.services.issue_licence import issue_licence
from browser.served_sites import ServedSite
from demo_deployments import PICTURES, REUNITE, act_as

if TYPE_CHECKING:
    from playwright.sync_api import Page

HARD = PICTURES / "023" / "3.jpg"
GROUP = PICTURES / "groups" / "g7.jpg"
JUSTIFICATION = "Her brother asks whether we know where she is."


def bring(page: Page, photo: object) -> None:
    page.goto("/searches/new")
    page.set_input_files("[name=photo]", str(photo))
    page.click("main form[action='/searches/photo'] button")
    page.wait_for_selector("form[action='/searches']")


def say_why(page: Page, licence: str) -> None:
    page.select_option("[name=licence]", licence)
    page.select_option("[name=purpose]", "reunite")
    page.select_option("[name=case]", index=1)
    page.select_option("[name=source]", "given-by-family")
    page.fill("[name=justification]", JUSTIFICATION)
    page.click("form[action='/searches'] button:not(.link)")
    page.wait_for_url("**/searches/s_*")


@pytest.mark.parametrize("language", ["en-GB", "nl-BE", "fr-BE"])
def test_searcher_finds_a_candidate_and_compares(served: ServedSite, language: str) -> None:
    page = served.open_page("searcher", language=language)
    bring(page, HARD)
    say_why(page, served.site.deployment.licence)

    assert page.locator("html").get_attribute("lang") == language[:2]
    assert page.locator("main img").count() >= 2
    page.goto("/searches")
    assert page.locator("main table tbody tr").count() >= 1


def test_one_of_several_faces_is_chosen(served: ServedSite) -> None:
    page = served.open_page("searcher")
    bring(page, GROUP)
    assert page.locator("[name=face]").count() >= 3
    page.locator("[name=face]").nth(1).check()
    say_why(page, served.site.deployment.licence)

    assert page.locator("main img").count() >= 2


def test_nobody_is_found_and_the_page_says_that_this_is_normal(served: ServedSite) -> None:
    page = served.open_page("searcher")
    bring(page, PICTURES.parent / "stranger.jpg")
    say_why(page, served.site.deployment.licence)

    assert "nobody" in page.locator("main h1").inner_text().lower()


def test_viewer_is_used_with_the_keyboard(served: ServedSite) -> None:
    page = served.open_page("searcher")
    bring(page, HARD)
    say_why(page, served.site.deployment.licence)
    page.locator("main [data-compare] button:visible").first.focus()
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement !== document.body")


def test_searcher_searches_with_the_keyboard_alone(served: ServedSite) -> None:
    page = served.open_page("searcher")
    page.goto("/searches/new")
    page.set_input_files("[name=photo]", str(HARD))
    page.focus("[name=photo]")
    press_until(page, "Tab", "form[action='/searches/photo'] button")
    page.keyboard.press("Enter")
    page.wait_for_selector("form[action='/searches']")
    press_until(page, "Tab", "[name=licence]")
    for name, key in (("purpose", None), ("case", "ArrowDown"), ("source", "ArrowDown")):
        press_until(page, "Tab", f"[name={name}]")
        if key:
            page.keyboard.press(key)
    press_until(page, "Tab", "[name=justification]")
    page.keyboard.type(JUSTIFICATION)
    press_until(page, "Tab", "form[action='/searches'] button:not(.link)")
    page.keyboard.press("Enter")
    page.wait_for_url("**/searches/s_*")

    assert page.locator("main img").count() >= 2


def press_until(page: Page, key: str, selector: str) -> None:
    """Press a key until the element has the focus; a trap or an element out of reach ends in a failure."""
    for _ in range(60):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{selector} cannot be reached with {key}")


def test_search_waits_for_the_approver_and_then_runs(served: ServedSite) -> None:
    runtime = served.site.runtime
    add_member(runtime, act_as(runtime, Role.ADMINISTRATOR), handle="approver", roles=[Role.APPROVER], unit="desk")
    licence = issue_licence(
        runtime,
        act_as(runtime, Role.ISSUER),
        holder="searcher",
        purposes=[REUNITE],
        ground="Tracing",
        citation="Statute, article 4",
        valid_from=None,
        valid_until=datetime.now(UTC) + timedelta(days=3),
        quota=3,
        needs_approval=True,
    )
    searcher = served.open_page("searcher")
    bring(searcher, HARD)
    say_why(searcher, licence.id)
    waiting = searcher.url

    approver = served.open_page("approver")
    approver.goto("/approvals")
    approver.click("main table a, main .panel a")
    approver.click("form[action$='/approve'] button")
    approver.wait_for_load_state()

    searcher.goto(waiting)
    searcher.click("main form[action*='/run'] button")
    searcher.wait_for_selector("main .candidates, main [data-compare]")
    assert searcher.locator("main img").count() >= 2
