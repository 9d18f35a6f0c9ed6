import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from assent.errors import CaseClosed, InvalidInput, LedgerBroken, LedgerRolledBack, NotFound, RoleMissing
from assent.ledger import EntryKind
from assent.mandates import RecordKind, Role, outcome_of, probe_of
from assent.search import Conclusion, ReviewState
from assent.services.apply_retention import apply_retention, list_retention_rules, set_retention_rule
from assent.services.close_case import close_case
from assent.services.open_case import list_cases, open_case
from assent.services.open_deployment import open_runtime
from assent.services.review_candidates import list_reviews, open_review, record_conclusion, show_review
from assent.services.run_search import PROBE_PHOTO
from assent.services.runtime import Runtime, open_unchecked
from assent.services.show_ledger import list_entries
from assent.services.verify_ledger import verify_ledger
from assent.storage.ledger import read_openings
from demo_deployments import CASE, REUNITE, Deployment, act_as, read_picture, search
from services.retention_builders import list_deletions, open_after, read_probe
from services.review_builders import a_search_with_lookalikes, act_as_reviewer, observe_all


@pytest.fixture
def nobody_found(bare: Deployment) -> str:
    """A search that returned nobody."""
    with open_runtime(bare.settings) as runtime:
        return search(runtime, bare, read_picture("042", 3)).permit.search


@pytest.fixture
def three_found(bare: Deployment) -> str:
    """A search that returned three people."""
    with open_runtime(bare.settings) as runtime:
        return a_search_with_lookalikes(runtime, bare).permit.search


def test_a_probe_of_nobody_is_gone_at_the_first_opening_after_its_days(bare: Deployment, nobody_found: str) -> None:
    with open_after(bare, 29.9) as runtime:
        assert read_probe(runtime, nobody_found).startswith(b"\xff\xd8")
        assert list_deletions(runtime) == []

    with open_after(bare, 30.1) as runtime:
        with pytest.raises(NotFound):
            read_probe(runtime, nobody_found)
        assert list_deletions(runtime) == [("probe-without-candidates", 30, nobody_found)]
        assert not (runtime.photos.folder / probe_of(nobody_found)).exists()
        assert outcome_of(nobody_found) in runtime.vault.list_subjects()
        verify_ledger(runtime)

    with open_after(bare, 300) as runtime:
        assert len(list_deletions(runtime)) == 1


def test_a_probe_with_candidates_goes_before_them_and_both_leave_the_search(bare: Deployment, three_found: str) -> None:
    with open_after(bare, 183) as runtime:
        assert len(open_review(runtime, act_as_reviewer(runtime, "rob"), three_found).candidates) == 3

    with open_after(bare, 185) as runtime:
        with pytest.raises(NotFound):
            open_review(runtime, act_as_reviewer(runtime, "rob"), three_found)
        assert list_deletions(runtime) == [("probe-with-candidates", 184, three_found)]
        assert outcome_of(three_found) in runtime.vault.list_subjects()

    with open_after(bare, 366) as runtime:
        assert list_deletions(runtime)[1:] == [("candidates", 365, three_found)]
        assert outcome_of(three_found) not in runtime.vault.list_subjects()
        with pytest.raises(InvalidInput, match="no candidates"):
            open_review(runtime, act_as_reviewer(runtime, "rob"), three_found)
        report = verify_ledger(runtime)
        assert report.openings_erased == 1
    with closing(sqlite3.connect(bare.database)) as connection:
        assert connection.execute("SELECT count(*) FROM candidates").fetchone() == (0,)
        assert connection.execute("SELECT state FROM searches").fetchone() == ("finished",)


def test_candidates_that_went_first_do_not_make_the_probe_one_without(bare: Deployment, three_found: str) -> None:
    with open_runtime(bare.settings) as runtime:
        set_retention_rule(runtime, act_as(runtime, Role.ADMINISTRATOR), RecordKind.CANDIDATES, 10)

    with open_after(bare, 40) as runtime:
        assert list_deletions(runtime) == [("candidates", 10, three_found)]
    with open_after(bare, 185) as runtime:
        assert list_deletions(runtime)[1:] == [("probe-with-candidates", 184, three_found)]
        verify_ledger(runtime)


