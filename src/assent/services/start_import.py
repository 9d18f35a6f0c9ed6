"""Import people in the background: how far it is stands in the database, so that any process can show it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Thread

from assent.errors import AssentError, InvalidInput
from assent.mandates import Actor, Role
from assent.people import PhotoArchive, make_identifier, read_rows
from assent.services.import_people import ImportReport, import_people
from assent.services.runtime import Runtime
from assent.storage import imports as stored_imports
from assent.storage.imports import ImportId, ImportRun, ImportState, RefusedLine

KEPT = timedelta(days=30)
"""How long a report is kept: long enough to correct its rows, and they name forms of people who were left out."""

SILENCE = timedelta(minutes=10)
"""After so long without a row the import counts as interrupted; importing the same table goes on where it stopped."""

REPORT_COLUMNS = ("line", "reference", "reason", "message")
BETWEEN_NOTES = timedelta(seconds=1)
THREAD = "import-run"


@dataclass(frozen=True, slots=True)
class ImportPage:
    """One import and the rows that it left out."""

    run: ImportRun
    refused: tuple[RefusedLine, ...]
    is_interrupted: bool


def start_import(runtime: Runtime, actor: Actor, table: bytes, archive: bytes) -> ImportId:
    """Start to enrol everyone in a table of signed forms, with photos from a ZIP file; takes a steward.

    One import runs at a time. Raises RoleMissing, InvalidTable, and InvalidInput for a ZIP file that is not opened.
    """
    actor.require_role(Role.STEWARD)
    rows = sum(1 for _ in read_rows(table))
    if not rows:
        raise InvalidInput("The table has no rows.")
    photos = PhotoArchive(archive)
    with runtime.database.transaction() as transaction:
        at = runtime.clock()
        for known in stored_imports.load_imports(transaction):
            if known.state is ImportState.RUNNING and not _is_interrupted(known, at):
                raise InvalidInput("Another import is running; wait until it has ended.")
            if known.started_at <= at - KEPT:
                runtime.vault.destroy_keys([known.id], at)
                stored_imports.delete_import(transaction, known.id)
        run = ImportRun(
            id=ImportId(make_identifier("j")),
            steward=actor.member.id,
            state=ImportState.RUNNING,
            started_at=at,
            seen_at=at,
            rows=rows,
        )
        runtime.vault.make_key(run.id)
        stored_imports.record_import(transaction, run)
    work = Thread(target=_carry_out, args=(runtime, actor, run, table, photos), name=THREAD, daemon=True)
    work.start()
    return run.id


def list_imports(runtime: Runtime, actor: Actor) -> list[ImportPage]:
    """List imports without their refused rows, newest first; takes a steward."""
    actor.require_role(Role.STEWARD)
    with runtime.database.snapshot() as view:
        runs = stored_imports.load_imports(view)
    at = runtime.clock()
    return [ImportPage(run, (), _is_interrupted(run, at)) for run in runs]


def show_import(runtime: Runtime, actor: Actor, run: str) -> ImportPage:
    """Show how far an import is, and what it left out; takes a steward. Raises RoleMissing or NotFound."""
    actor.require_role(Role.STEWARD)
    with runtime.database.snapshot() as view:
        found = stored_imports.load_import(view, run)
        refused = stored_imports.load_refused_lines(view, runtime.vault, run)
    return ImportPage(found, tuple(refused), _is_interrupted(found, runtime.clock()))


def write_import_report(page: ImportPage) -> str:
    """Write the refused rows as CSV; a cell that a spreadsheet would take for a formula is led by an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(REPORT_COLUMNS)
    for line in page.refused:
        writer.writerow([f"'{cell}" if str(cell)[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell for cell in line])
    return text.getvalue()


def _is_interrupted(run: ImportRun, at: datetime) -> bool:
    return run.state is ImportState.RUNNING and run.seen_at < at - SILENCE


def _carry_out(runtime: Runtime, actor: Actor, run: ImportRun, table: bytes, photos: PhotoArchive) -> None:
    """Import, and note how it ended; where even that cannot be written, it counts as interrupted after a while."""
    try:
        report = import_people(runtime, actor, table, photos, _note_progress(runtime, run))
        ended = replace(
            run,
            state=ImportState.FINISHED,
            done=run.rows,
            enrolled=len(report.enrolled),
            known=len(report.already_enrolled),
            refused=len(report.refused),
        )
        _record_end(runtime, ended, report)
    except Exception as error:  # noqa: BLE001 - nobody waits for this thread: its end has to be noted here
        cause = error.reason if isinstance(error, AssentError) else type(error).__name__
        with suppress(Exception):
            _record_end(runtime, replace(run, state=ImportState.FAILED, cause=cause), None)


def _note_progress(runtime: Runtime, run: ImportRun) -> Callable[[int, int], None]:
    noted_at = run.started_at

    def note(done: int, rows: int) -> None:
        nonlocal noted_at
        at = runtime.clock()
        if done == rows or at - noted_at >= BETWEEN_NOTES:
            noted_at = at
            with runtime.database.transaction() as transaction:
                stored_imports.record_import_progress(transaction, run.id, done, at)

    return note


def _record_end(runtime: Runtime, run: ImportRun, report: ImportReport | None) -> None:
    refused = [(row.line, row.reference, row.reason, row.message) for row in report.refused] if report else []
    with runtime.database.transaction() as transaction:
        reached = stored_imports.load_import(transaction, run.id).done
        ended = replace(run, done=max(run.done, reached), seen_at=runtime.clock())
        stored_imports.record_import_end(transaction, runtime.vault, ended, refused)
