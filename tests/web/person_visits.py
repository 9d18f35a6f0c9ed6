"""Steps of people without an account: invited, on their own page, or next of kin of somebody missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from httpx import Response

from assent.mandates import Role, Visitor
from assent.people import Bearer, PersonId, PurposeSlug
from assent.services.invite_person import Invited, invite_person
from assent.services.person_sessions import find_visitor
from assent.web import cookies
from demo_deployments import REUNITE, act_as, read_picture
from web.sites import Site, Visit

PHOTOS = PurposeSlug("photos")


def invite(site: Site, bearer: Bearer = Bearer.SELF, **terms: Any) -> Invited:
    """Invite as the steward, for both purposes."""
    chosen: dict[str, Any] = {"purposes": [REUNITE, PHOTOS], "note": "the visitor with the red umbrella"} | terms
    if bearer is Bearer.NEXT_OF_KIN:
        chosen.setdefault("consent_days", 200)
    return invite_person(site.runtime, act_as(site.runtime, Role.STEWARD), bearer=bearer, **chosen)


def follow(site: Site, path: str) -> Visit:
    """Follow a link in a fresh browser."""
    browser = site.visit()
    answer = browser.get(path, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return browser


def hand_over(
    browser: Visit,
    *,
    photos: Sequence[bytes] = (),
    purposes: Sequence[str] = (REUNITE,),
    name: str = "Noor of the Tests",
    given_by: str = "",
) -> Response:
    """Send the invitation's form, as a browser without scripts does."""
    files = [("photos", (f"{number}.jpg", photo, "image/jpeg")) for number, photo in enumerate(photos)]
    form = {"purpose": list(purposes), "name": name, "given_by": given_by}
    return browser.post("/i", data=form | {"csrf": browser.read_token("/i")}, files=files)


def enrol(site: Site, bearer: Bearer = Bearer.SELF, *, number: str = "001", **form: Any) -> tuple[Visit, str]:
    """Go the whole way from an invitation to one's own page; the personal link's path comes back too."""
    browser = follow(site, f"/i/{invite(site, bearer).token}")
    given_by = "" if bearer is Bearer.SELF else "Kim of the Tests"
    answer = hand_over(browser, photos=[read_picture(number, 1), read_picture(number, 2)], given_by=given_by, **form)
    assert answer.status_code == 200, answer.text
    return browser, read_personal_link(answer)


def read_personal_link(answer: Response) -> str:
    """Read the path of the personal link from the page that shows it this once."""
    found = re.search(r"https://testserver(/p/[\w-]{43})", answer.text)
    assert found is not None
    return found.group(1)


def visitor_of(site: Site, browser: Visit) -> Visitor:
    """Who acts in this browser, as the services know them."""
    return find_visitor(site.runtime, str(browser.cookies.get(cookies.PERSON)), "web")


def person_of(site: Site, browser: Visit) -> PersonId:
    """Whose page is open in this browser."""
    person = visitor_of(site, browser).person
    assert person is not None
    return person


def post_on_page(browser: Visit, path: str, data: dict[str, Any] | None = None) -> Response:
    """Send one of the page's own forms."""
    return browser.post(path, data={"csrf": browser.read_token("/me"), **(data or {})}, follow_redirects=False)
