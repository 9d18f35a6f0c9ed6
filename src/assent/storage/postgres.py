"""The database on a PostgreSQL server: writers one after the other, and deleted rows removed from its files.

A transaction first takes one advisory lock (postgresql.org/docs/current/explicit-locking.html), which is what BEGIN
IMMEDIATE is on SQLite: all that relies on a single writer, the ledger's order and exact quotas, holds on both alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError

from assent.errors import InvalidInput, Unavailable

WRITER_LOCK = 0x415353454E54  # "ASSENT"
LOCK_SECONDS = 60
# What of a person or a probe lies in tables, though sealed, is not left in dead rows.
VACUUMED = ("persons", "consents", "person_references", "search_requests", "candidates", "ledger_openings")


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """Where the server is, and the file that holds the password, unless `PGPASSFILE` or the socket's owner is enough."""

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
    if url.password is not None:
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
        pool_size=4,
        max_overflow=60,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 10},
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("assent_read_only", False):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        # An acknowledged entry survives a power cut, whatever the server's own setting is.
        connection.exec_driver_sql("SET LOCAL synchronous_commit = on")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")

    return engine


def vacuum(engine: Engine) -> bool:
    """Remove deleted rows from the tables' pages; False where the server did not let us.

    What the server's own log still holds of them is sealed under keys that are destroyed.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT", assent_read_only=True) as connection:
        present = set(
            connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")).scalars()
        )
        for table in VACUUMED:
            if table in present:
                connection.exec_driver_sql(f"VACUUM {table}")
    return True
