"""Consent: when it is in force, and which terms may be recorded."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from assent.errors import ConsentMissing, InvalidInput
from assent.people import (
    Basis,
    Person,
    PersonId,
    PersonState,
    check_consent_terms,
    parse_evidence_digest,
    parse_purpose_slug,
)
from factories import DAY, NOW, PHOTOS, TICK, a_consent, a_registration, evidence

START, END = NOW - 10 * DAY, NOW + 10 * DAY


@pytest.mark.parametrize(
    ("at", "is_in_force"),
    [
        pytest.param(START - TICK, False, id="just before the start"),
        pytest.param(START, True, id="at the start"),
        pytest.param(END - TICK, True, id="just before the end"),
        pytest.param(END, False, id="at the end"),
    ],
)
def test_a_consent_is_in_force_from_its_start_until_before_its_end(at: datetime, is_in_force: bool) -> None:
    consent = a_consent(valid_from=START, valid_until=END)

    assert consent.is_in_force(at) is is_in_force


@pytest.mark.parametrize(
    ("at", "is_in_force"),
    [
        pytest.param(NOW - TICK, True, id="just before"),
        pytest.param(NOW, False, id="at the moment"),
        pytest.param(END + DAY, False, id="after the end"),
    ],
)
def test_a_withdrawn_consent_is_not_in_force_from_the_moment_of_withdrawal(at: datetime, is_in_force: bool) -> None:
    consent = a_consent(valid_from=START, valid_until=END, withdrawn_at=NOW)

    assert consent.is_in_force(at) is is_in_force


def test_a_consent_without_an_end_does_not_run_out() -> None:
    assert a_consent(valid_until=None).is_in_force(NOW + 36_500 * DAY)


@pytest.mark.parametrize(
    "terms",
    [
        pytest.param({"valid_from": NOW + TICK}, id="starts later"),
        pytest.param({"valid_until": NOW}, id="has ended"),
        pytest.param({"withdrawn_at": NOW}, id="withdrawn"),
        pytest.param({"valid_from": NOW + DAY, "valid_until": NOW - DAY}, id="ends before it starts"),
    ],
)
def test_a_consent_that_is_not_in_force_cannot_be_recorded(terms: dict[str, Any]) -> None:
    with pytest.raises(ConsentMissing, match="not in force"):
        check_consent_terms(a_consent(**terms), NOW)


@pytest.mark.parametrize(
    "length", [pytest.param(None, id="no end"), pytest.param(timedelta(days=366) + TICK, id="longer than a year")]
)
def test_a_registration_needs_an_end_within_a_year(length: timedelta | None) -> None:
    registration = a_registration(valid_until=None if length is None else NOW - DAY + length)

    with pytest.raises(InvalidInput, match="at most one year"):
        check_consent_terms(registration, NOW)


def test_a_registration_of_exactly_a_year_may_be_recorded() -> None:
    registration = a_registration(valid_until=NOW - DAY + timedelta(days=366))

    check_consent_terms(registration, NOW)

    assert registration.is_in_force(NOW)


@pytest.mark.parametrize("text", ["reunite", "a", "0", "send-me-my-photos", "a" * 40])
def test_a_short_name_of_a_purpose_is_taken_as_it_is(text: str) -> None:
    assert parse_purpose_slug(text) == text


@pytest.mark.parametrize("text", ["", "Reunite", "-a", "a b", "ä", "a\n", "a" * 41, "photos/1.jpg"])
def test_what_cannot_name_a_purpose_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_purpose_slug(text)

    assert len(text) < 2 or text not in str(refused.value)


def test_an_evidence_digest_is_read_in_either_case_and_with_blanks_around_it() -> None:
    assert parse_evidence_digest(f"  {evidence().upper()}\n") == evidence()


@pytest.mark.parametrize("text", ["", "none", "a" * 63, "a" * 65, "g" * 64])
def test_without_a_digest_there_is_no_evidence(text: str) -> None:
    with pytest.raises(ConsentMissing, match="No evidence"):
        parse_evidence_digest(text)


def test_a_person_may_be_found_for_each_purpose_in_force_once() -> None:
    consents = (
        a_consent(),
        a_consent(),
        a_consent(purpose=PHOTOS, withdrawn_at=NOW - DAY),
    )
    person = Person(PersonId("p_x"), "Somebody", Basis.CONSENT, PersonState.ENROLLED, NOW, consents, ())

    assert person.purposes_in_force(NOW) == ("reunite",)
