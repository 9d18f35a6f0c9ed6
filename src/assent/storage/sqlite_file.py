"""The database as one SQLite file: its engine, its single writer at a time, and its log cut to nothing.

SQLite's own busy handler sleeps longer the longer somebody has waited, so that newcomers overtake them for ever
(sqlite.org/c3ref/busy_timeout.html); here every writer asks again at the same short intervals.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from assent.storage.disk import PRIVATE_FOLDER_MODE, explain_os_error

BUSY_SECONDS = 60
TRUNCATE_WAIT_MS = 3_000
_SHORTEST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.001, 0.008
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",  # an acknowledged entry survives a power cut
    "secure_delete = ON",  # deleted rows are overwritten with zeros
    "foreign_keys = ON",
    "temp_store = MEMORY",  # sorting never writes plain values to a temporary file
)


def make_file(path: Path) -> None:
    """Make an empty file that only its owner reads, in a folder of the same kind. Raises StorageFull, Unavailable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER_MODE)
        path.parent.chmod(PRIVATE_FOLDER_MODE)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise explain_os_error(error) from None


def make_sqlite_engine(path: Path) -> Engine:
    """Make the engine; a connection that asks for it reads only, every other one writes and excludes the rest."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),  # not a text: a folder's name may hold what means something in a URL
        hide_parameters=True,  # an error's message never shows a row
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=60,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the begin event below says which kind of transaction starts
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get("assent_read_only", False)
        raw: Any = connection.connection.driver_connection
        raw.execute(f"PRAGMA query_only = {'ON' if read_only else 'OFF'}").fetchall()
        if read_only:
            raw.execute("BEGIN")
        else:
            begin_writing(raw)

    return engine


def begin_writing(raw: Any) -> None:
    """Begin a transaction on a connection of the sqlite3 module that excludes every other writer."""
    deadline = time.monotonic() + BUSY_SECONDS
    raw.execute("PRAGMA busy_timeout = 0").fetchall()
    try:
        while True:
            try:
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() >= deadline:
                    raise
                time.sleep(random.uniform(_SHORTEST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS))  # noqa: S311 (no secret)
            else:
                return
    finally:
        raw.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}").fetchall()


def truncate_sqlite_log(connection: Connection) -> bool:
    """Copy the write-ahead log into the file and cut it to nothing; False where a reader elsewhere held it."""
    raw: Any = connection.connection.driver_connection
    raw.execute(f"PRAGMA busy_timeout = {TRUNCATE_WAIT_MS}").fetchall()
    try:
        return bool(raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
    finally:
        raw.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}").fetchall()
