"""What must be in the database if every entry is true: the state that the entries, read in order, add up to."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assent.errors import LedgerBroken
from assent.ledger.entries import Entry
from assent.ledger.vocabulary import COMMITMENT, KINDS, EntryKind

FactKey = tuple[str, str]
"""What kind of thing, and its identifier."""

RETENTION_SETTING = "retention-"
"""Before the kind of record, the name of the setting that says how long such records are kept."""
CANDIDATES_RECORD = "candidates"
PURPOSE_SETTING = "purpose"
TRANSLATION_SETTING = "purpose-translation"
REGISTRATION_CONFIRMED = "confirmed"
INVITATION_MADE = "made"
INVITATION_REDRAWN = "redrawn"

_LICENCE_TERMS = ("holder", "purposes", "from", "until", "quota", "approval", "urgent")
_IN_FORCE = {"revoked": False, "suspended": False}
_LICENCE_CHANGES = {"revoked": {"revoked": True}, "suspended": {"suspended": True}, "lifted": {"suspended": False}}
_REQUEST_TERMS = ("licence", "holder", "case", "purpose", "probe_source")
_SEARCH_TERMS = (*_REQUEST_TERMS, "number")
_PEOPLE_KINDS = {
    EntryKind.PERSON_ENROLLED,
    EntryKind.PERSON_ERASED,
    EntryKind.CONSENT_GIVEN,
    EntryKind.CONSENT_WITHDRAWN,
    EntryKind.PERSON_CORRECTED,
    EntryKind.REGISTRATION_CHANGED,
    EntryKind.LINK_CHANGED,
    EntryKind.KIN_INFORMED,
}
_CASE_KINDS = {EntryKind.CASE_OPENED, EntryKind.CASE_CLOSED}
_CHECK_KINDS = {EntryKind.DUPLICATES_CHECKED, EntryKind.DUPLICATES_LISTED}
_LICENCE_KINDS = {EntryKind.LICENCE_ISSUED, EntryKind.LICENCE_CHANGED}
_SEARCH_KINDS = {
    EntryKind.SEARCH_STARTED,
    EntryKind.SEARCH_FINISHED,
    EntryKind.SEARCH_FAILED,
    EntryKind.SEARCH_REFUSED,
    EntryKind.SEARCH_SEALED,
    EntryKind.SEARCH_REQUESTED,
    EntryKind.SEARCH_APPROVED,
}
_NOBODY_APPROVED = "approval-missing"
_PERSON_PAGE = ("personal link", "kin wish")
_KEEPING_KINDS = {
    EntryKind.CANDIDATE_REVIEWED,
    EntryKind.RECORD_DELETED,
    EntryKind.HOLD_CHANGED,
    EntryKind.SEARCH_DELAYED,
}
_OUTCOME = ("pack", "gallery", "gallery_size", "threshold", "candidates")


class Fact:
    """The state of one thing; `last_index` is the entry that changed it last.

    A ledger has very many things in few shapes, so that only the values are kept for each, and equal texts once.
    """

    __slots__ = ("_names", "_values", "is_found", "last_index")

    def __init__(self, state: Mapping[str, Any], last_index: int) -> None:
        self.state = state
        self.last_index = last_index
        self.is_found = False

    @property
    def state(self) -> Mapping[str, Any]:
        """What is so, by name."""
        return dict(zip(self._names, self._values, strict=True))

    @state.setter
    def state(self, state: Mapping[str, Any]) -> None:
        names = tuple(state)
        self._names = _SHAPES.setdefault(names, names)
        self._values = tuple(sys.intern(value) if isinstance(value, str) else value for value in state.values())


_SHAPES: dict[tuple[str, ...], tuple[str, ...]] = {}


@dataclass(slots=True)
class Facts:
    """Everything that should exist, by kind and identifier, after `size` entries."""

    known: dict[FactKey, Fact] = field(default_factory=dict)
    size: int = 0
    consents_of: dict[str, list[FactKey]] = field(default_factory=dict)

    def add(self, index: int, entry: Entry) -> None:
        """Add the next entry. Raises LedgerBroken where it speaks of what was never there."""
        try:
            _apply(self, index, entry)
        except KeyError as error:
            flaw = f"entry {index} ({entry.kind}) speaks of something that no entry before it made"
            raise LedgerBroken(flaw, first_bad_index=index) from error
        self.size = index + 1

    def compare(self, found: Iterable[tuple[FactKey, Mapping[str, Any]]]) -> None:
        """Compare with what the database holds. Raises LedgerBroken at the first entry that the database belies."""
        flaws: list[tuple[int, str]] = []
        for key, state in found:
            what = f"{key[0]} {key[1]}"
            fact = self.known.get(key)
            if fact is None:
                flaws.append((self.size, f"the database holds {what}, of which no entry speaks"))
                continue
            fact.is_found = True
            for name, value in fact.state.items():
                if state.get(name) != value:
                    said = f"the database says {name} {state.get(name)!r} of {what}, the ledger {value!r}"
                    flaws.append((fact.last_index, said))
        for (kind, identifier), fact in self.known.items():
            if not fact.is_found:
                said = f"entry {fact.last_index} speaks of {kind} {identifier}, which the database lacks"
                flaws.append((fact.last_index, said))
        if flaws:
            index, flaw = min(flaws)
            raise LedgerBroken(flaw, first_bad_index=index)


def collect_facts(entries: Iterable[Entry]) -> Facts:
    """Add up all entries from the first on. Raises LedgerBroken where one speaks of what was never there."""
    facts = Facts()
    for index, entry in enumerate(entries):
        facts.add(index, entry)
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
    elif entry.kind in _CASE_KINDS:
        _apply_to_cases(known, index, entry)
    elif entry.kind in _CHECK_KINDS:
        _apply_to_checks(known, index, entry)
    elif entry.kind is EntryKind.SETTINGS_CHANGED:
        _apply_to_settings(known, index, entry)
    elif entry.kind is EntryKind.INVITATION_CHANGED:
        _apply_to_invitations(known, index, entry)
    elif entry.kind in _KEEPING_KINDS:
        _apply_to_keeping(known, index, entry)


def _apply_to_settings(known: dict[FactKey, Fact], index: int, entry: Entry) -> None:
    fields, setting = entry.fields, str(entry.fields["setting"])
    if setting == PURPOSE_SETTING and "purpose" in fields:
        state = {"text_version": fields["text_version"], "text": fields["text"]}
        known["purpose", str(fields["purpose"])] = Fact(state, index)
    elif setting == TRANSLATION_SETTING:
        state = {"text_version": fields["text_version"], "text": fields["text"]}
        known["purpose text", f"{fields['purpose']} {fields['language']}"] = Fact(state, index)
    elif setting.startswith(RETENTION_SETTING):
        kind = setting.removeprefix(RETENTION_SETTING)
        known["retention rule", kind] = Fact({"days": fields["value"]}, index)


def _apply_to_people(facts: Facts, index: int, entry: Entry) -> None:
    known, fields = facts.known, entry.fields
    person = str(fields["person"])
    if entry.kind is EntryKind.PERSON_ENROLLED:
        terms = {"references": fields["references"], "basis": fields["basis"]}
        known["person", person] = Fact({**terms, "pending": fields.get("pending", False)}, index)
    elif entry.kind is EntryKind.PERSON_ERASED:
        del known["person", person]
        for kind in _PERSON_PAGE:
            known.pop((kind, person), None)
        for key in facts.consents_of.pop(person, []):
            del known[key]
    elif entry.kind is EntryKind.CONSENT_GIVEN:
        key = ("consent", str(fields["consent"]))
        given = {name: fields.get(name) for name in ("person", "purpose", "basis", "from", "until")}
        known[key] = Fact({**given, "withdrawn": False}, index)
        facts.consents_of.setdefault(person, []).append(key)
    elif entry.kind is EntryKind.CONSENT_WITHDRAWN:
        _change(known["consent", str(fields["consent"])], index, withdrawn=True)
        if all(known[key].state["withdrawn"] for key in facts.consents_of[person]):
            # Nobody who is on the way out waits for a check any more.
            known["person", person].state = {**known["person", person].state, "pending": False}
    else:
        _apply_to_person_pages(known, index, entry)


def _apply_to_person_pages(known: dict[FactKey, Fact], index: int, entry: Entry) -> None:
    fields = entry.fields
    person = str(fields["person"])
    enrolled = known["person", person]
    if entry.kind is EntryKind.REGISTRATION_CHANGED and fields["change"] == REGISTRATION_CONFIRMED:
        _change(enrolled, index, pending=False)
    elif entry.kind is EntryKind.LINK_CHANGED:
        known["personal link", person] = Fact({"bearer": fields["bearer"]}, index)
    elif entry.kind is EntryKind.KIN_INFORMED:
        known["kin wish", person] = Fact({"told": fields["told"]}, index)


def _apply_to_invitations(known: dict[FactKey, Fact], index: int, entry: Entry) -> None:
    fields = entry.fields
    key = ("invitation", str(fields["invitation"]))
    if fields["change"] == INVITATION_MADE:
        known[key] = Fact({"bearer": fields["bearer"], "state": INVITATION_MADE}, index)
    elif fields["change"] != INVITATION_REDRAWN:
        _change(known[key], index, state=fields["change"])


def _apply_to_cases(known: dict[FactKey, Fact], index: int, entry: Entry) -> None:
    key = ("case", str(entry.fields["case"]))
    if entry.kind is EntryKind.CASE_OPENED:
        known[key] = Fact({"purpose": entry.fields["purpose"], "closed": False}, index)
    else:
        _change(known[key], index, closed=True)


def _apply_to_checks(known: dict[FactKey, Fact], index: int, entry: Entry) -> None:
    fields = entry.fields
    key = ("duplicate check", str(fields["check"]))
    if entry.kind is EntryKind.DUPLICATES_CHECKED:
        state = {"purpose": fields["purpose"], "steward": fields["actor"], "gallery_size": None, "candidates": 0}
        known[key] = Fact(state, index)
    else:
        _change(known[key], index, gallery_size=fields["gallery_size"], candidates=fields["candidates"])


def _apply_to_licences(known: dict[FactKey, Fact], index: int, entry: Entry) -> None:
    fields = entry.fields
    key = ("licence", str(fields["licence"]))
    terms = {name: fields[name] for name in _LICENCE_TERMS if name in fields}
    if entry.kind is EntryKind.LICENCE_ISSUED:
        known[key] = Fact({"urgent": False, **terms, **_IN_FORCE, "started": 0, "refused": 0}, index)
    else:
        _change(known[key], index, **terms, **_LICENCE_CHANGES.get(str(fields["change"]), {}))


def _apply_to_searches(known: dict[FactKey, Fact], index: int, entry: Entry) -> None:
    fields = entry.fields
    if entry.kind is EntryKind.SEARCH_REFUSED:
        if "licence" in fields:
            licence = known["licence", str(fields["licence"])]
            _change(licence, index, refused=licence.state["refused"] + 1)
        if "search" in fields:
            _change(known["request", str(fields["search"])], index, state="refused", approver=fields["actor"])
        return
    key = ("search", str(fields["search"]))
    if entry.kind is EntryKind.SEARCH_STARTED:
        terms = {name: fields[name] for name in _SEARCH_TERMS} | {"urgent": fields.get("urgent", False)}
        known[key] = Fact({**terms, "state": "started", "candidates": 0}, index)
        licence = known["licence", str(fields["licence"])]
        _change(licence, index, started=licence.state["started"] + 1)
        _use_approval(known, index, entry, licence)
    elif entry.kind is EntryKind.SEARCH_FINISHED:
        _change(known[key], index, state="finished", **{name: fields[name] for name in _OUTCOME})
    elif entry.kind is EntryKind.SEARCH_SEALED:
        is_refused = fields["cause"] != _NOBODY_APPROVED
        decision = {"state": "refused", "approver": fields["actor"]} if is_refused else {"state": "expired"}
        _change(known["request", str(fields["search"])], index, **decision)
        _change(known[key], index, state="sealed", cause=fields["cause"], candidates=0)
    elif entry.kind is EntryKind.SEARCH_FAILED:
        _change(known[key], index, state="failed", cause=fields["cause"])
    else:
        _apply_to_requests(known, index, entry)


def _apply_to_requests(known: dict[FactKey, Fact], index: int, entry: Entry) -> None:
    fields = entry.fields
    key = ("request", str(fields["search"]))
    if entry.kind is EntryKind.SEARCH_REQUESTED:
        terms = {name: fields[name] for name in _REQUEST_TERMS}
        known[key] = Fact({**terms, "urgent": False, "state": "pending", "approver": None}, index)
        return
    if fields["actor"] == known[key].state["holder"]:
        raise LedgerBroken(f"entry {index} approves a search in the name of who asked for it", first_bad_index=index)
    _change(known[key], index, state="approved", approver=fields["actor"])


def _use_approval(known: dict[FactKey, Fact], index: int, entry: Entry, licence: Fact) -> None:
    """Let a start use its approval up, or open the request of an urgent one. Raises LedgerBroken where none is due."""
    fields = entry.fields
    key = ("request", str(fields["search"]))
    if fields.get("urgent", False):
        if not licence.state["urgent"]:
            flaw = f"entry {index} starts a search before its approval, which its licence forbids"
            raise LedgerBroken(flaw, first_bad_index=index)
        terms = {name: fields[name] for name in _REQUEST_TERMS}
        known[key] = Fact({**terms, "urgent": True, "state": "pending", "approver": None}, index)
    elif licence.state["approval"] or key in known:
        if key not in known or known[key].state["state"] != "approved":
            raise LedgerBroken(f"entry {index} starts a search that nobody approved", first_bad_index=index)
        _change(known[key], index, state="used")


def _apply_to_keeping(known: dict[FactKey, Fact], index: int, entry: Entry) -> None:
    fields = entry.fields
    subject = str(fields.get("search") or fields.get("case"))
    if not any((kind, subject) in known for kind in ("search", "request", "case")):
        raise KeyError(subject)
    if entry.kind is EntryKind.CANDIDATE_REVIEWED:
        key = ("review", f"{subject} {fields['actor']}")
        if key in known or known["search", subject].state["holder"] == fields["actor"]:
            flaw = f"entry {index} reviews a search in the name of its holder, or a second time"
            raise LedgerBroken(flaw, first_bad_index=index)
        known[key] = Fact({"conclusion": fields["conclusion"]}, index)
    elif entry.kind is EntryKind.HOLD_CHANGED:
        state = {"subject": subject, "lifted": fields["change"] == "lifted"}
        known["hold", str(fields["hold"])] = Fact(state, index)
    elif entry.kind is EntryKind.SEARCH_DELAYED:
        known["delay", subject] = Fact({"until": fields["until"]}, index)
    else:
        known["deletion", f"{fields['record']} {subject}"] = Fact({}, index)
        if fields["record"] == CANDIDATES_RECORD:
            _change(known["search", subject], index, candidates=0)


_COMMITMENTS = {
    kind: tuple(sorted(name for name, field_type in fields.known_fields.items() if field_type is COMMITMENT))
    for kind, fields in KINDS.items()
}


def list_commitments(entry: Entry) -> list[str]:
    """List the fields of an entry that are commitments, sorted."""
    return [name for name in _COMMITMENTS[entry.kind] if name in entry.fields]


def _change(fact: Fact, index: int, **state: Any) -> None:
    fact.state = {**fact.state, **state}
    fact.last_index = index


def _read_list(value: Any) -> list[str]:
    return list(value)
