"""A person in the gallery, as the steward and the person see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from assent.people.consent import Basis, Consent, PurposeSlug
from assent.people.identifiers import PersonId, ReferenceId


class PersonState(StrEnum):
    """Whether a person is findable, registered and not yet checked by a caseworker, or on the way out."""

    ENROLLED = "enrolled"
    PENDING = "pending"
    WITHDRAWING = "withdrawing"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who agreed to be found, or was registered as missing by next of kin."""

    id: PersonId
    name: str
    basis: Basis
    state: PersonState
    enrolled_at: datetime
    consents: tuple[Consent, ...]
    references: tuple[ReferenceId, ...]
    file_reference: str | None = None
    registered_by: str | None = None

    def purposes_in_force(self, at: datetime) -> tuple[PurposeSlug, ...]:
        """List the purposes for which this person may be found at the moment `at` (aware, UTC)."""
        return tuple(sorted({consent.purpose for consent in self.consents if consent.is_in_force(at)}))
