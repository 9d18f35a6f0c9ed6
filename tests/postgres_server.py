"""A PostgreSQL server for tests: Debian's, started when first needed, on a Unix socket in a folder of its own."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from sqlalchemy import insert, select, text

from assent.services.runtime import find_database
from assent.settings import Settings
from assent.storage import PostgresAddress, open_database
from assent.storage.table_modules import tables
from demo_deployments import Deployment

OWNER = "assent"
INSECURE_BUT_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=", "jit=off")
START_SECONDS = 120
_numbers = itertools.count(1)


@dataclass(frozen=True)
class PostgresServer:
    """A running server."""

    folder: Path

    def make_database(self) -> str:
        """Make an empty database and give its address."""
        name = f"test{next(_numbers)}"
        with psycopg.connect(host=str(self.folder), user=OWNER, dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")  # type: ignore[call-overload]
        return f"postgresql://{OWNER}@/{name}?host={self.folder}"


def find_programs() -> Path | None:
    """Find the folder of initdb and pg_ctl, the newest version first."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    found = shutil.which("initdb")
    folders = [*debian, *([Path(found).parent] if found else [])]
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@contextmanager
def start_server(programs: Path) -> Iterator[PostgresServer]:
    """Start a server that is gone with its data when the block ends; as root it runs as somebody else."""
    # Short: the path of a Unix socket has room for 107 characters.
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        account = _choose_account()
        if account is not None:
            os.chown(folder, account.pw_uid, account.pw_gid)

        def run(program: str, *arguments: str) -> None:
            command = [str(programs / program), "-D", str(folder / "data"), *arguments]
            identity = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
            # Not captured: the server keeps the outputs of what started it.
            with (folder / "output").open("ab") as output:
                subprocess.run(command, check=True, stdout=output, stderr=output, cwd=folder, **identity)  # type: ignore[call-overload]

        run("initdb", "-U", OWNER, "-A", "trust", "--no-sync", "--locale=C", "-E", "UTF8")
        options = " ".join(f"-c {setting}" for setting in INSECURE_BUT_FAST)
        run(
            "pg_ctl", "start", "-w", "-t", str(START_SECONDS), "-l", str(folder / "log"), "-o", f"-k {folder} {options}"
        )
        try:
            yield PostgresServer(folder)
        finally:
            run("pg_ctl", "stop", "-m", "immediate", "-w")


def _choose_account() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    names = {account.pw_name: account for account in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def move_to(server: PostgresServer, deployment: Deployment) -> Deployment:
    """Copy the rows of a deployment's file into a new database on the server, and delete the file."""
    address = server.make_database()
    with (
        closing(open_database(find_database(deployment.settings))) as old,
        closing(open_database(PostgresAddress(address), create=True)) as new,
        old.snapshot() as view,
        new.transaction() as transaction,
    ):
        for table in tables.metadata.sorted_tables:
            rows = [row._asdict() for row in view.execute(select(table))]
            if rows:
                transaction.execute(insert(table), rows)
        transaction.execute(
            text("SELECT setval('gallery_changes_id_seq', (SELECT COALESCE(MAX(id), 0) + 1 FROM gallery_changes))")
        )
    deployment.database.unlink()
    return replace(deployment, settings=replace(deployment.settings, database_url=address))


def environment_for(settings: Settings) -> dict[str, str]:
    """Make the environment in which another process finds the same deployment."""
    return {
        **os.environ,
        "ASSENT_DATA": str(settings.data_folder),
        "ASSENT_KEYS": str(settings.keys_folder),
        "ASSENT_CACHE": str(settings.cache_folder),
        "ASSENT_DATABASE": settings.database_url,
        "PYTHONPATH": str(Path(__file__).parent),
    }
