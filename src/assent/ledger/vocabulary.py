"""The closed vocabulary of the ledger: every kind of entry, its fields, and the few types a field can have.

No type admits free text, a name, a picture or a vector. Each type is a regular expression over the field's canonical
JSON, so an entry's bytes are checked by one expression per kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class EntryKind(StrEnum):
    """What happened."""

    # An enumeration hashes its names in Python; a ledger is read with many look-ups an entry.
    __hash__ = str.__hash__

    CONSENT_GIVEN = "consent.given"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    PERSON_ENROLLED = "person.enrolled"
    PERSON_ERASED = "person.erased"
    PERSON_CORRECTED = "person.corrected"
    REGISTRATION_CHANGED = "registration.changed"
    INVITATION_CHANGED = "invitation.changed"
    LINK_CHANGED = "link.changed"
    KIN_INFORMED = "kin.informed"
    SEARCH_DELAYED = "search.delayed"
    LICENCE_ISSUED = "licence.issued"
    LICENCE_CHANGED = "licence.changed"
    CASE_OPENED = "case.opened"
    CASE_CLOSED = "case.closed"
    SEARCH_REQUESTED = "search.requested"
    SEARCH_APPROVED = "search.approved"
    SEARCH_REFUSED = "search.refused"
    SEARCH_STARTED = "search.started"
    SEARCH_FINISHED = "search.finished"
    SEARCH_FAILED = "search.failed"
    SEARCH_SEALED = "search.sealed"
    SEARCH_INSPECTED = "search.inspected"
    CANDIDATE_REVIEWED = "candidate.reviewed"
    RECORD_DELETED = "record.deleted"
    HOLD_CHANGED = "hold.changed"
    DISCLOSURE = "disclosure"
    MEMBER_CHANGED = "member.changed"
    SETTINGS_CHANGED = "settings.changed"
    PACK_CHANGED = "pack.changed"
    KEY_ROTATED = "key.rotated"
    BACKUP_MADE = "backup.made"
    BACKUP_RESTORED = "backup.restored"
    DUPLICATES_CHECKED = "duplicates.checked"
    DUPLICATES_LISTED = "duplicates.listed"
    ALBUM_SCANNED = "album.scanned"
    PHOTO_REDACTED = "photo.redacted"


@dataclass(frozen=True, slots=True)
class FieldType:
    """A set of JSON values, given by the expression that their canonical bytes match as a whole."""

    name: str
    json_pattern: str


_SLUG = "[a-z0-9][a-z0-9-]{0,39}"
_SHA256 = "sha256:[0-9a-f]{64}"
_COUNT = "(?:0|[1-9][0-9]{0,15})"
_DECIMAL = r"-?(?:0|[1-9][0-9]{0,8})\.[0-9]{1,9}"
_TIME = (
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
)


def _identifier(name: str, prefix: str) -> FieldType:
    return FieldType(name, f'"{prefix}_[a-z2-7]{{16}}"')


PERSON_ID = _identifier("person id", "p")
MEMBER_ID = _identifier("member id", "m")
LICENCE_ID = _identifier("licence id", "l")
CASE_ID = _identifier("case id", "c")
SEARCH_ID = _identifier("search id", "s")
CONSENT_ID = _identifier("consent id", "k")
CHECK_ID = _identifier("check id", "x")
HOLD_ID = _identifier("hold id", "h")
INVITATION_ID = _identifier("invitation id", "v")
GALLERY_ID = _identifier("gallery snapshot id", "g")
ACTOR = FieldType("actor", '"(?:m_[a-z2-7]{16}|self|system)"')
CHANNEL = FieldType("channel", '"(?:cli|web|api|system)"')
SLUG = FieldType("slug", f'"{_SLUG}"')
SLUGS = FieldType("list of slugs", rf'\[(?:"{_SLUG}"(?:,"{_SLUG}"){{0,63}})?\]')
COUNT = FieldType("count", _COUNT)
DECIMAL = FieldType("decimal", f'"{_DECIMAL}"')
TIME = FieldType("time", f'"{_TIME}"')
FLAG = FieldType("flag", "(?:true|false)")
COMMITMENT = FieldType("commitment", f'"{_SHA256}"')
DIGEST = FieldType("public digest", f'"{_SHA256}"')
SETTING_VALUE = FieldType("setting value", f'(?:"(?:{_SLUG}|{_DECIMAL}|{_SHA256})"|{_COUNT}|true|false)')

COMMON_FIELDS: Mapping[str, FieldType] = MappingProxyType({"actor": ACTOR, "channel": CHANNEL})


@dataclass(frozen=True, slots=True)
class KindFields:
    """The fields of one kind, besides `v`, `kind`, `at` and the common ones."""

    required: Mapping[str, FieldType]
    optional: Mapping[str, FieldType]

    @property
    def required_fields(self) -> dict[str, FieldType]:
        """What every entry of this kind has, common fields included."""
        return {**COMMON_FIELDS, **self.required}

    @property
    def known_fields(self) -> dict[str, FieldType]:
        """What an entry of this kind may have, common fields included."""
        return {**COMMON_FIELDS, **self.required, **self.optional}


def _kind(required: dict[str, FieldType], optional: dict[str, FieldType] | None = None) -> KindFields:
    return KindFields(MappingProxyType(required), MappingProxyType(optional or {}))


_ASKED = {
    "search": SEARCH_ID,
    "licence": LICENCE_ID,
    "holder": MEMBER_ID,
    "unit": SLUG,
    "purpose": SLUG,
    "case": CASE_ID,
    "probe_source": SLUG,
    "probe": COMMITMENT,
    "justification": COMMITMENT,
}
_ENDED = {"search": SEARCH_ID, "number": COUNT, "licence": LICENCE_ID, "started": TIME, "ended": TIME}

KINDS: Mapping[EntryKind, KindFields] = MappingProxyType(
    {
        EntryKind.CONSENT_GIVEN: _kind(
            {
                "person": PERSON_ID,
                "consent": CONSENT_ID,
                "purpose": SLUG,
                "basis": SLUG,
                "text_version": SLUG,
                "from": TIME,
                "evidence": COMMITMENT,
            },
            {"until": TIME},
        ),
        EntryKind.CONSENT_WITHDRAWN: _kind({"person": PERSON_ID, "consent": CONSENT_ID, "purpose": SLUG}),
        EntryKind.PERSON_ENROLLED: _kind(
            {"person": PERSON_ID, "references": COUNT, "pack": SLUG, "basis": SLUG}, {"pending": FLAG}
        ),
        EntryKind.PERSON_ERASED: _kind({"person": PERSON_ID, "cause": SLUG}),
        EntryKind.PERSON_CORRECTED: _kind({"person": PERSON_ID, "what": SLUG}),
        EntryKind.REGISTRATION_CHANGED: _kind({"person": PERSON_ID, "change": SLUG}, {"until": TIME}),
        EntryKind.INVITATION_CHANGED: _kind(
            {"invitation": INVITATION_ID, "change": SLUG}, {"bearer": SLUG, "until": TIME, "person": PERSON_ID}
        ),
        EntryKind.LINK_CHANGED: _kind({"person": PERSON_ID, "bearer": SLUG, "change": SLUG}),
        EntryKind.KIN_INFORMED: _kind({"person": PERSON_ID, "told": SLUG}, {"text": COMMITMENT}),
        EntryKind.SEARCH_DELAYED: _kind({"search": SEARCH_ID, "until": TIME, "reason": COMMITMENT}),
        EntryKind.LICENCE_ISSUED: _kind(
            {
                "licence": LICENCE_ID,
                "holder": MEMBER_ID,
                "unit": SLUG,
                "purposes": SLUGS,
                "ground": COMMITMENT,
                "from": TIME,
                "until": TIME,
                "quota": COUNT,
                "approval": FLAG,
            },
            {"citation": COMMITMENT, "urgent": FLAG},
        ),
        EntryKind.LICENCE_CHANGED: _kind(
            {"licence": LICENCE_ID, "change": SLUG},
            {
                "from": TIME,
                "until": TIME,
                "quota": COUNT,
                "purposes": SLUGS,
                "approval": FLAG,
                "ground": COMMITMENT,
                "change_reason": COMMITMENT,
            },
        ),
        EntryKind.CASE_OPENED: _kind({"case": CASE_ID, "purpose": SLUG, "number": COMMITMENT}),
        EntryKind.CASE_CLOSED: _kind({"case": CASE_ID}),
        EntryKind.SEARCH_REQUESTED: _kind({**_ASKED, "shown": COMMITMENT}),
        EntryKind.SEARCH_APPROVED: _kind({"search": SEARCH_ID, "licence": LICENCE_ID, "holder": MEMBER_ID}),
        EntryKind.SEARCH_REFUSED: _kind(
            {"holder": MEMBER_ID, "unit": SLUG, "cause": SLUG},
            {
                "number": COUNT,
                "licence": LICENCE_ID,
                "purpose": SLUG,
                "case": CASE_ID,
                "search": SEARCH_ID,
                "decision_reason": COMMITMENT,
            },
        ),
        EntryKind.SEARCH_STARTED: _kind({**_ASKED, "number": COUNT}, {"urgent": FLAG}),
        EntryKind.SEARCH_FINISHED: _kind(
            {
                **_ENDED,
                "pack": SLUG,
                "gallery": GALLERY_ID,
                "gallery_size": COUNT,
                "threshold": DECIMAL,
                "candidates": COUNT,
                "candidate_list": COMMITMENT,
            }
        ),
        EntryKind.SEARCH_FAILED: _kind({**_ENDED, "cause": SLUG}),
        EntryKind.SEARCH_SEALED: _kind(
            {"search": SEARCH_ID, "number": COUNT, "licence": LICENCE_ID, "cause": SLUG},
            {"decision_reason": COMMITMENT},
        ),
        EntryKind.SEARCH_INSPECTED: _kind(
            {"manner": SLUG, "searches": COUNT}, {"search": SEARCH_ID, "from": TIME, "until": TIME}
        ),
        EntryKind.RECORD_DELETED: _kind({"record": SLUG, "rule_days": COUNT}, {"search": SEARCH_ID, "case": CASE_ID}),
        EntryKind.HOLD_CHANGED: _kind(
            {"hold": HOLD_ID, "change": SLUG}, {"search": SEARCH_ID, "case": CASE_ID, "reason": COMMITMENT}
        ),
        EntryKind.CANDIDATE_REVIEWED: _kind(
            {"search": SEARCH_ID, "conclusion": SLUG, "observations": COMMITMENT}, {"candidate": COMMITMENT}
        ),
        EntryKind.DISCLOSURE: _kind(
            {"subject": SLUG, "recipient": COMMITMENT, "recipient_kind": SLUG, "ground": COMMITMENT},
            {"entry": COUNT, "search": SEARCH_ID, "person": PERSON_ID, "case": CASE_ID, "candidate": COMMITMENT},
        ),
        EntryKind.MEMBER_CHANGED: _kind({"member": MEMBER_ID, "change": SLUG, "roles": SLUGS}, {"unit": SLUG}),
        EntryKind.SETTINGS_CHANGED: _kind(
            {"setting": SLUG},
            {"value": SETTING_VALUE, "purpose": SLUG, "text_version": SLUG, "text": DIGEST, "language": SLUG},
        ),
        EntryKind.PACK_CHANGED: _kind(
            {"pack": SLUG, "change": SLUG, "manifest": DIGEST},
            {"previous": SLUG, "references": COUNT, "calibration": DIGEST},
        ),
        EntryKind.KEY_ROTATED: _kind({"key": SLUG, "cause": SLUG}, {"key_id": SLUG, "previous": SLUG}),
        EntryKind.BACKUP_MADE: _kind({"backup": DIGEST, "ledger_size": COUNT}, {"persons": COUNT}),
        EntryKind.BACKUP_RESTORED: _kind({"backup": DIGEST, "ledger_size": COUNT, "erasures_replayed": COUNT}),
        EntryKind.DUPLICATES_CHECKED: _kind(
            {"check": CHECK_ID, "purpose": SLUG, "checked_photo": COMMITMENT, "form_reference": COMMITMENT}
        ),
        EntryKind.DUPLICATES_LISTED: _kind(
            {
                "check": CHECK_ID,
                "pack": SLUG,
                "gallery": GALLERY_ID,
                "gallery_size": COUNT,
                "threshold": DECIMAL,
                "candidates": COUNT,
                "check_list": COMMITMENT,
            }
        ),
        EntryKind.ALBUM_SCANNED: _kind(
            {
                "purpose": SLUG,
                "pack": SLUG,
                "gallery": GALLERY_ID,
                "photos": COUNT,
                "faces": COUNT,
                "candidates": COUNT,
            },
            {"unreadable": COUNT, "threshold": DECIMAL, "licence": LICENCE_ID},
        ),
        EntryKind.PHOTO_REDACTED: _kind(
            {"photo": COMMITMENT, "purpose": SLUG, "faces": COUNT, "covered": COUNT}, {"pack": SLUG, "method": SLUG}
        ),
    }
)
