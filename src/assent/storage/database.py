"""The database, a SQLite file or on a PostgreSQL server: one engine, one way to open a transaction, and its schema."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import NoReturn

import alembic.command
import psycopg
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from assent.errors import DatabaseTooNew, DeploymentMissing, StorageFull, Unavailable
from assent.storage.postgres import PostgresAddress, explain, is_mistake, make_postgres_engine, vacuum, without_values
from assent.storage.sqlite_file import BUSY_SECONDS, make_file, make_sqlite_engine, truncate_sqlite_log

_MIGRATIONS = Path(__file__).parent / "migrations"
_MISTAKES = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError)

Place = Path | PostgresAddress
"""A SQLite file, or a database on a PostgreSQL server."""


class Database:
    """The deployment's database; `transaction` excludes every other writer, `snapshot` sees one moment."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.engine: Engine = make_sqlite_engine(place) if isinstance(place, Path) else make_postgres_engine(place)
        # One writer of this process at a time waits for the others': so those that wait hold no connection.
        self._turn = Lock()

    @property
    def path(self) -> Path:
        """The file, of a database that is one. Raises Unavailable for a database on a server."""
        if isinstance(self.place, Path):
            return self.place
        raise Unavailable("This database is on a server; there is no file of it here.")

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open the one write transaction; on leaving it is durable, on an exception nothing of it stays.

        Raises StorageFull if the disk takes no more, Unavailable if the database cannot be written.
        """
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise Unavailable("The database cannot be used: too much is being written; try again.")
        try:
            with _explained(), self.engine.connect() as connection, connection.begin():
                yield connection
        finally:
            self._turn.release()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Open a read-only view of one moment that never blocks a writer."""
        with _explained(), self.engine.connect() as connection:
            reading = connection.execution_options(assent_read_only=True)
            with reading.begin():
                yield reading

    def truncate_log(self) -> bool:
        """See to it that no deleted row lingers in the database's files.

        A SQLite file's write-ahead log is copied into it and cut to nothing; False means that a reader in another
        process held it, and the next start truncates it. On a server the tables are vacuumed.
        """
        with _explained():
            if not isinstance(self.place, Path):
                return vacuum(self.engine)
            with self.engine.connect() as connection:
                return truncate_sqlite_log(connection)

    def upgrade(self, *, create: bool = False) -> None:
        """Bring the schema to this version.

        Raises DatabaseTooNew if a newer version of Assent wrote it, DeploymentMissing if there is none to bring there.
        """
        with self.snapshot() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        script = ScriptDirectory(str(_MIGRATIONS))
        if current == script.get_current_head():
            return
        if current is None and not create and not isinstance(self.place, Path):
            raise DeploymentMissing("Nothing is set up in this database; run 'assent init'.")
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


def open_database(place: Place, *, create: bool = False) -> Database:
    """Open the database, made and upgraded where asked. Raises DeploymentMissing if there is none."""
    if isinstance(place, Path):
        if not create and not place.exists():
            raise DeploymentMissing("Nothing is set up in this data folder; run 'assent init' or give --data.")
        if create:
            make_file(place)
    database = Database(place)
    try:
        database.upgrade(create=create)
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except PoolTimeoutError:
        raise Unavailable("The database cannot be used: all connections are taken; try again.") from None
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(error, DBAPIError) and isinstance(cause, psycopg.Error):
            _explain_server(error, cause)
        if "full" in str(cause) or "disk I/O error" in str(cause):
            raise StorageFull("The disk is full; nothing was changed. Make room and try again.") from None
        if isinstance(cause, _MISTAKES):
            raise  # a mistake in the program, not in the place
        raise Unavailable(f"The database cannot be used: {cause}.") from None


def _explain_server(error: DBAPIError, cause: psycopg.Error) -> NoReturn:
    if isinstance(cause, psycopg.errors.DiskFull):
        raise StorageFull("The server's disk is full; nothing was changed. Make room and try again.") from None
    if not is_mistake(cause):
        raise Unavailable(f"The database cannot be used: {explain(cause)}.") from None
    raise type(error)(error.statement, None, without_values(cause), hide_parameters=True) from None
