"""The consent record has the fields of ISO/IEC TS 27560:2023, and its digest is of its canonical bytes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from assent.people import (
    Bearer,
    ConsentState,
    Controller,
    PersonId,
    Purpose,
    RecordId,
    RecordTerms,
    write_record,
)
from factories import DAY, NOW, REUNITE, a_consent

PERSON = PersonId("p_" + "a" * 16)
TEXT = Purpose(REUNITE, "So that my family finds me.", "v1", "en", NOW)
CONTROLLER = Controller(name="Tracing Desk", address="1 Example Street", jurisdiction="BE", authority="The Authority")


def terms(**changes: Any) -> RecordTerms:
    known = RecordTerms(
        record=RecordId("e_" + "a" * 16),
        receipt="q_" + "a" * 16,
        person=PERSON,
        bearer=Bearer.SELF,
        state=ConsentState.GIVEN,
        at=NOW,
        language="en",
        name="Noor",
        given_by=None,
        method="form",
    )
    return replace(known, **changes)


def test_a_record_has_the_fields_of_the_specification() -> None:
    consent = a_consent(valid_from=NOW, valid_until=NOW + DAY)

    document = write_record(terms(), [consent], {REUNITE: TEXT}, CONTROLLER).document

    assert {"schema_version", "record_id", "receipt_id", "pii_principal_id", "parties", "events"} <= document.keys()
    processing = document["pii_processing"]
    for name in (
        "privacy_notice",
        "language",
        "purposes",
        "pii",
        "pii_controllers",
        "storage_locations",
        "retention",
        "jurisdiction",
        "recipients",
        "withdrawal_method",
        "special_category",
        "collection_method",
        "processing_method",
        "rights",
    ):
        assert processing[name], name
    assert processing["purposes"][0]["lawful_basis"].startswith("explicit consent")
    for party in document["parties"]:
        assert {"id", "role", "name", "address"} <= party.keys()
    (event,) = document["events"]
    assert event == {
        "consent_id": consent.id,
        "state": "given",
        "time": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
        "entity_id": "principal",
    }


def test_a_record_by_a_guardian_names_who_agreed() -> None:
    document = write_record(
        terms(bearer=Bearer.GUARDIAN, given_by="Kim"), [a_consent()], {REUNITE: TEXT}, CONTROLLER
    ).document

    assert {party["id"]: party["name"] for party in document["parties"]}["giver"] == "Kim"
    assert document["events"][0]["entity_id"] == "giver"


def test_the_digest_is_that_of_the_canonical_form() -> None:
    record = write_record(terms(), [a_consent()], {REUNITE: TEXT}, CONTROLLER)

    again = json.dumps(record.document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    assert hashlib.sha256(again).hexdigest() == record.digest


@pytest.mark.parametrize("changes", [{"name": "Other"}, {"at": NOW + DAY}, {"state": ConsentState.WITHDRAWN}])
def test_another_record_has_another_digest(changes: dict[str, Any]) -> None:
    consents = [a_consent()]
    first = write_record(terms(), consents, {REUNITE: TEXT}, CONTROLLER)

    assert write_record(terms(**changes), consents, {REUNITE: TEXT}, CONTROLLER).digest != first.digest
