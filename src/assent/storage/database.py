"""The database: one engine, one way to open a transaction, and its schema brought up to date by Alembic."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import alembic.command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from assent.errors import DatabaseTooNew, DeploymentMissing, StorageFull, Unavailable
from assent.storage.disk import PRIVATE_FOLDER_MODE, explain_os_error

BUSY_SECONDS = 60
TRUNCATE_WAIT_MS = 3_000
_MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """The deployment's database; `transaction` excludes every other writer, `snapshot` sees one moment."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.engine = _make_engine(path)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open the one write transaction; on leaving it is durable, on an exception nothing of it stays.

        Raises StorageFull if the disk takes no more, Unavailable if the database cannot be written.
        """
        with _explained(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Open a read-only view of one moment that never blocks a writer."""
        with _explained(), self.engine.connect() as connection:
            reading = connection.execution_options(assent_read_only=True)
            with reading.begin():
                yield reading

    def truncate_log(self) -> bool:
        """Copy the write-ahead log into the database file and cut it to nothing: no deleted row lingers there.

        False means that a reader in another process held it; the next start truncates it.
        """
        with _explained(), self.engine.connect() as connection:
            raw = connection.connection.driver_connection
            if raw is None:
                return False
            raw.execute(f"PRAGMA busy_timeout = {TRUNCATE_WAIT_MS}").fetchall()
            try:
                return bool(raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
            finally:
                raw.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}").fetchall()

    def upgrade(self) -> None:
        """Bring the schema to this version. Raises DatabaseTooNew if a newer version of Assent wrote it."""
        with self.snapshot() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        script = ScriptDirectory(str(_MIGRATIONS))
        if current == script.get_current_head():
            return
        if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
            raise DatabaseTooNew(
                f"The database has schema {current}, which this version does not know; upgrade Assent."
            )
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        with self.transaction() as connection:
            config.attributes["connection"] = connection
            alembic.command.upgrade(config, "head")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_database(path: Path, *, create: bool = False) -> Database:
    """Open the database file, made and upgraded where asked. Raises DeploymentMissing if there is none."""
    if not create and not path.exists():
        raise DeploymentMissing("Nothing is set up in this data folder; run 'assent init' or give --data.")
    if create:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER_MODE)
            path.parent.chmod(PRIVATE_FOLDER_MODE)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise explain_os_error(error) from None
    database = Database(path)
    try:
        database.upgrade()
    except BaseException:
        database.close()
        raise
    return database


def _make_engine(path: Path) -> Engine:
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
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",  # an acknowledged entry survives a power cut
            "secure_delete = ON",  # deleted rows are overwritten with zeros
            "foreign_keys = ON",
            "temp_store = MEMORY",  # sorting never writes plain values to a temporary file
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get("assent_read_only", False)
        connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if read_only else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if "full" in str(cause) or "disk I/O error" in str(cause):
            raise StorageFull("The disk is full; nothing was changed. Make room and try again.") from None
        if isinstance(cause, sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.InterfaceError):
            raise  # a mistake in the program, not in the place
        raise Unavailable(f"The database cannot be used: {cause}.") from None
