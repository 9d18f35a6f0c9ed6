"""Hand out the ledger's entries of a period, for an overseer and on record."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from enum import StrEnum

from assent.errors import InvalidInput
from assent.ledger import Entry, EntryKind, JsonValue, Period, format_time
from assent.mandates import Actor, Role
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.storage import ledger as stored_ledger

SUBJECT = "ledger-entries"
SHORTEST_GROUND, LONGEST_GROUND = 8, 1_000
_COLUMNS = ("index", "at", "kind", "actor", "channel")


class ExportForm(StrEnum):
    """As what entries are handed out."""

    CSV = "csv"
    JSON = "json"


def export_entries(runtime: Runtime, actor: Actor, period: Period, form: ExportForm, *, ground: str) -> str:
    """Write the entries of a period as one text; takes an overseer.

    The export is a disclosure and stands in the ledger, with its ground, before it is handed out. Raises RoleMissing,
    or InvalidInput without a ground.
    """
    actor.require_role(Role.OVERSEER)
    if not SHORTEST_GROUND <= len(ground.strip()) <= LONGEST_GROUND:
        raise InvalidInput(f"An export is recorded with its ground; say why in at least {SHORTEST_GROUND} characters.")
    fields: dict[str, JsonValue] = {"subject": SUBJECT, "recipient_kind": Role.OVERSEER.value}
    with runtime.database.transaction() as transaction:
        record_entry(
            runtime,
            transaction,
            EntryKind.DISCLOSURE,
            actor=actor,
            at=runtime.clock(),
            fields=fields,
            subject=actor.member.id,
            committed={"recipient": actor.member.id.encode(), "ground": ground.strip().encode()},
        )
    entries = list(_read_period(runtime, period))
    return _write_csv(entries) if form is ExportForm.CSV else _write_json(entries)


def _read_period(runtime: Runtime, period: Period) -> Iterator[tuple[int, Entry]]:
    with runtime.database.snapshot() as view:
        for index, data in stored_ledger.read_entries(view):
            entry = Entry.from_bytes(data)
            if entry.at in period:
                yield index, entry


def _write_json(entries: Sequence[tuple[int, Entry]]) -> str:
    return json.dumps([{"index": index, **json.loads(entry.to_bytes())} for index, entry in entries], indent=1)


def _write_csv(entries: Sequence[tuple[int, Entry]]) -> str:
    names = sorted({name for _, entry in entries for name in entry.fields}.difference(_COLUMNS))
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow([*_COLUMNS, *names])
    for index, entry in entries:
        fields = entry.fields
        row = [index, format_time(entry.at), entry.kind.value, fields["actor"], fields["channel"]]
        table.writerow(row + [_write_field(fields.get(name, "")) for name in names])
    return text.getvalue()


def _write_field(value: JsonValue) -> str:
    # Every value is of the closed vocabulary: no text begins with what a spreadsheet would take for a formula.
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else " ".join(value)
