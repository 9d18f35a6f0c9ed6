"""A second person decides once, in time and never on their own; a search runs only on exactly what was approved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from assent import errors
from assent.errors import Refused
from assent.mandates import (
    APPROVAL_LIFETIME,
    REQUEST_LIFETIME,
    URGENT_LIFETIME,
    Actor,
    Approval,
    Case,
    Licence,
    LicenceId,
    PendingSearch,
    ProbeSource,
    RequestState,
    Role,
    SearchId,
    SearchPermit,
    authorise_search,
    decide,
)
from factories import DAY, NOW, PHOTOS, TICK, a_case, a_licence, a_search_request, an_actor

SHOWN = b"digest of the photo that was shown"


@dataclass(frozen=True)
class Desk:
    """A searcher who asked, and an approver who decides."""

    searcher: Actor
    approver: Actor
    licence: Licence
    case: Case
    pending: PendingSearch

    def decide(self, *, at: timedelta = DAY, reason: str | None = None) -> PendingSearch:
        return decide(self.pending, approver=self.approver, licence=self.licence, at=NOW + at, refused_because=reason)

    def authorise(self, pending: PendingSearch, *, at: timedelta = DAY, digest: bytes = SHOWN) -> SearchPermit:
        return authorise_search(
            a_search_request(self.licence, self.case, purpose=pending.purpose),
            actor=self.searcher,
            licence=self.licence,
            case=self.case,
            at=NOW + at,
            approval=Approval(pending, SHOWN),
            probe_digest=digest,
        )


def a_desk(*, is_urgent: bool = False) -> Desk:
    searcher, approver = an_actor(Role.SEARCHER), an_actor(Role.APPROVER)
    licence = a_licence(searcher.member, needs_approval=True, allows_urgent=is_urgent)
    case = a_case(searcher.member)
    lifetime = URGENT_LIFETIME if is_urgent else REQUEST_LIFETIME
    pending = PendingSearch(
        search=SearchId("s_" + "a" * 16),
        licence=licence.id,
        holder=searcher.member.id,
        case=case.id,
        purpose=case.purpose,
        probe_source=ProbeSource.FAMILY,
        requested_at=NOW,
        expires_at=NOW + lifetime,
        is_urgent=is_urgent,
    )
    return Desk(searcher, approver, licence, case, pending)


def test_what_was_approved_runs_under_its_own_identifier() -> None:
    desk = a_desk()

    permit = desk.authorise(desk.decide())

    assert permit.search == desk.pending.search
    assert (permit.licence, permit.case, permit.number) == (desk.licence.id, desk.case.id, 1)


def approved(**changes: object) -> Callable[[Desk], PendingSearch]:
    return lambda desk: replace(desk.decide(), **changes)


def undecided(desk: Desk) -> PendingSearch:
    return desk.pending


def refused(desk: Desk) -> PendingSearch:
    return desk.decide(reason="This is a neighbour.")


def approved_long_ago(desk: Desk) -> PendingSearch:
    return desk.decide(at=DAY - APPROVAL_LIFETIME)


def approved_by_the_holder(desk: Desk) -> PendingSearch:
    return replace(desk.decide(), decided_by=desk.searcher.member.id)


APPROVAL_REFUSALS = [
    pytest.param(undecided, errors.ApprovalPending, id="undecided"),
    pytest.param(refused, errors.ApprovalRefused, id="refused"),
    pytest.param(approved_long_ago, errors.ApprovalExpired, id="approved 72 hours ago"),
    pytest.param(approved(state=RequestState.USED), errors.ApprovalUsed, id="used"),
    pytest.param(approved(is_urgent=True), errors.ApprovalUsed, id="urgent, so it ran before"),
    pytest.param(approved_by_the_holder, errors.OwnRequest, id="approved by who asked"),
    pytest.param(approved(decided_by=None), errors.OwnRequest, id="approved by nobody"),
    pytest.param(approved(licence=LicenceId("l_" + "b" * 16)), errors.ApprovalMissing, id="another licence"),
    pytest.param(approved(case="c_" + "b" * 16), errors.ApprovalMissing, id="another case"),
    pytest.param(approved(holder="m_" + "b" * 16), errors.ApprovalMissing, id="asked by another holder"),
]


@pytest.mark.parametrize(("arrange", "error"), APPROVAL_REFUSALS)
def test_what_was_not_approved_does_not_run(arrange: Callable[[Desk], PendingSearch], error: type[Refused]) -> None:
    desk = a_desk()

    with pytest.raises(Refused) as refusal:
        desk.authorise(arrange(desk))

    assert type(refusal.value) is error


def test_an_approval_for_another_purpose_does_not_count() -> None:
    desk = a_desk()
    request = a_search_request(desk.licence, desk.case)

    with pytest.raises(errors.ApprovalMissing):
        authorise_search(
            request,
            actor=desk.searcher,
            licence=desk.licence,
            case=desk.case,
            at=NOW + DAY,
            approval=Approval(replace(desk.decide(), purpose=PHOTOS), SHOWN),
            probe_digest=SHOWN,
        )


def test_another_photo_than_the_one_shown_does_not_run() -> None:
    desk = a_desk()

    with pytest.raises(errors.ApprovalMissing, match="another search"):
        desk.authorise(desk.decide(), digest=b"digest of another photo")


def test_an_approval_does_not_outlive_the_licence() -> None:
    desk = a_desk()
    ended = replace(desk, licence=replace(desk.licence, valid_until=NOW + DAY))

    with pytest.raises(errors.LicenceExpired):
        ended.authorise(desk.decide())


@pytest.mark.parametrize(
    ("approved_after", "run_after", "is_in_time"),
    [
        pytest.param(REQUEST_LIFETIME - TICK, REQUEST_LIFETIME, True, id="approved at the last moment"),
        pytest.param(DAY, DAY + APPROVAL_LIFETIME - TICK, True, id="run at the last moment"),
        pytest.param(DAY, DAY + APPROVAL_LIFETIME, False, id="run a moment later"),
    ],
)
def test_an_approval_holds_for_72_hours(approved_after: timedelta, run_after: timedelta, is_in_time: bool) -> None:
    desk = a_desk()
    decided = desk.decide(at=approved_after)

    if is_in_time:
        assert desk.authorise(decided, at=run_after).search == decided.search
    else:
        with pytest.raises(errors.ApprovalExpired):
            desk.authorise(decided, at=run_after)


@pytest.mark.parametrize(
    ("is_urgent", "lifetime"), [(False, timedelta(days=14)), (True, timedelta(hours=48))], ids=["ordinary", "urgent"]
)
@pytest.mark.parametrize("reason", [None, "This is a neighbour."], ids=["approve", "refuse"])
def test_a_decision_comes_in_time_or_not_at_all(is_urgent: bool, lifetime: timedelta, reason: str | None) -> None:
    desk = a_desk(is_urgent=is_urgent)

    assert desk.decide(at=lifetime - TICK, reason=reason).decided_by == desk.approver.member.id
    with pytest.raises(errors.ApprovalExpired):
        desk.decide(at=lifetime, reason=reason)


@pytest.mark.parametrize("reason", [None, "This is a neighbour."], ids=["approve", "refuse"])
@pytest.mark.parametrize("whose", ["requester", "holder"])
def test_nobody_decides_on_their_own_request(whose: str, reason: str | None) -> None:
    desk = a_desk()
    both = an_actor(Role.SEARCHER, Role.APPROVER)
    mine = (
        replace(desk, approver=both, pending=replace(desk.pending, holder=both.member.id))
        if whose == "requester"
        else replace(desk, approver=both, licence=replace(desk.licence, holder=both.member.id))
    )

    with pytest.raises(errors.OwnRequest):
        mine.decide(reason=reason)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.APPROVER])
def test_only_an_approver_decides(role: Role) -> None:
    with pytest.raises(errors.RoleMissing):
        replace(a_desk(), approver=an_actor(role)).decide()


@pytest.mark.parametrize("first", [None, "This is a neighbour."], ids=["approved", "refused"])
@pytest.mark.parametrize("second", [None, "I think otherwise."], ids=["approve", "refuse"])
def test_nobody_decides_twice(first: str | None, second: str | None) -> None:
    desk = a_desk()
    decided = replace(desk, pending=desk.decide(reason=first))

    with pytest.raises(errors.InvalidInput, match="refused already" if first else "approved already"):
        decided.decide(reason=second)


@pytest.mark.parametrize("reason", ["", "   no    "], ids=["none", "too short"])
def test_a_refusal_needs_a_reason(reason: str) -> None:
    with pytest.raises(errors.InvalidInput, match="needs a reason"):
        a_desk().decide(reason=reason)


@pytest.mark.parametrize("allows_urgent", [True, False], ids=["allowed", "not allowed"])
def test_an_urgent_search_runs_only_where_the_licence_allows_it(allows_urgent: bool) -> None:
    desk = a_desk(is_urgent=allows_urgent)
    asked = a_search_request(desk.licence, desk.case)
    terms = {"actor": desk.searcher, "licence": desk.licence, "case": desk.case, "at": NOW, "is_urgent": True}

    if allows_urgent:
        assert authorise_search(asked, **terms).licence == desk.licence.id
    else:
        with pytest.raises(errors.UrgentNotAllowed):
            authorise_search(asked, **terms)


def test_the_approval_of_an_urgent_search_does_not_run_out() -> None:
    decided = a_desk(is_urgent=True).decide()

    assert decided.state_at(NOW + 1_000 * DAY) is RequestState.APPROVED
