"""Licences change at once for every process, with a reason, and the ledger and the database agree about it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from assent.errors import InvalidInput, LedgerBroken, LicenceSuspended, NotFound, RoleMissing
from assent.ledger import EntryKind
from assent.mandates import ChangeKind, LicenceChange, LicenceState, Role
from assent.services.change_licence import change_licence
from assent.services.open_deployment import open_runtime
from assent.services.runtime import Runtime
from assent.services.show_ledger import list_entries
from assent.services.show_licence import show_licence
from assent.services.verify_ledger import verify_ledger
from demo_deployments import QUOTA, Deployment, act_as, read_picture, search
from factories import DAY, read_all_files

WHY = "Mrs Unlikely-Name complained about its use."


def change(runtime: Runtime, deployment: Deployment, kind: ChangeKind, **terms: object) -> None:
    asked = LicenceChange(kind, WHY, **terms)  # type: ignore[arg-type]
    change_licence(runtime, act_as(runtime, Role.ISSUER), deployment.licence, asked)


def test_the_history_of_a_licence_is_what_was_done_to_it_and_why(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        issuer = act_as(runtime, Role.ISSUER)
        end = show_licence(runtime, issuer, bare.licence).licence.valid_until + 30 * DAY

        change(runtime, bare, ChangeKind.SUSPENDED)
        change(runtime, bare, ChangeKind.LIFTED)
        change(runtime, bare, ChangeKind.EXTENDED, valid_until=end, quota=QUOTA + 5)
        change(runtime, bare, ChangeKind.REVOKED)

        page = show_licence(runtime, issuer, bare.licence)
        assert [event.change for event in page.history] == ["issued", "suspended", "lifted", "extended", "revoked"]
        assert [event.reason for event in page.history] == ["", WHY, WHY, WHY, WHY]
        assert (page.history[3].valid_until, page.history[3].quota) == (end, QUOTA + 5)
        assert (page.state, page.licence.searches_left) == (LicenceState.REVOKED, QUOTA + 5)
        verify_ledger(runtime)


def test_why_a_licence_was_changed_is_neither_in_the_ledger_nor_plain_on_the_disk(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        change(runtime, bare, ChangeKind.SUSPENDED)
        entry = list_entries(runtime)[-1].entry

    assert entry.kind is EntryKind.LICENCE_CHANGED
    assert str(entry.fields["change_reason"]).startswith("sha256:")
    assert b"Unlikely-Name" not in read_all_files(bare.settings.data_folder)


def test_a_suspension_is_honoured_by_the_next_search_and_its_refusal_counted(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime, open_runtime(enrolled.settings) as other:
        search(other, enrolled, read_picture("001", 3))
        change(runtime, enrolled, ChangeKind.SUSPENDED)

        with pytest.raises(LicenceSuspended):
            search(other, enrolled, read_picture("001", 3))

        change(runtime, enrolled, ChangeKind.LIFTED)
        search(other, enrolled, read_picture("001", 3))
        refused = [line.entry for line in list_entries(other) if line.entry.kind is EntryKind.SEARCH_REFUSED]
        assert [entry.fields["cause"] for entry in refused] == ["licence-suspended"]
        verify_ledger(other)


@pytest.mark.parametrize("column", ["suspended_at = NULL", "quota = quota + 1", "valid_until = '2099-01-01 00:00:00'"])
def test_a_change_undone_or_made_in_the_database_is_found(bare: Deployment, column: str) -> None:
    with open_runtime(bare.settings) as runtime:
        change(runtime, bare, ChangeKind.SUSPENDED)
    with closing(sqlite3.connect(bare.database)) as connection, connection:
        connection.execute(f"UPDATE licences SET {column}")  # noqa: S608 (the test's own words)

    with open_runtime(bare.settings) as runtime, pytest.raises(LedgerBroken, match="licence"):
        verify_ledger(runtime)


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.ISSUER, Role.APPROVER}])
def test_only_an_issuer_changes_a_licence(bare: Deployment, role: Role) -> None:
    with open_runtime(bare.settings) as runtime, pytest.raises(RoleMissing):
        change_licence(runtime, act_as(runtime, role), bare.licence, LicenceChange(ChangeKind.REVOKED, WHY))


def test_whoever_may_not_see_a_licence_cannot_tell_it_from_one_that_is_not_there(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        assert show_licence(runtime, act_as(runtime, Role.SEARCHER), bare.licence).holder.handle == "searcher"
        for licence in (bare.licence, "l_aaaaaaaaaaaaaaaa"):
            with pytest.raises(NotFound, match="No licence has this identifier"):
                show_licence(runtime, act_as(runtime, Role.STEWARD), licence)


def test_a_change_that_cannot_be_made_leaves_no_entry(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        before = list_entries(runtime)

        with pytest.raises(InvalidInput):
            change(runtime, bare, ChangeKind.LIFTED)
        asked = LicenceChange(ChangeKind.REVOKED, WHY)
        with pytest.raises(NotFound):
            change_licence(runtime, act_as(runtime, Role.ISSUER), "l_aaaaaaaaaaaaaaaa", asked)

        assert list_entries(runtime) == before
