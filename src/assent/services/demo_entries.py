"""The demonstration's ledger in plain words, with runs of alike entries drawn together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from assent.ledger import Entry, EntryKind
from assent.services.demo_story import LedgerLine
from assent.services.show_ledger import IndexedEntry

_ENROLLING = frozenset({EntryKind.CONSENT_GIVEN, EntryKind.PERSON_ENROLLED})


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
    fields = entry.fields
    match entry.kind:
        case EntryKind.MEMBER_CHANGED:
            return f"Member {handles.get(str(fields['member']), fields['member'])} added"
        case EntryKind.SETTINGS_CHANGED:
            return f"Purpose {fields['purpose']} defined, wording {fields['text_version']}"
        case EntryKind.LICENCE_ISSUED:
            return f"Licence issued for {' and '.join(_list(fields['purposes']))}, {fields['quota']} searches"
        case EntryKind.CASE_OPENED:
            return f"Case opened for {fields['purpose']}"
        case EntryKind.SEARCH_STARTED:
            return f"Search {fields['number']} started for {fields['purpose']}"
        case EntryKind.SEARCH_FINISHED:
            return (
                f"Search {fields['number']} finished: {_count_candidates(fields['candidates'])} "
                f"among {fields['gallery_size']} people"
            )
        case EntryKind.SEARCH_FAILED:
            return f"Search {fields['number']} failed: {_say(fields['cause'])}"
        case EntryKind.SEARCH_REFUSED:
            return f"Search {fields['number']} refused: {_say(fields['cause'])}"
        case EntryKind.CONSENT_WITHDRAWN:
            return f"Consent to {fields['purpose']} withdrawn"
        case EntryKind.PERSON_ERASED:
            return "Person erased: key, template, photos and name destroyed"
        case _:
            return _say(entry.kind)


def _list(value: object) -> Sequence[str]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else [str(value)]


def _count_candidates(count: object) -> str:
    return {0: "no candidate", 1: "1 candidate"}.get(count, f"{count} candidates") if isinstance(count, int) else "?"


def _say(slug: object) -> str:
    return str(slug).replace("-", " ").replace(".", ", ")
