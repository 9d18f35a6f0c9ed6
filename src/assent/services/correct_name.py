"""Correct the name that is held of a person (GDPR, Art. 16)."""

from __future__ import annotations

from assent.ledger import EntryKind
from assent.mandates import Visitor
from assent.people import check_name
from assent.services.accounting import record_entry
from assent.services.person_sessions import require_person
from assent.services.runtime import Runtime
from assent.storage import people as stored_people

NAME = "name"


def correct_name(runtime: Runtime, visitor: Visitor, name: str) -> None:
    """Keep another name on a visitor's own page. Raises InvalidInput or NotFound."""
    person, corrected = require_person(visitor), check_name(name)
    with runtime.database.transaction() as transaction:
        stored_people.load_person(transaction, runtime.vault, person)
        stored_people.record_name(transaction, runtime.vault, person, corrected)
        fields = {"person": person, "what": NAME}
        at = runtime.clock()
        record_entry(runtime, transaction, EntryKind.PERSON_CORRECTED, actor=visitor, at=at, fields=fields)
    # The old name must not linger in the log's pages.
    runtime.database.truncate_log()
