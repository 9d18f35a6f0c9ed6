"""A search is allowed, or refused for one reason that has its own error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

import pytest

from assent import errors
from assent.errors import Refused
from assent.mandates import Actor, Case, Licence, Role, SearchPermit, SearchRequest, authorise_search
from assent.people import is_identifier
from factories import DAY, NOW, PHOTOS, TICK, a_case, a_licence, a_member, a_search_request, an_actor
from mandates.test_approving_searches import APPROVAL_REFUSALS

Asked = tuple[Actor, Licence | None, Case | None, SearchRequest]


def everything_in_order() -> tuple[Actor, Licence, Case, SearchRequest]:
    actor = an_actor(Role.SEARCHER)
    licence, case = a_licence(actor.member), a_case(actor.member)
    return actor, licence, case, a_search_request(licence, case)


def authorise(asked: Asked) -> SearchPermit:
    actor, licence, case, request = asked
    return authorise_search(request, actor=actor, licence=licence, case=case, at=NOW)


def with_licence(**changes: object) -> Callable[[], Asked]:
    def arrange() -> Asked:
        actor, licence, case, request = everything_in_order()
        return actor, replace(licence, **changes), case, request

    return arrange


def with_case(**changes: object) -> Callable[[], Asked]:
    def arrange() -> Asked:
        actor, licence, case, request = everything_in_order()
        return actor, licence, replace(case, **changes), request

    return arrange


def with_request(**changes: object) -> Callable[[], Asked]:
    def arrange() -> Asked:
        actor, licence, case, request = everything_in_order()
        return actor, licence, case, replace(request, **changes)

    return arrange


def with_role(role: Role) -> Callable[[], Asked]:
    def arrange() -> Asked:
        actor, licence, case, request = everything_in_order()
        return Actor(replace(actor.member, roles=frozenset({role})), "cli"), licence, case, request

    return arrange


def without_licence() -> Asked:
    actor, _, case, request = everything_in_order()
    return actor, None, case, request


def without_case() -> Asked:
    actor, licence, _, request = everything_in_order()
    return actor, licence, None, request


REFUSALS = [
    pytest.param(without_licence, errors.LicenceUnknown, id="no such licence"),
    pytest.param(with_licence(holder=a_member().id), errors.LicenceNotHeld, id="somebody else's licence"),
    pytest.param(with_licence(revoked_at=NOW - DAY), errors.LicenceRevoked, id="revoked"),
    pytest.param(with_licence(suspended_at=NOW - DAY), errors.LicenceSuspended, id="suspended"),
    pytest.param(with_licence(valid_from=NOW + TICK), errors.LicenceNotYetValid, id="starts in a moment"),
    pytest.param(with_licence(valid_until=NOW), errors.LicenceExpired, id="ended this moment"),
    pytest.param(with_licence(purposes=frozenset({PHOTOS})), errors.PurposeNotLicensed, id="another purpose"),
    pytest.param(with_licence(searches_started=10), errors.QuotaExhausted, id="quota used up"),
    pytest.param(with_licence(needs_approval=True), errors.ApprovalMissing, id="approval demanded"),
    pytest.param(without_case, errors.CaseUnknown, id="no such case"),
    pytest.param(with_case(closed_at=NOW - DAY), errors.CaseClosed, id="case closed"),
    pytest.param(with_case(purpose=PHOTOS), errors.CasePurposeMismatch, id="case for another purpose"),
    pytest.param(with_request(justification=""), errors.JustificationMissing, id="no justification"),
    pytest.param(with_request(justification="  1234567  "), errors.JustificationMissing, id="seven characters"),
    *[pytest.param(with_role(role), errors.RoleMissing, id=f"a {role}") for role in Role if role is not Role.SEARCHER],
]


@pytest.mark.parametrize(("arrange", "error"), REFUSALS)
def test_each_reason_for_refusal_is_its_own_error(arrange: Callable[[], Asked], error: type[Refused]) -> None:
    asked = arrange()

    with pytest.raises(Refused) as refused:
        authorise(asked)

    assert type(refused.value) is error
    assert "2026/0117" not in str(refused.value)
    assert "somebody" not in str(refused.value).split()


def test_every_refusal_of_a_search_is_in_the_table() -> None:
    refusals = set(Refused.__subclasses__())
    elsewhere = {errors.RolesIncompatible, errors.ConsentMissing, errors.EvidenceSpent}
    elsewhere |= {errors.MemberSuspended, errors.SignInFailed, errors.TooManyAttempts, errors.LinkSpent}
    elsewhere |= {errors.ScopeMissing}
    of_approvals = {parameters.values[1] for parameters in APPROVAL_REFUSALS} | {errors.UrgentNotAllowed}

    assert {parameters.values[1] for parameters in REFUSALS} | of_approvals == refusals - elsewhere


@pytest.mark.parametrize(
    "arrange",
    [
        pytest.param(everything_in_order, id="ordinary"),
        pytest.param(with_licence(valid_from=NOW), id="licence starts this moment"),
        pytest.param(with_licence(valid_until=NOW + TICK), id="licence is about to end"),
        pytest.param(with_licence(searches_started=9, searches_refused=50), id="last search of the quota"),
        pytest.param(with_request(justification=" 12345678 "), id="eight characters"),
    ],
)
def test_a_search_in_order_gets_a_permit(arrange: Callable[[], Asked]) -> None:
    actor, licence, case, request = arrange()

    permit = authorise((actor, licence, case, request))

    assert licence is not None
    assert case is not None
    assert is_identifier(permit.search, "s")
    assert (permit.licence, permit.number) == (licence.id, licence.next_number)
    assert (permit.holder, permit.unit) == (actor.member.id, actor.member.unit)
    assert (permit.case, permit.purpose, permit.authorised_at) == (case.id, request.purpose, NOW)


def test_an_approver_who_also_searches_gets_a_permit() -> None:
    actor, licence, case, request = everything_in_order()
    both = Actor(replace(actor.member, roles=frozenset({Role.SEARCHER, Role.APPROVER})), "cli")

    assert authorise((both, licence, case, request)).holder == actor.member.id


def test_two_permits_are_never_for_the_same_search() -> None:
    asked = everything_in_order()

    assert len({authorise(asked).search for _ in range(50)}) == 50


def test_a_permit_names_no_one_and_cannot_be_changed() -> None:
    permit = authorise(everything_in_order())

    with pytest.raises(AttributeError):
        permit.number = 1  # type: ignore[misc]
    assert {field.name for field in fields(permit)}.isdisjoint({"handle", "justification", "case_number"})
