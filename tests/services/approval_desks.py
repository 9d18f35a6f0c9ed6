"""A desk at which searches have to be approved: licence, approver, and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from assent.ledger import Entry, EntryKind
from assent.mandates import Actor, Member, PendingSearch, Role
from assent.services.add_member import add_member
from assent.services.issue_licence import issue_licence
from assent.services.open_deployment import open_runtime
from assent.services.request_search import request_search
from assent.services.run_search import SearchResult, run_search
from assent.services.runtime import Runtime
from assent.services.show_ledger import list_entries
from demo_deployments import REUNITE, Deployment, act_as, ask, read_picture

QUOTA = 50
REASON = "Nothing in this case speaks of her."
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Clock:
    """A clock that goes on by itself and jumps when it is told to."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(frozen=True)
class Desk:
    """An open deployment with everybody that an approval takes."""

    runtime: Runtime
    deployment: Deployment
    clock: Clock

    @property
    def searcher(self) -> Actor:
        return act_as(self.runtime, Role.SEARCHER)

    @property
    def approver(self) -> Actor:
        return act_as(self.runtime, Role.APPROVER)

    def request(self, person: str = "001", **changes: str) -> PendingSearch:
        return request_search(self.runtime, self.searcher, ask(self.deployment, **changes), read_picture(person, 3))

    def run_urgent(self, person: str = "001") -> SearchResult:
        photo = read_picture(person, 3)
        return run_search(self.runtime, self.searcher, ask(self.deployment), photo, is_urgent=True)

    def entries(self, kind: EntryKind) -> list[Entry]:
        return [indexed.entry for indexed in list_entries(self.runtime) if indexed.entry.kind is kind]

    def add_member(self, handle: str, *roles: Role) -> Member:
        return add_member(
            self.runtime, act_as(self.runtime, Role.ADMINISTRATOR), handle=handle, roles=roles, unit="desk"
        )


def demand_approval(
    deployment: Deployment, *, allows_urgent: bool = True, quota: int = QUOTA, holder: str = "searcher"
) -> Deployment:
    """Issue a licence that demands approval; it is the licence of what comes back."""
    with open_runtime(deployment.settings) as runtime:
        licence = issue_licence(
            runtime,
            act_as(runtime, Role.ISSUER),
            holder=holder,
            purposes=[REUNITE],
            ground="Court order 4/26",
            citation="",
            valid_from=None,
            valid_until=datetime.now(UTC) + 60 * DAY,
            quota=quota,
            needs_approval=True,
            allows_urgent=allows_urgent,
        )
    return replace(deployment, licence=licence.id)


def add_approver(deployment: Deployment) -> None:
    """Add the one member that no deployment of the other tests has."""
    with open_runtime(deployment.settings) as runtime:
        admin = act_as(runtime, Role.ADMINISTRATOR)
        add_member(runtime, admin, handle=Role.APPROVER.value, roles=[Role.APPROVER], unit="board")


def with_desk(deployment: Deployment, *, allows_urgent: bool = True, quota: int = QUOTA) -> Deployment:
    """Prepare a deployment for approvals."""
    add_approver(deployment)
    return demand_approval(deployment, allows_urgent=allows_urgent, quota=quota)


@contextmanager
def open_desk(deployment: Deployment, clock: Clock | None = None) -> Iterator[Desk]:
    """Open a prepared deployment."""
    clock = clock or Clock()
    with open_runtime(deployment.settings, clock) as runtime:
        yield Desk(runtime, deployment, clock)
