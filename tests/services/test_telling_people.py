"""Receipts that people can read, searches told later for a reason, purposes in the person's language."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from assent.errors import InvalidInput, NotFound, RoleMissing
from assent.ledger import EntryKind
from assent.mandates import Role, Visitor
from assent.people import Bearer, ConsentRecord, Controller
from assent.services.delay_disclosure import delay_disclosure, list_delays
from assent.services.describe_controller import (
    describe_controller,
    list_purposes_in,
    show_controller,
    translate_purpose,
)
from assent.services.give_consent import give_consent
from assent.services.open_deployment import open_runtime
from assent.services.show_ledger import list_entries
from assent.services.show_own_page import show_own_page
from assent.services.verify_ledger import verify_ledger
from assent.services.write_receipt import write_receipt_json, write_receipt_pdf
from demo_deployments import Deployment, act_as, find_first, read_picture, search
from web.person_visits import PHOTOS

A_DAY = timedelta(days=1)


@pytest.fixture
def record(enrolled: Deployment) -> ConsentRecord:
    """A receipt of somebody whose name and purposes are in three alphabets."""
    with open_runtime(enrolled.settings) as runtime:
        admin = act_as(runtime, Role.ADMINISTRATOR)
        describe_controller(runtime, admin, Controller(name="Бюро розшуку, Γραφείο", address="1 Example Street"))
        visitor = Visitor(enrolled.people["001"], Bearer.SELF)
        return give_consent(runtime, visitor, [PHOTOS], language="en")


def test_the_pdf_is_one_that_programs_open_and_names_nobody_in_its_title(record: ConsentRecord) -> None:
    said: list[str] = []

    pdf = write_receipt_pdf(record, lambda heading: said.append(heading) or heading)  # type: ignore[func-returns-value]

    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")
    assert b"/ToUnicode" in pdf, "its text can be searched, copied and read aloud"
    assert {"Receipt of your consent", "What for", "Your rights", "How to withdraw", "given"} <= set(said)


def test_the_json_holds_the_record_and_its_digest(record: ConsentRecord) -> None:
    document = json.loads(write_receipt_json(record))

    assert document["record"] == record.document
    assert document["sha256_of_canonical_record"] == record.digest
    assert document["record"]["parties"][0]["name"] == "Бюро розшуку, Γραφείο"


def test_the_receipt_is_the_evidence_of_the_consent(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        visitor = Visitor(enrolled.people["001"], Bearer.SELF)

        record = give_consent(runtime, visitor, [PHOTOS], language="en")

        page = show_own_page(runtime, visitor, language="en")
        (given,) = [consent for consent in page.person.consents if consent.purpose == PHOTOS]
        assert given.evidence_digest == record.digest
        verify_ledger(runtime)


def test_a_search_is_told_once_its_delay_ends(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        visitor = Visitor(enrolled.people["001"], Bearer.SELF)
        found = search(runtime, enrolled, read_picture("001", 3))
        assert find_first(found) == visitor.person
        now = runtime.clock()
        overseer = act_as(runtime, Role.OVERSEER)
        delay_disclosure(runtime, overseer, found.permit.search, until=now + A_DAY, reason="A danger to somebody")

        during = show_own_page(runtime, visitor, language="en").searches
        assert list_delays(runtime, overseer) == {found.permit.search: now + A_DAY}
        runtime.clock = lambda: now + A_DAY
        after = show_own_page(runtime, visitor, language="en").searches

        assert (len(during), len(after)) == (0, 1)
        (entry,) = [e.entry for e in list_entries(runtime) if e.entry.kind is EntryKind.SEARCH_DELAYED]
        assert str(entry.fields["reason"]).startswith("sha256:")
        runtime.clock = lambda: now
        verify_ledger(runtime)


@pytest.mark.parametrize(("days", "reason"), [(0, "why"), (-1, "why"), (181, "why"), (1, " "), (1, "x" * 2_001)])
def test_a_delay_needs_a_reason_and_an_end(enrolled: Deployment, days: int, reason: str) -> None:
    with open_runtime(enrolled.settings) as runtime:
        until = runtime.clock() + days * A_DAY - timedelta(seconds=1) * (days == 0)
        if days > 0 and len(reason) < 5 and reason.strip():
            until += A_DAY

        with pytest.raises(InvalidInput):
            delay_disclosure(runtime, act_as(runtime, Role.OVERSEER), "s_" + "a" * 16, until=until, reason=reason)


def test_who_may_delay(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        until = runtime.clock() + A_DAY
        with pytest.raises(RoleMissing):
            delay_disclosure(runtime, act_as(runtime, Role.SEARCHER), "s_x", until=until, reason="why")
        with pytest.raises(NotFound):
            delay_disclosure(runtime, act_as(runtime, Role.OVERSEER), "s_x", until=until, reason="why")


def test_purposes_are_read_in_the_persons_language_where_there_is_one(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        admin = act_as(runtime, Role.ADMINISTRATOR)
        translate_purpose(
            runtime, admin, slug="reunite", language="nl", text="Zodat mijn familie mij vindt.", text_version="v1"
        )
        translate_purpose(runtime, admin, slug="photos", language="nl", text="Een oude tekst.", text_version="v0")

        texts = list_purposes_in(runtime, "nl")

        assert texts[PHOTOS].language == "en", "a translation of another wording does not count"
        assert {slug: text.text for slug, text in texts.items()}["reunite"] == "Zodat mijn familie mij vindt."  # type: ignore[index]
        assert list_purposes_in(runtime, "fr")[PHOTOS].language == "en"
        verify_ledger(runtime)
        with pytest.raises(NotFound):
            translate_purpose(runtime, admin, slug="other", language="nl", text="x", text_version="v1")
        with pytest.raises(RoleMissing):
            translate_purpose(
                runtime, act_as(runtime, Role.STEWARD), slug="reunite", language="nl", text="x", text_version="v1"
            )


def test_without_a_description_the_deployments_origin_stands_in(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        assert show_controller(runtime).name == runtime.deployment.origin
        with pytest.raises(RoleMissing):
            describe_controller(runtime, act_as(runtime, Role.STEWARD), Controller(name="x"))
