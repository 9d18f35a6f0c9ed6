"""What somebody writes into the database behind the program's back shows in the ledger's verification."""

import sqlite3
from contextlib import closing

import pytest

from assent.errors import ApprovalMissing, LedgerBroken, OwnRequest
from assent.mandates import probe_of
from assent.services.decide_request import approve_request
from assent.services.request_search import REQUEST_PHOTO
from assent.services.run_search import run_approved_search
from assent.services.runtime import open_unchecked
from assent.services.verify_ledger import verify_ledger
from demo_deployments import Deployment
from services.approval_desks import open_desk, with_desk

TAMPERINGS = {
    "approved behind everybody's back": "UPDATE search_requests SET state = 'approved', decided_by = holder_id",
    "request deleted": "DELETE FROM search_requests",
    "another case": "UPDATE search_requests SET purpose = 'photos'",
    "made urgent": "UPDATE search_requests SET is_urgent = 1",
    "urgent ones allowed": "UPDATE licences SET allows_urgent = 1",
    "no approval needed": "UPDATE licences SET needs_approval = 0 WHERE needs_approval = 1",
}


def run_statement(deployment: Deployment, statement: str) -> None:
    with closing(sqlite3.connect(deployment.database)) as connection, connection:
        assert connection.execute(statement).rowcount >= 1


@pytest.mark.parametrize("statement", TAMPERINGS.values(), ids=TAMPERINGS)
def test_a_request_changed_in_the_database_is_found(enrolled: Deployment, statement: str) -> None:
    prepared = with_desk(enrolled, allows_urgent=False)
    with open_desk(prepared) as desk:
        desk.request()
        verify_ledger(desk.runtime)

    run_statement(prepared, statement)

    with closing(open_unchecked(prepared.settings)) as runtime, pytest.raises(LedgerBroken):
        verify_ledger(runtime)


def test_a_decision_undone_in_the_database_is_found(enrolled: Deployment) -> None:
    prepared = with_desk(enrolled)
    with open_desk(prepared) as desk:
        approve_request(desk.runtime, desk.approver, desk.request().search)

    run_statement(prepared, "UPDATE search_requests SET state = 'refused'")

    with closing(open_unchecked(prepared.settings)) as runtime, pytest.raises(LedgerBroken):
        verify_ledger(runtime)


def test_an_approval_written_by_hand_in_the_holders_name_lets_nothing_through(enrolled: Deployment) -> None:
    prepared = with_desk(enrolled)
    with open_desk(prepared) as desk:
        pending = desk.request()
        run_statement(prepared, TAMPERINGS["approved behind everybody's back"])

        with pytest.raises(OwnRequest):
            run_approved_search(desk.runtime, desk.searcher, pending.search)


def test_the_photo_of_another_request_is_not_taken_for_the_one_approved(enrolled: Deployment) -> None:
    prepared = with_desk(enrolled)
    with open_desk(prepared) as desk:
        shown, other = desk.request("001"), desk.request("002")
        approve_request(desk.runtime, desk.approver, shown.search)
        photos = desk.runtime.photos
        swapped = photos.read(probe_of(other.search), REQUEST_PHOTO)
        photos.write(probe_of(shown.search), REQUEST_PHOTO, swapped)

        with pytest.raises(ApprovalMissing, match="is for another search"):
            run_approved_search(desk.runtime, desk.searcher, shown.search)
