"""Members, licences, cases and the deployment's row: what goes in comes out, and names lie sealed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from assent.errors import DeploymentExists, DeploymentMissing, InvalidInput, KeysUnavailable, NotFound
from assent.mandates import Licence, Member, Role
from assent.storage import Database, Vault
from assent.storage import deployments as stored_deployments
from assent.storage import mandates as stored_mandates
from assent.storage.deployments import Deployment
from factories import (
    NOW,
    PHOTOS,
    REUNITE,
    a_case,
    a_database,
    a_licence,
    a_stored_case,
    a_stored_member,
    a_vault,
    read_all_files,
)

Place = tuple[Database, Vault]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with closing(a_database(tmp_path)) as database, closing(a_vault(tmp_path)) as vault:
        yield database, vault


def store_licence(database: Database, licence: Licence) -> Licence:
    with database.transaction() as transaction:
        stored_mandates.record_licence(transaction, licence)
    return licence


def test_a_member_is_found_by_handle_and_by_identifier(place: Place) -> None:
    database, vault = place
    member = a_stored_member(database, vault, Role.SEARCHER, Role.APPROVER, handle="anna")
    other = a_stored_member(database, vault, Role.STEWARD, handle="bert", created_at=NOW)

    with database.snapshot() as view:
        assert stored_mandates.find_member(view, vault, "anna") == member
        assert stored_mandates.find_member(view, vault, member.id) == member
        assert stored_mandates.load_members(view, vault) == [member, other]


def test_who_is_not_a_member_is_not_found_and_not_repeated(place: Place) -> None:
    database, vault = place

    with database.snapshot() as view, pytest.raises(NotFound) as refused:
        stored_mandates.find_member(view, vault, "anna")

    assert "anna" not in str(refused.value)


def test_a_handle_is_given_once(place: Place) -> None:
    a_stored_member(*place, handle="anna")

    with pytest.raises(InvalidInput, match="exists already") as refused:
        a_stored_member(*place, handle="anna")

    assert "anna" not in str(refused.value)


def test_a_case_is_found_by_its_number_and_by_nothing_else(place: Place) -> None:
    database, vault = place
    case = a_stored_case(database, vault, a_stored_member(database, vault))

    with database.snapshot() as view:
        assert stored_mandates.find_case(view, vault, "2026/0117") == case
        assert stored_mandates.find_case(view, vault, "2026/0118") is None
        assert stored_mandates.find_case(view, vault, case.id) is None
        assert stored_mandates.load_cases(view, vault) == [case]


def test_a_case_number_is_given_once(place: Place) -> None:
    member = a_stored_member(*place)
    a_stored_case(*place, member)

    with pytest.raises(InvalidInput, match="open already") as refused:
        a_stored_case(*place, member)

    assert "2026/0117" not in str(refused.value)


def test_handles_and_case_numbers_are_nowhere_in_the_files_in_plain(place: Place, tmp_path: Path) -> None:
    member = a_stored_member(*place, handle="anna.karenina")
    a_stored_case(*place, member, number="Missing-4711")

    content = read_all_files(tmp_path)

    assert member.id.encode() in content
    assert b"anna.karenina" not in content
    assert b"Missing-4711" not in content


def test_a_handle_moved_to_another_members_row_is_not_believed(place: Place) -> None:
    database, vault = place
    member, other = (a_stored_member(database, vault, handle=handle) for handle in ("anna", "bert"))
    with database.transaction() as transaction:
        swap = "UPDATE members SET handle_sealed = (SELECT handle_sealed FROM members WHERE id = ?) WHERE id = ?"
        transaction.exec_driver_sql(swap, (member.id, other.id))

    with database.snapshot() as view, pytest.raises(KeysUnavailable, match="does not open"):
        stored_mandates.find_member(view, vault, "bert")


def test_a_licence_comes_back_as_stored(place: Place) -> None:
    database, vault = place
    member = a_stored_member(database, vault)
    licence = store_licence(
        database,
        a_licence(
            member,
            purposes=frozenset({REUNITE, PHOTOS}),
            is_trial=True,
            needs_approval=True,
            allows_urgent=True,
            quota=3,
        ),
    )

    with database.snapshot() as view:
        assert stored_mandates.load_licence(view, licence.id) == licence
        assert stored_mandates.require_licence(view, licence.id) == licence
        assert stored_mandates.load_licences(view) == [licence]


def test_an_unknown_licence_is_none_or_not_found_as_asked(place: Place) -> None:
    database, _ = place

    with database.snapshot() as view:
        assert stored_mandates.load_licence(view, "l_unknown") is None
        with pytest.raises(NotFound):
            stored_mandates.require_licence(view, "l_unknown")


def test_searches_started_and_refused_are_counted_on_one_licence_only(place: Place) -> None:
    database, vault = place
    member = a_stored_member(database, vault)
    licence, other = store_licence(database, a_licence(member)), store_licence(database, a_licence(member))

    with database.transaction() as transaction:
        for refused in (False, True, False):
            stored_mandates.count_search(transaction, licence.id, refused=refused)
        counted = stored_mandates.require_licence(transaction, licence.id)

        assert (counted.searches_started, counted.searches_refused, counted.next_number) == (2, 1, 4)
        assert stored_mandates.load_licence(transaction, other.id) == other


def test_the_database_itself_holds_the_quota(place: Place) -> None:
    database, vault = place
    licence = store_licence(database, a_licence(a_stored_member(database, vault), quota=1))
    with database.transaction() as transaction:
        stored_mandates.count_search(transaction, licence.id, refused=False)

    with pytest.raises(IntegrityError, match="quota_kept"), database.transaction() as transaction:
        stored_mandates.count_search(transaction, licence.id, refused=False)


def test_a_revocation_is_kept(place: Place) -> None:
    database, vault = place
    licence = store_licence(database, a_licence(a_stored_member(database, vault)))

    with database.transaction() as transaction:
        stored_mandates.record_licence_change(transaction, replace(licence, revoked_at=NOW))

    with database.snapshot() as view:
        assert stored_mandates.load_licence(view, licence.id) == replace(licence, revoked_at=NOW)


def test_a_licence_needs_a_member_who_holds_it(place: Place) -> None:
    database, vault = place
    stranger: Member = replace(a_stored_member(database, vault), id="m_nobody")  # type: ignore[arg-type]

    with pytest.raises(IntegrityError):
        store_licence(database, a_licence(stranger))


def test_everything_here_that_has_a_key_is_listed(place: Place) -> None:
    database, vault = place
    member = a_stored_member(database, vault)
    case, licence = a_stored_case(database, vault, member), store_licence(database, a_licence(member))

    with database.snapshot() as view:
        assert stored_mandates.list_mandate_subjects(view) == {member.id, case.id, licence.id}


def test_a_case_without_a_key_is_not_stored(place: Place) -> None:
    database, vault = place
    case = a_case(a_stored_member(database, vault))

    with pytest.raises(NotFound, match="no key"), database.transaction() as transaction:
        stored_mandates.record_case(transaction, vault, case)

    with database.snapshot() as view:
        assert stored_mandates.load_cases(view, vault) == []


def test_a_database_belongs_to_one_deployment(place: Place) -> None:
    database, _ = place
    row = Deployment("d_x", "assent/d_x", "a-pack-1", NOW)

    with database.snapshot() as view, pytest.raises(DeploymentMissing, match="never finished"):
        stored_deployments.load_deployment(view)
    with database.transaction() as transaction:
        stored_deployments.record_deployment(transaction, row)
    with pytest.raises(DeploymentExists), database.transaction() as transaction:
        stored_deployments.record_deployment(transaction, replace(row, id="d_y"))

    with database.transaction() as transaction:
        stored_deployments.record_pack_choice(transaction, "a-pack-2")
        assert stored_deployments.load_deployment(transaction) == replace(row, pack_id="a-pack-2")
