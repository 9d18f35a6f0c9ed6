"""What a row of the role matrix says, and every route that there is.

A table has one line a route: method, path, who may, the answer for what is theirs, the answer for what is not.

- Who may: `everybody`; `page` (who opened a personal link here); `invited` (who opened an invitation here); `member`
  (whoever is signed in); or roles joined by `+`. For the API with the scope
  that their token needs (`searcher@reviews`), or `token` for any.
- An answer: a status, with the beginning of the way for a redirect (`303:/people`). Forms are sent empty, so 422 says
  that the route took whoever sent it and looked at the form. `-` says that nothing there belongs to anybody else.
- Everybody else is denied: visitors led to the door, members without the role 403; the tests know that by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Mount

FEWEST_ROUTES = 180
PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


@dataclass(frozen=True)
class Row:
    """One line of a table."""

    method: str
    path: str
    who: frozenset[str]
    own: str
    foreign: str
    scope: str = ""

    def allows(self, role: str) -> bool:
        """Whether a program of this role may, with all its scopes."""
        return self.who == {"token"} or role in self.who

    def fill(self, objects: Mapping[str, Any]) -> str:
        """Put objects in place of the parameters; those named by the path's first word come first."""
        area = self.path.removeprefix("/api/v1").split("/")[1]
        return PARAMETER.sub(
            lambda found: str(objects.get(f"{area} {found.group(1)}", objects.get(found.group(1)))), self.path
        )


def read_table(text: str, prefix: str = "") -> list[Row]:
    """Read a table as it stands in a module, its paths below the prefix."""
    rows = []
    for line in text.strip().splitlines():
        method, path, who, own, foreign = line.split()
        roles, _, scope = who.partition("@")
        rows.append(Row(method, prefix + path, frozenset(roles.split("+")), own, foreign, scope))
    return rows


def list_routes(app: FastAPI, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every method and path, those of mounted applications too."""
    waiting: list[Any] = list(app.routes)
    while waiting:
        route = waiting.pop()
        if isinstance(route, APIRoute):
            yield from ((method, prefix + route.path) for method in sorted(route.methods))
        elif isinstance(route, Mount) and isinstance(route.app, FastAPI):
            yield from list_routes(route.app, route.path)
        else:
            # FastAPI keeps an included router as one route of its own.
            waiting += getattr(getattr(route, "original_router", None), "routes", [])


def say_answer(answer: Any) -> str:
    """Say an answer as the tables do: where a redirect leads without its identifiers and what follows them."""
    location = re.split(r"\?|/[a-z]_[a-z2-7]{16}", answer.headers.get("location", ""))[0]
    return f"{answer.status_code}:{location}" if location else str(answer.status_code)
