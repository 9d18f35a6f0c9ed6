"""The CSV of signed paper forms: one row a person, and in it the consent, or the row is refused."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from assent.errors import ConsentMissing, InvalidInput, InvalidTable
from assent.people.consent import Basis, PurposeSlug, parse_evidence_digest, parse_purpose_slug
from assent.people.enrolment import MOST_PHOTOS

COLUMNS = ("reference", "name", "photos", "purposes", "text_version", "consent_from", "consent_until", "evidence")
OPTIONAL_COLUMNS = ("basis", "registered_by")
MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FormRow:
    """One line of the table as it was written; nothing in it has been believed yet."""

    line: int
    cells: dict[str, str]

    @property
    def reference(self) -> str:
        """The organisation's own number for the form; it makes an import resumable."""
        return self.cells["reference"]


@dataclass(frozen=True, slots=True)
class PaperForm:
    """One row that brings all it must: a person, photos by relative path, and a consent with its evidence."""

    reference: str
    name: str
    photos: tuple[str, ...]
    purposes: tuple[PurposeSlug, ...]
    text_version: str
    valid_from: datetime
    valid_until: datetime | None
    evidence_digest: str
    basis: Basis
    registered_by: str | None


def read_rows(data: bytes) -> Iterator[FormRow]:
    """Split the CSV (UTF-8, comma or semicolon) into rows.

    Raises InvalidTable if it is no such table, lacks a column, or uses a reference twice.
    """
    if len(data) > MOST_BYTES:
        raise InvalidTable(f"The table is larger than {MOST_BYTES // 1024 // 1024} MB; split it.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidTable("The table is not UTF-8 text; save it as 'CSV UTF-8'.") from error
    if "\0" in text:
        raise InvalidTable("The table holds NUL bytes; save it as 'CSV UTF-8'.")
    header = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if header.count(";") > header.count(",") else ",")
    try:
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        doubled = [column for column, count in Counter(reader.fieldnames or ()).items() if count > 1 and column]
        if doubled:
            raise InvalidTable("The table has two columns of one name; which of them holds is not for us to guess.")
        if missing:
            raise InvalidTable(f"The table lacks the column {missing[0]!r}; it needs: {', '.join(COLUMNS)}.")
        rows = [
            FormRow(
                line=reader.line_num,
                cells={key: (row.get(key) or "").strip() for key in (*COLUMNS, *OPTIONAL_COLUMNS)},
            )
            for row in reader
        ]
    except csv.Error as error:
        raise InvalidTable(f"The table cannot be read near line {reader.line_num}: {error}.") from error
    seen: dict[str, int] = {}
    for row in rows:
        if row.reference and (first := seen.setdefault(row.reference, row.line)) != row.line:
            raise InvalidTable(f"Lines {first} and {row.line} bring the same reference; each form needs its own.")
    return iter(rows)


def parse_form(row: FormRow) -> PaperForm:
    """Believe a row. Raises ConsentMissing or InvalidInput with the first thing it lacks."""
    cells = row.cells
    if not row.reference:
        raise InvalidInput("The row has no reference; each form needs its own number.")
    if not cells["purposes"] or not cells["text_version"]:
        raise ConsentMissing("The row names no purposes or no version of the consent text.")
    try:
        basis = Basis(cells["basis"] or Basis.CONSENT)
    except ValueError:
        raise InvalidInput(f"The basis must be one of: {', '.join(Basis)}.") from None
    if not cells["consent_from"]:
        raise ConsentMissing("The row says no date from which the consent holds.")
    photos = tuple(part.strip() for part in cells["photos"].split("|") if part.strip())
    if not 1 <= len(photos) <= MOST_PHOTOS:
        # Said before a file is read: a row may name any number of them.
        raise InvalidInput(f"An enrolment needs 1 to {MOST_PHOTOS} photos, got {len(photos)}.")
    return PaperForm(
        reference=row.reference,
        name=cells["name"],
        photos=photos,
        purposes=tuple(parse_purpose_slug(part.strip()) for part in cells["purposes"].split("|") if part.strip()),
        text_version=cells["text_version"],
        valid_from=parse_day(cells["consent_from"]),
        valid_until=parse_end(cells["consent_until"]) if cells["consent_until"] else None,
        evidence_digest=parse_evidence_digest(cells["evidence"]),
        basis=basis,
        registered_by=cells["registered_by"] or None,
    )


def parse_day(text: str) -> datetime:
    """Read a date or a date and time of ISO 8601 as aware UTC; a bare date is its first moment.

    Raises InvalidInput.
    """
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        # The text is not repeated, nor is the error that repeats it: in a row out of step it may be a name.
        raise InvalidInput("A date cannot be read; write it like 2026-01-31.") from None


def parse_end(text: str) -> datetime:
    """Read the last day that is covered as the first moment of the next, or a date and time. Raises InvalidInput."""
    moment = parse_day(text)
    with suppress(ValueError):
        date.fromisoformat(text)
        try:
            return moment + timedelta(days=1)
        except OverflowError:
            raise InvalidInput("No date comes after that one; leave the end out instead.") from None
    return moment
