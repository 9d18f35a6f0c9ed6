"""Takes a picture of every page of the furnished demonstration, wide and narrow, light and dark: `make screenshots`."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from assent.services.demo_site import furnish_site
from assent.services.open_deployment import open_runtime
from assent.settings import Settings
from browser.conftest import FLAGS
from browser.crawling import crawl
from browser.served_sites import ServedSite, serve_site
from demo_deployments import PICTURES, Deployment

WIDTHS = (1440, 390)
SCHEMES = ("light", "dark")
ROLES = ("steward", "searcher", "approver", "reviewer", "issuer", "overseer", "administrator")
QUALITY = 60


def name_of(role: str, kind: str) -> str:
    """Name a picture after who sees the page and where it is."""
    words = kind.strip("/").replace("/", "-").replace("_", "-") or "start"
    return f"{role}-{words}"


def shoot(page: Page, path: Path) -> None:
    """Save the whole page as WebP."""
    with Image.open(io.BytesIO(page.screenshot(full_page=True))) as picture:
        picture.convert("RGB").save(path, "WEBP", quality=QUALITY)


def shoot_searching(page: Page, folder: Path, variant: str) -> set[str]:
    """Picture what links do not lead to: the choice of a face, and a candidate."""
    page.goto("/searches/new")
    page.set_input_files("[name=photo]", str(PICTURES / "groups" / "g7.jpg"))
    page.click("form[action='/searches/photo'] button")
    page.wait_for_selector("form[action='/searches']")
    shoot(page, folder / f"searcher-searches-new-faces-{variant}.webp")
    page.goto("/searches")
    page.click("main table tbody tr:nth-child(2) a")
    page.wait_for_selector("[data-compare]")
    shoot(page, folder / f"searcher-searches-found-{variant}.webp")
    return {"searcher-searches-new-faces", "searcher-searches-found"}


def shoot_pages(served: ServedSite, folder: Path, begins: dict[str, tuple[str | None, str]]) -> list[str]:
    """Crawl from each beginning in every width and scheme; the names of the pages come back."""
    names: set[str] = set()
    for scheme in SCHEMES:
        for width in WIDTHS:
            pictured: set[str] = set()
            for role, (handle, begin) in begins.items():
                page = served.open_page(handle, width=width, scheme=scheme)
                for kind in crawl(page, begin):
                    if kind in pictured and kind != "/":
                        continue
                    pictured.add(kind)
                    names.add(name_of(role, kind))
                    shoot(page, folder / f"{name_of(role, kind)}-{width}-{scheme}.webp")
                if role == "searcher":
                    names |= shoot_searching(page, folder, f"{width}-{scheme}")
                page.context.close()
                served.contexts.pop()
    return sorted(names)


def main(folder: Path) -> None:
    """Furnish the demonstration in a temporary folder and take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.webp"):
        old.unlink()
    with tempfile.TemporaryDirectory() as temporary:
        settings = Settings.from_environment({"ASSENT_DATA": str(Path(temporary) / "data")})
        furnished = furnish_site(settings, say=print)
        seen, invited = (link.path for link in furnished.links[:2])
        begins: dict[str, tuple[str | None, str]] = {
            "person": (None, seen),
            "invited": (None, invited),
            "anybody": (None, "/"),
            **{role: (role, "/") for role in ROLES},
        }
        with sync_playwright() as driver, open_runtime(settings) as runtime:
            browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
            with serve_site(Deployment(settings, "", {}), runtime, browser, furnished) as served:
                names = shoot_pages(served, folder, begins)
            browser.close()
    sys.stdout.write(f"{len(names)} pages, {len(WIDTHS) * len(SCHEMES)} pictures each\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
