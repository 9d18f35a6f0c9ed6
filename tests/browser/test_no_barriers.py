"""No page of the furnished site keeps anybody out: axe-core, one heading, title, language, no sideways scrolling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from assent.services.demo_site import FurnishedSite, furnish_site
from assent.services.open_deployment import open_runtime
from assent.settings import Settings
from browser.crawling import crawl
from browser.served_sites import ServedSite, serve_site
from demo_deployments import Deployment

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROLES = ("steward", "searcher", "approver", "issuer", "overseer", "administrator")
GRAVE = {"serious", "critical"}
# The annual report is a document of its own, with a style of its own.
DOCUMENTS = ("/oversight/reports/n", "/ledger/verify.html")


@pytest.fixture(scope="module")
def furnished_site(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[tuple[ServedSite, FurnishedSite]]:
    settings = Settings.from_environment({"ASSENT_DATA": str(tmp_path_factory.mktemp("barriers") / "data")})
    furnished = furnish_site(settings, say=lambda _text: None)
    with (
        open_runtime(settings) as runtime,
        serve_site(Deployment(settings, "", {}), runtime, browser, furnished) as served,
    ):
        yield served, furnished


def find_barriers(page: Page, kind: str) -> list[str]:
    found = [f"{kind}: {one['id']}" for one in Axe().run(page).response["violations"] if one["impact"] in GRAVE]
    if page.locator("h1").count() != 1:
        found.append(f"{kind}: not exactly one heading")
    if not page.title() or page.locator("html").get_attribute("lang") is None:
        found.append(f"{kind}: no title or no language")
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1") and kind not in DOCUMENTS:
        found.append(f"{kind}: scrolls sideways")
    return found


@pytest.mark.parametrize("look", [(1440, "light"), (390, "dark")], ids=["wide and light", "narrow and dark"])
def test_no_page_has_a_grave_barrier(furnished_site: tuple[ServedSite, FurnishedSite], look: tuple[int, str]) -> None:
    served, furnished = furnished_site
    width, scheme = look
    begins: list[tuple[str | None, str]] = [(None, "/"), *((None, link.path) for link in furnished.links)]
    begins += [(role, "/") for role in ROLES]
    barriers: list[str] = []
    seen: set[str] = set()
    for handle, begin in begins:
        page = served.open_page(handle, width=width, scheme=scheme)
        for kind in crawl(page, begin):
            if kind not in seen:
                seen.add(kind)
                barriers += find_barriers(page, kind)
        page.context.close()
        served.contexts.pop()

    assert barriers == []
    assert len(seen) > 50
