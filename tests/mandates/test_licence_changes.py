"""What an issuer may change of a licence, and what a licence is then good for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assent.errors import InvalidInput, LicenceExpired, LicenceRevoked, LicenceSuspended
from assent.mandates import (
    ChangeKind,
    Licence,
    LicenceChange,
    LicenceState,
    Role,
    apply_change,
    require_usable,
)
from assent.mandates.licence import MOST_SEARCHES
from assent.mandates.licence_change import LONGEST_REASON
from factories import DAY, NOW, REUNITE, TICK, a_licence, a_member

WHY = "The mandate was looked at again."
HOLDER = a_member(Role.SEARCHER)


def a_held_licence(**changes: Any) -> Licence:
    return a_licence(HOLDER, **changes)


def a_change(kind: ChangeKind, **changes: Any) -> LicenceChange:
    return replace(LicenceChange(kind, WHY), **changes)


def test_an_extension_gives_time_and_searches_and_keeps_what_was_used() -> None:
    licence = a_held_licence(searches_started=10, is_trial=True)

    extended = apply_change(licence, a_change(ChangeKind.EXTENDED, valid_until=NOW + 90 * DAY, quota=25), NOW)

    assert (extended.valid_until, extended.searches_left, extended.is_trial) == (NOW + 90 * DAY, 15, True)
    assert replace(extended, valid_until=licence.valid_until, quota=licence.quota) == licence


def test_a_licence_that_ran_out_may_be_extended_to_a_day_to_come() -> None:
    licence = a_held_licence(valid_until=NOW - TICK)

    extended = apply_change(licence, a_change(ChangeKind.EXTENDED, valid_until=NOW + DAY), NOW)

    assert extended.state_at(NOW) is LicenceState.IN_FORCE


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        pytest.param({}, "a new end, a new quota", id="nothing"),
        pytest.param({"quota": 9}, "takes nothing away", id="fewer searches"),
        pytest.param({"quota": -1}, "takes nothing away", id="fewer than none"),
        pytest.param({"valid_until": NOW + 29 * DAY}, "takes nothing away", id="less time"),
        pytest.param({"valid_until": NOW + 60 * DAY, "quota": 9}, "takes nothing away", id="more time, fewer searches"),
        pytest.param({"quota": 10}, "already", id="the same quota"),
        pytest.param({"valid_until": NOW + 30 * DAY}, "already", id="the same end"),
        pytest.param({"quota": MOST_SEARCHES + 1}, "got 1000001", id="too many"),
        pytest.param({"reason": "ok"}, "needs a reason", id="a short reason"),
        pytest.param({"reason": " " * 40}, "needs a reason", id="blanks for a reason"),
        pytest.param({"reason": "x" * (LONGEST_REASON + 1)}, "needs a reason", id="too long a reason"),
    ],
)
def test_an_extension_that_cannot_be_made_is_refused(terms: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        apply_change(a_held_licence(), a_change(ChangeKind.EXTENDED, **terms), NOW)


def test_a_licence_that_ran_out_needs_a_new_end_that_is_still_to_come() -> None:
    licence = a_held_licence(valid_from=NOW - 9 * DAY, valid_until=NOW - 2 * DAY)

    for terms in ({"valid_until": NOW}, {"quota": 20}):
        with pytest.raises(InvalidInput, match="still to come"):
            apply_change(licence, a_change(ChangeKind.EXTENDED, **terms), NOW)


@pytest.mark.parametrize("kind", [ChangeKind.SUSPENDED, ChangeKind.LIFTED, ChangeKind.REVOKED])
def test_only_an_extension_brings_terms(kind: ChangeKind) -> None:
    with pytest.raises(InvalidInput, match="Only an extension"):
        apply_change(a_held_licence(suspended_at=NOW), a_change(kind, quota=20), NOW)


def test_a_suspension_refuses_searches_until_it_is_lifted() -> None:
    licence = a_held_licence()
    suspended = apply_change(licence, a_change(ChangeKind.SUSPENDED), NOW)

    with pytest.raises(LicenceSuspended, match="2026-06-01"):
        require_usable(suspended, HOLDER, REUNITE, NOW)
    assert suspended.state_at(NOW) is LicenceState.SUSPENDED
    with pytest.raises(InvalidInput, match="suspended already"):
        apply_change(suspended, a_change(ChangeKind.SUSPENDED), NOW)

    assert apply_change(suspended, a_change(ChangeKind.LIFTED), NOW + DAY) == licence


def test_what_is_not_suspended_is_not_lifted_and_what_ran_out_not_suspended() -> None:
    with pytest.raises(InvalidInput, match="nothing to lift"):
        apply_change(a_held_licence(), a_change(ChangeKind.LIFTED), NOW)
    with pytest.raises(InvalidInput, match="nothing to suspend"):
        apply_change(a_held_licence(valid_until=NOW), a_change(ChangeKind.SUSPENDED), NOW)


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_nothing_changes_a_revoked_licence(kind: ChangeKind) -> None:
    revoked = apply_change(a_held_licence(suspended_at=NOW), a_change(ChangeKind.REVOKED), NOW)

    with pytest.raises(InvalidInput, match="revoked already"):
        apply_change(revoked, a_change(kind), NOW + DAY)


@pytest.mark.parametrize(
    ("changes", "state", "refusal"),
    [
        pytest.param(
            {"revoked_at": NOW, "suspended_at": NOW, "valid_until": NOW},
            LicenceState.REVOKED,
            LicenceRevoked,
            id="revoked before all else",
        ),
        pytest.param(
            {"suspended_at": NOW, "valid_until": NOW}, LicenceState.SUSPENDED, LicenceSuspended, id="then suspended"
        ),
        pytest.param(
            {"valid_until": NOW, "searches_started": 10}, LicenceState.EXPIRED, LicenceExpired, id="then expired"
        ),
    ],
)
def test_the_state_is_what_a_search_would_be_refused_for(
    changes: dict[str, Any], state: LicenceState, refusal: type[Exception]
) -> None:
    licence = a_held_licence(**changes)

    assert licence.state_at(NOW) is state
    with pytest.raises(refusal):
        require_usable(licence, HOLDER, REUNITE, NOW)


def test_a_licence_says_when_it_starts_later_or_is_used_up() -> None:
    assert a_held_licence(valid_from=NOW + TICK).state_at(NOW) is LicenceState.NOT_YET
    assert a_held_licence(searches_started=10).state_at(NOW) is LicenceState.USED_UP
    assert a_held_licence().state_at(NOW) is LicenceState.IN_FORCE
