"""What tests of the search pages send."""

from __future__ import annotations

import re
from typing import Any

from httpx import Response

from assent.ledger import Entry, EntryKind
from assent.mandates import Role
from assent.services.add_member import add_member
from assent.services.show_ledger import list_entries
from demo_deployments import CASE, PICTURES, act_as, read_picture
from web.sites import Site, Visit

GROUP = PICTURES / "groups" / "g1.jpg"


def add_named(site: Site, handle: str, *roles: Role) -> None:
    """Add one more member."""
    add_member(site.runtime, act_as(site.runtime, Role.ADMINISTRATOR), handle=handle, roles=roles, unit="desk")


def mandate(site: Site, **changes: Any) -> dict[str, Any]:
    """Fields of a search that is in order but for the changes."""
    fields = {
        "licence": site.deployment.licence,
        "case": CASE,
        "purpose": "reunite",
        "source": "given-by-family",
        "justification": "The family asked where they are.",
    }
    return fields | changes


def search_at_once(site: Site, browser: Visit, photo: bytes | None = None, **changes: Any) -> Response:
    """Search with one request, as a program does."""
    picture = read_picture("042", 3) if photo is None else photo
    return browser.post_form("/searches", mandate(site, **changes), files={"photo": ("p.jpg", picture, "image/jpeg")})


def bring(browser: Visit, photo: bytes) -> Response:
    """Bring a photo to be looked at, without searching."""
    return browser.post_form("/searches/photo", files={"photo": ("p.jpg", photo, "image/jpeg")})


def entries_of(site: Site, kind: EntryKind) -> list[Entry]:
    """The ledger's entries of one kind."""
    return [found.entry for found in list_entries(site.runtime) if found.entry.kind is kind]


def path_of(answer: Response) -> str:
    """The page of a search that an answer leads to."""
    location = answer.headers["location"]
    assert re.fullmatch(r"/searches/s_[a-z2-7]{16}", location)
    return str(location)
