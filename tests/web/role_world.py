"""The world of the role matrix: a member a role, one thing of each kind of their own, one of somebody else's."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from httpx import Response
from starlette.testclient import TestClient

from assent.mandates import Role
from assent.mandates.api_token import Scope, list_scopes
from assent.people import Bearer
from assent.services.api_tokens import make_token
from assent.services.demo_samples import list_samples
from assent.services.demo_site import FurnishedSite
from assent.services.issue_licence import issue_licence
from assent.services.manage_members import suspend_member
from assent.services.open_case import list_cases, open_case
from assent.services.runtime import Runtime
from assent.services.show_ledger import list_entries
from assent.web.app import create_app
from demo_deployments import REUNITE, Deployment, act_as, read_picture
from web.api.api_clients import a_token, bring
from web.person_visits import enrol, follow, invite
from web.search_forms import add_named, path_of, search_at_once
from web.sites import PUBLIC_URL, Site, Visit

MEMBERS = ("steward", "searcher", "other-searcher", "approver", "issuer", "overseer", "administrator")
VISITORS = ("visitor", "person", "kin", "suspended")
OTHER_CASE = "2026/0118"
UNKNOWN = {
    name: f"{letter}_aaaaaaaaaaaaaaaa"
    for name, letter in {
        "licence": "l",
        "search": "s",
        "person": "p",
        "member": "m",
        "case": "c",
        "invitation": "v",
        "check": "x",
        "token": "t",
        "hold": "h",
        "run": "j",
        "reference": "r",
        "name": "s",
        "record": "x",
    }.items()
} | {
    "which": "probe",
    "label": "A",
    "rank": 1,
    "number": 1,
    "index": 999_999,
    "year": 1999,
    "table": "none.csv",
    "act": "extend",
    "path": "0/999",
}
"""Objects that nobody has: what is foreign where a role is shown everything."""


@dataclass
class World:
    """The site with its browsers and programs by role, and what stands in place of parameters."""

    site: Site
    browsers: dict[str, Visit] = field(default_factory=dict)
    programs: dict[str, TestClient] = field(default_factory=dict)
    own: dict[str, dict[str, Any]] = field(default_factory=dict)
    foreign: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def send(self, role: str, method: str, path: str) -> Response:
        """Send an empty form, with its token."""
        browser = self.browsers[role]
        if method == "GET":
            return browser.get(path, follow_redirects=False)
        if role not in self.tokens:
            self.tokens[role] = browser.read_token("/public")
        return browser.request(method, path, data={"csrf": self.tokens[role]}, follow_redirects=False)

    def renew(self, role: str) -> None:
        """Sign a member in once more, whatever the last request did to the session."""
        self.tokens.pop(role, None)
        if role in MEMBERS:
            self.browsers[role] = self.site.as_member("admin" if role == "administrator" else role)

    def count_everything(self) -> dict[str, int]:
        """Count the ledger's entries and the rows of every table; checkpoints are signed whenever anybody reads one."""
        with sqlite3.connect(self.site.deployment.database) as database:
            tables = [
                name
                for (name,) in database.execute(
                    "select name from sqlite_master where type = 'table' and name != 'ledger_checkpoints'"
                )
            ]
            counts = {name: database.execute(f'select count(*) from "{name}"').fetchone()[0] for name in tables}  # noqa: S608 (names of our own tables)
        return counts | {"the ledger": sum(1 for _ in list_entries(self.site.runtime))}


def make_world(deployment: Deployment, runtime: Runtime) -> World:
    """Put one of everything in place."""
    furnished = FurnishedSite((), (), deployment.people)
    site = Site(deployment, runtime, create_app(runtime, public_url=PUBLIC_URL, furnished=furnished))
    world = World(site)
    _add_members(world)
    _add_people(world)
    _add_searches(world)
    for role in Role:
        world.programs[role.value] = bring(site, a_token(site, role))
    for role, scope in product(Role, Scope):
        others = [other for other in list_scopes([role]) if other is not scope]
        if others:
            world.programs[f"{role.value} without {scope.value}"] = bring(site, a_token(site, role, others))
    world.programs["visitor"] = TestClient(site.app, base_url=PUBLIC_URL)
    world.programs["suspended"] = bring(site, world.tokens.pop("of the suspended"))
    return world


