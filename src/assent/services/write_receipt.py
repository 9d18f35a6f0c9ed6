"""Write a consent record as a receipt that people keep: the record itself as JSON, and a PDF that anyone can read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from assent.people import ConsentRecord

Say = Callable[[str], str]
"""Says a heading in the reader's language."""

_FONT = "dejavu"
_MARGIN_MM, _LINE_MM = 18, 5.5
_BODY_PT, _SMALL_PT, _HEADING_PT, _TITLE_PT = 10, 8.5, 12, 18


def write_receipt_json(record: ConsentRecord) -> bytes:
    """Write the record for machines and eyes; its digest is that of the canonical form, given beside it."""
    document = {"record": record.document, "sha256_of_canonical_record": record.digest}
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True).encode()


def write_receipt_pdf(record: ConsentRecord, say: Say) -> bytes:
    """Write the record as a PDF, headings in the reader's language."""
    document, pdf = record.document, _open_pdf(record)
    processing, parties = document["pii_processing"], {party["id"]: party for party in document["parties"]}
    _put(pdf, say("Receipt of your consent"), _TITLE_PT, is_bold=True)
    _put(pdf, f"{record.at:%Y-%m-%d %H:%M} UTC", _SMALL_PT)
    _put_section(
        pdf, say("Who agreed"), (party["name"] for key, party in parties.items() if key in {"principal", "giver"})
    )
    controller = parties["controller"]
    _put_section(pdf, say("Who holds the data"), (controller["name"], controller["address"], controller["contact"]))
    _put(pdf, say("What for"), _HEADING_PT, is_bold=True, space_mm=4)
    states = {event["consent_id"]: event for event in document["events"]}
    for purpose in processing["purposes"]:
        event = states[purpose["consent_id"]]
        _put(
            pdf,
            f"{purpose['purpose']} ({purpose['text_version']}): {say(event['state'])}, {event['time']}",
            is_bold=True,
        )
        _put(pdf, purpose["description"])
        _put(pdf, f"{purpose['lawful_basis']}; {purpose['valid_from']} ... {purpose['valid_until']}", _SMALL_PT)
    _put_section(pdf, say("What is held"), (item["description"] for item in processing["pii"]))
    _put_section(pdf, say("Your rights"), processing["rights"])
    _put_section(pdf, say("How to withdraw"), [processing["withdrawal_method"]])
    _put_section(pdf, say("Everything else"), _list_rest(document, processing, parties))
    _put(pdf, f"SHA-256: {record.digest}", _SMALL_PT, space_mm=4)
    return bytes(pdf.output())


def _list_rest(document: dict[str, Any], processing: dict[str, Any], parties: dict[str, Any]) -> list[str]:
    rest = {
        "schema_version": document["schema_version"],
        "record_id": document["record_id"],
        "receipt_id": document["receipt_id"],
        "pii_principal_id": document["pii_principal_id"],
        "authority": parties["authority"]["name"],
    }
    rest |= {
        name: processing[name]
        for name in (
            "privacy_notice",
            "language",
            "special_category",
            "collection_method",
            "processing_method",
            "retention",
            "jurisdiction",
            "recipients",
        )
    }
    rest["storage_locations"] = ", ".join(processing["storage_locations"])
    return [f"{name}: {value}" for name, value in rest.items() if value]


def _open_pdf(record: ConsentRecord) -> FPDF:
    pdf = FPDF(format="A4")
    pdf.set_creation_date(record.at)
    pdf.set_title("Assent")  # a title is shown by programs that list files: it names nobody
    pdf.set_margin(_MARGIN_MM)
    # A font with the letters of most alphabets comes with matplotlib, which is only asked where it lies.
    found = find_spec("matplotlib")
    fonts = Path(str(found.origin)).parent / "mpl-data" / "fonts" / "ttf" if found else Path()
    pdf.add_font(_FONT, "", fonts / "DejaVuSans.ttf")
    pdf.add_font(_FONT, "B", fonts / "DejaVuSans-Bold.ttf")
    pdf.add_page()
    return pdf


def _put_section(pdf: FPDF, heading: str, lines: Iterable[str]) -> None:
    _put(pdf, heading, _HEADING_PT, is_bold=True, space_mm=4)
    for line in lines:
        if line:
            _put(pdf, line)


def _put(pdf: FPDF, text: str, size_pt: float = _BODY_PT, *, is_bold: bool = False, space_mm: float = 1) -> None:
    pdf.ln(space_mm)
    pdf.set_font(_FONT, "B" if is_bold else "", size_pt)
    pdf.multi_cell(0, _LINE_MM * size_pt / _BODY_PT, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
