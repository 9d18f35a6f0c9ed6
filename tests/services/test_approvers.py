"""Who may decide, see and run what: never oneself on one's own."""

import pytest

from assent.errors import ApprovalExpired, InvalidInput, LicenceNotHeld, NotFound, OwnRequest, RoleMissing
from assent.ledger import EntryKind
from assent.mandates import RequestState, Role
from assent.services.decide_request import approve_request, list_requests, refuse_request, show_request
from assent.services.request_search import request_search
from assent.services.run_search import run_approved_search
from assent.services.verify_ledger import verify_ledger
from demo_deployments import Deployment, act_as, ask, read_picture
from services.approval_desks import DAY, REASON, demand_approval, open_desk, with_desk


def test_an_approver_who_also_searches_never_decides_on_their_own(enrolled: Deployment) -> None:
    prepared = with_desk(enrolled)
    with open_desk(prepared) as desk:
        desk.add_member("both", Role.SEARCHER, Role.APPROVER)
    with open_desk(demand_approval(prepared, holder="both")) as desk:
        both = desk.runtime.find_actor("both", "cli")
        pending = request_search(desk.runtime, both, ask(desk.deployment), read_picture("001", 3))

        with pytest.raises(OwnRequest):
            approve_request(desk.runtime, both, pending.search)
        with pytest.raises(OwnRequest):
            refuse_request(desk.runtime, both, pending.search, REASON)

        assert show_request(desk.runtime, both, pending.search).pending.state is RequestState.PENDING
        assert approve_request(desk.runtime, desk.approver, pending.search).decided_by == desk.approver.member.id
        assert run_approved_search(desk.runtime, both, pending.search).permit.holder == both.member.id
        verify_ledger(desk.runtime)


@pytest.mark.parametrize("role", [Role.SEARCHER, Role.STEWARD, Role.ISSUER, Role.OVERSEER, Role.ADMINISTRATOR])
def test_only_approvers_decide(enrolled: Deployment, role: Role) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        pending = desk.request()

        with pytest.raises(RoleMissing):
            approve_request(desk.runtime, act_as(desk.runtime, role), pending.search)
        with pytest.raises(RoleMissing):
            refuse_request(desk.runtime, act_as(desk.runtime, role), pending.search, REASON)

        assert list_requests(desk.runtime, desk.approver) == [pending]


def test_what_was_approved_is_run_by_nobody_but_who_asked(enrolled: Deployment) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        desk.add_member("other", Role.SEARCHER)
        other = desk.runtime.find_actor("other", "cli")
        pending = desk.request()
        approve_request(desk.runtime, desk.approver, pending.search)

        with pytest.raises(LicenceNotHeld):
            run_approved_search(desk.runtime, other, pending.search)
        with pytest.raises(RoleMissing):
            run_approved_search(desk.runtime, desk.approver, pending.search)
        with pytest.raises(RoleMissing):
            show_request(desk.runtime, other, pending.search)

        assert list_requests(desk.runtime, other) == []
        assert desk.entries(EntryKind.SEARCH_STARTED) == []


def test_decisions_are_final(enrolled: Deployment) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        approved, refused, late = desk.request("001"), desk.request("002"), desk.request("003")
        approve_request(desk.runtime, desk.approver, approved.search)
        refuse_request(desk.runtime, desk.approver, refused.search, REASON)

        with pytest.raises(InvalidInput, match="approved already"):
            refuse_request(desk.runtime, desk.approver, approved.search, REASON)
        with pytest.raises(InvalidInput, match="refused already"):
            approve_request(desk.runtime, desk.approver, refused.search)
        desk.clock.ahead = 14 * DAY
        with pytest.raises(ApprovalExpired):
            approve_request(desk.runtime, desk.approver, late.search)

        states = {pending.search: pending.state for pending in list_requests(desk.runtime, desk.approver)}
        assert states == {
            approved.search: RequestState.EXPIRED,
            refused.search: RequestState.REFUSED,
            late.search: RequestState.EXPIRED,
        }
        verify_ledger(desk.runtime)


def test_what_was_never_asked_for_is_not_found(enrolled: Deployment) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        for act in (approve_request, show_request):
            with pytest.raises(NotFound):
                act(desk.runtime, desk.approver, "s_aaaaaaaaaaaaaaaa")
        with pytest.raises(NotFound):
            run_approved_search(desk.runtime, desk.searcher, "s_aaaaaaaaaaaaaaaa")


def test_a_refusal_without_a_reason_changes_nothing(enrolled: Deployment) -> None:
    with open_desk(with_desk(enrolled)) as desk:
        pending = desk.request()

        with pytest.raises(InvalidInput, match="needs a reason"):
            refuse_request(desk.runtime, desk.approver, pending.search, " ")

        assert list_requests(desk.runtime, desk.searcher) == [pending]
