"""What must be in the database if every entry is true: the state that the entries, read in order, add up to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assent.errors import LedgerBroken
from assent.ledger.entries import Entry
from assent.ledger.vocabulary import COMMITMENT, KINDS, EntryKind

FactKey = tuple[str, str]
"""What kind of thing, and its identifier."""

_LICENCE_TERMS = ("holder", "purposes", "from", "until", "quota", "approval")
_SEARCH_TERMS = ("licence", "number", "holder", "case", "purpose", "probe_source")
_PEOPLE_KINDS = {
    EntryKind.PERSON_ENROLLED,
    EntryKind.PERSON_ERASED,
    EntryKind.CONSENT_GIVEN,
    EntryKind.CONSENT_WITHDRAWN,
}
_LICENCE_KINDS = {EntryKind.LICENCE_ISSUED, EntryKind.LICENCE_CHANGED}
_SEARCH_KINDS = {
    EntryKind.SEARCH_STARTED,
    EntryKind.SEARCH_FINISHED,
    EntryKind.SEARCH_FAILED,
    EntryKind.SEARCH_REFUSED,
}
_OUTCOME = ("pack", "gallery", "gallery_size", "threshold", "candidates")


@dataclass(slots=True)
class Fact:
    """The state of one thing; `last_index` is the entry that changed it last."""

    state: dict[str, Any]
    last_index: int


@dataclass(slots=True)
class Facts:
    """Everything that should exist, by kind and identifier, after `size` entries."""

    known: dict[FactKey, Fact] = field(default_factory=dict)
    size: int = 0
    consents_of: dict[str, list[FactKey]] = field(default_factory=dict)

    def compare(self, found: Mapping[FactKey, Mapping[str, Any]]) -> None:
        """Compare with what the database holds. Raises LedgerBroken at the first entry that the database belies."""
        flaws: list[tuple[int, str]] = []
        for key, fact in self.known.items():
            what = f"{key[0]} {key[1]}"
            if key not in found:
                flaws.append((fact.last_index, f"entry {fact.last_index} speaks of {what}, which the database lacks"))
                continue
            for name, value in fact.state.items():
                if found[key].get(name) != value:
                    said = f"the database says {name} {found[key].get(name)!r} of {what}, the ledger {value!r}"
                    flaws.append((fact.last_index, said))
        flaws.extend(
            (self.size, f"the database holds {kind} {identifier}, of which no entry speaks")
            for kind, identifier in found.keys() - self.known.keys()
        )
        if flaws:
            index, flaw = min(flaws)
            raise LedgerBroken(flaw, first_bad_index=index)


def collect_facts(entries: Iterable[Entry]) -> Facts:
    """Add up all entries from the first on. Raises LedgerBroken where one speaks of what was never there."""
    facts = Facts()
    for index, entry in enumerate(entries):
        try:
            _apply(facts, index, entry)
        except KeyError as error:
            flaw = f"entry {index} ({entry.kind}) speaks of something that no entry before it made"
            raise LedgerBroken(flaw, first_bad_index=index) from error
        facts.size = index + 1
    return facts


def _apply(facts: Facts, index: int, entry: Entry) -> None:
    known, fields = facts.known, entry.fields
    if entry.kind in _PEOPLE_KINDS:
        _apply_to_people(facts, index, entry)
    elif entry.kind in _SEARCH_KINDS:
        _apply_to_searches(known, index, entry)
    elif entry.kind in _LICENCE_KINDS:
        _apply_to_licences(known, index, entry)
    elif entry.kind is EntryKind.MEMBER_CHANGED:
        known["member", str(fields["member"])] = Fact({"roles": tuple(sorted(_read_list(fields["roles"])))}, index)
    elif entry.kind is EntryKind.CASE_OPENED:
        known["case", str(fields["case"])] = Fact({"purpose": fields["purpose"]}, index)
    elif entry.kind is EntryKind.SETTINGS_CHANGED and "purpose" in fields:
        state = {"text_version": fields["text_version"], "text": fields["text"]}
        known["purpose", str(fields["purpose"])] = Fact(state, index)


def _apply_to_people(facts: Facts, index: int, entry: Entry) -> None:
    known, fields = facts.known, entry.fields
    person = str(fields["person"])
    if entry.kind is EntryKind.PERSON_ENROLLED:
        known["person", person] = Fact({"references": fields["references"], "basis": fields["basis"]}, index)
    elif entry.kind is EntryKind.PERSON_ERASED:
        del known["person", person]
        for key in facts.consents_of.pop(person, []):
            del known[key]
    elif entry.kind is EntryKind.CONSENT_GIVEN:
        key = ("consent", str(fields["consent"]))
        terms = {name: fields.get(name) for name in ("person", "purpose", "basis", "from", "until")}
        known[key] = Fact({**terms, "withdrawn": False}, index)
        facts.consents_of.setdefault(person, []).append(key)
    else:
        _change(known["consent", str(fields["consent"])], index, withdrawn=True)


def _apply_to_licences(known: dict[FactKey, Fact], index: int, entry: Entry) -> None:
    fields = entry.fields
    key = ("licence", str(fields["licence"]))
    terms = {name: fields[name] for name in _LICENCE_TERMS if name in fields}
    if entry.kind is EntryKind.LICENCE_ISSUED:
        known[key] = Fact({**terms, "revoked": False, "started": 0, "refused": 0}, index)
    else:
        revoked = {"revoked": True} if fields["change"] == "revoked" else {}
        _change(known[key], index, **terms, **revoked)


def _apply_to_searches(known: dict[FactKey, Fact], index: int, entry: Entry) -> None:
    fields = entry.fields
    if entry.kind is EntryKind.SEARCH_REFUSED:
        if "licence" in fields:
            licence = known["licence", str(fields["licence"])]
            _change(licence, index, refused=licence.state["refused"] + 1)
        return
    key = ("search", str(fields["search"]))
    if entry.kind is EntryKind.SEARCH_STARTED:
        terms = {name: fields[name] for name in _SEARCH_TERMS}
        known[key] = Fact({**terms, "state": "started", "candidates": 0}, index)
        licence = known["licence", str(fields["licence"])]
        _change(licence, index, started=licence.state["started"] + 1)
    elif entry.kind is EntryKind.SEARCH_FINISHED:
        _change(known[key], index, state="finished", **{name: fields[name] for name in _OUTCOME})
    else:
        _change(known[key], index, state="failed", cause=fields["cause"])


def list_commitments(entry: Entry) -> list[str]:
    """List the fields of an entry that are commitments."""
    return [name for name in entry.fields if KINDS[entry.kind].known_fields[name] is COMMITMENT]


def _change(fact: Fact, index: int, **state: Any) -> None:
    fact.state.update(state)
    fact.last_index = index


def _read_list(value: Any) -> list[str]:
    return list(value)
