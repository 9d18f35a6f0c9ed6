"""Hand people everything that is held about them in one file (GDPR, Art. 15 and 20): JSON, photos, receipts."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from typing import Any

from assent.ledger import format_time
from assent.mandates import Visitor
from assent.people import Consent
from assent.services.runtime import Runtime
from assent.services.show_own_page import OwnPage, ToldSearch, show_own_page
from assent.services.write_receipt import Say, write_receipt_json, write_receipt_pdf
from assent.storage import people as stored_people

FORMAT = "assent-own-data-1"


def download_own(runtime: Runtime, visitor: Visitor, *, language: str, say: Say) -> bytes:
    """Pack everything that a visitor's page shows, and their templates, into a ZIP. Raises NotFound."""
    page = show_own_page(runtime, visitor, language=language)
    with runtime.database.snapshot() as view:
        templates = {
            reference: base64.b64encode(template).decode()
            for reference, _, template in stored_people.load_templates(
                view, runtime.vault, runtime.deployment.pack_id, [page.person.id]
            )
        }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        document = _describe(page, templates, runtime.deployment.pack_id)
        file.writestr("assent.json", json.dumps(document, indent=2, ensure_ascii=False))
        for number, reference in enumerate(page.person.references, start=1):
            file.writestr(f"photos/{number}.jpg", runtime.photos.read(page.person.id, reference))
        for record in page.records:
            file.writestr(f"receipts/{record.id}.json", write_receipt_json(record))
            file.writestr(f"receipts/{record.id}.pdf", write_receipt_pdf(record, say))
    return packed.getvalue()


def _describe(page: OwnPage, templates: dict[str, str], pack: str) -> dict[str, Any]:
    person = page.person
    return {
        "format": FORMAT,
        "made_at": format_time(page.shown_at),
        "controller": page.controller.name,
        "person": {
            "id": person.id,
            "name": person.name,
            "basis": person.basis,
            "state": person.state,
            "enrolled_at": format_time(person.enrolled_at),
            "registered_by": person.registered_by,
            "file_reference": person.file_reference,
        },
        "consents": [_describe_consent(page, consent) for consent in person.consents],
        "photos": {f"photos/{n}.jpg": reference for n, reference in enumerate(person.references, start=1)},
        "templates": {"pack": pack, "base64": templates},
        "searches": [_describe_search(search) for search in page.searches],
        "checks_for_duplicates": [
            {"id": check.id, "at": format_time(check.asked_at), "purpose": check.purpose} for check in page.checks
        ],
        "receipts": [record.id for record in page.records],
    }


def _describe_consent(page: OwnPage, consent: Consent) -> dict[str, Any]:
    text = page.texts.get(consent.purpose)
    return {
        "id": consent.id,
        "purpose": consent.purpose,
        "text": text.text if text and text.text_version == consent.text_version else None,
        "text_version": consent.text_version,
        "basis": consent.basis,
        "evidence_sha256": consent.evidence_digest,
        "valid_from": format_time(consent.valid_from),
        "valid_until": format_time(consent.valid_until) if consent.valid_until else None,
        "withdrawn_at": format_time(consent.withdrawn_at) if consent.withdrawn_at else None,
    }


def _describe_search(search: ToldSearch) -> dict[str, Any]:
    return {
        "id": search.search,
        "at": format_time(search.at),
        "purpose": search.purpose,
        "by_role": list(search.holder_roles),
        "unit": search.holder_unit,
        "outcome": search.outcome,
    }
