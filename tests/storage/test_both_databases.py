"""What the services rely on holds for the file and for the server alike: turns, moments, all or nothing, migrations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from assent.errors import DatabaseTooNew, DeploymentMissing, InvalidInput, StorageFull, Unavailable
from assent.mandates import Role
from assent.storage import Database, PostgresAddress, open_database
from assent.storage import people as stored_people
from assent.storage.table_modules import tables
from assent.storage.tables import persons, purposes
from factories import NOW, a_purpose, a_stored_case, a_stored_member, a_stored_person, a_vault
from postgres_server import PostgresServer
from storage.migrating import migrate


@pytest.fixture
def database(database_place: Path | PostgresAddress) -> Iterator[Database]:
    with closing(open_database(database_place, create=True)) as opened:
        yield opened


def list_purposes(database: Database) -> list[str]:
    with database.snapshot() as view:
        return sorted(stored_people.load_purposes(view))


def record(database: Database, slug: str) -> None:
    with database.transaction() as transaction:
        stored_people.record_purpose(transaction, a_purpose(slug))


def record_and_fail(database: Database) -> None:
    with database.transaction() as transaction:
        stored_people.record_purpose(transaction, a_purpose("photos"))
        raise ZeroDivisionError


def count_rows(database: Database) -> dict[str, int]:
    with database.snapshot() as view:
        return {
            table.name: view.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables.metadata.sorted_tables
        }


def test_an_exception_takes_everything_back(database: Database) -> None:
    record(database, "reunite")

    with pytest.raises(ZeroDivisionError):
        record_and_fail(database)

    assert list_purposes(database) == ["reunite"]


def test_a_transaction_excludes_every_other_writer_until_it_ends(
    database_place: Path | PostgresAddress, database: Database
) -> None:
    order: list[str] = []
    is_asking = Event()

    def write_later(another: Database) -> None:
        is_asking.set()
        with another.transaction() as transaction:
            order.append(f"second sees {len(stored_people.load_purposes(transaction))}")

    with closing(open_database(database_place)) as another:
        second = Thread(target=write_later, args=(another,))
        with database.transaction() as transaction:
            second.start()
            assert is_asking.wait(60)
            second.join(0.2)
            order.append("first writes")
            stored_people.record_purpose(transaction, a_purpose())
        second.join(60)

    assert order == ["first writes", "second sees 1"]


def test_many_threads_of_two_openings_counting_up_lose_nothing(
    database_place: Path | PostgresAddress, database: Database
) -> None:
    record(database, "reunite")

    def count_up(opened: Database) -> None:
        for _ in range(10):
            with opened.transaction() as transaction:
                purpose = stored_people.load_purposes(transaction)["reunite"]  # type: ignore[index]
                number = int(purpose.text_version.removeprefix("v"))
                # Looked up beside the transaction, as services do: a second connection must be there for it.
                assert list_purposes(opened) == ["reunite"]
                stored_people.record_purpose(transaction, replace(purpose, text_version=f"v{number + 1}"))

    with closing(open_database(database_place)) as another:
        threads = [Thread(target=count_up, args=(opened,)) for opened in (database, another) * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with database.snapshot() as view:
        assert stored_people.load_purposes(view)["reunite"].text_version == "v81"  # type: ignore[index]


def test_a_snapshot_neither_waits_for_a_writer_nor_stops_one_and_sees_one_moment(database: Database) -> None:
    record(database, "a")

    with database.snapshot() as view:
        before = list(stored_people.load_purposes(view))
        with database.transaction() as transaction:
            stored_people.record_purpose(transaction, a_purpose("b"))
            assert list_purposes(database) == ["a"]
        after = list(stored_people.load_purposes(view))

    assert (before, after) == (["a"], ["a"])
    assert list_purposes(database) == ["a", "b"]


def test_nothing_can_be_written_in_a_snapshot(database: Database) -> None:
    with pytest.raises(Unavailable, match=r"read-?only"), database.snapshot() as view:
        stored_people.record_purpose(view, a_purpose())

    record(database, "b")
    assert list_purposes(database) == ["b"]


def test_a_broken_rule_of_the_tables_is_raised_without_the_row(database: Database) -> None:
    row = {"slug": "reunite", "text": "the words of somebody", "text_version": "v1", "language": "en"}

    with pytest.raises(IntegrityError) as raised, database.transaction() as transaction:
        transaction.execute(insert(purposes), [row | {"defined_at": NOW}] * 2)

    assert "the words of somebody" not in str(raised.value)
    assert "(reunite)" not in str(raised.value)


def test_erased_rows_can_be_freed_while_somebody_reads(tmp_path: Path, database: Database) -> None:
    with closing(a_vault(tmp_path)) as vault:
        people = [a_stored_person(database, vault) for _ in range(3)]
    with database.transaction() as transaction:
        stored_people.delete_person(transaction, people[0])

    assert database.truncate_log()

    with database.snapshot() as view:
        assert set(view.execute(select(persons.c.id)).scalars()) == set(people[1:])


def test_the_migrations_make_the_tables_that_are_declared(database: Database) -> None:
    with database.snapshot() as view:
        context = MigrationContext.configure(view, opts={"compare_type": True})

        assert compare_metadata(context, tables.metadata) == []


def test_down_and_up_again_with_rows_in_the_tables(tmp_path: Path, database: Database) -> None:
    def fill(folder: Path) -> None:
        with closing(a_vault(folder)) as vault:
            a_stored_case(database, vault, a_stored_member(database, vault, Role.SEARCHER))
            a_stored_person(database, vault, file_reference="F1")

    fill(tmp_path)
    names = set(inspect(database.engine).get_table_names())
    assert sum(count > 0 for count in count_rows(database).values()) >= 5

    migrate(database, "base")
    with database.snapshot() as view:
        assert set(inspect(view).get_table_names()) <= {"alembic_version"}

    migrate(database, "head")
    with database.snapshot() as view:
        assert set(inspect(view).get_table_names()) == names
    assert set(count_rows(database).values()) == {0}
    fill(tmp_path / "again")


def test_a_database_of_a_newer_version_is_refused(database_place: Path | PostgresAddress) -> None:
    with closing(open_database(database_place, create=True)) as database, database.transaction() as transaction:
        transaction.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(DatabaseTooNew, match="9999"):
        open_database(database_place)


def test_where_nothing_was_set_up_nothing_is_made(database_place: Path | PostgresAddress) -> None:
    for _ in range(2):
        with pytest.raises(DeploymentMissing):
            open_database(database_place)


@pytest.mark.parametrize(
    "address", ["mysql://a@b/c", "no address", "postgresql://me:secret@b/c", "postgresql://b/c?password=secret"]
)
def test_an_address_of_something_else_or_with_a_password_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        open_database(PostgresAddress(address))

    assert "secret" not in str(refused.value)
    assert "mysql" not in str(refused.value)


def test_a_server_that_is_not_there_is_said_to_be_so_without_its_address(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be reached") as refused:
        open_database(PostgresAddress(f"postgresql://somebody@/nothing?host={tmp_path}"))

    assert str(tmp_path) not in str(refused.value)
    assert "somebody" not in str(refused.value)


def test_a_server_that_is_full_is_said_to_be_so(postgres: PostgresServer) -> None:
    full = text("DO $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$")

    with (
        closing(open_database(PostgresAddress(postgres.make_database()), create=True)) as database,
        pytest.raises(StorageFull, match="nothing was changed"),
        database.transaction() as transaction,
    ):
        transaction.execute(full)
