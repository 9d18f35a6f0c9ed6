"""A search that a second person has to approve: asked for, decided, run once, and every step in the ledger."""

from datetime import timedelta

import pytest

from assent.errors import (
    ApprovalExpired,
    ApprovalMissing,
    ApprovalPending,
    ApprovalRefused,
    ApprovalUsed,
    AssentError,
    InvalidInput,
    JustificationMissing,
    LicenceRevoked,
    NoFaceFound,
    QuotaExhausted,
    RoleMissing,
    UnreadableImage,
)
from assent.faces import decode_image
from assent.ledger import EntryKind
from assent.mandates import ChangeKind, LicenceChange, Role, outcome_of, probe_of
from assent.services.change_licence import change_licence
from assent.services.decide_request import approve_request, list_requests, refuse_request, show_request
from assent.services.issue_licence import list_licences
from assent.services.request_search import REQUEST_PHOTO, is_approval_needed, request_search
from assent.services.run_search import run_approved_search, run_search
from assent.services.verify_ledger import verify_ledger
from demo_deployments import CASE, Deployment, act_as, ask, find_first, read_picture
from factories import read_all_files
from services.approval_desks import DAY, HOUR, REASON, Desk, open_desk, with_desk
from services.test_run_search import BLANK_PNG


def counts(desk: Desk) -> tuple[int, int]:
    (licence,) = (
        licence for licence in list_licences(desk.runtime, desk.searcher) if licence.id == desk.deployment.licence
    )
    return licence.searches_started, licence.searches_refused


def test_what_is_asked_for_and_approved_runs_and_finds(enrolled: Deployment) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        pending = desk.request("007")
        assert counts(desk) == (0, 0)
        shown = show_request(desk.runtime, desk.approver, pending.search)
        assert (shown.case_number, shown.justification) == (CASE, "The family asked where they are.")
        assert shown.licence.ground == "Court order 4/26"
        assert shown.photo is not None
        assert decode_image(shown.photo).shape == decode_image(read_picture("007", 3)).shape

        approve_request(desk.runtime, desk.approver, pending.search)
        result = run_approved_search(desk.runtime, desk.searcher, pending.search)

        assert result.permit.search == pending.search
        assert find_first(result) == enrolled.people["007"]
        assert counts(desk) == (1, 0)
        (requested,) = desk.entries(EntryKind.SEARCH_REQUESTED)
        (approved,) = desk.entries(EntryKind.SEARCH_APPROVED)
        started = desk.entries(EntryKind.SEARCH_STARTED)[-1]
        assert requested.fields["search"] == approved.fields["search"] == started.fields["search"] == pending.search
        assert approved.fields["actor"] == desk.approver.member.id
        assert requested.fields["probe"] != started.fields["probe"]  # salted anew, so nobody can link the two
        verify_ledger(desk.runtime)


def test_a_request_looks_for_nobody_and_its_photo_lies_sealed_without_metadata(enrolled: Deployment) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        pending = desk.request("007")

        kept = desk.runtime.photos.read(probe_of(pending.search), REQUEST_PHOTO)
        assert desk.entries(EntryKind.SEARCH_STARTED) == []
        assert b"Exif" not in kept
        assert kept[:64] not in read_all_files(enrolled.settings.data_folder)


def test_the_photo_is_destroyed_once_the_search_has_run(enrolled: Deployment) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        pending = desk.request("007")
        approve_request(desk.runtime, desk.approver, pending.search)
        result = run_approved_search(desk.runtime, desk.searcher, pending.search)

        assert not desk.runtime.photos.has_photo(probe_of(pending.search), REQUEST_PHOTO)
        assert desk.runtime.photos.read(probe_of(pending.search), "probe") == result.probe_portrait


def test_a_photo_that_a_crash_left_is_destroyed_at_the_next_opening(enrolled: Deployment) -> None:
    prepared = with_desk(enrolled)
    with open_desk(prepared) as desk:
        pending = desk.request("007")
        approve_request(desk.runtime, desk.approver, pending.search)
        photo = desk.runtime.photos.read(probe_of(pending.search), REQUEST_PHOTO)
        run_approved_search(desk.runtime, desk.searcher, pending.search)
        desk.runtime.photos.write(probe_of(pending.search), REQUEST_PHOTO, photo)

    with open_desk(prepared) as desk:
        assert not desk.runtime.photos.has_photo(probe_of(pending.search), REQUEST_PHOTO)


def test_keys_and_photo_of_a_request_that_waits_survive_an_opening(enrolled: Deployment) -> None:
    prepared = with_desk(enrolled)
    with open_desk(prepared) as desk:
        pending = desk.request("007")

    with open_desk(prepared) as desk:
        shown = show_request(desk.runtime, desk.approver, pending.search)

    assert shown.photo is not None
    assert shown.justification


def test_a_refused_request_counts_as_a_refused_search(enrolled: Deployment) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        pending = desk.request()

        refuse_request(desk.runtime, desk.approver, pending.search, REASON)

        (refused,) = desk.entries(EntryKind.SEARCH_REFUSED)
        assert (refused.fields["cause"], refused.fields["number"]) == ("approval-refused", 1)
        assert refused.fields["search"] == pending.search
        assert REASON.encode() not in read_all_files(enrolled.settings.data_folder)
        assert counts(desk) == (0, 1)
        with pytest.raises(ApprovalRefused):
            run_approved_search(desk.runtime, desk.searcher, pending.search)
        assert counts(desk) == (0, 2)
        verify_ledger(desk.runtime)


