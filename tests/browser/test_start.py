"""The start page in a real browser."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe

from browser.served_sites import ServedSite


def test_start_page_has_no_barrier_and_works_by_keyboard(served: ServedSite) -> None:
    page = served.open_page("steward")
    page.goto("/")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert [found["id"] for found in Axe().run(page).response["violations"]] == []
