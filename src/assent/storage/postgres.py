"""The database on a PostgreSQL server: writers one after the other, and deleted rows removed from its files.

A transaction first takes one advisory lock (postgresql.org/docs/current/explicit-locking.html), which is what BEGIN
IMMEDIATE is on SQLite: all that relies on a single writer, the ledger's order and exact quotas, holds on both alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import errors
from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from assent.errors import InvalidInput, Unavailable
from assent.storage.table_modules import tables

WRITER_LOCK = 0x415353454E54  # "ASSENT"
LOCK_SECONDS = 60
SPARE_CONNECTIONS = 4
MOST_CONNECTIONS = 45
"""Of one process: more than it has threads, since one that writes may look something up beside it."""


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """Where the server is, and the file with the password, unless `PGPASSFILE` or the socket's owner is enough."""

    url: str
    password_file: Path | None = None


def make_postgres_engine(address: PostgresAddress) -> Engine:
    """Make the engine. Raises InvalidInput for an address that is none or holds a password, Unavailable."""
    try:
        url = make_url(address.url)
    except ArgumentError:
        raise InvalidInput("The database's address is none; write postgresql://user@host/database.") from None
    if url.get_backend_name() != "postgresql":
        raise InvalidInput("The database's address must begin with postgresql://.")
    if url.password is not None or "password" in url.query:
        raise InvalidInput(
            "The database's address holds a password; put it into a file (ASSENT_DATABASE_PASSWORD_FILE)."
        )
    if address.password_file is not None:
        try:
            url = url.set(password=address.password_file.read_text("utf-8").strip())
        except (OSError, UnicodeDecodeError):
            raise Unavailable("The file with the database's password cannot be read.") from None
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,  # an error's message never shows a row
        pool_size=SPARE_CONNECTIONS,
        max_overflow=MOST_CONNECTIONS - SPARE_CONNECTIONS,
        pool_timeout=LOCK_SECONDS,
        pool_pre_ping=True,  # a server that was started again is found again
        connect_args={
            "connect_timeout": 10,
            "application_name": "assent",
            # An acknowledged entry survives a power cut, whatever the server's own setting is.
            "options": f"-c lock_timeout={LOCK_SECONDS}s -c synchronous_commit=on",
        },
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        terms = connection.get_execution_options()
        if terms.get("assent_vacuums", False):
            return
        if terms.get("assent_read_only", False):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        else:
            # First come, first served; it ends with the transaction.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")

    return engine


def vacuum(engine: Engine) -> bool:
    """Remove deleted rows from the tables' pages; what another process is vacuuming already is left to it.

    What the server's own log, or a page not written over yet, still holds of them is sealed under destroyed keys.
    """
    names = ", ".join(sorted(table.name for table in tables.metadata.tables.values() if _is_personal(table)))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT", assent_vacuums=True) as connection:
        connection.exec_driver_sql(f"VACUUM (SKIP_LOCKED) {names}")
    return True


def explain(error: psycopg.Error) -> str:
    """Say what the server answered, without values and without its address."""
    return error.diag.message_primary or "the server cannot be reached, or refuses the connection"


def is_mistake(error: psycopg.Error) -> bool:
    """Tell whether the error is the program's mistake, not the place's."""
    if isinstance(error, errors.InsufficientPrivilege | errors.UndefinedTable | errors.ReadOnlySqlTransaction):
        return False
    return isinstance(
        error, psycopg.IntegrityError | psycopg.ProgrammingError | psycopg.InterfaceError | psycopg.DataError
    )


def without_values(error: psycopg.Error) -> psycopg.Error:
    """Copy an error without its details: there the server names the row that broke a rule."""
    return type(error)(explain(error))


def _is_personal(table: Table) -> bool:
    return any("sealed" in column.name for column in table.columns)
