"""Debian's Chromium, driven by Playwright, before a really served site; left out with a reason where it is missing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assent.services.open_deployment import open_runtime
from browser.served_sites import ServedSite, serve_site
from demo_deployments import Deployment

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FLAGS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.enable_socket)
            # Chromium on a machine that is busy with other tests now and then answers nothing at all; a fault of ours
            # shows in every attempt.
            item.add_marker(pytest.mark.flaky(reruns=2, only_rerun=["TimeoutError", "TargetClosedError"]))


def launch(*more_flags: str) -> Iterator[Browser]:
    """Start Chromium for the tests of one module."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=[*FLAGS, *more_flags], timeout=120_000)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for the tests of one module."""
    yield from launch()


@pytest.fixture
def served(enrolled: Deployment, browser: Browser) -> Iterator[ServedSite]:
    """A site with all composite people behind a real address, for this test alone."""
    with open_runtime(enrolled.settings) as runtime, serve_site(enrolled, runtime, browser) as site:
        yield site


@pytest.fixture
def camera_picture(tmp_path: Path) -> Path:
    """Where a test puts the film that Chromium's virtual camera shows."""
    return tmp_path / "camera.mjpeg"
