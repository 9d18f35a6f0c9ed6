"""Whether somebody is enrolled already: asked among those who consented, recorded before the look, by stewards only."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from assent.errors import (
    AssentError,
    InvalidInput,
    LedgerBroken,
    NoFaceFound,
    NotFound,
    QuotaExhausted,
    RoleMissing,
    UnreadableImage,
)
from assent.ledger import EntryKind
from assent.mandates import Role, authorise_duplicate_check
from assent.mandates.duplicates import MOST_CHECKS_A_DAY
from assent.services.add_member import add_member
from assent.services.check_duplicates import CheckedDuplicates, check_duplicates, show_duplicate_check
from assent.services.open_deployment import open_runtime
from assent.services.runtime import Runtime
from assent.services.show_ledger import list_entries
from assent.services.verify_ledger import verify_ledger
from assent.services.withdraw_person import withdraw_person
from assent.storage import duplicates as stored_duplicates
from demo_deployments import REUNITE, Deployment, act_as, read_picture
from factories import read_all_files
from services.test_run_search import BLANK_PNG

FORM = "FORM-OF-UNLIKELY-NAME"


def check(runtime: Runtime, photo: bytes, purpose: str = "reunite", role: Role = Role.STEWARD) -> CheckedDuplicates:
    return check_duplicates(runtime, act_as(runtime, role), photo, purpose=purpose, form_reference=FORM)


def kinds(runtime: Runtime) -> list[EntryKind]:
    return [line.entry.kind for line in list_entries(runtime)[-2:]]


def test_somebody_enrolled_is_named_and_the_look_is_on_record_and_on_their_page(enrolled: Deployment) -> None:
    person = enrolled.people["001"]
    with open_runtime(enrolled.settings) as runtime:
        checked = check(runtime, read_picture("001", 1))

        assert [named.person.id for named in checked.named if named.person] == [person]
        assert checked.check.gallery_size == 60
        assert kinds(runtime) == [EntryKind.DUPLICATES_CHECKED, EntryKind.DUPLICATES_LISTED]
        with runtime.database.snapshot() as view:
            assert stored_duplicates.load_checks_that_named(view, person) == [checked.check]
        verify_ledger(runtime)
    assert FORM.encode() not in read_all_files(enrolled.settings.data_folder)


def test_nobody_is_compared_who_did_not_consent_to_the_purpose_or_has_withdrawn(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        assert check(runtime, read_picture("001", 1), "photos").check.gallery_size == 0
        withdraw_person(runtime, act_as(runtime, Role.STEWARD), enrolled.people["001"])

        checked = check(runtime, read_picture("001", 1))

        assert (checked.named, checked.check.gallery_size) == ((), 59)


def test_a_check_says_that_somebody_it_named_is_gone_since(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        checked = check(runtime, read_picture("001", 1))
        withdraw_person(runtime, act_as(runtime, Role.STEWARD), enrolled.people["001"])

        again = show_duplicate_check(runtime, act_as(runtime, Role.STEWARD), checked.check.id)

        assert [named.person for named in again.named] == [None]
        verify_ledger(runtime)


@pytest.mark.parametrize(
    ("photo", "error"),
    [
        pytest.param(b"", UnreadableImage, id="nothing"),
        pytest.param(b"GIF89a" + bytes(40), UnreadableImage, id="no photo"),
        pytest.param(b"<svg onload=alert(1)>", UnreadableImage, id="a script"),
    ],
)
def test_what_is_no_picture_is_no_look(enrolled: Deployment, photo: bytes, error: type[AssentError]) -> None:
    with open_runtime(enrolled.settings) as runtime:
        before = list_entries(runtime)

        with pytest.raises(error):
            check(runtime, photo)

        assert list_entries(runtime) == before


def test_a_photo_without_a_face_leaves_a_check_without_a_result(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        with pytest.raises(NoFaceFound):
            check(runtime, BLANK_PNG)

        assert list_entries(runtime)[-1].entry.kind is EntryKind.DUPLICATES_CHECKED
        verify_ledger(runtime)


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.STEWARD, Role.APPROVER}])
def test_only_a_steward_checks(bare: Deployment, role: Role) -> None:
    with open_runtime(bare.settings) as runtime, pytest.raises(RoleMissing):
        check(runtime, read_picture("001", 1), role=role)


@pytest.mark.parametrize(
    ("purpose", "form"),
    [("sell", FORM), ("", FORM), ("reunite", ""), ("reunite", "  "), ("reunite", "x" * 81)],
)
def test_a_check_needs_a_known_purpose_and_a_form_at_hand(bare: Deployment, purpose: str, form: str) -> None:
    with open_runtime(bare.settings) as runtime:
        steward = act_as(runtime, Role.STEWARD)
        with pytest.raises(InvalidInput):
            check_duplicates(runtime, steward, read_picture("001", 1), purpose=purpose, form_reference=form)


def test_a_steward_does_not_go_through_an_album(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        steward = act_as(runtime, Role.STEWARD)
        add_member(runtime, act_as(runtime, Role.ADMINISTRATOR), handle="other", roles=[Role.STEWARD], unit="desk")
        with runtime.database.transaction() as transaction:
            for _ in range(MOST_CHECKS_A_DAY):
                permit = authorise_duplicate_check(
                    steward,
                    purpose=REUNITE,
                    form_reference=FORM,
                    defined=[REUNITE],
                    checks_lately=0,
                    at=runtime.clock(),
                )
                stored_duplicates.record_check(transaction, permit)

        with pytest.raises(QuotaExhausted, match="24 hours"):
            check(runtime, read_picture("001", 1))

        other = runtime.find_actor("other", "cli")
        assert check_duplicates(runtime, other, read_picture("001", 1), purpose="reunite", form_reference=FORM)


def test_a_check_is_shown_to_the_steward_who_made_it_only(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        checked = check(runtime, read_picture("001", 1))
        add_member(runtime, act_as(runtime, Role.ADMINISTRATOR), handle="other", roles=[Role.STEWARD], unit="desk")

        with pytest.raises(NotFound):
            show_duplicate_check(runtime, runtime.find_actor("other", "cli"), checked.check.id)
        with pytest.raises(NotFound):
            show_duplicate_check(runtime, act_as(runtime, Role.STEWARD), "x_aaaaaaaaaaaaaaaa")


@pytest.mark.parametrize("statement", ["DELETE FROM duplicate_candidates", "UPDATE duplicate_checks SET purpose = 'x'"])
def test_a_check_changed_in_the_database_is_found(enrolled: Deployment, statement: str) -> None:
    with open_runtime(enrolled.settings) as runtime:
        check(runtime, read_picture("001", 1))
    with closing(sqlite3.connect(enrolled.database)) as connection, connection:
        connection.execute(statement)

    with open_runtime(enrolled.settings) as runtime, pytest.raises(LedgerBroken, match="duplicate check"):
        verify_ledger(runtime)
