"""Open everything that is kept of a search, for an overseer; that it was opened is in the ledger before it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from assent.errors import NotFound
from assent.ledger import SALT_BYTES, Entry, EntryKind, JsonValue, SearchRecord, check_commitment
from assent.mandates import Actor, Role, probe_of
from assent.people import PersonId
from assent.services.accounting import record_entry
from assent.services.run_search import PROBE_PHOTO
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import ledger as stored_ledger
from assent.storage import mandates as stored_mandates
from assent.storage import people as stored_people
from assent.storage import searches as stored_searches

SHOWN = "shown"
ONE_LOOK = timedelta(minutes=10)
"""For how long what was opened stays open to whoever opened it."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class InspectedCandidate:
    """Who was returned; name and portrait (JPEG) are None once the person withdrew."""

    rank: int
    person: PersonId
    distance: float
    name: str | None
    portrait: bytes | None


@dataclass(frozen=True, slots=True)
class InspectedSearch:
    """A search with what lies under its keys; whatever a rule or an erasure ended is None, or missing from the list."""

    record: SearchRecord
    justification: str | None
    case_number: str | None
    probe_portrait: bytes | None
    candidates: tuple[InspectedCandidate, ...]


def inspect_searches(runtime: Runtime, actor: Actor, records: Sequence[SearchRecord]) -> list[InspectedSearch]:
    """Open some searches; takes an overseer. Raises RoleMissing."""
    actor.require_role(Role.OVERSEER)
    with runtime.database.transaction() as transaction:
        for record in records:
            fields: dict[str, JsonValue] = {"manner": SHOWN, "searches": 1}
            if record.search is not None:
                fields["search"] = record.search
            at = runtime.clock()
            record_entry(runtime, transaction, EntryKind.SEARCH_INSPECTED, actor=actor, at=at, fields=fields)
    return _open_records(runtime, records)


def reopen_search(runtime: Runtime, actor: Actor, record: SearchRecord) -> InspectedSearch | None:
    """Show once more what this overseer opened within the last minutes, as the ledger's entry of it says; else None.

    A page and its pictures are asked for one by one; together they are one look. Raises RoleMissing.
    """
    actor.require_role(Role.OVERSEER)
    since = runtime.clock() - ONE_LOOK
    looks = record.list_entries(EntryKind.SEARCH_INSPECTED)
    if not any(look.fields["actor"] == actor.member.id and look.at > since for look in looks):
        return None
    return _open_records(runtime, [record])[0]


def _open_records(runtime: Runtime, records: Sequence[SearchRecord]) -> list[InspectedSearch]:
    with runtime.database.snapshot() as view:
        numbers = _open_case_numbers(runtime, view, {record.case for record in records if record.case})
        return [
            InspectedSearch(
                record=record,
                justification=_open_justification(runtime, view, record),
                case_number=numbers.get(record.case or ""),
                probe_portrait=_read_probe(runtime, record),
                candidates=tuple(_list_candidates(runtime, view, record)),
            )
            for record in records
        ]


def name_members(runtime: Runtime, actor: Actor) -> Mapping[str, str]:
    """Resolve members' identifiers into handles; takes an overseer. Raises RoleMissing."""
    actor.require_role(Role.OVERSEER)
    with runtime.database.snapshot() as view:
        return {member.id: member.handle for member in stored_mandates.load_members(view, runtime.vault)}


def find_searches_of_person(runtime: Runtime, actor: Actor, person: str) -> list[str]:
    """List the searches that returned a person, newest first, as far as candidates are kept; takes an overseer.

    Raises RoleMissing, and NotFound where nobody has this identifier and no search returned them.
    """
    actor.require_role(Role.OVERSEER)
    with runtime.database.snapshot() as view:
        found = stored_searches.load_searches_that_returned(view, PersonId(person))
        if not found and person not in stored_people.list_person_ids(view):
            raise NotFound(f"There is no person {person}, and no search returned them.")
    return [search.id for search in found]


def _read_probe(runtime: Runtime, record: SearchRecord) -> bytes | None:
    search = record.search
    return None if search is None else _or_none(lambda: runtime.photos.read(probe_of(search), PROBE_PHOTO))


def _open_justification(runtime: Runtime, view: Connection, record: SearchRecord) -> str | None:
    index = next((index for index, entry in record.steps if entry is record.opening), None)
    if index is None or "justification" not in record.opening.fields:
        return None
    opened = _or_none(lambda: _open(runtime, view, index, record.opening, "justification"))
    return None if opened is None else opened.decode()


def _open_case_numbers(runtime: Runtime, view: Connection, cases: set[str]) -> dict[str, str]:
    return {case.id: case.number for case in stored_mandates.load_cases(view, runtime.vault) if case.id in cases}


def _open(runtime: Runtime, view: Connection, index: int, entry: Entry, field: str) -> bytes:
    openings = stored_ledger.load_openings(view, index)
    if field not in openings:
        raise NotFound(f"Entry {index}: {field} was removed.")
    subject, sealed = openings[field]
    opened = runtime.vault.unseal(subject, f"opening:{index}:{field}", sealed)
    # What is shown is what was promised in the ledger at the time.
    check_commitment(str(entry.fields[field]), opened[:SALT_BYTES], opened[SALT_BYTES:])
    return opened[SALT_BYTES:]


def _list_candidates(runtime: Runtime, view: Connection, record: SearchRecord) -> list[InspectedCandidate]:
    search = stored_searches.load_search(view, record.search or "")
    shown = []
    for candidate in search.outcome.candidates if search and search.outcome else ():
        name = portrait = None
        with suppress(NotFound):
            name = stored_people.load_person(view, runtime.vault, candidate.person).name
            portrait = runtime.photos.read(candidate.person, candidate.reference)
        shown.append(InspectedCandidate(candidate.rank, candidate.person, candidate.distance, name, portrait))
    return shown


def _or_none(read: Callable[[], Value]) -> Value | None:
    try:
        return read()
    except NotFound:
        return None
