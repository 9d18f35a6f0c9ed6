"""A crawler for tests: visits what pages link to, fills every form, and looks at what comes back as a browser does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from web.sites import Visit

MOST_PAGES = 40
# What would end the crawl itself.
NOT_SENT = re.compile(r"/sign-out|/sessions/end|/suspend|/language|/sign-in|/welcome|/account/provider|/mail-test")
# Files, not pages; the verifier among them is one that works offline and so holds its script.
PUBLISHED = ("/static", "/ledger")
IDENTIFIER = re.compile(r"[a-z]_[a-z2-7]{16}")


@dataclass
class Form:
    """One form of a page: where it goes, and what its fields hold before somebody types."""

    action: str
    method: str
    kept: dict[str, str] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)

    def fill(self, text: str) -> dict[str, str]:
        return self.kept | dict.fromkeys(self.typed, text)


class Page(HTMLParser):
    """What a browser makes of a page: its links, forms, and every element and attribute."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.scripts: list[str | None] = []
        self.attributes: set[str] = set()
        self._form: Form | None = None
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.attributes |= given.keys()
        name, value, kind = given.get("name", ""), given.get("value", ""), given.get("type", "text")
        if tag == "a" and given.get("href", "").startswith("/"):
            self.links.append(urlsplit(given["href"]).path)
        elif tag == "script":
            self.scripts.append(given.get("src"))
        elif tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get"))
            self.forms.append(self._form)
        elif self._form is None or not name:
            self._select = self._select and self._choose(tag, value)
        elif tag == "textarea" or (tag == "input" and kind in {"text", "search", "email", "password"}):
            self._form.typed.append(name)
        elif tag == "input" and kind not in {"file", "checkbox", "radio"}:
            self._form.kept[name] = value or ("2026-12-24" if kind == "date" else "7")
        elif tag == "input" and kind != "file":
            self._form.kept.setdefault(name, value)
        elif tag == "select":
            self._select = name

    def _choose(self, tag: str, value: str) -> str:
        if tag == "option" and self._form is not None:
            self._form.kept.setdefault(self._select, value)
        return self._select

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""


def crawl(browser: Visit, start: str = "/") -> Iterator[tuple[str, str]]:
    """Visit what can be reached by links: one page of each kind, with its address and its text."""
    waiting, seen = [start], {start}
    visited = 0
    while waiting and visited < MOST_PAGES:
        path = waiting.pop(0)
        answer = browser.get(path)
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        visited += 1
        yield path, answer.text
        for link in Page(answer.text).links:
            kind = IDENTIFIER.sub("*", link)
            if kind not in seen and not link.startswith(PUBLISHED):
                seen.add(kind)
                waiting.append(link)


def send_all_forms(browser: Visit, text: str) -> Mapping[str, tuple[int, str]]:
    """Type a text into every field that takes one, on every page; what each form's target answered comes back."""
    answers: dict[str, tuple[int, str]] = {}
    for path, page in list(crawl(browser)):
        for form in Page(page).forms:
            action = form.action or path
            if form.method != "post" or not form.typed or NOT_SENT.search(action):
                continue
            sent = browser.post_form(action, {**form.fill(text), "csrf": browser.read_token()})
            answers[IDENTIFIER.sub("*", action)] = (sent.status_code, sent.text)
    return answers
