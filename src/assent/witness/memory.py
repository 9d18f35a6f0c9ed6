"""What a witness remembers, in one SQLite file: the logs it knows, and of each the last checkpoint it cosigned."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any

from assent.errors import DeploymentExists, DeploymentMissing, InvalidInput, StorageFull, Unavailable
from assent.ledger import ED25519_TYPE, VerificationKey, require_cosigned_name
from assent.witness.protocol import NOTHING_SEEN, Seen

MEMORY_FILE = "witness.db"
BUSY_SECONDS = 30
# A log that signs contradictions can make them without end; the first few prove it.
CONTRADICTIONS_KEPT = 16

_SCHEMA = """
CREATE TABLE logs (vkey TEXT PRIMARY KEY, origin TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE seen (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL,
    at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE contradictions (origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL,
    seen_note BLOB NOT NULL, at TEXT NOT NULL, PRIMARY KEY (origin, size, root)) WITHOUT ROWID;
"""
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class WatchedLog:
    """A log that the witness knows, and what it saw of it last: None before the first checkpoint."""

    origin: str
    vkeys: tuple[str, ...]
    size: int | None
    at: str | None
    contradictions: int


class WitnessMemory:
    """The open memory of one witness; threads may share it, and processes may open it side by side."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = RLock()

    def add_log(self, vkey: str) -> VerificationKey:
        """Watch a log from now on; a key that is known already changes nothing. Raises InvalidInput."""
        key = VerificationKey.from_vkey(vkey)
        require_cosigned_name(key.name)
        if key.signature_type != ED25519_TYPE:
            raise InvalidInput(f"A log's key must have type {ED25519_TYPE:#04x}; {key.name} has another.")
        with self._writing() as connection:
            connection.execute("INSERT OR IGNORE INTO logs VALUES (?, ?)", (key.vkey, key.name))
        return key

    def load_log_keys(self, origin: str) -> list[VerificationKey]:
        """Load the keys that may sign for an origin; none if the log is not known."""
        rows = self._read("SELECT vkey FROM logs WHERE origin = ? ORDER BY vkey", (origin,))
        return [VerificationKey.from_vkey(row[0]) for row in rows]

    def load_seen(self, origin: str) -> Seen:
        """Load size and root of the last checkpoint cosigned; of a log never seen, the empty tree."""
        rows = self._read("SELECT size, root FROM seen WHERE origin = ?", (origin,))
        return Seen(rows[0][0], rows[0][1]) if rows else NOTHING_SEEN

    def replace_seen(self, origin: str, seen: Seen, new: Seen, note: bytes, at: datetime) -> bool:
        """Remember `new` if `seen` is still what was seen last (compare and swap); durable when True comes back."""
        with self._writing() as connection:
            row = connection.execute("SELECT size, root FROM seen WHERE origin = ?", (origin,)).fetchone()
            if (Seen(*row) if row else NOTHING_SEEN) != seen:
                return False
            values = (origin, new.size, new.root, note, at.isoformat())
            connection.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?)", values)
        return True

    def record_contradiction(self, origin: str, new: Seen, note: bytes, at: datetime) -> None:
        """Keep a signed note that contradicts the one seen, beside that one, up to a limit for each log."""
        with self._writing() as connection:
            (kept,) = connection.execute("SELECT COUNT(*) FROM contradictions WHERE origin = ?", (origin,)).fetchone()
            if kept < CONTRADICTIONS_KEPT:
                connection.execute(
                    "INSERT OR IGNORE INTO contradictions SELECT ?, ?, ?, ?, note, ? FROM seen WHERE origin = ?",
                    (origin, new.size, new.root, note, at.isoformat(), origin),
                )

    def load_contradictions(self, origin: str) -> list[tuple[bytes, bytes]]:
        """Load pairs of signed notes, the one seen first and the one that contradicts it; each pair is a proof."""
        rows = self._read("SELECT seen_note, note FROM contradictions WHERE origin = ? ORDER BY at", (origin,))
        return [(row[0], row[1]) for row in rows]

    def list_logs(self) -> list[WatchedLog]:
        """List the logs in order of their origins."""
        rows = self._read(
            "SELECT origin, GROUP_CONCAT(vkey, ' '), (SELECT size FROM seen s WHERE s.origin = l.origin),"
            " (SELECT at FROM seen s WHERE s.origin = l.origin),"
            " (SELECT COUNT(*) FROM contradictions c WHERE c.origin = l.origin)"
            " FROM logs l GROUP BY origin ORDER BY origin"
        )
        return [WatchedLog(row[0], tuple(sorted(row[1].split(" "))), *row[2:]) for row in rows]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _read(self, query: str, parameters: tuple[str, ...] = ()) -> list[tuple[Any, ...]]:
        with _explained(), self._lock:
            return self._connection.execute(query, parameters).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with _explained(), self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    with suppress(sqlite3.Error):
                        self._connection.execute("ROLLBACK")


def create_memory(folder: Path) -> None:
    """Make an empty memory in an existing folder. Raises DeploymentExists if there is one."""
    path = folder / MEMORY_FILE
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise DeploymentExists("A witness's memory lies in this folder already; it is never replaced.") from None
    except OSError as error:
        raise Unavailable(f"The witness's memory cannot be made: {error.strerror}.") from None
    with _explained():
        connection = _connect(path)
        try:
            connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {_FORMAT}; COMMIT;")
        finally:
            connection.close()


def open_memory(folder: Path) -> WitnessMemory:
    """Open a memory that `create_memory` made.

    Raises DeploymentMissing if there is none: a witness that began with an empty memory could be made to sign a second
    history.
    """
    path = folder / MEMORY_FILE
    if not path.is_file():
        raise DeploymentMissing("No witness's memory lies in this folder; 'assent witness init' makes a new witness.")
    with _explained():
        connection = _connect(path)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
        except BaseException:
            connection.close()
            raise
    if version != _FORMAT:
        connection.close()
        raise Unavailable(f"The witness's memory has format {version}, this version of Assent reads {_FORMAT}.")
    return WitnessMemory(connection)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    # EXTRA also syncs the folder after the journal is deleted, so that a power cut cannot bring an old state back.
    try:
        for pragma in ("journal_mode = DELETE", "synchronous = EXTRA", f"busy_timeout = {BUSY_SECONDS * 1000}"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise StorageFull("The disk is full; nothing was remembered and nothing is signed.") from error
        raise Unavailable(f"The witness's memory cannot be used: {error}.") from error
