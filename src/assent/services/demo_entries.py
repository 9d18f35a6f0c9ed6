"""The demonstration's ledger in plain words, with runs of alike entries drawn together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final

from assent.ledger import Entry, EntryKind
from assent.services.demo_story import LedgerLine
from assent.services.show_ledger import IndexedEntry

_ENROLLING = frozenset({EntryKind.CONSENT_GIVEN, EntryKind.PERSON_ENROLLED})

SENTENCES: Final = {
    EntryKind.MEMBER_CHANGED: "Member {member} added",
    EntryKind.SETTINGS_CHANGED: "Purpose {purpose} defined, wording {text_version}",
    EntryKind.LICENCE_ISSUED: "Licence issued for {purposes}, {quota} searches",
    EntryKind.CASE_OPENED: "Case opened for {purpose}",
    EntryKind.SEARCH_STARTED: "Search {number} started for {purpose}",
    EntryKind.SEARCH_FINISHED: "Search {number} finished: {candidates} among {gallery_size} people",
    EntryKind.SEARCH_FAILED: "Search {number} failed: {cause}",
    EntryKind.SEARCH_REFUSED: "Search {number} refused: {cause}",
    EntryKind.CONSENT_GIVEN: "Consent to {purpose} given",
    EntryKind.PERSON_ENROLLED: "Person enrolled",
    EntryKind.CONSENT_WITHDRAWN: "Consent to {purpose} withdrawn",
    EntryKind.PERSON_ERASED: "Person erased: key, templates, photos and name destroyed",
}
# A search refused without a licence has no number.
UNSAID: Final = {"number": "without a number"}


def tell_entries(entries: Iterable[IndexedEntry], handles: Mapping[str, str]) -> tuple[LedgerLine, ...]:
    """Put entries into words; `handles` gives the name under which each member acts."""
    lines: list[LedgerLine] = []
    for is_enrolling, run in groupby(entries, key=lambda indexed: indexed.entry.kind in _ENROLLING):
        together = list(run)
        groups = [together] if is_enrolling else [[indexed] for indexed in together]
        lines += [_tell_group(group, handles) for group in groups]
    return tuple(lines)


def _tell_group(group: Sequence[IndexedEntry], handles: Mapping[str, str]) -> LedgerLine:
    first, last = group[0], group[-1]
    actor = str(first.entry.fields["actor"])
    if first is last:
        place, text = str(first.index), describe_entry(first.entry, handles)
    else:
        place = f"{first.index}\N{EN DASH}{last.index}"
        counts = Counter(indexed.entry.kind for indexed in group)
        text = (
            f"{counts[EntryKind.PERSON_ENROLLED]} people enrolled, "
            f"{counts[EntryKind.CONSENT_GIVEN]} consents given, one for each purpose agreed to"
        )
    return LedgerLine(place, first.entry.at, handles.get(actor, actor), text)


def describe_entry(entry: Entry, handles: Mapping[str, str]) -> str:
    """Say in one line what an entry records; nothing in it names a person or holds a face."""
    words = {name: _say(name, value, handles) for name, value in entry.fields.items()}
    return SENTENCES.get(entry.kind, entry.kind.value.replace(".", " ")).format(**{**UNSAID, **words})


def _say(name: str, value: object, handles: Mapping[str, str]) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " and ".join(map(str, value))
    match name, value:
        case "member", str():
            return handles.get(value, value)
        case "cause", str():
            return value.replace("-", " ")
        case "candidates", int():
            return {0: "no candidate", 1: "1 candidate"}.get(value, f"{value} candidates")
    return str(value)
