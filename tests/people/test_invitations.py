"""An invitation is good once, for a while, and says why it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from assent.errors import InvalidInput, LinkEnded
from assent.people import (
    Basis,
    Bearer,
    Controller,
    Invitation,
    InvitationId,
    InvitationState,
    Told,
    check_controller,
    check_invitation,
    check_wish,
)
from factories import DAY, NOW, REUNITE, TICK


def an_invitation(**changes: Any) -> Invitation:
    """An invitation of the person themselves, sent yesterday, good for two weeks."""
    invitation = Invitation(
        id=InvitationId("v_" + "a" * 16),
        bearer=Bearer.SELF,
        purposes=(REUNITE,),
        language="en",
        invited_by="m_" + "a" * 16,
        invited_at=NOW - DAY,
        expires_at=NOW + 13 * DAY,
    )
    return replace(invitation, **changes)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        pytest.param({}, InvitationState.OPEN, id="as sent"),
        pytest.param({"expires_at": NOW + TICK}, InvitationState.OPEN, id="a moment before the end"),
        pytest.param({"expires_at": NOW}, InvitationState.EXPIRED, id="at the end"),
        pytest.param({"revoked_at": NOW - DAY}, InvitationState.REVOKED, id="taken back"),
        pytest.param({"used_at": NOW - DAY, "expires_at": NOW - TICK}, InvitationState.USED, id="used, then ended"),
    ],
)
def test_an_invitation_is_open_until_something_ends_it(changes: dict[str, Any], state: InvitationState) -> None:
    invitation = an_invitation(**changes)

    assert invitation.state_at(NOW) is state
    if state is not InvitationState.OPEN:
        with pytest.raises(LinkEnded):
            invitation.require_open(NOW)


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        pytest.param({"purposes": ()}, "", id="no purpose"),
        pytest.param({"expires_at": NOW - DAY}, "", id="no time"),
        pytest.param({"expires_at": NOW + timedelta(days=365)}, "", id="too long"),
        pytest.param({}, "x" * 201, id="endless note"),
        pytest.param({"consent_days": 0}, "", id="consent for nothing"),
        pytest.param({"bearer": Bearer.NEXT_OF_KIN}, "", id="a registration without an end"),
        pytest.param({"bearer": Bearer.NEXT_OF_KIN, "consent_days": 367}, "", id="a registration beyond a year"),
    ],
)
def test_an_invitation_against_the_rules_is_refused(changes: dict[str, Any], note: str) -> None:
    with pytest.raises(InvalidInput):
        check_invitation(an_invitation(**changes), note)


def test_each_bearer_brings_a_basis() -> None:
    assert [bearer.basis for bearer in Bearer] == [Basis.CONSENT, Basis.GUARDIAN, Basis.NEXT_OF_KIN]


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (Told.MESSAGE, ""),
        (Told.CONTACT, "  "),
        (Told.NOTHING, "I am well"),
        (Told.ALIVE, "I am well"),
        (Told.MESSAGE, "x" * 2_001),
        (Told.MESSAGE, "\x1b[2J"),
    ],
)
def test_a_wish_has_words_exactly_where_some_are_told(told: Told, text: str) -> None:
    with pytest.raises(InvalidInput):
        check_wish(told, text)


def test_a_controller_is_written_and_read_again() -> None:
    controller = check_controller(Controller(name=" Tracing Desk ", address="1 Example Street"))

    assert controller.name == "Tracing Desk"
    assert Controller.from_bytes(controller.to_bytes()) == controller


@pytest.mark.parametrize("controller", [Controller(name=" "), Controller(name="a\nb"), Controller("a", "x" * 501)])
def test_a_controller_that_cannot_be_shown_is_refused(controller: Controller) -> None:
    with pytest.raises(InvalidInput):
        check_controller(controller)
