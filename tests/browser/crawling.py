"""Every page that a member, a person or a passer-by can reach by links: one of each kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Page

_IDENTIFIER = re.compile(r"[a-z]_[a-z2-7]{16}|(?<=/)[A-Za-z0-9_-]{40,}")
_NUMBER = re.compile(r"\d+")
NO_PAGES = ("/static/", "/ledger/", "/demonstration/", "/api/", "/metrics", "/healthz", "/readyz")


def shape_of(path: str) -> str:
    """Name the kind of page that a path leads to: identifiers and numbers in it are all alike."""
    return _NUMBER.sub("n", _IDENTIFIER.sub("id", path))


def crawl(page: Page, begin: str = "/") -> Iterator[str]:
    """Go to one page of each kind that links lead to from the first; it stands there while its name is out."""
    waiting, seen = [begin], set()
    while waiting:
        path = waiting.pop(0)
        kind = shape_of(urlsplit(path).path)
        if kind in seen:
            continue
        seen.add(kind)
        answer = page.request.get(path)
        if (
            not answer.ok
            or "text/html" not in answer.headers.get("content-type", "")
            or answer.headers.get("content-disposition")
        ):
            continue
        page.goto(path)
        here = urlsplit(page.url)
        if here.path != urlsplit(path).path:
            # Sent on, to a page that gets its own turn.
            waiting.insert(0, here.path)
            continue
        links = page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))")
        waiting += [link for link in links if link.startswith("/") and not link.startswith(NO_PAGES)]
        yield kind