def conclude(runtime: Runtime, handle: str, search_id: str) -> ReviewState:
    actor = act_as_reviewer(runtime, handle)
    observe_all(runtime, actor, search_id)
    return record_conclusion(runtime, actor, search_id, Conclusion.NOBODY).state


def test_candidates_are_kept_from_the_last_review_on_and_conclusions_for_ever(
    bare: Deployment, three_found: str
) -> None:
    with open_after(bare, 100) as runtime:
        conclude(runtime, "rob", three_found)
        conclude(runtime, "rita", three_found)

    with open_after(bare, 400) as runtime:
        assert [record for record, _, _ in list_deletions(runtime)] == ["probe-with-candidates"]
    with open_after(bare, 466) as runtime:
        assert [record for record, _, _ in list_deletions(runtime)] == ["probe-with-candidates", "candidates"]
        shown = show_review(runtime, act_as(runtime, Role.OVERSEER), three_found)
        tasks = list_reviews(runtime, act_as_reviewer(runtime, "rob"))
        verify_ledger(runtime)

    assert (shown.outcome.state, len(shown.reviews)) == (ReviewState.NOBODY, 2)
    assert all(observations == {} for observations in shown.observations.values())
    assert [task.search for task in tasks] == [three_found]


def test_a_picture_that_a_search_left_behind_without_finishing_goes_too(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        with pytest.raises(InvalidInput):
            search(runtime, bare, read_picture("042", 3), face_number=7)
        (failed,) = (
            str(item.entry.fields["search"])
            for item in list_entries(runtime)
            if item.entry.kind is EntryKind.SEARCH_FAILED
        )
    with open_after(bare, 50) as runtime:
        assert list_deletions(runtime) == [], "there was no picture"
        runtime.photos.write(probe_of(failed), PROBE_PHOTO, b"left by a crash between file and row")

    with open_after(bare, 50) as runtime:
        assert list_deletions(runtime) == [("probe-without-candidates", 30, failed)]
        assert not (runtime.photos.folder / probe_of(failed)).exists()
        verify_ledger(runtime)


def test_the_number_of_a_closed_case_goes_and_may_be_used_again(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        steward, holder = act_as(runtime, Role.STEWARD), act_as(runtime, Role.SEARCHER)
        closed = close_case(runtime, holder, CASE)
        with pytest.raises(CaseClosed):
            search(runtime, bare, read_picture("042", 3))
        with pytest.raises(InvalidInput, match="closed already"):
            close_case(runtime, steward, CASE)

    with open_after(bare, 1826) as runtime:
        assert ("case-number", 1825, closed.id) in list_deletions(runtime)
        (kept,) = list_cases(runtime, steward)
        assert (kept.id, kept.number, kept.closed_at) == (closed.id, "", closed.closed_at)
        open_case(runtime, steward, number=CASE, purpose=REUNITE)
        verify_ledger(runtime)
    tags = f"SELECT number_tag FROM cases WHERE id = '{closed.id}'"  # noqa: S608 - an identifier of our own
    with closing(sqlite3.connect(bare.database)) as connection:
        assert connection.execute(tags).fetchone() == (closed.id.encode(),)


def test_an_open_case_keeps_its_number(bare: Deployment) -> None:
    with open_after(bare, 10_000) as runtime:
        assert [case.number for case in list_cases(runtime, act_as(runtime, Role.STEWARD))] == [CASE]


@pytest.mark.parametrize("role", [Role.ISSUER, Role.OVERSEER, Role.ADMINISTRATOR])
def test_only_stewards_and_searchers_close_cases(bare: Deployment, role: Role) -> None:
    with open_runtime(bare.settings) as runtime, pytest.raises(RoleMissing):
        close_case(runtime, act_as(runtime, role), CASE)


def test_an_older_copy_of_the_data_with_todays_keys_opens_nothing_that_a_rule_ended(
    bare: Deployment, three_found: str, tmp_path: Path
) -> None:
    shutil.copytree(bare.settings.data_folder, tmp_path / "older")
    with open_after(bare, 400):
        pass
    shutil.rmtree(bare.settings.data_folder)
    shutil.copytree(tmp_path / "older", bare.settings.data_folder)

    unopened = open_unchecked(bare.settings)
    with closing(unopened), unopened.database.snapshot() as view:
        assert (unopened.photos.folder / probe_of(three_found)).exists()
        with pytest.raises(NotFound):
            read_probe(unopened, three_found)
        openings = [
            (index, field, sealed)
            for index, field, subject, sealed in read_openings(view)
            if subject == outcome_of(three_found)
        ]
        assert len(openings) == 1
        for index, field, sealed in openings:
            with pytest.raises(NotFound):
                unopened.vault.unseal(outcome_of(three_found), f"opening:{index}:{field}", sealed)
    with pytest.raises(LedgerRolledBack), open_after(bare, 400):
        pass


def test_a_dry_run_says_what_would_go_and_deletes_nothing(bare: Deployment, nobody_found: str) -> None:
    with open_after(bare, 31, applies_retention=False) as runtime:
        actor = act_as(runtime, Role.ADMINISTRATOR)

        planned = apply_retention(runtime, actor, is_dry_run=True)
        assert list_deletions(runtime) == []
        done = apply_retention(runtime, actor)

        assert planned == done
        assert [(record.kind, record.subject) for record in done.deleted] == [
            (RecordKind.PROBE_WITHOUT_CANDIDATES, nobody_found)
        ]
        assert len(list_deletions(runtime)) == 1


def test_a_rule_is_set_by_an_administrator_and_recorded(bare: Deployment, nobody_found: str) -> None:
    kind = RecordKind.PROBE_WITHOUT_CANDIDATES
    with open_runtime(bare.settings) as runtime:
        for role in (Role.STEWARD, Role.SEARCHER, Role.ISSUER, Role.OVERSEER):
            with pytest.raises(RoleMissing):
                set_retention_rule(runtime, act_as(runtime, role), kind, 7)
        set_retention_rule(runtime, act_as(runtime, Role.ADMINISTRATOR), kind, 90)
        set_retention_rule(runtime, act_as(runtime, Role.ADMINISTRATOR), kind, 7)

        (*_, last) = list_entries(runtime)
        assert (last.entry.fields["setting"], last.entry.fields["value"]) == (f"retention-{kind}", 7)
        assert {rule.kind: rule.days for rule in list_retention_rules(runtime)}[kind] == 7
        verify_ledger(runtime)
    with open_after(bare, 8) as runtime:
        assert list_deletions(runtime) == [(kind, 7, nobody_found)]


@pytest.mark.parametrize("role", [Role.STEWARD, Role.SEARCHER, Role.ISSUER])
def test_only_administrators_and_overseers_run_the_rules(bare: Deployment, role: Role) -> None:
    with open_runtime(bare.settings) as runtime, pytest.raises(RoleMissing):
        apply_retention(runtime, act_as(runtime, role))


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE retention_rules SET days = 4000", id="rule lengthened"),
        pytest.param("DELETE FROM retention_rules", id="rule removed"),
        pytest.param("DELETE FROM deletions", id="mark of a deletion removed"),
        pytest.param(
            "UPDATE reviews SET conclusion = 'same-person' WHERE conclusion = 'nobody'", id="conclusion changed"
        ),
        pytest.param("DELETE FROM reviews", id="reviews removed"),
        pytest.param("UPDATE cases SET closed_at = NULL", id="case opened again"),
    ],
)
def test_what_was_tampered_with_is_found(bare: Deployment, three_found: str, statement: str) -> None:
    with open_runtime(bare.settings) as runtime:
        set_retention_rule(runtime, act_as(runtime, Role.ADMINISTRATOR), RecordKind.CANDIDATES, 90)
        conclude(runtime, "rob", three_found)
        close_case(runtime, act_as(runtime, Role.STEWARD), CASE)
    with open_after(bare, 185) as runtime:
        assert len(list_deletions(runtime)) == 2
        verify_ledger(runtime)

    with closing(sqlite3.connect(bare.database)) as connection, connection:
        assert connection.execute(statement).rowcount >= 1

    with closing(open_unchecked(bare.settings)) as runtime, pytest.raises(LedgerBroken):
        verify_ledger(runtime)
