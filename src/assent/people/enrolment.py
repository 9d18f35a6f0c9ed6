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
    """A request to enrol one person: name, photos as bytes, and one agreement that covers some purposes."""

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


def check_enrolment(enrolment: Enrolment, defined: Collection[PurposeSlug], at: datetime) -> None:
    """Make sure that the request is whole. Raises InvalidInput or ConsentMissing with the first thing that lacks."""
    if not enrolment.name.strip() or len(enrolment.name) > LONGEST_NAME:
        raise InvalidInput(f"A person needs a name of 1 to {LONGEST_NAME} characters.")
    for text in (enrolment.name, enrolment.registered_by, enrolment.file_reference):
        if text and any(unicodedata.category(character) == "Cc" for character in text):
            # They would be obeyed by the terminal on which the text is shown one day.
            raise InvalidInput("Names and references hold no control characters.")
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
    parse_evidence_digest(enrolment.evidence_digest)
    for consent in grant_consents(enrolment, PersonId("")):
        check_consent_terms(consent, at)


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
