"""An urgent search runs first; refused or not approved within 48 hours, what it brought is destroyed, provably."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import cv2
import pytest

from assent.errors import ApprovalExpired, ApprovalRefused, ApprovalUsed, NoFaceFound, NotFound, UrgentNotAllowed
from assent.faces import decode_image, encode_jpeg
from assent.ledger import EntryKind
from assent.mandates import RequestState, outcome_of, probe_of
from assent.search import SearchState
from assent.services.decide_request import approve_request, list_requests, refuse_request, show_request
from assent.services.run_search import run_approved_search, run_search
from assent.services.seal_overdue import list_sealed, seal_overdue
from assent.services.verify_ledger import verify_ledger
from assent.storage import searches as stored_searches
from demo_deployments import REUNITE, Deployment, ask, find_first, read_picture, search
from services.approval_desks import DAY, HOUR, REASON, Clock, Desk, open_desk, with_desk
from services.test_run_search import BLANK_PNG

TICK = timedelta(seconds=1)
LARGE_PX = (3_600, 4_500)


def has_candidates(desk: Desk, found: str) -> bool:
    with closing(sqlite3.connect(desk.deployment.database)) as connection:
        return bool(connection.execute("SELECT COUNT(*) FROM candidates WHERE search_id = ?", (found,)).fetchone()[0])


def state_of(desk: Desk, found: str) -> SearchState | None:
    with desk.runtime.database.snapshot() as view:
        recorded = stored_searches.load_search(view, found)
    return recorded.state if recorded else None


def require_destroyed(desk: Desk, found: str) -> None:
    """Nothing of what the search brought is left: rows, files, keys; the ledger still holds together."""
    assert state_of(desk, found) is SearchState.SEALED
    assert not has_candidates(desk, found)
    assert {outcome_of(found), probe_of(found)} <= desk.runtime.vault.list_destroyed()
    assert {outcome_of(found), probe_of(found)}.isdisjoint(desk.runtime.photos.list_subjects())
    with pytest.raises(NotFound):
        desk.runtime.photos.read(probe_of(found), "probe")
    verify_ledger(desk.runtime)


def causes(desk: Desk) -> list[object]:
    return [entry.fields["cause"] for entry in desk.entries(EntryKind.SEARCH_SEALED)]


def test_an_urgent_search_runs_at_once_and_waits_for_approval(enrolled: Deployment) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        result = desk.run_urgent("007")

        assert find_first(result) == enrolled.people["007"]
        (pending,) = list_requests(desk.runtime, desk.approver)
        assert (pending.search, pending.is_urgent) == (result.permit.search, True)
        assert pending.expires_at - pending.requested_at == 48 * HOUR
        (started,) = desk.entries(EntryKind.SEARCH_STARTED)
        assert started.fields["urgent"] is True
        shown = show_request(desk.runtime, desk.approver, pending.search)
        assert (shown.photo, shown.justification) == (result.probe_portrait, "The family asked where they are.")
        verify_ledger(desk.runtime)


def test_approved_in_time_the_result_stays(enrolled: Deployment) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        found = desk.run_urgent().permit.search
        desk.clock.ahead = 48 * HOUR - TICK - timedelta(minutes=2)

        approve_request(desk.runtime, desk.approver, found)
        desk.clock.ahead = 5 * DAY

        assert seal_overdue(desk.runtime) == ()
        assert has_candidates(desk, found)
        assert list_requests(desk.runtime, desk.searcher)[0].state is RequestState.APPROVED
        verify_ledger(desk.runtime)


def test_refused_the_result_is_destroyed_at_once(enrolled: Deployment) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        found = desk.run_urgent().permit.search

        refuse_request(desk.runtime, desk.approver, found, REASON)

        require_destroyed(desk, found)
        (sealed,) = desk.entries(EntryKind.SEARCH_SEALED)
        assert (sealed.fields["cause"], sealed.fields["actor"]) == ("approval-refused", desk.approver.member.id)
        assert "decision_reason" in sealed.fields
        assert desk.entries(EntryKind.SEARCH_REFUSED) == []  # one search is counted once


@pytest.mark.parametrize("noticed_by", ["opening", "search", "list", "decision", "sealing"])
def test_not_approved_within_48_hours_the_result_is_destroyed(enrolled: Deployment, noticed_by: str) -> None:
    prepared, clock = with_desk(enrolled), Clock()
    with open_desk(prepared, clock) as desk:
        found = desk.run_urgent().permit.search
        clock.ahead = 48 * HOUR
        match noticed_by:
            case "search":
                search(desk.runtime, enrolled, read_picture("002", 3))
            case "list":
                states = [pending.state for pending in list_requests(desk.runtime, desk.searcher)]
                assert states == [RequestState.EXPIRED]
            case "decision":
                with pytest.raises(ApprovalExpired):
                    approve_request(desk.runtime, desk.approver, found)
            case "sealing":
                assert seal_overdue(desk.runtime) == (found,)
        if noticed_by != "opening":
            require_destroyed(desk, found)

    with open_desk(prepared, clock) as desk:
        require_destroyed(desk, found)
        assert causes(desk) == ["approval-missing"]
        assert list_sealed(desk.runtime) == (found,)
        assert seal_overdue(desk.runtime) == ()
    with open_desk(prepared, clock) as desk:
        # No rule of retention claims what the sealing destroyed.
        assert desk.entries(EntryKind.RECORD_DELETED) == []


@pytest.mark.parametrize("destroyed", [(outcome_of,), (outcome_of, probe_of)], ids=["one key", "both keys"])
def test_a_sealing_that_was_killed_is_finished_at_the_next_opening(
    enrolled: Deployment, destroyed: tuple[Callable[[str], str], ...]
) -> None:
    prepared = with_desk(enrolled)
    with open_desk(prepared) as desk:
        found = desk.run_urgent().permit.search
        desk.runtime.vault.destroy_keys([key(found) for key in destroyed], desk.clock())
        assert has_candidates(desk, found)

    with open_desk(prepared) as desk:
        require_destroyed(desk, found)
        assert causes(desk) == ["approval-missing"]
        with pytest.raises(ApprovalExpired):
            approve_request(desk.runtime, desk.approver, found)


def test_a_search_that_brought_nothing_is_sealed_too(enrolled: Deployment) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        with pytest.raises(NoFaceFound):
            run_search(desk.runtime, desk.searcher, ask(desk.deployment), BLANK_PNG, is_urgent=True)
        (pending,) = list_requests(desk.runtime, desk.approver)
        assert show_request(desk.runtime, desk.approver, pending.search).photo is None
        desk.clock.ahead = 48 * HOUR

        assert seal_overdue(desk.runtime) == (pending.search,)

        require_destroyed(desk, pending.search)


@pytest.mark.parametrize("allows_urgent", [True, False], ids=["without approval", "where none is demanded"])
def test_urgency_takes_a_licence_that_allows_it(enrolled: Deployment, allows_urgent: bool) -> None:
    prepared = with_desk(enrolled, allows_urgent=False) if allows_urgent else enrolled
    with open_desk(prepared) as desk:
        with pytest.raises(UrgentNotAllowed):
            run_search(desk.runtime, desk.searcher, ask(prepared), read_picture("001", 3), is_urgent=True)

        assert [entry.fields["cause"] for entry in desk.entries(EntryKind.SEARCH_REFUSED)] == ["urgent-not-allowed"]
        verify_ledger(desk.runtime)


def test_an_urgent_search_is_not_run_again_once_approved(enrolled: Deployment) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        found = desk.run_urgent().permit.search
        approve_request(desk.runtime, desk.approver, found)

        with pytest.raises(ApprovalUsed, match="ran before it was approved"):
            run_approved_search(desk.runtime, desk.searcher, found)

        verify_ledger(desk.runtime)


def a_photo_that_takes_long() -> bytes:
    """A picture of many pixels: decoding and looking through it takes longer than refusing a search."""
    large = cv2.resize(decode_image(read_picture("007", 3)), LARGE_PX, interpolation=cv2.INTER_LINEAR)
    return encode_jpeg(large)


def test_a_search_refused_while_it_runs_brings_nothing(enrolled: Deployment) -> None:
    photo = a_photo_that_takes_long()
    with open_desk(with_desk(enrolled)) as desk, ThreadPoolExecutor(1) as pool:
        runtime, approver = desk.runtime, desk.approver
        runtime.gallery.count(REUNITE, desk.clock())
        asked = ask(desk.deployment)

        running = pool.submit(run_search, runtime, desk.searcher, asked, photo, is_urgent=True)
        while not (requests := list_requests(runtime, approver)):
            assert not running.done()
        refuse_request(runtime, approver, requests[0].search, REASON)

        with pytest.raises(ApprovalRefused, match="while it ran"):
            running.result()
        require_destroyed(desk, requests[0].search)
        assert causes(desk) == ["approval-refused"]
        assert desk.entries(EntryKind.SEARCH_FAILED) == desk.entries(EntryKind.SEARCH_FINISHED) == []
