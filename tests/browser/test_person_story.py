"""From the steward's invitation to the withdrawal, in three languages, with a virtual camera and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from assent.services.open_deployment import open_runtime
from browser.conftest import launch
from browser.served_sites import ServedSite, serve_site
from demo_deployments import PICTURES, Deployment

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

FRAMES = 60


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium whose camera shows a composite person who is not in the gallery yet (Motion JPEG, a frame repeated)."""
    film: Path = tmp_path_factory.mktemp("camera") / "camera.mjpeg"
    film.write_bytes((PICTURES / "001" / "1.jpg").read_bytes() * FRAMES)
    yield from launch(f"--use-file-for-fake-video-capture={film}")


@pytest.fixture
def served(bare: Deployment, browser: Browser) -> Iterator[ServedSite]:
    """A site on which nobody is enrolled, for this test alone."""
    with open_runtime(bare.settings) as runtime, serve_site(bare, runtime, browser) as site:
        yield site


def invite(served: ServedSite, language: str) -> str:
    """Invite as the steward does, and read the link off the page."""
    page = served.open_page("steward")
    page.goto("/invitations/new")
    page.check("[name=purpose][value=reunite]")
    page.select_option("[name=language]", language)
    page.click("form[action='/invitations'] button")
    page.wait_for_selector("main a[href*='/i/'], main code")
    assert page.locator("main svg, main img").count() >= 1, "a picture to scan"
    return page.locator(":text('/i/')").last.inner_text().strip()


def agree(page: Page) -> None:
    page.fill("[name=name]", "Composite Person")
    page.check("[name=purpose][value=reunite]")
    page.click("form.steps button.main")
    page.wait_for_selector("main .secret")


@pytest.mark.parametrize(("language", "locale"), [("en", "en-GB"), ("nl", "nl-BE"), ("fr", "fr-BE")])
def test_person_enrols_with_the_camera_and_withdraws(served: ServedSite, language: str, locale: str) -> None:
    link = invite(served, language)
    page = served.open_page(language=locale)
    page.goto(link)
    page.click("[data-open]")
    page.wait_for_selector("[data-feedback][data-fit=yes]")
    page.click("[data-take]")
    page.wait_for_selector("[data-taken] li")
    page.click("[data-close]")
    agree(page)

    assert page.locator("html").get_attribute("lang") == language
    personal = page.locator("main .secret a").first.inner_text().strip()
    receipts = page.locator("main a[href^='/me/receipts/']").evaluate_all("all => all.map(one => one.href)")
    assert all(page.request.get(receipt).ok for receipt in receipts)
    assert len(receipts) == 2
    page.goto(personal)
    page.wait_for_url("**/me")
    assert page.locator("main img").count() >= 1
    page.click("main .leave button.danger")
    page.wait_for_load_state()
    page.goto(personal)
    assert page.locator("main .leave").count() == 0


def test_everything_but_the_camera_works_without_scripts(served: ServedSite) -> None:
    link = invite(served, "en")
    page = served.open_page(scripts=False)
    page.goto(link)
    page.set_input_files("[name=photos]", [str(PICTURES / "001" / f"{number}.jpg") for number in (1, 2)])
    agree(page)
    page.goto("/me")
    page.fill("[name=name]", "Corrected Name")
    page.click("form[action='/me/name'] button")
    page.wait_for_load_state()

    assert page.locator("[name=name]").input_value() == "Corrected Name"
    page.click("main .leave button.danger")
    page.wait_for_load_state()
    page.goto("/me")
    assert page.locator("main .leave").count() == 0


def test_used_link_opens_nothing_any_more(served: ServedSite) -> None:
    link = invite(served, "en")
    first = served.open_page()
    first.goto(link)
    first.set_input_files("[name=photos]", str(PICTURES / "001" / "1.jpg"))
    agree(first)
    second = served.open_page()
    answer = second.goto(link)

    assert answer is not None
    assert second.locator("form.steps").count() == 0