def _add_members(world: World) -> None:
    site = world.site
    add_named(site, "approver", Role.APPROVER)
    add_named(site, "other-searcher", Role.SEARCHER)
    add_named(site, "suspended", Role.STEWARD)
    for role in MEMBERS:
        world.renew(role)
    world.browsers["visitor"] = site.visit()
    world.browsers["suspended"] = site.as_member("suspended")
    suspended = site.runtime.find_actor("suspended", "web")
    made = make_token(site.runtime, suspended, label="before", scopes=[Scope.PEOPLE_READ])
    world.tokens["of the suspended"] = made.text
    for owner in ("searcher", "overseer"):
        actor = site.runtime.find_actor(owner, "web")
        shown = make_token(site.runtime, actor, label="shown", scopes=[Scope.SEARCHES_READ]).token
        world.own[owner] = {"token": shown.id}
    world.own["administrator"] = {"member": suspended.member.id}
    world.foreign["token"] = world.own.pop("overseer")["token"]
    suspend_member(site.runtime, act_as(site.runtime, Role.ADMINISTRATOR), "suspended")


def _add_people(world: World) -> None:
    site = world.site
    world.browsers["person"], link = enrol(site)
    world.browsers["kin"], _ = enrol(site, Bearer.NEXT_OF_KIN, number="002")
    world.browsers["invited"] = follow(site, f"/i/{invite(site).token}")
    world.own["person"] = _read_page(world.browsers["person"])
    theirs = _read_page(world.browsers["kin"])
    world.foreign |= {"me reference": theirs["reference"], "me record": theirs["record"]}
    invitation = invite(site)
    world.own["program"] = {"invitation": invite(site).invitation.id}
    world.own["visitor"] = {
        "i token": invite(site).token, "p token": link.rsplit("/", 1)[1], "name": list_samples()[0].name,
    }  # fmt: skip
    shown = str(site.deployment.people["003"])
    photos = re.findall(r"/photos/(\w+)\.jpg", world.browsers["steward"].get(f"/people/{shown}").text)
    world.own["steward"] = {"person": shown, "reference": photos[0], "invitation": invitation.invitation.id}


def _read_page(browser: Visit) -> dict[str, Any]:
    """Find a photo and a receipt on somebody's page."""
    text = browser.get("/me").text
    kinds = {"reference": r"/me/photos/(\w+)", "record": r"/me/receipts/(\w+)\.json"}
    return {kind: re.findall(pattern, text)[0] for kind, pattern in kinds.items()}


def _add_searches(world: World) -> None:
    site = world.site
    issuer, other = act_as(site.runtime, Role.ISSUER), site.runtime.find_actor("other-searcher", "cli")
    terms: dict[str, Any] = {
        "purposes": [REUNITE], "ground": "Tracing", "citation": "Article 4", "valid_from": None,
        "valid_until": datetime.now(UTC) + timedelta(days=30), "quota": 9,
    }  # fmt: skip
    approved = issue_licence(site.runtime, issuer, holder="searcher", needs_approval=True, **terms)
    foreign = issue_licence(site.runtime, issuer, holder="other-searcher", **terms)
    case = open_case(site.runtime, other, number=OTHER_CASE, purpose=REUNITE)
    photo = read_picture("042", 3)
    mine = path_of(search_at_once(site, world.browsers["searcher"], photo)).rsplit("/", 1)[1]
    asked = path_of(search_at_once(site, world.browsers["searcher"], photo, licence=approved.id)).rsplit("/", 1)[1]
    theirs = search_at_once(site, world.browsers["other-searcher"], photo, licence=foreign.id, case=OTHER_CASE)
    own_case = next(case.id for case in list_cases(site.runtime, act_as(site.runtime, Role.SEARCHER)))
    world.own["searcher"] |= {"search": mine, "licence": site.deployment.licence, "case": own_case, "index": 0}
    world.own["approver"] = {"search": asked}
    world.own["issuer"] = {"licence": approved.id, "act": "suspend"}
    world.own["overseer"] = {"name": mine, "index": 0, "year": 2026, "table": "searches.csv", "which": "probe"}
    other_search = path_of(theirs).rsplit("/", 1)[1]
    # Another searcher's search is what one may be asked to review.
    world.own["searcher"]["reviews search"] = other_search
    world.foreign |= {
        "search": other_search,
        "reviews search": UNKNOWN["search"],
        "licence": foreign.id,
        "case": case.id,
    }
