"""When a person has to go: which consents end, and when nothing entitles us any longer."""

from __future__ import annotations

from typing import Any

import pytest

from assent.errors import NotFound
from assent.people import PurposeSlug, choose_consents_to_withdraw, must_erase
from factories import DAY, NOW, PHOTOS, REUNITE, TICK, a_consent


@pytest.mark.parametrize(
    ("consents", "expected"),
    [
        pytest.param([], True, id="none at all"),
        pytest.param([{}], False, id="one in force"),
        pytest.param([{"valid_from": NOW + DAY}], False, id="one that starts later"),
        pytest.param([{"valid_until": NOW}], True, id="one that ends now"),
        pytest.param([{"valid_until": NOW + TICK}], False, id="one that is about to end"),
        pytest.param([{"withdrawn_at": NOW - DAY}], True, id="one withdrawn"),
        pytest.param([{"withdrawn_at": NOW - DAY}, {"purpose": PHOTOS}], False, id="one withdrawn of two"),
        pytest.param([{"withdrawn_at": NOW - DAY}, {"valid_until": NOW - DAY}], True, id="withdrawn and run out"),
    ],
)
def test_a_person_goes_when_no_consent_is_left(consents: list[dict[str, Any]], expected: bool) -> None:
    assert must_erase([a_consent(**changes) for changes in consents], NOW) is expected


def test_withdrawing_everything_ends_all_consents_that_are_open() -> None:
    first, second = a_consent(), a_consent(purpose=PHOTOS, valid_until=NOW - DAY)
    before = a_consent(withdrawn_at=NOW - DAY)

    assert choose_consents_to_withdraw([first, before, second], None, NOW) == (first, second)


def test_withdrawing_one_purpose_leaves_the_others() -> None:
    reunite, photos = a_consent(), a_consent(purpose=PHOTOS)

    assert choose_consents_to_withdraw([reunite, photos], [PHOTOS], NOW) == (photos,)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"withdrawn_at": NOW - DAY}, id="withdrawn before"),
        pytest.param({"valid_until": NOW}, id="run out"),
        pytest.param({"purpose": PurposeSlug("other")}, id="another purpose"),
    ],
)
def test_what_is_not_in_force_cannot_be_withdrawn_by_name(changes: dict[str, Any]) -> None:
    with pytest.raises(NotFound, match="'reunite'"):
        choose_consents_to_withdraw([a_consent(**changes), a_consent(purpose=PHOTOS)], [REUNITE, PHOTOS], NOW)
