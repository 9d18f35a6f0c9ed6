"""Imports under way: how far each has come, whichever process carries it out, and its sealed report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from sqlalchemy import Connection, Row, delete, insert, select, update

from assent.errors import NotFound
from assent.mandates import MemberId
from assent.storage.steward_tables import import_runs
from assent.storage.vault import Vault

ImportId = NewType("ImportId", str)
RefusedLine = tuple[int, str, str, str]
"""Line, reference, reason and message of a row that was left out."""

_REPORT = "import-report"


class ImportState(StrEnum):
    """How far an import has come; one that was last seen long ago was interrupted."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ImportRun:
    """One import: of so many rows so many are done."""

    id: ImportId
    steward: MemberId
    state: ImportState
    started_at: datetime
    seen_at: datetime
    rows: int
    done: int = 0
    enrolled: int = 0
    known: int = 0
    refused: int = 0
    cause: str | None = None


def record_import(connection: Connection, run: ImportRun) -> None:
    """Store an import that is about to run, whose key was made before."""
    connection.execute(
        insert(import_runs).values(
            id=run.id,
            steward_id=run.steward,
            state=run.state,
            started_at=run.started_at,
            seen_at=run.seen_at,
            rows=run.rows,
            done=run.done,
            enrolled=run.enrolled,
            known=run.known,
            refused=run.refused,
        )
    )


def record_import_progress(connection: Connection, run: ImportId, done: int, at: datetime) -> None:
    """Note how many rows are done."""
    connection.execute(update(import_runs).where(import_runs.c.id == run).values(done=done, seen_at=at))


def record_import_end(connection: Connection, vault: Vault, run: ImportRun, refused: Sequence[RefusedLine]) -> None:
    """Note how an import ended, with the rows that it left out, sealed under its key."""
    sealed = vault.seal(run.id, _REPORT, json.dumps(list(refused)).encode())
    connection.execute(
        update(import_runs)
        .where(import_runs.c.id == run.id)
        .values(
            state=run.state,
            seen_at=run.seen_at,
            done=run.done,
            enrolled=run.enrolled,
            known=run.known,
            refused=run.refused,
            cause=run.cause,
            report_sealed=sealed,
        )
    )


def load_import(connection: Connection, run: str) -> ImportRun:
    """Read an import. Raises NotFound."""
    row = connection.execute(select(import_runs).where(import_runs.c.id == run)).one_or_none()
    if row is None:
        raise NotFound("There is no such import.")
    return _read_import(row)


def load_imports(connection: Connection) -> list[ImportRun]:
    """Read all imports, newest first."""
    query = select(import_runs).order_by(import_runs.c.started_at.desc(), import_runs.c.id)
    return [_read_import(row) for row in connection.execute(query)]


def load_refused_lines(connection: Connection, vault: Vault, run: str) -> list[RefusedLine]:
    """Open the rows that an import left out; none before it ended. Raises NotFound."""
    query = select(import_runs.c.report_sealed).where(import_runs.c.id == run)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("There is no such import.")
    if row.report_sealed is None:
        return []
    return [
        (int(line), str(reference), str(reason), str(message))
        for line, reference, reason, message in json.loads(vault.unseal(run, _REPORT, row.report_sealed))
    ]


def delete_import(connection: Connection, run: str) -> None:
    """Forget an import whose key is already destroyed."""
    connection.execute(delete(import_runs).where(import_runs.c.id == run))


def list_import_ids(connection: Connection) -> set[str]:
    """List all imports: everything here that has a key."""
    return set(connection.execute(select(import_runs.c.id)).scalars())


def _read_import(row: Row[tuple[object, ...]]) -> ImportRun:
    return ImportRun(
        id=ImportId(row.id),
        steward=MemberId(row.steward_id),
        state=ImportState(row.state),
        started_at=row.started_at,
        seen_at=row.seen_at,
        rows=row.rows,
        done=row.done,
        enrolled=row.enrolled,
        known=row.known,
        refused=row.refused,
        cause=row.cause,
    )
