"""Import people from a CSV of signed paper forms: all or nothing for each, resumable, with a report of refusals."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from assent.errors import InvalidInput, Refused
from assent.mandates import Actor, Role
from assent.people import Enrolment, FormRow, PersonId, PhotoArchive, check_enrolment, parse_form, read_rows
from assent.services.enrol_person import PreparedPhoto, prepare_photo, read_photo_file, store_enrolment
from assent.services.runtime import Runtime
from assent.storage import people as stored_people

Progress = Callable[[int, int], None]
"""Called after each row with how many are done and how many there are."""

ROWS_AHEAD_PER_THREAD = 2


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was left out, and why; names no person."""

    line: int
    reference: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did."""

    enrolled: tuple[tuple[str, PersonId], ...]
    already_enrolled: tuple[str, ...]
    refused: tuple[RefusedRow, ...]


@dataclass(frozen=True, slots=True)
class _Prepared:
    enrolment: Enrolment
    photos: Sequence[PreparedPhoto]


def import_people(
    runtime: Runtime, actor: Actor, table: bytes, photos: Path | PhotoArchive, progress: Progress | None = None
) -> ImportReport:
    """Enrol everyone in the table whose row brings photos and a consent; takes a steward.

    Rows enrolled by an earlier run are passed over. Photos are computed on all cores, people stored one after another.
    Raises InvalidTable for a table that cannot be read, and Unavailable as soon as nothing more can be stored.
    """
    actor.require_role(Role.STEWARD)
    rows = list(read_rows(table))
    enrolled: list[tuple[str, PersonId]] = []
    known: list[str] = []
    refused: list[RefusedRow] = []
    for done, (row, outcome) in enumerate(_prepare_all(runtime, rows, photos), start=1):
        try:
            prepared = outcome.result()
            if prepared is None:
                known.append(row.reference)
            else:
                stored = store_enrolment(runtime, actor, prepared.enrolment, prepared.photos)
                enrolled.append((row.reference, stored.person))
        except (InvalidInput, Refused) as error:
            refused.append(RefusedRow(row.line, row.reference, error.reason, str(error)))
        if progress is not None:
            progress(done, len(rows))
    return ImportReport(tuple(enrolled), tuple(known), tuple(refused))


def _prepare_all(
    runtime: Runtime, rows: Sequence[FormRow], photos: Path | PhotoArchive
) -> Iterator[tuple[FormRow, Future[_Prepared | None]]]:
    """Prepare rows in threads, a few ahead of the one that is stored, and give them back in order."""
    threads = runtime.settings.worker_threads
    ahead: deque[tuple[FormRow, Future[_Prepared | None]]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="import") as pool:
        try:
            for row in rows:
                ahead.append((row, pool.submit(_prepare, runtime, row, photos)))
                if len(ahead) > threads * ROWS_AHEAD_PER_THREAD:
                    yield ahead.popleft()
            while ahead:
                yield ahead.popleft()
        finally:
            for _, future in ahead:
                future.cancel()


def _prepare(runtime: Runtime, row: FormRow, photos: Path | PhotoArchive) -> _Prepared | None:
    """Read, check and compute one row; None if an earlier run enrolled it."""
    with runtime.database.snapshot() as view:
        if row.reference and stored_people.find_person_by_file_reference(view, runtime.vault, row.reference):
            return None
        purposes = stored_people.load_purposes(view)
    form = parse_form(row)
    enrolment = Enrolment(
        name=form.name,
        photos=tuple(_read_listed_photo(runtime, photos, name) for name in form.photos),
        purposes=form.purposes,
        text_version=form.text_version,
        evidence_digest=form.evidence_digest,
        valid_from=form.valid_from,
        valid_until=form.valid_until,
        basis=form.basis,
        registered_by=form.registered_by,
        file_reference=form.reference,
    )
    check_enrolment(enrolment, purposes, runtime.clock())
    smallest = runtime.settings.smallest_face_px
    prepared = [
        prepare_photo(runtime.faces, data, number, smallest_face_px=smallest)
        for number, data in enumerate(enrolment.photos, start=1)
    ]
    return _Prepared(enrolment, prepared)


def _read_listed_photo(runtime: Runtime, folder: Path | PhotoArchive, name: str) -> bytes:
    if isinstance(folder, PhotoArchive):
        return folder.read(name, runtime.settings.max_image_bytes)
    path = Path(os.path.realpath(folder / name))
    if not path.is_relative_to(os.path.realpath(folder)):
        raise InvalidInput("A photo lies outside the folder of photos; list photos by their place within it.")
    return read_photo_file(path, runtime.settings.max_image_bytes)
