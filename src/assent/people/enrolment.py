"""What an enrolment must bring before a single template is kept."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from assent.errors import ConsentMissing, InvalidInput
from assent.people.consent import Basis, Consent, PurposeSlug, check_consent_terms, parse_evidence_digest, parse_slug
from assent.people.identifiers import ConsentId, PersonId, make_identifier

MOST_PHOTOS = 20
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A request to enrol one person: name, photos as bytes, and one agreement that covers some purposes.

    One that is pending is findable only once a caseworker has checked it.
    """

    name: str
    photos: tuple[bytes, ...]
    purposes: tuple[PurposeSlug, ...]
    text_version: str
    evidence_digest: str
    valid_from: datetime
    valid_until: datetime | None = None
    basis: Basis = Basis.CONSENT
    registered_by: str | None = None
    file_reference: str | None = None
    is_pending: bool = False


def check_enrolment(enrolment: Enrolment, defined: Collection[PurposeSlug], at: datetime) -> None:
    """Make sure that the request is whole. Raises InvalidInput or ConsentMissing with the first thing that lacks."""
    check_name(enrolment.name)
    if enrolment.registered_by and enrolment.registered_by.strip():
        check_name(enrolment.registered_by)
    _refuse_control_characters(enrolment.file_reference or "")
    if not 1 <= len(enrolment.photos) <= MOST_PHOTOS:
        raise InvalidInput(f"An enrolment needs 1 to {MOST_PHOTOS} photos, got {len(enrolment.photos)}.")
    parse_slug(enrolment.text_version, "a version of the consent text")
    if not enrolment.purposes:
        raise ConsentMissing("No purpose was agreed to: name at least one.")
    unknown = sorted(set(enrolment.purposes) - set(defined))
    if unknown:
        raise InvalidInput(
            f"Purpose {unknown[0]!r} is not defined here; defined are: {', '.join(sorted(defined)) or 'none'}. "
            "Define one with 'assent purpose add'."
        )
    if enrolment.basis is Basis.NEXT_OF_KIN and not (enrolment.registered_by or "").strip():
        raise ConsentMissing("A registration needs to say which next of kin asked for it.")
    if enrolment.basis is Basis.GUARDIAN and not (enrolment.registered_by or "").strip():
        raise ConsentMissing("Consent for a child or ward needs the name of whoever decides for them.")
    parse_evidence_digest(enrolment.evidence_digest)
    for consent in grant_consents(enrolment, PersonId("")):
        check_consent_terms(consent, at)


def check_name(name: str) -> str:
    """Read a person's name. Raises InvalidInput unless it has 1 to 200 characters, none of them for control."""
    if not name.strip() or len(name) > LONGEST_NAME:
        raise InvalidInput(f"A person needs a name of 1 to {LONGEST_NAME} characters.")
    _refuse_control_characters(name)
    return name.strip()


def _refuse_control_characters(text: str) -> None:
    if any(unicodedata.category(character) == "Cc" for character in text):
        # They would be obeyed by the terminal on which the text is shown one day.
        raise InvalidInput("Names and references hold no control characters.")


def grant_consents(enrolment: Enrolment, person: PersonId) -> tuple[Consent, ...]:
    """Write out the agreement as one consent a purpose."""
    return tuple(
        Consent(
            id=ConsentId(make_identifier("k")),
            person=person,
            purpose=purpose,
            basis=enrolment.basis,
            text_version=enrolment.text_version,
            evidence_digest=enrolment.evidence_digest,
            valid_from=enrolment.valid_from,
            valid_until=enrolment.valid_until,
        )
        for purpose in dict.fromkeys(enrolment.purposes)
    )