@pytest.mark.parametrize(
    ("waited", "is_approved", "waited_again", "refusal"),
    [
        pytest.param(0 * DAY, False, 0 * DAY, ApprovalPending, id="undecided"),
        pytest.param(0 * DAY, False, 14 * DAY, ApprovalExpired, id="undecided for 14 days"),
        pytest.param(13 * DAY, True, 72 * HOUR, ApprovalExpired, id="approved 72 hours ago"),
    ],
)
def test_what_is_not_approved_in_time_does_not_run(
    enrolled: Deployment, waited: timedelta, is_approved: bool, waited_again: timedelta, refusal: type[AssentError]
) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        pending = desk.request()
        desk.clock.ahead = waited
        if is_approved:
            approve_request(desk.runtime, desk.approver, pending.search)
        desk.clock.ahead += waited_again

        with pytest.raises(refusal):
            run_approved_search(desk.runtime, desk.searcher, pending.search)

        assert counts(desk) == (0, 1)
        assert desk.entries(EntryKind.SEARCH_REFUSED)[-1].fields["cause"] == refusal.reason
        verify_ledger(desk.runtime)


def test_an_approval_is_used_once(enrolled: Deployment) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        pending = desk.request()
        approve_request(desk.runtime, desk.approver, pending.search)
        run_approved_search(desk.runtime, desk.searcher, pending.search)

        with pytest.raises(ApprovalUsed):
            run_approved_search(desk.runtime, desk.searcher, pending.search)

        assert counts(desk) == (1, 1)
        verify_ledger(desk.runtime)


def test_a_photo_without_a_face_uses_the_approval_up(enrolled: Deployment) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        pending = request_search(desk.runtime, desk.searcher, ask(desk.deployment), BLANK_PNG)
        approve_request(desk.runtime, desk.approver, pending.search)
        with pytest.raises(NoFaceFound):
            run_approved_search(desk.runtime, desk.searcher, pending.search)

        with pytest.raises(ApprovalUsed):
            run_approved_search(desk.runtime, desk.searcher, pending.search)

        verify_ledger(desk.runtime)


def test_a_key_left_by_an_attempt_that_was_rolled_back_does_not_stop_the_next(enrolled: Deployment) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        pending = desk.request("007")
        approve_request(desk.runtime, desk.approver, pending.search)
        desk.runtime.vault.make_key(outcome_of(pending.search))

        result = run_approved_search(desk.runtime, desk.searcher, pending.search)

        assert find_first(result) == enrolled.people["007"]


def test_a_search_without_approval_is_refused_and_told_how_to_ask(enrolled: Deployment) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        with pytest.raises(ApprovalMissing, match="assent approval run"):
            run_search(desk.runtime, desk.searcher, ask(desk.deployment), read_picture("001", 3))

        assert counts(desk) == (0, 1)
        assert is_approval_needed(desk.runtime, desk.deployment.licence)
        assert not is_approval_needed(desk.runtime, enrolled.licence)


REFUSED_REQUESTS = {
    "no justification": (Role.SEARCHER, {"justification": " "}, JustificationMissing),
    "not a searcher": (Role.STEWARD, {}, RoleMissing),
}


@pytest.mark.parametrize(("role", "changes", "refusal"), REFUSED_REQUESTS.values(), ids=REFUSED_REQUESTS)
def test_what_would_not_run_cannot_be_asked_for(
    enrolled: Deployment, role: Role, changes: dict[str, str], refusal: type[AssentError]
) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        with pytest.raises(refusal):
            request_search(
                desk.runtime, act_as(desk.runtime, role), ask(desk.deployment, **changes), read_picture("001", 3)
            )

        assert [entry.fields["cause"] for entry in desk.entries(EntryKind.SEARCH_REFUSED)] == [refusal.reason]
        assert list_requests(desk.runtime, desk.approver) == []
        verify_ledger(desk.runtime)


def test_what_cannot_be_read_or_needs_no_approval_costs_nothing(enrolled: Deployment) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        with pytest.raises(UnreadableImage):
            request_search(desk.runtime, desk.searcher, ask(desk.deployment), b"not a picture")
        with pytest.raises(InvalidInput, match="run at once"):
            request_search(desk.runtime, desk.searcher, ask(enrolled), read_picture("001", 3))

        assert counts(desk) == (0, 0)


def test_an_approved_search_still_needs_licence_and_quota(enrolled: Deployment) -> None:
    with open_desk(with_desk(enrolled, quota=1)) as desk:
        first, second = desk.request(), desk.request("002")
        for pending in (first, second):
            approve_request(desk.runtime, desk.approver, pending.search)
        run_approved_search(desk.runtime, desk.searcher, first.search)

        with pytest.raises(QuotaExhausted):
            run_approved_search(desk.runtime, desk.searcher, second.search)
        change = LicenceChange(ChangeKind.REVOKED, "The mandate has ended.")
        change_licence(desk.runtime, act_as(desk.runtime, Role.ISSUER), desk.deployment.licence, change)
        with pytest.raises(LicenceRevoked):
            run_approved_search(desk.runtime, desk.searcher, second.search)

        verify_ledger(desk.runtime)
