"""A search in a real browser: photo, face, mandate, candidates, the viewer; by keyboard, and without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe

from assent.mandates import Role
from browser.served_sites import ServedSite
from demo_deployments import read_picture
from web.search_forms import GROUP, add_named

if TYPE_CHECKING:
    from playwright.sync_api import Page

PIXELS = (
    "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.reduce((a, b) => a + b)"
)


def barriers(page: Page) -> list[str]:
    """The rules of axe-core that a page breaks."""
    return [found["id"] for found in Axe().run(page).response["violations"]]


def fill_mandate(page: Page) -> None:
    """Say why, for a face that is chosen already."""
    page.get_by_label("Case", exact=True).select_option(label="2026/0117 (reunite)")
    page.get_by_label("Where the photo comes from").select_option("given-by-family")
    page.get_by_label("Justification").fill("The family asked where they are.")


def test_searcher_finds_a_candidate_and_compares_closely(served: ServedSite) -> None:
    page = served.open_page("searcher")
    page.goto("/searches/new")
    new = barriers(page)

    page.get_by_label("Photo").set_input_files(
        {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": read_picture("042", 3)}
    )
    page.get_by_role("button", name="Look at the photo").click()
    page.get_by_role("heading", name="Whom do you look for?").wait_for()
    faces = barriers(page)
    fill_mandate(page)
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("heading", name="Candidate 1: Person of form 042").wait_for()
    page.get_by_role("button", name="Compare closely").first.click()
    canvas = page.locator("canvas").first
    page.wait_for_function("document.activeElement.tagName === 'CANVAS'")
    before = canvas.evaluate(PIXELS)
    page.keyboard.press("ArrowRight")
    swiped = canvas.evaluate(PIXELS)
    page.keyboard.press("e")
    page.locator("[data-align][aria-pressed=true]").first.wait_for()
    aligned = canvas.evaluate(PIXELS)

    assert new == faces == barriers(page) == []
    assert len({before, swiped, aligned}) == 3
    page.keyboard.press("f")
    assert page.locator("[data-flicker]").first.get_attribute("aria-pressed") == "true"
    page.keyboard.press("0")
    assert canvas.evaluate(PIXELS) == before
    assert served.faults == []


def test_without_scripts_a_face_is_chosen_and_both_pictures_stand_side_by_side(served: ServedSite) -> None:
    page = served.open_page("searcher", scripts=False, width=390)
    page.goto("/searches/new")

    page.get_by_label("Photo").set_input_files(
        {"name": "g.jpg", "mimeType": "image/jpeg", "buffer": GROUP.read_bytes()}
    )
    page.get_by_role("button", name="Look at the photo").click()
    page.get_by_role("radio", name="Face 1").check()
    fill_mandate(page)
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("heading", name="What was asked").wait_for()

    assert page.locator("h1").count() == 1
    assert page.get_by_role("button", name="Compare closely").count() == 0
    assert page.get_by_alt_text("Probe").count() >= 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_reviewer_observes_and_concludes(served: ServedSite) -> None:
    searcher = served.open_page("searcher")
    searcher.goto("/searches/new")
    searcher.get_by_label("Photo").set_input_files(
        {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": read_picture("042", 3)}
    )
    searcher.get_by_role("button", name="Look at the photo").click()
    fill_mandate(searcher)
    searcher.get_by_role("button", name="Search", exact=True).click()
    searcher.get_by_role("heading", name="What was asked").wait_for()
    add_named(served.site, "approver", Role.APPROVER)
    page = served.open_page("approver", width=390, scheme="dark")
    page.goto("/reviews")

    page.get_by_role("link", name="s_").click()
    page.get_by_role("heading", name="What do you see?").wait_for()
    blind = barriers(page)
    for nose in page.get_by_label("Nose").all():
        nose.select_option("similar")
    page.get_by_role("button", name="Record what I see").click()
    page.get_by_role("heading", name="What do you conclude?").wait_for()
    revealed = barriers(page)
    page.get_by_label("Nobody on the list").check()
    page.get_by_role("button", name="Conclude").click()
    page.get_by_role("heading", name="Outcome of the review").wait_for()

    assert blind == revealed == barriers(page) == []
    assert served.faults == []
