"""What an overseer opens is recorded before it is opened; nobody else opens it; what is gone stays gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC

import pytest

from assent.errors import NotFound, RoleMissing
from assent.ledger import EntryKind, Finding, Rule, SearchRecord, collect_searches
from assent.mandates import Role, probe_of
from assent.services.find_unusual_use import find_unusual_use
from assent.services.inspect_search import find_searches_of_person, inspect_searches, name_members
from assent.services.link_member import link_member
from assent.services.open_case import open_case
from assent.services.open_deployment import open_runtime
from assent.services.read_ledger_copy import read_own_copy
from assent.services.run_search import run_search
from assent.services.runtime import Runtime
from assent.services.verify_ledger import verify_ledger
from assent.services.withdraw_person import withdraw_person
from demo_deployments import (
    CASE,
    PICTURES,
    REUNITE,
    Deployment,
    act_as,
    ask,
    import_table,
    read_picture,
    write_table,
)

OTHER_CASE = "2026/0999"


@pytest.fixture
def small(bare: Deployment) -> Deployment:
    """Two people enrolled, two cases."""
    table = write_table([(number, [f"{number}/1.jpg"]) for number in ("001", "002")])
    with open_runtime(bare.settings) as runtime:
        report = import_table(runtime, table, PICTURES)
        open_case(runtime, act_as(runtime, Role.SEARCHER), number=OTHER_CASE, purpose=REUNITE)
    return replace(bare, people=dict(report.enrolled))


@pytest.fixture
def runtime(small: Deployment) -> Iterator[Runtime]:
    with open_runtime(small.settings) as opened:
        yield opened


def look_for(runtime: Runtime, deployment: Deployment, person: str, picture: int, case: str = CASE) -> str:
    request = ask(deployment, case_number=case)
    return run_search(runtime, act_as(runtime, Role.SEARCHER), request, read_picture(person, picture)).permit.search


def read_records(runtime: Runtime) -> list[SearchRecord]:
    return collect_searches(enumerate(read_own_copy(runtime).entries))


def find_by(runtime: Runtime, rule: Rule) -> list[Finding]:
    use = find_unusual_use(runtime, act_as(runtime, Role.OVERSEER), zone=UTC)
    return [finding for finding in use.findings if finding.rule is rule]


def test_overseer_sees_what_was_asked_and_what_was_returned(runtime: Runtime, small: Deployment) -> None:
    look_for(runtime, small, "001", 2)

    (opened,) = inspect_searches(runtime, act_as(runtime, Role.OVERSEER), read_records(runtime))

    assert (opened.case_number, opened.justification) == (CASE, "The family asked where they are.")
    assert opened.probe_portrait is not None
    assert opened.probe_portrait.startswith(b"\xff\xd8")
    assert [(shown.person, shown.name) for shown in opened.candidates] == [(small.people["001"], "Person of form 001")]
    last = read_own_copy(runtime).entries[-1]
    assert (last.kind, last.fields["manner"]) == (EntryKind.SEARCH_INSPECTED, "shown")
    assert last.fields["search"] == opened.record.search
    verify_ledger(runtime)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.OVERSEER, Role.APPROVER}))
def test_nobody_else_opens_anything(runtime: Runtime, small: Deployment, role: Role) -> None:
    look_for(runtime, small, "001", 2)
    actor, before = act_as(runtime, role), len(read_own_copy(runtime).entries)

    for attempt in (
        lambda: inspect_searches(runtime, actor, read_records(runtime)),
        lambda: find_unusual_use(runtime, actor, zone=UTC),
        lambda: name_members(runtime, actor),
        lambda: find_searches_of_person(runtime, actor, small.people["001"]),
    ):
        with pytest.raises(RoleMissing):
            attempt()

    assert len(read_own_copy(runtime).entries) == before


def test_what_a_rule_or_a_withdrawal_ended_is_shown_as_gone(runtime: Runtime, small: Deployment) -> None:
    made = look_for(runtime, small, "001", 2)
    runtime.photos.erase(probe_of(made))
    withdraw_person(runtime, act_as(runtime, Role.STEWARD), small.people["001"])

    (opened,) = inspect_searches(runtime, act_as(runtime, Role.OVERSEER), read_records(runtime))
    use = find_unusual_use(runtime, act_as(runtime, Role.OVERSEER), zone=UTC)

    assert opened.probe_portrait is None
    assert [(shown.name, shown.portrait) for shown in opened.candidates] == [(None, None)]
    assert (use.searches, use.compared) == (1, 0)


def test_the_same_photo_under_two_cases_is_found(runtime: Runtime, small: Deployment) -> None:
    look_for(runtime, small, "003", 1)
    both = [look_for(runtime, small, "005", 1), look_for(runtime, small, "005", 1, OTHER_CASE)]

    (same_photo,) = find_by(runtime, Rule.SAME_PHOTO)
    (same_face,) = find_by(runtime, Rule.SAME_FACE)

    assert same_photo.searches == same_face.searches == tuple(both)


def test_the_same_face_on_other_photos_under_two_cases_is_found(runtime: Runtime, small: Deployment) -> None:
    both = [look_for(runtime, small, "005", 1), look_for(runtime, small, "005", 2, OTHER_CASE)]
    look_for(runtime, small, "003", 1, OTHER_CASE)

    assert find_by(runtime, Rule.SAME_PHOTO) == []
    assert [finding.searches for finding in find_by(runtime, Rule.SAME_FACE)] == [tuple(both)]


def test_of_two_faces_searched_for_equally_often_the_first_is_the_cases_own(
    runtime: Runtime, small: Deployment
) -> None:
    look_for(runtime, small, "003", 1)
    other = look_for(runtime, small, "005", 1)

    assert [finding.searches for finding in find_by(runtime, Rule.OTHER_FACES)] == [(other,)]


def test_comparing_probes_is_in_the_ledger_and_stores_no_template(runtime: Runtime, small: Deployment) -> None:
    look_for(runtime, small, "003", 1)
    look_for(runtime, small, "003", 2)
    before = sorted(path for path in small.settings.data_folder.rglob("*") if path.is_file())

    find_unusual_use(runtime, act_as(runtime, Role.OVERSEER), zone=UTC)

    last = read_own_copy(runtime).entries[-1]
    assert (last.kind, last.fields["manner"], last.fields["searches"]) == (EntryKind.SEARCH_INSPECTED, "compared", 2)
    assert sorted(path for path in small.settings.data_folder.rglob("*") if path.is_file()) == before


def test_returned_colleagues_and_the_searcher_themselves_are_found(runtime: Runtime, small: Deployment) -> None:
    admin = act_as(runtime, Role.ADMINISTRATOR)
    link_member(runtime, admin, handle="steward", person=small.people["001"])
    link_member(runtime, admin, handle="searcher", person=small.people["002"])
    colleague, themselves = look_for(runtime, small, "001", 2), look_for(runtime, small, "002", 2)

    assert [finding.searches for finding in find_by(runtime, Rule.COLLEAGUE)] == [(colleague,)]
    assert [finding.searches for finding in find_by(runtime, Rule.OWN_FACE)] == [(themselves,)]

    link_member(runtime, admin, handle="steward", person=None)
    assert find_by(runtime, Rule.COLLEAGUE) == []
    verify_ledger(runtime)


def test_a_link_is_made_by_administrators_to_people_who_exist_and_published_without_them(
    runtime: Runtime, small: Deployment
) -> None:
    person = small.people["001"]

    with pytest.raises(RoleMissing):
        link_member(runtime, act_as(runtime, Role.OVERSEER), handle="steward", person=person)
    with pytest.raises(NotFound):
        link_member(runtime, act_as(runtime, Role.ADMINISTRATOR), handle="steward", person="p_" + "a" * 16)
    link_member(runtime, act_as(runtime, Role.ADMINISTRATOR), handle="steward", person=person)

    last = read_own_copy(runtime).entries[-1]
    assert (last.kind, last.fields["change"]) == (EntryKind.MEMBER_CHANGED, "linked")
    assert person.encode() not in last.to_bytes()


def test_searches_that_returned_a_person_are_listed_newest_first(runtime: Runtime, small: Deployment) -> None:
    made = [look_for(runtime, small, "001", picture) for picture in (1, 2)]
    look_for(runtime, small, "002", 1)
    overseer = act_as(runtime, Role.OVERSEER)

    assert find_searches_of_person(runtime, overseer, small.people["001"]) == made[::-1]
    with pytest.raises(NotFound):
        find_searches_of_person(runtime, overseer, "p_" + "a" * 16)
