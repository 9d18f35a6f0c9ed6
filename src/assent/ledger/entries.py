"""What may be logged, and its canonical bytes: RFC 8785 JSON over the closed vocabulary of `vocabulary.py`."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeAlias, cast

from assent.errors import DigestMismatch, InvalidEntry, InvalidInput
from assent.ledger.vocabulary import COUNT, KINDS, SETTING_VALUE, SLUGS, TIME, EntryKind, FieldType

JsonValue: TypeAlias = str | int | bool | Sequence[str]
"""What a field can hold; lists become tuples in an `Entry`."""

ENTRY_VERSION = 1
SALT_BYTES = 32
# RFC 8785 numbers are IEEE 754 doubles: integers beyond this are not exact in every reader.
MAX_COUNT = 2**53 - 1

_DIGEST_PREFIX = "sha256:"
_LAST_SURE_DAY, _FIRST_SURE_YEAR, _SURE_TIME = "28", "0001", "0001-01-01"
_SHOWN_FIELDS = 5


def format_time(at: datetime) -> str:
    """Write an aware UTC time as `2026-11-23T23:06:07.123456Z`. Raises InvalidInput for naive or other times."""
    if at.utcoffset() != timedelta(0):
        raise InvalidInput("a ledger time must be aware and in UTC")
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_time(text: str) -> datetime:
    """Read what `format_time` writes. Raises InvalidInput."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("this is not a ledger time such as 2026-11-23T23:06:07.123456Z") from error
    if at.utcoffset() != timedelta(0) or format_time(at) != text:
        raise InvalidInput("a ledger time is written with six decimals and Z, such as 2026-11-23T23:06:07.123456Z")
    return at.astimezone(UTC)


def format_decimal(value: float, places: int = 2) -> str:
    """Write a number with a fixed count of decimals, such as `0.50`; entries hold no floating-point numbers."""
    return f"{Decimal(repr(float(value))):.{places}f}"


def commit(value: bytes, salt: bytes) -> str:
    """Commit to a value that must not be published: `sha256:` and the hex of SHA-256(salt || value).

    The salt is 32 random bytes kept under a key that can be destroyed; then nobody can tell which value it was, not
    even by trying all of them. Raises InvalidInput for a salt of another length.
    """
    if len(salt) != SALT_BYTES:
        raise InvalidInput(f"a commitment's salt must have {SALT_BYTES} bytes, got {len(salt)}")
    return _DIGEST_PREFIX + hashlib.sha256(salt + value).hexdigest()


def check_commitment(commitment: str, salt: bytes, value: bytes) -> None:
    """Open a commitment. Raises DigestMismatch if it is to another value or under another salt."""
    if not hmac.compare_digest(commit(value, salt).encode(), commitment.encode()):
        raise DigestMismatch("the commitment is not to this value under this salt")


def digest_public_text(text: str) -> str:
    """Digest a text that is published anyway, such as a purpose's wording; never use it for anything personal."""
    return _DIGEST_PREFIX + hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, in the ledger's vocabulary. Raises InvalidEntry when made of anything else."""

    kind: EntryKind
    at: datetime
    fields: Mapping[str, JsonValue]
    _canonical: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        form = _FORMS.get(self.kind)
        if form is None:
            raise InvalidEntry("this kind of entry is not in the vocabulary")
        fields = dict(self.fields)
        object.__setattr__(self, "kind", form.kind)
        object.__setattr__(self, "_canonical", _encode(form, self.at, fields))
        object.__setattr__(self, "fields", _freeze(form, fields))

    def to_bytes(self) -> bytes:
        """Return the canonical JSON that is hashed into the ledger; at most 65,535 bytes, always ASCII."""
        return self._canonical

    @classmethod
    def from_bytes(cls, data: bytes) -> Entry:
        """Read canonical bytes. Raises InvalidEntry unless encoding the entry again gives exactly these bytes."""
        try:
            text = data.decode("ascii")
        except UnicodeDecodeError as error:
            raise InvalidEntry(f"an entry is ASCII; byte {error.start} is not") from error
        begin = text.find(_KIND_MARK) + len(_KIND_MARK)
        form = _FORMS.get(text[begin : text.find('"', begin)])
        if form is None:
            raise InvalidEntry("the bytes name no kind of entry that is in the vocabulary")
        parsed = form.expression.fullmatch(text)
        if parsed is None:
            raise InvalidEntry(_explain_text(form.kind, text))
        # The expression admits canonical bytes only, so they need not be written again; that keeps reading cheap.
        fields: dict[str, Any] = parsed.groupdict()
        at = _read_time(form.kind, "at", fields.pop("at"))
        for name in form.optional:
            if fields[name] is None:
                del fields[name]
        for name, read in form.readers:
            if name in fields:
                fields[name] = read(fields[name])
        entry = object.__new__(cls)
        put = object.__setattr__
        put(entry, "kind", form.kind)
        put(entry, "at", at)
        put(entry, "fields", _freeze(form, fields))
        put(entry, "_canonical", data)
        return entry


@dataclass(frozen=True, slots=True)
class _Form:
    """What reading and writing one kind needs.

    The expression matches an entry's whole text and captures each field by its name: a string without its quotes,
    anything else as JSON, which the `readers` read. Reading entries is most of what verifying a ledger costs, and
    capturing saves a quarter of it against parsing what was read a second time.
    """

    kind: EntryKind
    expression: re.Pattern[str]
    readers: tuple[tuple[str, Callable[[str], Any]], ...]
    optional: tuple[str, ...]
    counts: tuple[str, ...]
    times: tuple[str, ...]
    lists: tuple[str, ...]


