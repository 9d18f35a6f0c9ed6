"""The story of PRODUCT.md, acted out: 78 searches under three trial licences, 12 refused, 5 private ones among them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

from assent.errors import Refused
from assent.mandates import ProbeSource, Role, SearchRequest
from assent.people import PurposeSlug
from assent.services.add_member import add_member
from assent.services.issue_licence import issue_licence
from assent.services.link_member import link_member
from assent.services.open_case import open_case
from assent.services.open_deployment import open_runtime
from assent.services.publish_ledger import publish_ledger
from assent.services.run_search import run_search
from assent.services.runtime import Runtime
from demo_deployments import CASE, PICTURES, REUNITE, Deployment, act_as, import_table, read_picture, write_table

HOLDERS = ("ann", "ben")
CASES = {CASE: "001"} | {f"2026/{200 + number}": f"{number:03}" for number in range(2, 16)}
"""Whom each case is about, by the number of the composite person."""
PRIVATE = ("041", "042", "043", "044", "045")
ENROLLED = ("001", "002", "003", "041", "044")
COLLEAGUE = "003"


@dataclass
class StoryClock:
    """Office hours: from the next Monday on, half an hour passes with every search."""

    now: datetime

    @classmethod
    def from_next_monday(cls) -> StoryClock:
        today = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0)
        return cls(today + timedelta(days=7 - today.weekday()))

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def go_on(self) -> None:
        self.now += timedelta(minutes=30)
        if self.now.hour >= 17:
            days = 3 if self.now.weekday() == 4 else 1
            self.now = self.now.replace(hour=8, minute=0) + timedelta(days=days)


@dataclass
class Story:
    """What was done: the deployment, its published copy, and which searches were which."""

    deployment: Deployment
    folder: Path
    vkey: str
    licences: list[str]
    members: dict[str, str]
    private: list[str] = field(default_factory=list)
    of_colleague: list[str] = field(default_factory=list)
    refused: int = 0


class _Acting:
    """One deployment with its clock, in which searches are made one after another."""

    def __init__(self, runtime: Runtime, clock: StoryClock, story: Story) -> None:
        self.runtime, self.clock, self.story = runtime, clock, story

    def license_trial(self, holder: str, quota: int, days: int) -> str:
        issuer = act_as(self.runtime, Role.ISSUER)
        end = self.clock.now + timedelta(days=days)
        terms = {"holder": holder, "purposes": [REUNITE], "ground": "Trial", "citation": "None", "is_trial": True}
        licence = issue_licence(self.runtime, issuer, valid_from=None, valid_until=end, quota=quota, **terms)
        self.story.licences.append(licence.id)
        return licence.id

    def search(self, holder: str, licence: str, photo: bytes, **changes: str) -> str:
        request = SearchRequest(licence, CASE, REUNITE, ProbeSource.CASE_FILE, "The family asked for them.")
        self.clock.go_on()
        actor = self.runtime.find_actor(holder, "cli")
        return run_search(self.runtime, actor, dataclasses.replace(request, **changes), photo).permit.search

    def be_refused(self, times: int, holder: str, licence: str, **changes: str) -> None:
        for _ in range(times):
            with suppress(Refused):
                self.search(holder, licence, read_picture("001", 1), **changes)
                raise AssertionError("this search must be refused")
            self.story.refused += 1


def tell_story(deployment: Deployment, folder: Path) -> Story:
    """Act the story out on a deployment in which nobody is enrolled yet, and publish its ledger."""
    clock = StoryClock.from_next_monday()
    story = Story(deployment, folder, "", [], {})
    with open_runtime(deployment.settings, clock) as runtime:
        colleague = _set_up(runtime, story)
        acting = _Acting(runtime, clock, story)
        searches = _list_rightful()
        ben = acting.license_trial("ben", 40, 60)
        first = acting.license_trial("ann", 30, 2)
        _search_next(acting, searches, "ann", first, 24)
        acting.be_refused(2, "ann", first, purpose=PurposeSlug("photos"))
        _search_next(acting, searches, "ben", ben, 8)
        story.private += [acting.search("ben", ben, read_picture(person, 1)) for person in PRIVATE[:3]]
        acting.be_refused(1, "ben", ben, justification="")
        _search_next(acting, searches, "ben", ben, 9)
        acting.be_refused(3, "ann", first)  # it ran out
        second = acting.license_trial("ann", 20, 30)
        _search_next(acting, searches, "ann", second, 20)
        acting.be_refused(4, "ann", second)  # used to the last
        story.private += [acting.search("ben", ben, read_picture(person, 2)) for person in PRIVATE[3:]]
        acting.be_refused(2, "ben", ben, case_number="2026/9999")
        assert next(searches, None) is None
        clock.now += timedelta(days=10)
        link_member(runtime, act_as(runtime, Role.ADMINISTRATOR), handle="ben", person=colleague)
        story.vkey = publish_ledger(runtime, folder).vkey
    return story


def _set_up(runtime: Runtime, story: Story) -> str:
    """Add members, people and cases; return which person the colleague is."""
    admin = act_as(runtime, Role.ADMINISTRATOR)
    for holder in HOLDERS:
        member = add_member(runtime, admin, handle=holder, roles=[Role.SEARCHER], unit="tracing-desk")
        story.members[holder] = member.id
    report = import_table(runtime, write_table([(number, [f"{number}/1.jpg"]) for number in ENROLLED]), PICTURES)
    for number in CASES:
        if number != CASE:
            open_case(runtime, act_as(runtime, Role.STEWARD), number=number, purpose=REUNITE)
    return dict(report.enrolled)[COLLEAGUE]


def _list_rightful() -> Iterator[tuple[str, str, int]]:
    """Case, person and picture of the 61 searches that are what they say: four a case, and one more in the first."""
    yield CASE, CASES[CASE], 2
    for case, person in CASES.items():
        yield from zip(cycle([case]), cycle([person]), (1, 2, 3, 1), strict=False)


def _search_next(
    acting: _Acting, searches: Iterator[tuple[str, str, int]], holder: str, licence: str, count: int
) -> None:
    for _ in range(count):
        case, person, picture = next(searches)
        made = acting.search(holder, licence, read_picture(person, picture), case_number=case)
        if person == COLLEAGUE:
            acting.story.of_colleague.append(made)
