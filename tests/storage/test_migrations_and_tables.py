"""The migrations make the tables as declared, forward and back, with rows in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import alembic.command
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import DateTime, create_engine, func, inspect, select, text

import assent.storage
from assent.errors import DatabaseTooNew
from assent.ledger import Entry, EntryKind
from assent.mandates import Role
from assent.storage import Database, open_database
from assent.storage import ledger as stored_ledger
from assent.storage import mandates as stored_mandates
from assent.storage import people as stored_people
from assent.storage.deployments import Deployment, record_deployment
from assent.storage.tables import UtcTime, metadata
from factories import (
    NOW,
    a_database,
    a_licence,
    a_purpose,
    a_stored_case,
    a_stored_member,
    a_stored_person,
    a_vault,
)

MIGRATIONS = Path(assent.storage.__file__).parent / "migrations"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(a_database(tmp_path)) as opened:
        yield opened


def migrate(database: Database, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.transaction() as transaction:
        config.attributes["connection"] = transaction
        (alembic.command.downgrade if revision == "base" else alembic.command.upgrade)(config, revision)


def fill(database: Database, folder: Path) -> None:
    with closing(a_vault(folder)) as vault:
        member = a_stored_member(database, vault, Role.SEARCHER)
        a_stored_case(database, vault, member)
        a_stored_person(database, vault, file_reference="F1")
        with database.transaction() as transaction:
            record_deployment(transaction, Deployment("d_x", "assent/d_x", "a-pack-1", NOW))
            stored_people.record_purpose(transaction, a_purpose())
            stored_mandates.record_licence(transaction, a_licence(member))
            stored_ledger.record_empty_ledger(transaction)
            fields = {"actor": "system", "channel": "system", "setting": "purpose"}
            stored_ledger.append_entries(transaction, [Entry(EntryKind.SETTINGS_CHANGED, NOW, fields)])
            stored_ledger.record_checkpoint(transaction, 1, b"a note", NOW)


def count_rows(database: Database) -> dict[str, int]:
    with database.snapshot() as view:
        return {
            table.name: view.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def read_schema(database: Database) -> set[tuple[str, str]]:
    """Name and statement of all that lies in the schema, however the statement is laid out."""
    with database.snapshot() as view:
        rows = view.execute(text("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'alembic%' AND sql > ''"))
        return {(name, " ".join(sql.split()).replace(" ,", ",").replace('"', "")) for name, sql in rows}


def by_name(keys: Sequence[Any]) -> list[Any]:
    return sorted(keys, key=lambda key: str(key["name"]))


def test_the_migrations_make_the_tables_that_are_declared(database: Database) -> None:
    with database.snapshot() as view:
        context = MigrationContext.configure(view, opts={"compare_type": True, "compare_server_default": True})

        assert compare_metadata(context, metadata) == []


def test_checks_and_layouts_that_a_comparison_does_not_see_are_the_declared_ones(
    tmp_path: Path, database: Database
) -> None:
    declared = create_engine(f"sqlite:///{tmp_path / 'declared.db'}")
    metadata.create_all(declared)
    found, expected = inspect(database.engine), inspect(declared)

    for table in metadata.tables:
        assert found.get_check_constraints(table) == expected.get_check_constraints(table)
        assert by_name(found.get_foreign_keys(table)) == by_name(expected.get_foreign_keys(table))
    with declared.connect() as connection:
        options = "SELECT name FROM sqlite_schema WHERE sql LIKE '%WITHOUT ROWID%' OR sql LIKE '%AUTOINCREMENT%'"
        laid_out = set(connection.execute(text(options)).scalars())
    declared.dispose()
    with database.snapshot() as view:
        assert set(view.execute(text(options)).scalars()) == laid_out == {"ledger_nodes", "gallery_changes"}


def test_down_and_up_again_with_rows_in_the_tables(tmp_path: Path, database: Database) -> None:
    schema = read_schema(database)
    fill(database, tmp_path)
    assert sum(count > 0 for count in count_rows(database).values()) >= 12

    migrate(database, "base")
    assert {name for name, _ in read_schema(database)} <= {"sqlite_sequence"}

    migrate(database, "head")
    assert read_schema(database) == schema
    assert set(count_rows(database).values()) == {0}
    fill(database, tmp_path / "again")


def test_upgrading_what_is_up_to_date_changes_nothing(tmp_path: Path, database: Database) -> None:
    fill(database, tmp_path)
    before = count_rows(database)

    with closing(open_database(database.path)) as again:
        again.upgrade()

        assert count_rows(again) == before


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    with closing(a_database(tmp_path)) as database, database.transaction() as transaction:
        transaction.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    path = tmp_path / "data" / "assent.db"
    before = path.read_bytes()

    with pytest.raises(DatabaseTooNew, match="9999"):
        open_database(path)

    assert path.read_bytes() == before


def test_every_moment_is_kept_with_its_zone() -> None:
    columns = [column for table in metadata.tables.values() for column in table.columns]

    moments = [column.name for column in columns if isinstance(column.type, UtcTime)]
    assert len(moments) > 10
    assert [column.name for column in columns if isinstance(column.type, DateTime)] == []