def _compile(kind: EntryKind) -> _Form:
    """Build the one expression for this kind: sorted keys, no spaces, typed values."""
    known = KINDS[kind].known_fields
    patterns = {name: field_type.json_pattern for name, field_type in known.items()} | {"at": TIME.json_pattern}
    captures = {
        name: f'"(?P<{name}>{pattern[1:-1]})"' if _is_string(pattern) else f"(?P<{name}>{pattern})"
        for name, pattern in patterns.items()
    }
    constants = {"kind": f'"{re.escape(kind)}"', "v": str(ENTRY_VERSION)}
    # Every name sorts after "actor", which every entry has, so each later member can bring its own comma.
    members = []
    for position, (name, pattern) in enumerate(sorted((captures | constants).items())):
        member = f'{"," if position else ""}"{name}":{pattern}'
        members.append(f"(?:{member})?" if name in KINDS[kind].optional else member)

    def names_of(*field_types: FieldType) -> tuple[str, ...]:
        return tuple(name for name, field_type in known.items() if field_type in field_types)

    return _Form(
        kind=kind,
        expression=re.compile(r"\{" + "".join(members) + r"\}"),
        readers=tuple(
            (name, int if field_type == COUNT else _read_json)
            for name, field_type in known.items()
            if not _is_string(field_type.json_pattern)
        ),
        optional=tuple(KINDS[kind].optional),
        counts=names_of(COUNT, SETTING_VALUE),
        times=names_of(TIME),
        lists=names_of(SLUGS),
    )


_read_json = json.JSONDecoder().decode


def _is_string(json_pattern: str) -> bool:
    return json_pattern.startswith('"') and json_pattern.endswith('"')


_FORMS = {kind.value: _compile(kind) for kind in EntryKind}
_KIND_MARK = '"kind":"'
# Over ASCII strings without escapes, integers below 2^53 and ASCII keys, which is all that the expressions admit, these
# settings write RFC 8785 at a fifth of the time; the tests compare them with an implementation of it.
_write_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def _encode(form: _Form, at: datetime, fields: Mapping[str, JsonValue]) -> bytes:
    if at.utcoffset() != timedelta(0):
        raise InvalidEntry(f"{form.kind}: at must be aware and in UTC")
    document = {"v": ENTRY_VERSION, "kind": form.kind.value, "at": format_time(at)}
    if not document.keys().isdisjoint(fields):
        raise InvalidEntry(f"{form.kind}: v, kind and at are not fields")
    try:
        text = _write_json({**document, **fields})
    except (TypeError, ValueError) as error:
        raise InvalidEntry(f"{form.kind}: a field holds what canonical JSON cannot") from error
    if not form.expression.fullmatch(text):
        raise InvalidEntry(_explain(form.kind, fields))
    return text.encode("ascii")


def _freeze(form: _Form, fields: dict[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Check what an expression cannot: counts below 2^53, times of the calendar, lists without repetition."""
    for name in form.counts:
        value = fields.get(name, 0)
        if isinstance(value, int) and value > MAX_COUNT:
            raise InvalidEntry(f"{form.kind}: {name} must be below 2^53")
    for name in form.times:
        text: Any = fields.get(name, _SURE_TIME)
        # Only a day after the 28th, or the year 0000, can be missing in the calendar, and asking it is dear.
        if text[8:10] > _LAST_SURE_DAY or text < _FIRST_SURE_YEAR:
            _read_time(form.kind, name, text)
    for name in form.lists:
        if name in fields:
            slugs = tuple(cast("Sequence[str]", fields[name]))
            if len(set(slugs)) != len(slugs):
                raise InvalidEntry(f"{form.kind}: {name} names something twice")
            fields[name] = slugs
    return MappingProxyType(fields)


def _read_time(kind: EntryKind, name: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidEntry(f"{kind}: {name} is no time of the calendar") from error


def _explain(kind: EntryKind, fields: Mapping[str, JsonValue]) -> str:
    """Say which fields are wrong, never what they hold: it may be exactly what must not be written down."""
    required, known = KINDS[kind].required_fields, KINDS[kind].known_fields
    problems = [f"{name} is missing" for name in required if name not in fields]
    problems += [
        f"{name} is no {known[name].name}"
        for name, value in fields.items()
        if name in known and not re.fullmatch(known[name].json_pattern, json.dumps(value, separators=(",", ":")))
    ]
    unknown_count = sum(name not in known for name in fields)
    if unknown_count:
        problems.append(f"{unknown_count} fields are not in the vocabulary; known are {', '.join(sorted(known))}")
    return f"{kind}: " + "; ".join(problems[:_SHOWN_FIELDS])


def _explain_text(kind: EntryKind, text: str) -> str:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return f"{kind}: the bytes are not JSON"
    if not isinstance(document, dict):
        return f"{kind}: the bytes are not a JSON object"
    if document.pop("v", None) != ENTRY_VERSION:
        return f"{kind}: the version must be {ENTRY_VERSION}"
    document = {name: value for name, value in document.items() if name not in {"kind", "at"}}
    explained = _explain(kind, document)
    return explained if explained != f"{kind}: " else f"{kind}: the bytes are not in canonical form (RFC 8785)"
