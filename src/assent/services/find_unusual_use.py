"""Find unusual use for an overseer, also from the probes and candidates that are still kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo

from assent.ledger import (
    SALT_BYTES,
    Entry,
    EntryKind,
    Finding,
    JsonValue,
    Period,
    Rule,
    SearchRecord,
    collect_quotas,
    collect_searches,
    find_unusual,
    format_time,
)
from assent.mandates import Actor, MemberId, Role
from assent.people import PersonId
from assent.services.accounting import record_entry
from assent.services.compare_probes import embed_probes, find_other_faces, find_same_faces, find_same_photos
from assent.services.find_unusual_in_copy import UnusualUse, keep_period, list_finished
from assent.services.read_ledger_copy import read_own_copy
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import oversight as stored_oversight

COMPARED = "compared"
PROBE_FIELD = "probe"


def find_unusual_use(runtime: Runtime, actor: Actor, *, zone: tzinfo, period: Period | None = None) -> UnusualUse:
    """Apply all rules; takes an overseer. That probes are compared is in the ledger before the first is opened.

    Raises RoleMissing.
    """
    actor.require_role(Role.OVERSEER)
    copy = read_own_copy(runtime)
    records = collect_searches(enumerate(copy.entries))
    finished = list_finished(records, period)
    _record_comparison(runtime, actor, finished)
    with runtime.database.snapshot() as view:
        photos = list(_open_digests(runtime, view, copy.entries, records))
        returned = stored_oversight.load_returned_people(view)
        links = stored_oversight.load_links(view)
    threshold = runtime.pack.manifest.default_threshold
    probes = embed_probes(runtime, finished)
    findings = [
        *find_unusual(records, collect_quotas(copy.entries), until=max(copy.until, runtime.clock()), zone=zone),
        *find_same_photos(photos),
        *find_same_faces(probes, threshold),
        *find_other_faces(probes, threshold),
        *_find_colleagues(records, returned, links),
    ]
    return UnusualUse(keep_period(findings, records, period), len(finished), len(probes))


def _record_comparison(runtime: Runtime, actor: Actor, finished: Sequence[SearchRecord]) -> None:
    fields: dict[str, JsonValue] = {"manner": COMPARED, "searches": len(finished)}
    if finished:
        fields |= {"from": format_time(finished[0].at), "until": format_time(finished[-1].at)}
    with runtime.database.transaction() as transaction:
        at = runtime.clock()
        record_entry(runtime, transaction, EntryKind.SEARCH_INSPECTED, actor=actor, at=at, fields=fields)


def _open_digests(
    runtime: Runtime, view: Connection, entries: Sequence[Entry], records: Iterable[SearchRecord]
) -> Iterator[tuple[SearchRecord, bytes]]:
    by_search = {record.search: record for record in records if record.is_started}
    for index, opened in stored_oversight.open_field(view, runtime.vault, PROBE_FIELD):
        # A search that was approved committed to its photo twice: with the request, and with the start.
        if index < len(entries) and entries[index].kind is EntryKind.SEARCH_STARTED:
            yield by_search[str(entries[index].fields["search"])], opened[SALT_BYTES:]


def _find_colleagues(
    records: Iterable[SearchRecord], returned: Mapping[str, Sequence[PersonId]], links: Mapping[MemberId, PersonId]
) -> Iterator[Finding]:
    members = {person: member for member, person in links.items()}
    found: dict[tuple[str, str], list[SearchRecord]] = defaultdict(list)
    for record in records:
        for person in returned.get(record.search or "", ()):
            if person in members:
                found[record.holder, members[person]].append(record)
    for (holder, member), searches in found.items():
        names = tuple(record.name for record in searches)
        if holder == member:
            yield Finding(Rule.OWN_FACE, holder, f"{len(searches)} searches by {holder} returned {holder}.", names)
        else:
            reason = f"{len(searches)} searches by {holder} returned a colleague, {member}."
            yield Finding(Rule.COLLEAGUE, holder, reason, names)
