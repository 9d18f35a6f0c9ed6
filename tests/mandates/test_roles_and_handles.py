"""Roles keep each other in check, and handles name one member only."""

from __future__ import annotations

from itertools import combinations

import pytest

from assent.errors import InvalidInput, RoleMissing, RolesIncompatible
from assent.mandates import COMBINABLE, Role, check_roles, parse_handle
from assent.people import make_identifier
from factories import an_actor

PAIRS = list(combinations(Role, 2))


@pytest.mark.parametrize("pair", PAIRS, ids=["+".join(pair) for pair in PAIRS])
def test_only_searcher_and_approver_go_together(pair: tuple[Role, Role]) -> None:
    if set(pair) == {Role.SEARCHER, Role.APPROVER}:
        assert check_roles(pair) == frozenset(pair)
    else:
        with pytest.raises(RolesIncompatible):
            check_roles(pair)


def test_the_table_of_roles_that_go_together_has_one_line() -> None:
    assert frozenset({frozenset({Role.SEARCHER, Role.APPROVER})}) == COMBINABLE


@pytest.mark.parametrize("role", list(Role))
def test_every_role_stands_alone(role: Role) -> None:
    assert check_roles([role, role]) == {role}


def test_a_third_role_does_not_slip_in_with_a_pair_that_goes_together() -> None:
    with pytest.raises(RolesIncompatible):
        check_roles([Role.SEARCHER, Role.APPROVER, Role.STEWARD])


def test_a_member_needs_a_role() -> None:
    with pytest.raises(InvalidInput, match="needs a role"):
        check_roles([])


def test_one_of_the_roles_asked_for_is_enough() -> None:
    actor = an_actor(Role.SEARCHER, Role.APPROVER)

    actor.require_role(Role.STEWARD, Role.APPROVER)

    assert Role.APPROVER in actor.member.roles


def test_who_lacks_the_role_is_named_by_identifier_and_never_by_handle() -> None:
    actor = an_actor(Role.STEWARD, handle="a-persons-handle")

    with pytest.raises(RoleMissing) as refused:
        actor.require_role(Role.SEARCHER, Role.ISSUER)

    assert actor.member.id in str(refused.value)
    assert "a-persons-handle" not in str(refused.value)


@pytest.mark.parametrize("handle", ["a", "a.b_c-d", "0" * 40, "m_short", "p_" + "a" * 16])
def test_a_handle_is_taken_as_it_is(handle: str) -> None:
    assert parse_handle(handle) == handle


@pytest.mark.parametrize("handle", ["", "A", "a b", ".a", "_a", "a@b", "a\n", "a" * 41, "é"])
def test_what_cannot_be_a_handle_is_refused(handle: str) -> None:
    with pytest.raises(InvalidInput, match="A handle is"):
        parse_handle(handle)


def test_nobody_is_called_like_a_members_identifier() -> None:
    with pytest.raises(InvalidInput, match="identifier"):
        parse_handle(make_identifier("m"))
