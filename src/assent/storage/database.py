"""The database, a SQLite file or on a PostgreSQL server: one engine, one way to open a transaction, and its schema."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import alembic.command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, ProgrammingError

from assent.errors import DatabaseTooNew, DeploymentMissing, StorageFull, Unavailable
from assent.storage.postgres import PostgresAddress, make_postgres_engine, vacuum
from assent.storage.sqlite_file import make_file, make_sqlite_engine, truncate_sqlite_log

_MIGRATIONS = Path(__file__).parent / "migrations"
_MISTAKES = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError)
_DISK_FULL = "53100"  # SQLSTATE, postgresql.org/docs/current/errcodes-appendix.html

Place = Path | PostgresAddress
"""A SQLite file, or a database on a PostgreSQL server."""


class Database:
    """The deployment's database; `transaction` excludes every other writer, `snapshot` sees one moment."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.engine: Engine = make_sqlite_engine(place) if isinstance(place, Path) else make_postgres_engine(place)

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
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(cause, sqlite3.Error):
            if "full" in str(cause) or "disk I/O error" in str(cause):
                raise StorageFull("The disk is full; nothing was changed. Make room and try again.") from None
            if isinstance(cause, _MISTAKES):
                raise  # a mistake in the program, not in the place
            raise Unavailable(f"The database cannot be used: {cause}.") from None
        if getattr(cause, "sqlstate", None) == _DISK_FULL:
            raise StorageFull("The server's disk is full; nothing was changed. Make room and try again.") from None
        if isinstance(error, IntegrityError | ProgrammingError | InterfaceError):
            raise
        # What the server says may hold its address and a row, so only its code is passed on.
        code = getattr(cause, "sqlstate", None) or type(cause).__name__
        raise Unavailable(f"The database server cannot be used ({code}).") from None
