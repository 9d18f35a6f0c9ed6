import sqlite3
from contextlib import closing

import pytest

from assent.errors import InvalidInput, LedgerBroken, NotFound, RoleMissing
from assent.ledger import EntryKind
from assent.mandates import Role
from assent.people import PersonId
from assent.services.apply_retention import apply_retention
from assent.services.close_case import close_case
from assent.services.hold_record import hold_record, list_holds, release_hold
from assent.services.open_case import list_cases
from assent.services.open_deployment import open_runtime
from assent.services.runtime import open_unchecked
from assent.services.show_ledger import list_entries
from assent.services.verify_ledger import verify_ledger
from assent.services.withdraw_person import withdraw_person
from demo_deployments import CASE, Deployment, act_as, read_picture, search
from services.retention_builders import list_deletions, open_after, read_probe
from services.review_builders import a_search_with_lookalikes

REASON = "A complaint is pending."
FOR_EVER = 20_000


def test_nothing_of_a_held_search_is_deleted_until_the_hold_is_lifted(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        held = a_search_with_lookalikes(runtime, bare).permit.search
        other = search(runtime, bare, read_picture("001", 3)).permit.search
        overseer = act_as(runtime, Role.OVERSEER)
        hold = hold_record(runtime, overseer, held, reason=REASON)
        close_case(runtime, act_as(runtime, Role.STEWARD), CASE)

    with open_after(bare, FOR_EVER) as runtime:
        assert list_deletions(runtime) == [("probe-without-candidates", 30, other)]
        assert read_probe(runtime, held).startswith(b"\xff\xd8")
        (case,) = list_cases(runtime, act_as(runtime, Role.STEWARD))
        assert case.number == CASE, "the number says what the held search was for"
        report = apply_retention(runtime, overseer)
        assert (report.deleted, {record.kind for record in report.held}) == (
            (),
            {"probe-with-candidates", "candidates", "case-number"},
        )
        release_hold(runtime, overseer, hold.id)
        verify_ledger(runtime)

    with open_after(bare, FOR_EVER) as runtime:
        kinds = [record for record, _, subject in list_deletions(runtime) if subject != other]
        assert kinds == ["probe-with-candidates", "candidates", "case-number"]
        verify_ledger(runtime)


@pytest.mark.parametrize("by", ["number", "identifier"])
def test_a_held_case_keeps_its_number_and_all_its_searches(bare: Deployment, by: str) -> None:
    with open_runtime(bare.settings) as runtime:
        found = search(runtime, bare, read_picture("001", 3)).permit
        close_case(runtime, act_as(runtime, Role.STEWARD), CASE)
        named = CASE if by == "number" else found.case
        hold = hold_record(runtime, act_as(runtime, Role.ADMINISTRATOR), named, reason=REASON)

    with open_after(bare, FOR_EVER) as runtime:
        assert list_deletions(runtime) == []
        assert (hold.subject, hold.lifted_at) == (found.case, None)
        assert read_probe(runtime, found.search)
        verify_ledger(runtime)


def test_of_two_holds_the_second_still_holds(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        found = search(runtime, bare, read_picture("001", 3)).permit
        overseer = act_as(runtime, Role.OVERSEER)
        first = hold_record(runtime, overseer, found.search, reason=REASON)
        hold_record(runtime, overseer, found.case, reason="Another one, by the court.")
        release_hold(runtime, overseer, first.id)

    with open_after(bare, FOR_EVER) as runtime:
        assert list_deletions(runtime) == []
        assert read_probe(runtime, found.search)


def test_a_hold_does_not_stop_a_person_from_leaving(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        found = a_search_with_lookalikes(runtime, bare)
        hold_record(runtime, act_as(runtime, Role.OVERSEER), found.permit.search, reason=REASON)
        person = PersonId(found.outcome.candidates[0].person)

        assert withdraw_person(runtime, act_as(runtime, Role.STEWARD), person).is_erased
        assert person not in runtime.vault.list_subjects()


def test_a_hold_is_recorded_with_its_reason_hidden(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        found = search(runtime, bare, read_picture("001", 3)).permit
        overseer = act_as(runtime, Role.OVERSEER)
        hold = hold_record(runtime, overseer, found.search, reason=f"  {REASON} ")
        lifted = release_hold(runtime, overseer, hold.id)
        entries = [item.entry for item in list_entries(runtime) if item.entry.kind is EntryKind.HOLD_CHANGED]

        assert [entry.fields["change"] for entry in entries] == ["placed", "lifted"]
        assert all(entry.fields["search"] == found.search for entry in entries)
        assert str(entries[0].fields["reason"]).startswith("sha256:")
        assert list_holds(runtime, overseer) == [lifted]
        assert (lifted.reason, lifted.placed_by) == (REASON, overseer.member.id)
        assert lifted.lifted_at is not None
        with pytest.raises(InvalidInput, match="lifted already"):
            release_hold(runtime, overseer, hold.id)
    with open_runtime(bare.settings) as runtime:
        assert hold.id in runtime.vault.list_subjects(), "the key to its reason is no left-over"


@pytest.mark.parametrize("subject", ["s_aaaaaaaaaaaaaaaa", "c_aaaaaaaaaaaaaaaa", "2031/9", ""])
def test_what_does_not_exist_cannot_be_held(bare: Deployment, subject: str) -> None:
    with open_runtime(bare.settings) as runtime, pytest.raises(NotFound):
        hold_record(runtime, act_as(runtime, Role.OVERSEER), subject, reason=REASON)


def test_a_hold_needs_a_reason_and_its_release_a_hold(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        overseer = act_as(runtime, Role.OVERSEER)
        with pytest.raises(InvalidInput, match="reason"):
            hold_record(runtime, overseer, CASE, reason="   why   ")
        with pytest.raises(NotFound):
            release_hold(runtime, overseer, "h_aaaaaaaaaaaaaaaa")


@pytest.mark.parametrize("role", [Role.STEWARD, Role.SEARCHER, Role.ISSUER])
def test_only_administrators_and_overseers_hold(bare: Deployment, role: Role) -> None:
    with open_runtime(bare.settings) as runtime:
        actor = act_as(runtime, role)
        for act in (
            lambda: hold_record(runtime, actor, CASE, reason=REASON),
            lambda: release_hold(runtime, actor, "h_aaaaaaaaaaaaaaaa"),
            lambda: list_holds(runtime, actor),
        ):
            with pytest.raises(RoleMissing):
                act()


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE legal_holds SET lifted_at = placed_at", id="lifted without an entry"),
        pytest.param("DELETE FROM legal_holds", id="removed"),
        pytest.param("UPDATE legal_holds SET subject = 's_aaaaaaaaaaaaaaaa'", id="moved to another search"),
    ],
)
def test_a_hold_that_was_tampered_with_is_found(bare: Deployment, statement: str) -> None:
    with open_runtime(bare.settings) as runtime:
        hold_record(runtime, act_as(runtime, Role.OVERSEER), CASE, reason=REASON)
    with closing(sqlite3.connect(bare.database)) as connection, connection:
        connection.execute(statement)

    with closing(open_unchecked(bare.settings)) as runtime, pytest.raises(LedgerBroken):
        verify_ledger(runtime)
