"""An enrolment brings everything, or nothing of it is kept."""

from __future__ import annotations

from typing import Any

import pytest

from assent.errors import AssentError, ConsentMissing, InvalidInput
from assent.people import Basis, PersonId, PurposeSlug, check_enrolment, grant_consents, is_identifier, make_identifier
from factories import DAY, NOW, PHOTOS, REUNITE, an_enrolment

KIN = {"basis": Basis.NEXT_OF_KIN, "registered_by": "A sister", "valid_until": NOW + DAY}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="consent"),
        pytest.param(KIN, id="registration"),
        pytest.param({"photos": (b"x",) * 20}, id="twenty photos"),
        pytest.param({"name": "x" * 200}, id="longest name"),
        pytest.param({"name": "\u0645\u200c\u0646"}, id="name with a joiner"),
        pytest.param({"purposes": (REUNITE, PHOTOS)}, id="two purposes"),
    ],
)
def test_a_whole_enrolment_is_accepted(changes: dict[str, Any]) -> None:
    enrolment = an_enrolment(**changes)

    check_enrolment(enrolment, [REUNITE, PHOTOS], NOW)

    assert all(consent.is_in_force(NOW) for consent in grant_consents(enrolment, PersonId("p_x")))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"name": "  "}, InvalidInput, id="no name"),
        pytest.param({"name": "x" * 201}, InvalidInput, id="name too long"),
        pytest.param({"name": "x\x1b[2Jy"}, InvalidInput, id="escape sequence in the name"),
        pytest.param({"file_reference": "F1\n2"}, InvalidInput, id="line end in the reference"),
        pytest.param({**KIN, "registered_by": "A\x07"}, InvalidInput, id="bell in the next of kin"),
        pytest.param({"photos": ()}, InvalidInput, id="no photo"),
        pytest.param({"photos": (b"x",) * 21}, InvalidInput, id="too many photos"),
        pytest.param({"purposes": ()}, ConsentMissing, id="no purpose"),
        pytest.param({"purposes": (REUNITE, PurposeSlug("sell"))}, InvalidInput, id="undefined purpose"),
        pytest.param({"evidence_digest": ""}, ConsentMissing, id="no evidence"),
        pytest.param({"evidence_digest": "see the file"}, ConsentMissing, id="evidence that is no digest"),
        pytest.param({"valid_from": NOW + DAY}, ConsentMissing, id="consent starts later"),
        pytest.param({"valid_until": NOW}, ConsentMissing, id="consent has ended"),
        pytest.param({**KIN, "registered_by": None}, ConsentMissing, id="registration by nobody"),
        pytest.param({**KIN, "registered_by": " "}, ConsentMissing, id="registration by a blank"),
        pytest.param({**KIN, "valid_until": None}, InvalidInput, id="registration without an end"),
        pytest.param({**KIN, "valid_until": NOW + 400 * DAY}, InvalidInput, id="registration for too long"),
    ],
)
def test_an_enrolment_that_lacks_something_is_refused(changes: dict[str, Any], error: type[AssentError]) -> None:
    with pytest.raises(AssentError) as refused:
        check_enrolment(an_enrolment(**changes), [REUNITE, PHOTOS], NOW)

    assert type(refused.value) is error
    assert "Somebody" not in str(refused.value)


def test_one_agreement_becomes_one_consent_a_purpose() -> None:
    enrolment = an_enrolment(purposes=(PHOTOS, REUNITE, PHOTOS), valid_until=NOW + DAY)

    consents = grant_consents(enrolment, PersonId("p_x"))

    assert [consent.purpose for consent in consents] == ["photos", "reunite"]
    assert len({consent.id for consent in consents}) == 2
    assert {(consent.person, consent.valid_until, consent.evidence_digest) for consent in consents} == {
        ("p_x", enrolment.valid_until, enrolment.evidence_digest)
    }


def test_fresh_identifiers_have_their_form_and_never_repeat() -> None:
    made = [make_identifier("p") for _ in range(2_000)]

    assert len(set(made)) == len(made)
    assert all(is_identifier(identifier, "p") and len(identifier) == 18 for identifier in made)


@pytest.mark.parametrize("text", ["", "p_", "p_" + "a" * 15, "p_" + "a" * 17, "p_" + "A" * 16, "p_" + "1" * 16])
def test_what_is_no_identifier_is_told_apart(text: str) -> None:
    assert not is_identifier(text, "p")


def test_an_identifier_of_another_kind_is_told_apart() -> None:
    assert not is_identifier(make_identifier("m"), "p")
