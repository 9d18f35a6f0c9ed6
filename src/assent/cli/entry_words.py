"""Ledger entries in plain words, for people who were handed one and its proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from assent.cli.rendering import show
from assent.ledger import KINDS, Entry, EntryKind

SENTENCES: Final[Mapping[EntryKind, str]] = {
    EntryKind.CONSENT_GIVEN: "Person {person} agreed to be found for {purpose}.",
    EntryKind.CONSENT_WITHDRAWN: "Person {person} took back the consent for {purpose}.",
    EntryKind.PERSON_ENROLLED: "Person {person} was enrolled with {references} pictures.",
    EntryKind.PERSON_ERASED: "Everything held about person {person} was destroyed.",
    EntryKind.PERSON_CORRECTED: "What is held about person {person} was corrected: {what}.",
    EntryKind.REGISTRATION_CHANGED: "The registration of person {person} was {change}.",
    EntryKind.INVITATION_CHANGED: "Invitation {invitation} was {change}.",
    EntryKind.LINK_CHANGED: "The personal link to the page of person {person} was {change}.",
    EntryKind.KIN_INFORMED: "What the family of person {person} learns was decided: {told}.",
    EntryKind.SEARCH_DELAYED: "Telling people about search {search} was put off until {until}.",
    EntryKind.LICENCE_ISSUED: "Member {holder} was licensed to make {quota} searches for {purposes}.",
    EntryKind.LICENCE_CHANGED: "Licence {licence} was {change}.",
    EntryKind.CASE_OPENED: "Case {case} was opened for {purpose}.",
    EntryKind.CASE_CLOSED: "Case {case} was closed.",
    EntryKind.SEARCH_REQUESTED: "Member {holder} asked for approval of search {search} for {purpose}.",
    EntryKind.SEARCH_APPROVED: "Search {search} by member {holder} was approved.",
    EntryKind.SEARCH_REFUSED: "A search by member {holder} was refused: {cause}.",
    EntryKind.SEARCH_STARTED: "Member {holder} started search {search}, number {number} of licence {licence}.",
    EntryKind.SEARCH_FINISHED: "Search {search} ended with {candidates} candidates among {gallery_size} people.",
    EntryKind.SEARCH_FAILED: "Search {search} failed: {cause}.",
    EntryKind.SEARCH_SEALED: "The result of search {search} was closed and its candidates deleted: {cause}.",
    EntryKind.SEARCH_INSPECTED: "{searches} searches were inspected: {manner}.",
    EntryKind.RECORD_DELETED: "A record was deleted as its rule says after {rule_days} days: {record}.",
    EntryKind.HOLD_CHANGED: "A legal hold was {change}.",
    EntryKind.CANDIDATE_REVIEWED: "A candidate of search {search} was reviewed: {conclusion}.",
    EntryKind.DISCLOSURE: "Something was disclosed: {subject}.",
    EntryKind.MEMBER_CHANGED: "Member {member} was {change}; their roles: {roles}.",
    EntryKind.SETTINGS_CHANGED: "Setting {setting} was changed.",
    EntryKind.PACK_CHANGED: "Pack {pack} was {change}.",
    EntryKind.KEY_ROTATED: "Key {key} was replaced: {cause}.",
    EntryKind.BACKUP_MADE: "A backup was made at {ledger_size} entries.",
    EntryKind.BACKUP_RESTORED: "A backup of {ledger_size} entries was restored; {erasures_replayed} erasures repeated.",
    EntryKind.DUPLICATES_CHECKED: "A steward asked whether somebody is enrolled already for {purpose}: check {check}.",
    EntryKind.DUPLICATES_LISTED: "Check {check} named {candidates} people among {gallery_size}.",
    EntryKind.ALBUM_SCANNED: "An album of {photos} photos was searched for {purpose}: {candidates} candidates.",
    EntryKind.PHOTO_REDACTED: "{covered} of {faces} faces in a photo were covered.",
}
_ACTORS: Final = {"self": "the person concerned", "system": "the program itself"}


def tell_entry(entry: Entry) -> str:
    """Say in one sentence what an entry records."""
    sentence = SENTENCES.get(entry.kind)
    if sentence is None:
        return f"{entry.kind}."
    return sentence.format_map({name: _say(value) for name, value in entry.fields.items()})


def list_entry_facts(index: int, entry: Entry) -> list[tuple[str, object]]:
    """List everything that an entry holds, each with a name that people can read."""
    known = KINDS[entry.kind].known_fields
    actor = str(entry.fields["actor"])
    facts: list[tuple[str, object]] = [
        ("Entry", index),
        ("Written", entry.at),
        ("By", f"{_ACTORS.get(actor, f'member {actor}')}, through {entry.fields['channel']}"),
    ]
    for name, value in entry.fields.items():
        if name not in {"actor", "channel"}:
            hidden = "hidden, " if known[name].name == "commitment" else ""
            facts.append((name.replace("_", " ").capitalize(), hidden + _say(value)))
    return facts


def _say(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return show(value)
