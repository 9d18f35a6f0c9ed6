"""Searches and candidates: what was recorded is what is read, also after a candidate is gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from assent.mandates import Actor, Case, Licence, Role, SearchPermit, SearchRequest, authorise_search
from assent.people import PersonId, ReferenceId
from assent.search import Candidate, SearchOutcome, SearchState
from assent.storage import Database
from assent.storage import mandates as stored_mandates
from assent.storage import people as stored_people
from assent.storage import searches as stored_searches
from factories import (
    DAY,
    NOW,
    a_database,
    a_licence,
    a_search_request,
    a_stored_case,
    a_stored_member,
    a_stored_person,
    a_vault,
    read_all_files,
)

ANNA, BERT = PersonId("p_" + "a" * 16), PersonId("p_" + "b" * 16)


@dataclass(frozen=True)
class Desk:
    """A searcher with a licence and a case, all stored."""

    database: Database
    actor: Actor
    licence: Licence
    case: Case
    request: SearchRequest

    def start(self, number: int = 1) -> SearchPermit:
        licence = replace(self.licence, searches_started=number - 1)
        permit = authorise_search(
            self.request, actor=self.actor, licence=licence, case=self.case, at=NOW + number * DAY
        )
        with self.database.transaction() as transaction:
            stored_searches.record_search_start(transaction, permit, self.request)
        return permit

    def finish(self, permit: SearchPermit, *people: PersonId) -> SearchOutcome:
        candidates = tuple(
            Candidate(rank, person, ReferenceId(f"r_{rank}"), rank / 10) for rank, person in enumerate(people, start=1)
        )
        outcome = SearchOutcome("a-pack-1", "g_" + "a" * 16, 60, 0.5, candidates, permit.authorised_at + DAY)
        with self.database.transaction() as transaction:
            stored_searches.record_search_outcome(transaction, permit.search, outcome)
        return outcome


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(a_database(tmp_path)) as database, closing(a_vault(tmp_path)) as vault:
        member = a_stored_member(database, vault, Role.SEARCHER)
        case, licence = a_stored_case(database, vault, member), a_licence(member)
        with database.transaction() as transaction:
            stored_mandates.record_licence(transaction, licence)
        yield Desk(database, Actor(member, "cli"), licence, case, a_search_request(licence, case))


def test_a_search_that_started_is_there_without_a_result(desk: Desk) -> None:
    permit = desk.start()

    with desk.database.snapshot() as view:
        search = stored_searches.load_search(view, permit.search)

    assert search is not None
    assert (search.state, search.started_at, search.outcome) == (SearchState.STARTED, permit.authorised_at, None)
    assert (search.licence, search.number, search.holder) == (desk.licence.id, 1, desk.actor.member.id)
    assert (search.case, search.purpose, search.probe_source) == (desk.case.id, "reunite", desk.request.probe_source)


@pytest.mark.parametrize("people", [(), (ANNA,), (BERT, ANNA)], ids=["no candidate", "one", "two"])
def test_a_search_that_finished_gives_back_what_was_recorded(desk: Desk, people: tuple[PersonId, ...]) -> None:
    permit = desk.start()
    outcome = desk.finish(permit, *people)

    with desk.database.snapshot() as view:
        search = stored_searches.load_search(view, permit.search)

    assert search is not None
    assert (search.state, search.ended_at, search.outcome) == (SearchState.FINISHED, outcome.ended_at, outcome)


def test_a_search_that_failed_says_why_and_has_no_result(desk: Desk) -> None:
    permit = desk.start()
    with desk.database.transaction() as transaction:
        stored_searches.record_search_failure(transaction, permit.search, "no-face-found", NOW)

    with desk.database.snapshot() as view:
        search = stored_searches.load_search(view, permit.search)

    assert search is not None
    assert (search.state, search.cause, search.ended_at, search.outcome) == (
        SearchState.FAILED,
        "no-face-found",
        NOW,
        None,
    )


def test_why_somebody_searched_is_nowhere_in_the_files_in_plain(desk: Desk, tmp_path: Path) -> None:
    permit = desk.start()

    content = read_all_files(tmp_path)

    assert permit.search.encode() in content
    assert desk.request.justification.encode() not in content


def test_a_running_number_of_a_licence_is_taken_once(desk: Desk) -> None:
    desk.start(1)

    with pytest.raises(IntegrityError):
        desk.start(1)


def test_a_person_finds_the_searches_that_returned_them_newest_first(desk: Desk) -> None:
    first, second, third = (desk.start(number) for number in (1, 2, 3))
    desk.finish(first, ANNA)
    desk.finish(second, BERT)
    desk.finish(third, BERT, ANNA)

    with desk.database.snapshot() as view:
        returned = stored_searches.load_searches_that_returned(view, ANNA)

    assert [search.id for search in returned] == [third.search, first.search]


def test_candidates_are_counted_as_recorded_also_after_one_is_erased(desk: Desk, tmp_path: Path) -> None:
    with closing(a_vault(tmp_path / "people")) as vault:
        person = a_stored_person(desk.database, vault)
    permit, unfinished = desk.start(1), desk.start(2)
    outcome = desk.finish(permit, person, BERT)
    with desk.database.transaction() as transaction:
        stored_people.delete_person(transaction, person)

    with desk.database.snapshot() as view:
        search = stored_searches.load_search(view, permit.search)
        other = stored_searches.load_search(view, unfinished.search)

    assert search is not None
    assert search.outcome == outcome
    assert (search.number, search.state) == (1, SearchState.FINISHED)
    assert other is not None
    assert (other.number, other.state, other.outcome) == (2, SearchState.STARTED, None)


def test_searches_are_counted_and_listed_by_how_far_they_came(desk: Desk) -> None:
    permits = [desk.start(number) for number in (1, 2, 3)]
    desk.finish(permits[0])
    with desk.database.transaction() as transaction:
        stored_searches.record_search_failure(transaction, permits[1].search, "crashed", NOW)

    with desk.database.snapshot() as view:
        assert stored_searches.count_searches_by_state(view) == {"finished": 1, "failed": 1, "started": 1}
        assert stored_searches.list_search_ids(view) == {permit.search for permit in permits}
        assert stored_searches.load_search(view, "s_unknown") is None
