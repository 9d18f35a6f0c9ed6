"""Record that a search was refused, in a transaction of its own: raising rolled the one that would have run back."""

from __future__ import annotations

from assent.errors import Refused
from assent.ledger import EntryKind, JsonValue
from assent.mandates import Actor, SearchRequest
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.storage import mandates as stored_mandates
from assent.storage import people as stored_people
from assent.storage.refusals import record_refusal_row


def record_refusal(runtime: Runtime, actor: Actor, request: SearchRequest, refusal: Refused) -> None:
    """Count a refused search; where its licence exists it takes that licence's next running number."""
    with runtime.database.transaction() as transaction:
        fields: dict[str, JsonValue] = {
            "holder": actor.member.id,
            "unit": actor.member.unit,
            "cause": refusal.reason,
        }
        licence = stored_mandates.load_licence(transaction, request.licence)
        if licence is not None:
            fields |= {"licence": licence.id, "number": licence.next_number}
            stored_mandates.count_search(transaction, licence.id, refused=True)
        case = stored_mandates.find_case(transaction, runtime.vault, request.case_number.strip())
        if case is not None:
            fields["case"] = case.id
        if request.purpose in stored_people.load_purposes(transaction):
            fields["purpose"] = request.purpose
        at = runtime.clock()
        index = record_entry(runtime, transaction, EntryKind.SEARCH_REFUSED, actor=actor, at=at, fields=fields)
        record_refusal_row(transaction, index, fields, at)
