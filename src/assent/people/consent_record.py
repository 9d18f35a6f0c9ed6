"""The consent record that a person receives and keeps; fields of ISO/IEC TS 27560:2023.

The SHA-256 of the record's canonical bytes is the evidence of the consents that it speaks of.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

from assent.people.consent import Basis, Consent, Purpose, PurposeSlug
from assent.people.controller import Controller
from assent.people.identifiers import PersonId
from assent.people.invitation import Bearer

RecordId = NewType("RecordId", str)

RECORD_PREFIX = "e"
RECEIPT_PREFIX = "q"
SCHEMA_VERSION = "assent-consent-record-1 (ISO/IEC TS 27560:2023)"


class ConsentState(StrEnum):
    """The states of a consent's life that these records tell of."""

    GIVEN = "given"
    RECONFIRMED = "re-confirmed"
    WITHDRAWN = "withdrawn"


_LEGAL_BASES = {
    Basis.CONSENT: "explicit consent, GDPR Art. 6(1)(a) and 9(2)(a)",
    Basis.GUARDIAN: "explicit consent by whoever holds parental responsibility or guardianship, GDPR Art. 9(2)(a)",
    Basis.NEXT_OF_KIN: "vital interests of somebody who cannot be asked, GDPR Art. 6(1)(d) and 9(2)(c)",
}
_KINDS = {
    "name": "the name given here",
    "photos": "portraits cut from the photos handed over",
    "templates": "vectors computed from the faces in these photos (biometric data)",
    "searches": "which searches returned this person, when, for which purpose, by which role",
}
_RIGHTS = (
    "see what is held and which searches returned you",
    "download everything (portability)",
    "correct your name",
    "withdraw any purpose, or everything, at any time, without giving a reason",
    "complain to the data protection authority",
)
_PARTY_ROLES = {
    Bearer.SELF: "PII principal",
    Bearer.GUARDIAN: "guardian of the PII principal",
    Bearer.NEXT_OF_KIN: "next of kin of the PII principal",
}


@dataclass(frozen=True, slots=True)
class RecordTerms:
    """What one act on a person's consents was about, and how it was done."""

    record: RecordId
    receipt: str
    person: PersonId
    bearer: Bearer
    state: ConsentState
    at: datetime
    language: str
    name: str
    given_by: str | None
    method: str


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """A record as stored and handed over: its identifier, and canonical JSON that is never changed afterwards."""

    id: RecordId
    at: datetime
    data: bytes

    @property
    def digest(self) -> str:
        """The SHA-256, in hex, by which the record is evidence."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def document(self) -> dict[str, Any]:
        """What the record says."""
        return dict(json.loads(self.data))


def write_record(
    terms: RecordTerms, consents: Sequence[Consent], texts: Mapping[PurposeSlug, Purpose], controller: Controller
) -> ConsentRecord:
    """Write the record of one act; `texts` are the purposes in the words that the person read."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "record_id": terms.record,
        "receipt_id": terms.receipt,
        "pii_principal_id": terms.person,
        "pii_processing": {
            "privacy_notice": controller.notice or "the texts of the purposes below, as shown before agreeing",
            "language": terms.language,
            "purposes": [_describe_consent(consent, texts.get(consent.purpose)) for consent in consents],
            "pii": [{"type": kind, "description": text} for kind, text in _KINDS.items()],
            "special_category": "biometric data for the purpose of uniquely identifying a natural person",
            "pii_controllers": ["controller"],
            "collection_method": terms.method,
            "processing_method": "comparison of templates by a licensed member, each comparison recorded in a ledger",
            "storage_locations": [controller.storage_location or "the controller's own server"],
            "retention": "until withdrawn or the consent's end; then key, templates, photos and name are destroyed",
            "jurisdiction": controller.jurisdiction or "that of the controller",
            "recipients": controller.recipients or "members of the controller with a licence for the purpose",
            "withdrawal_method": "the personal link to the person's own page, or any steward of the controller",
            "rights": list(_RIGHTS),
        },
        "parties": [
            {
                "id": "controller",
                "role": "PII controller",
                "name": controller.name,
                "address": controller.address,
                "contact": controller.contact,
            },
            {"id": "principal", "role": "PII principal", "name": terms.name, "address": ""},
            *_describe_giver(terms),
            {"id": "authority", "role": "data protection authority", "name": controller.authority, "address": ""},
        ],
        "events": [_describe_event(terms, consent) for consent in consents],
    }
    return ConsentRecord(terms.record, terms.at, _encode(document))


def _encode(document: Mapping[str, Any]) -> bytes:
    # Keys in order and no spaces: the digest must be the same wherever the document is written again.
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _describe_consent(consent: Consent, text: Purpose | None) -> dict[str, Any]:
    return {
        "consent_id": consent.id,
        "purpose": consent.purpose,
        "description": text.text if text else "",
        "text_version": consent.text_version,
        "language": text.language if text else "",
        "lawful_basis": _LEGAL_BASES[consent.basis],
        "valid_from": _write_time(consent.valid_from),
        "valid_until": _write_time(consent.valid_until) if consent.valid_until else "until withdrawn",
    }


def _describe_giver(terms: RecordTerms) -> list[dict[str, str]]:
    if terms.bearer is Bearer.SELF:
        return []
    giver = {"id": "giver", "role": _PARTY_ROLES[terms.bearer], "name": terms.given_by or "", "address": ""}
    return [giver]


def _describe_event(terms: RecordTerms, consent: Consent) -> dict[str, str]:
    entity = "principal" if terms.bearer is Bearer.SELF else "giver"
    return {"consent_id": consent.id, "state": terms.state, "time": _write_time(terms.at), "entity_id": entity}


def _write_time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
