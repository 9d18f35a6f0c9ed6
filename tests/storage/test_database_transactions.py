"""One writer at a time, readers never in the way, all or nothing, and no deleted row in any file."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.exc import IntegrityError, StatementError

from assent.errors import DeploymentMissing, StorageFull, Unavailable
from assent.storage import Database, open_database
from assent.storage import people as stored_people
from assent.storage.tables import persons, purposes
from factories import NOW, a_database, a_purpose, a_stored_person, a_vault, read_all_files


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(a_database(tmp_path)) as opened:
        yield opened


def list_purposes(database: Database) -> list[str]:
    with database.snapshot() as view:
        return list(stored_people.load_purposes(view))


def record(database: Database, slug: str, **changes: str) -> None:
    with database.transaction() as transaction:
        stored_people.record_purpose(transaction, a_purpose(slug, **changes))


def record_and_fail(database: Database) -> None:
    with database.transaction() as transaction:
        stored_people.record_purpose(transaction, a_purpose("photos"))
        stored_people.record_purpose(transaction, a_purpose(text="changed"))
        raise ZeroDivisionError


def test_an_exception_takes_everything_back(database: Database) -> None:
    record(database, "reunite")

    with pytest.raises(ZeroDivisionError):
        record_and_fail(database)

    with database.snapshot() as view:
        assert stored_people.load_purposes(view) == {"reunite": a_purpose()}


def test_what_was_committed_is_there_for_the_next_process(tmp_path: Path) -> None:
    with closing(a_database(tmp_path)) as database:
        record(database, "reunite")

    with closing(open_database(tmp_path / "data" / "assent.db")) as again:
        assert list_purposes(again) == ["reunite"]


def test_a_transaction_excludes_every_other_writer_until_it_ends(tmp_path: Path, database: Database) -> None:
    order: list[str] = []
    is_asking = Event()

    def write_later(another: Database) -> None:
        is_asking.set()
        with another.transaction() as transaction:
            order.append("second begins")
            order.append(f"second sees {len(stored_people.load_purposes(transaction))}")

    with closing(open_database(tmp_path / "data" / "assent.db")) as another:
        second = Thread(target=write_later, args=(another,))
        with database.transaction() as transaction:
            second.start()
            assert is_asking.wait(5)
            second.join(0.2)
            order.append("first writes")
            stored_people.record_purpose(transaction, a_purpose())
        second.join(10)

    assert order == ["first writes", "second begins", "second sees 1"]


def test_many_threads_counting_up_lose_nothing(database: Database) -> None:
    record(database, "reunite")

    def count_up() -> None:
        for _ in range(10):
            with database.transaction() as transaction:
                purpose = stored_people.load_purposes(transaction)["reunite"]  # type: ignore[index]
                number = int(purpose.text_version.removeprefix("v"))
                stored_people.record_purpose(transaction, replace(purpose, text_version=f"v{number + 1}"))

    threads = [Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.snapshot() as view:
        assert stored_people.load_purposes(view)["reunite"].text_version == "v41"  # type: ignore[index]


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


def test_opening_does_not_wait_for_a_writer(tmp_path: Path, database: Database) -> None:
    record(database, "a")

    with database.transaction(), closing(open_database(tmp_path / "data" / "assent.db")) as another:
        assert list_purposes(another) == ["a"]


def test_nothing_can_be_written_in_a_snapshot(database: Database) -> None:
    with pytest.raises(Unavailable, match="readonly"), database.snapshot() as view:
        stored_people.record_purpose(view, a_purpose())

    record(database, "b")
    assert list_purposes(database) == ["b"]


def test_a_full_disk_is_said_to_be_one_and_changes_nothing(database: Database) -> None:
    record(database, "a")

    @event.listens_for(database.engine, "checkout")
    def allow_no_more_pages(connection: object, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1").fetchall()  # type: ignore[attr-defined]

    with pytest.raises(StorageFull, match="nothing was changed"):
        record(database, "b", text="x" * 200_000)

    assert list_purposes(database) == ["a"]


def test_a_broken_rule_of_the_tables_is_raised_without_the_row(database: Database) -> None:
    row = {"slug": "reunite", "text": "the words of somebody", "text_version": "v1", "language": "en"}

    with pytest.raises(IntegrityError, match="UNIQUE") as raised, database.transaction() as transaction:
        transaction.execute(insert(purposes), [row | {"defined_at": NOW}] * 2)

    assert "the words of somebody" not in str(raised.value)


def test_a_moment_without_a_zone_is_not_stored(database: Database) -> None:
    with pytest.raises(StatementError, match="without a zone"), database.transaction() as transaction:
        stored_people.record_purpose(transaction, a_purpose(defined_at=NOW.replace(tzinfo=None)))


@pytest.mark.parametrize("content", [b"no database at all" * 500, b"SQLite format 3\0" + b"\xff" * 8_000])
def test_a_file_that_is_no_database_is_refused_without_its_path(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "assent.db"
    path.write_bytes(content)

    with pytest.raises(Unavailable, match="cannot be used") as refused:
        open_database(path)

    assert str(tmp_path) not in str(refused.value)


def test_where_nothing_was_set_up_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(DeploymentMissing):
        open_database(tmp_path / "data" / "assent.db")

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_refused_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"a file is in the way")

    with pytest.raises(Unavailable) as refused:
        a_database(tmp_path)

    assert str(tmp_path) not in str(refused.value)


@pytest.mark.parametrize("name", ["a?mode=memory", "50%", "a#b", "a b", "%41"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    with closing(a_database(tmp_path / name)) as database:
        record(database, "reunite")

        assert (tmp_path / name / "data" / "assent.db").stat().st_size > 0
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_database_and_its_log_are_private(tmp_path: Path, database: Database) -> None:
    record(database, "reunite")

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()}

    assert modes == {"assent.db": 0o600, "assent.db-wal": 0o600, "assent.db-shm": 0o600}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_a_deleted_row_is_nowhere_in_the_files_once_the_log_is_cut(tmp_path: Path, database: Database) -> None:
    with closing(a_vault(tmp_path)) as vault:
        people = [a_stored_person(database, vault, templates=[bytes(600)]) for _ in range(40)]
    with database.snapshot() as view:
        profiles = {row.id: row.profile_sealed for row in view.execute(select(persons))}
    assert database.truncate_log()
    assert profiles[people[7]] in database.path.read_bytes()

    with database.transaction() as transaction:
        for person in people[::2]:
            stored_people.delete_person(transaction, person)

    assert database.truncate_log()
    content = read_all_files(tmp_path / "data")
    assert [person for person in people if profiles[person] in content] == people[1::2]


def test_a_reader_that_holds_the_log_is_reported_and_later_it_is_cut(database: Database) -> None:
    with database.snapshot() as view:
        stored_people.load_purposes(view)
        record(database, "reunite")
        held = database.truncate_log()

    assert (held, database.truncate_log()) == (False, True)
    assert database.path.with_name("assent.db-wal").stat().st_size == 0
