"""Consent per purpose: who may be found for what, since when and until when, and on what evidence.

Fields follow ISO/IEC TS 27560:2023 (consent record) as far as an enrolment on one machine has them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from assent.errors import ConsentMissing, InvalidInput
from assent.people.identifiers import ConsentId, PersonId

PurposeSlug = NewType("PurposeSlug", str)

LONGEST_REGISTRATION = timedelta(days=366)
"""A registration speaks for somebody who could not be asked, so it must be looked at again within a year."""

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Basis(StrEnum):
    """Why a person may be in the gallery at all."""

    CONSENT = "explicit-consent"
    GUARDIAN = "guardian-consent"
    NEXT_OF_KIN = "next-of-kin"


@dataclass(frozen=True, slots=True)
class Purpose:
    """One reason why somebody may be found or shown, in the organisation's own plain words."""

    slug: PurposeSlug
    text: str
    text_version: str
    language: str
    defined_at: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """One person's agreement to one purpose, or a registration that stands in for it."""

    id: ConsentId
    person: PersonId
    purpose: PurposeSlug
    basis: Basis
    text_version: str
    evidence_digest: str
    valid_from: datetime
    valid_until: datetime | None
    withdrawn_at: datetime | None = None

    def is_in_force(self, at: datetime) -> bool:
        """Tell whether the consent covers the moment `at` (aware, UTC)."""
        started = self.valid_from <= at
        ended = self.valid_until is not None and self.valid_until <= at
        return started and not ended and (self.withdrawn_at is None or at < self.withdrawn_at)


def parse_slug(text: str, what: str) -> str:
    """Read the short name of `what`. Raises InvalidInput if it is not 1 to 40 of a-z, 0-9 and hyphen."""
    if _SLUG.fullmatch(text) is None:
        # Not repeated here: in a table whose columns are shifted the text may be a name or a photo's path.
        raise InvalidInput(f"That cannot name {what}: use 1 to 40 lower-case letters, digits and hyphens.")
    return text


def parse_purpose_slug(text: str) -> PurposeSlug:
    """Read a purpose's short name. Raises InvalidInput if it is not 1 to 40 of a-z, 0-9 and hyphen."""
    return PurposeSlug(parse_slug(text, "a purpose"))


def parse_evidence_digest(text: str) -> str:
    """Read the SHA-256 of the signed form, in hex. Raises ConsentMissing if there is none."""
    digest = text.strip().lower()
    if _SHA256.fullmatch(digest) is None:
        raise ConsentMissing(
            "No evidence of consent: give the SHA-256 (64 hex digits) of the signed form, or the form."
        )
    return digest


def check_consent_terms(consent: Consent, at: datetime) -> None:
    """Make sure that a consent may be recorded at this moment.

    Raises ConsentMissing if it is not in force, InvalidInput if a registration has no end or one too far away.
    """
    if not consent.is_in_force(at):
        end = f"{consent.valid_until:%Y-%m-%d}" if consent.valid_until else "it is withdrawn"
        raise ConsentMissing(
            f"The consent to {consent.purpose!r} is not in force: it runs from {consent.valid_from:%Y-%m-%d} "
            f"until {end}, today is {at:%Y-%m-%d}."
        )
    if consent.basis is Basis.NEXT_OF_KIN and (
        consent.valid_until is None or consent.valid_until - consent.valid_from > LONGEST_REGISTRATION
    ):
        raise InvalidInput(
            "A registration by next of kin needs an end at most one year away: give one and review it then."
        )
