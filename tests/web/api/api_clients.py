"""Programs for tests: clients of the API with tokens of their own."""

from __future__ import annotations

from collections.abc import Collection

from httpx import Response
from starlette.testclient import TestClient

from assent.mandates import Actor, Role
from assent.mandates.api_token import Scope, list_scopes
from assent.services.add_member import add_member
from assent.services.api_tokens import make_token
from demo_deployments import CASE, REUNITE, act_as
from web.sites import PUBLIC_URL, Site

PREFIX = "/api/v1"


def find_member(site: Site, role: Role) -> Actor:
    """The deployment's member with a role, added where there is none yet."""
    try:
        return act_as(site.runtime, role)
    except Exception:  # noqa: BLE001 (whatever it lacks, adding says)
        admin = act_as(site.runtime, Role.ADMINISTRATOR)
        add_member(site.runtime, admin, handle=role.value, roles=[role], unit="tracing-desk")
        return act_as(site.runtime, role)


def a_token(site: Site, role: Role, scopes: Collection[Scope] | None = None) -> str:
    """A token of the member with this role, with all its scopes or some."""
    actor = find_member(site, role)
    given = list_scopes(actor.member.roles) if scopes is None else scopes
    return make_token(site.runtime, actor, label="a test", scopes=given).text


def bring(site: Site, token: str) -> TestClient:
    """A program that brings this token."""
    client = TestClient(site.app, base_url=f"{PUBLIC_URL}{PREFIX}")
    client.headers["authorization"] = f"Bearer {token}"
    return client


def as_program(site: Site, role: Role, scopes: Collection[Scope] | None = None) -> TestClient:
    """A program of the member with this role."""
    return bring(site, a_token(site, role, scopes))


def search_with(client: TestClient, site: Site, photo: bytes, **changes: str) -> Response:
    """Search through the API, in order but for the changes."""
    sent = {
        "licence": site.deployment.licence,
        "case_number": CASE,
        "purpose": REUNITE,
        "probe_source": "given-by-family",
        "justification": "The family asked for help in finding them.",
    }
    return client.post("/searches", data=sent | changes, files={"photo": ("p.jpg", photo, "image/jpeg")})


def reason_of(answer: Response) -> str:
    """The slug of a problem, after looking that it is one."""
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["type"] == f"urn:assent:{document['reason']}"
    assert document["title"]
    assert document["detail"]
    return str(document["reason"])
