"""A site for tests: the application on a real deployment, and browsers in which a member is signed in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from httpx import Response
from starlette.testclient import TestClient

from assent.mandates import Role
from assent.services.add_member import add_member
from assent.services.runtime import Runtime
from assent.services.sessions import open_session
from assent.web import cookies
from assent.web.app import create_app
from demo_deployments import Deployment, act_as

PUBLIC_URL = "https://testserver"


class Visit(TestClient):
    """A browser without scripts: keeps cookies, follows nothing by itself, brings the form's token."""

    def read_token(self, path: str = "/") -> str:
        """The token that forms of this browser carry."""
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.get(path, follow_redirects=True).text)
        assert found is not None
        return found.group(1)

    def post_form(self, path: str, data: Mapping[str, Any] | None = None, **more: Any) -> Response:
        """Send a form with its token; redirects are not followed."""
        more.setdefault("follow_redirects", False)
        return self.post(path, data={"csrf": self.read_token(), **(data or {})}, **more)


@dataclass
class Site:
    """One deployment and the application that serves it."""

    deployment: Deployment
    runtime: Runtime
    app: FastAPI

    def visit(self) -> Visit:
        """A browser in which nobody is signed in."""
        return Visit(self.app, base_url=PUBLIC_URL, raise_server_exceptions=True)

    def as_member(self, handle: str) -> Visit:
        """A browser in which this member has just signed in."""
        member = self.runtime.find_actor(handle, "web").member
        browser = self.visit()
        browser.cookies.set(cookies.SESSION, open_session(self.runtime, member.id), domain="testserver.local")
        return browser

    def as_role(self, role: str) -> Visit:
        """A browser of the deployment's member with this role, added where there is none yet."""
        handle = "admin" if role == "administrator" else role
        admin = act_as(self.runtime, Role.ADMINISTRATOR)
        try:
            self.runtime.find_actor(handle, "web")
        except Exception:  # noqa: BLE001 (whatever it lacks, adding says)
            add_member(self.runtime, admin, handle=handle, roles=[Role(role)], unit="tracing-desk")
        return self.as_member(handle)


def open_site(deployment: Deployment, runtime: Runtime) -> Site:
    """Put the application before an open deployment."""
    return Site(deployment, runtime, create_app(runtime, public_url=PUBLIC_URL))
