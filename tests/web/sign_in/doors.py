"""Ways into a site for tests: accounts that are set up, a clock that is moved, and what browsers do at the door."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
from httpx import Response

from assent.mandates import Role
from assent.services.manage_members import invite_member
from assent.services.sign_in.limits import change_setting
from assent.services.sign_in.links import LINK_PATH, use_link
from assent.web import cookies
from demo_deployments import act_as
from web.sites import Site, Visit

PASSWORD = "seven purple boats at noon"  # noqa: S105 (of a deployment that lives as long as the test)
OTHER_PASSWORD = "four green kites by night"  # noqa: S105 (as above)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


def stop_clock(site: Site) -> Clock:
    site.runtime.clock = clock = Clock()
    return clock


def give_password(site: Site, handle: str, password: str = PASSWORD) -> None:
    """Set a member's first password, by the link that an administrator makes."""
    path = invite_member(site.runtime, act_as(site.runtime, Role.ADMINISTRATOR), handle)
    use_link(site.runtime, path.removeprefix(LINK_PATH), password=password, repeated=password, browser="")


def demand_no_factor(site: Site) -> None:
    change_setting(site.runtime, act_as(site.runtime, Role.ADMINISTRATOR), name="needs_second_factor", value=0)


def sign_in(browser: Visit, handle: str, password: str = PASSWORD, **more: Any) -> Response:
    return browser.post_form("/sign-in", {"handle": handle, "password": password, **more})


def set_up_authenticator(site: Site, handle: str, clock: Clock) -> tuple[Visit, pyotp.TOTP, list[str]]:
    """Sign a member in who sets up an authenticator app: the browser, the app, and the recovery codes."""
    give_password(site, handle)
    browser = site.visit()
    sign_in(browser, handle)
    app = pyotp.TOTP(read_secret(browser.get("/sign-in/enrol").text))
    shown = browser.post_form("/sign-in/enrol", {"code": app.at(clock.at)})
    assert shown.status_code == 200
    clock.move(seconds=60)
    return browser, app, re.findall(r"<code>([a-z0-9-]{19})</code>", shown.text)


def read_secret(page: str) -> str:
    found = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert found is not None
    return found.group(1)


def is_signed_in(browser: Visit) -> bool:
    return browser.get("/account", follow_redirects=False).status_code == 200


def ask_options(browser: Visit, path: str) -> Any:
    answer = browser.post(path, headers={"X-CSRF-Token": browser.read_token()}, follow_redirects=False)
    assert answer.status_code == 200, answer.text
    return answer.json()


def session_of(browser: Visit) -> str | None:
    return browser.cookies.get(cookies.SESSION)


@contextmanager
def unchanged_session(browser: Visit) -> Iterator[None]:
    before = session_of(browser)
    yield
    assert session_of(browser) == before
