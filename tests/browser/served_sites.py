"""A site behind a real address on this machine, and pages in which a member is signed in."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import uvicorn

from assent.services.demo_site import FurnishedSite
from assent.services.runtime import Runtime
from assent.services.sessions import open_session
from assent.web import cookies
from assent.web.app import create_app
from demo_deployments import Deployment
from web.sites import Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PATIENCE_MS = int(os.environ.get("ASSENT_TEST_PATIENCE_MS", "60000"))


@dataclass
class ServedSite:
    """A site that a browser can open; `faults` collects what scripts threw and what the policy blocked."""

    site: Site
    url: str
    browser: Browser
    faults: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def open_page(self, handle: str | None = None, *, language: str = "en-GB", scripts: bool = True, width: int = 1440,
                  scheme: str = "light") -> Page:  # fmt: skip
        """Open a page; with a handle that member has just signed in there."""
        context = self.browser.new_context(
            base_url=self.url,
            locale=language,
            java_script_enabled=scripts,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        context.grant_permissions(["camera"], origin=self.url)
        if handle is not None:
            member = self.site.runtime.find_actor(handle, "web").member
            token = open_session(self.site.runtime, member.id)
            context.add_cookies([{"name": cookies.SESSION, "value": token, "url": "https://localhost", "secure": True,
                                  "httpOnly": True, "sameSite": "Lax"}])  # fmt: skip
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("console", lambda told: self.faults.append(f"{page.url}: {told.text}") if _is_fault(told) else None)
        self.contexts.append(context)
        return page


def _is_fault(told: object) -> bool:
    text = str(getattr(told, "text", ""))
    return getattr(told, "type", "") == "error" and "Failed to load resource" not in text


@contextmanager
def serve_site(
    deployment: Deployment, runtime: Runtime, browser: Browser, furnished: FurnishedSite | None = None
) -> Iterator[ServedSite]:
    """Serve a deployment from a thread, on a port that was free."""
    app = create_app(runtime, furnished=furnished)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
        if not thread.is_alive():
            raise RuntimeError("the server did not start")
    port = server.servers[0].sockets[0].getsockname()[1]
    app.state.public_url = f"http://localhost:{port}"
    served = ServedSite(Site(deployment, runtime, app), app.state.public_url, browser)
    try:
        yield served
    finally:
        for context in served.contexts:
            context.close()
        server.should_exit = True
        thread.join(60)
    assert served.faults == []
