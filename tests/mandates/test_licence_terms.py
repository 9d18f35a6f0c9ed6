"""The terms of a licence, its running number and its quota; the number of a case."""

from __future__ import annotations

from typing import Any

import pytest

from assent.errors import InvalidInput
from assent.mandates import Role, check_licence_terms, parse_case_number
from assent.mandates.licence import MOST_SEARCHES
from assent.people import PurposeSlug
from factories import DAY, NOW, PHOTOS, REUNITE, TICK, a_licence, a_member


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="ordinary"),
        pytest.param({"is_trial": True, "valid_until": NOW, "quota": 1}, id="a short trial"),
        pytest.param({"purposes": frozenset({REUNITE, PHOTOS})}, id="all purposes"),
        pytest.param({"quota": MOST_SEARCHES}, id="largest quota"),
        pytest.param({"valid_from": NOW, "valid_until": NOW + TICK}, id="shortest"),
        pytest.param({"citation": ""}, id="no citation"),
        pytest.param({"needs_approval": True, "allows_urgent": True}, id="urgent, approved afterwards"),
    ],
)
def test_a_licence_that_can_stand_may_be_issued(changes: dict[str, Any]) -> None:
    holder = a_member(Role.SEARCHER, Role.APPROVER)
    licence = a_licence(holder, **changes)

    check_licence_terms(licence, holder, [REUNITE, PHOTOS])

    assert licence.next_number == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"purposes": frozenset()}, "at least one purpose", id="no purpose"),
        pytest.param({"purposes": frozenset({REUNITE, PurposeSlug("sell")})}, "'sell'", id="undefined purpose"),
        pytest.param({"ground": " \n"}, "needs the ground", id="no ground"),
        pytest.param({"valid_until": NOW - DAY}, "must end after", id="ends as it starts"),
        pytest.param({"valid_until": NOW - 2 * DAY}, "must end after", id="ends before it starts"),
        pytest.param({"quota": 0}, "got 0", id="no search"),
        pytest.param({"quota": -1}, "got -1", id="fewer than none"),
        pytest.param({"allows_urgent": True}, "demands approval", id="urgent, but no approval afterwards"),
        pytest.param({"quota": MOST_SEARCHES + 1}, "got 1000001", id="too many searches"),
    ],
)
def test_a_licence_whose_terms_cannot_stand_is_refused(changes: dict[str, Any], message: str) -> None:
    holder = a_member(Role.SEARCHER)

    with pytest.raises(InvalidInput, match=message):
        check_licence_terms(a_licence(holder, **changes), holder, [REUNITE])


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SEARCHER])
def test_only_a_searcher_may_hold_a_licence(role: Role) -> None:
    holder = a_member(role)

    with pytest.raises(InvalidInput, match="is not a searcher"):
        check_licence_terms(a_licence(holder), holder, [REUNITE])


@pytest.mark.parametrize(
    ("started", "refused", "number", "left"),
    [
        pytest.param(0, 0, 1, 10, id="unused"),
        pytest.param(3, 0, 4, 7, id="started"),
        pytest.param(3, 2, 6, 7, id="refusals take numbers, not quota"),
        pytest.param(10, 0, 11, 0, id="used up"),
        pytest.param(11, 0, 12, 0, id="never less than none"),
    ],
)
def test_the_running_number_counts_refusals_and_the_quota_does_not(
    started: int, refused: int, number: int, left: int
) -> None:
    licence = a_licence(a_member(), searches_started=started, searches_refused=refused)

    assert (licence.next_number, licence.searches_left) == (number, left)


def test_a_case_number_is_taken_without_the_blanks_around_it() -> None:
    assert parse_case_number(" 2026/0117 \n") == "2026/0117"


@pytest.mark.parametrize("text", ["", " \t", "x" * 81])
def test_a_case_needs_a_number_of_sensible_length(text: str) -> None:
    with pytest.raises(InvalidInput, match="1 to 80"):
        parse_case_number(text)
