"""The stored ledger is the tree of the domain, however the entries came in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy.exc import IntegrityError

from assent.errors import KeysUnavailable, LedgerBroken, NotFound
from assent.ledger import EMPTY_ROOT, Entry, EntryKind, TreeAppender, compute_root, hash_leaf, hash_leaves_to_root
from assent.storage import Database, open_database
from assent.storage import ledger as stored_ledger
from factories import NOW, a_database, a_vault

Nodes = dict[tuple[int, int], bytes]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(a_database(tmp_path)) as opened:
        with opened.transaction() as transaction:
            stored_ledger.record_empty_ledger(transaction)
        yield opened


def an_entry(number: int) -> Entry:
    fields = {"actor": "system", "channel": "cli", "setting": "a-number", "value": number}
    return Entry(EntryKind.SETTINGS_CHANGED, NOW + timedelta(seconds=number), fields)


def append(database: Database, entries: Sequence[Entry]) -> int:
    with database.transaction() as transaction:
        return stored_ledger.append_entries(transaction, entries)


def read_nodes(database: Database) -> Nodes:
    with database.snapshot() as view:
        levels = range(stored_ledger.read_size(view).bit_length() + 1)
        nodes = {(level, index): node for level in levels for index, node in stored_ledger.read_level(view, level)}
        assert stored_ledger.count_nodes(view) == len(nodes)
    return nodes


def read_root(database: Database) -> bytes:
    with database.snapshot() as view:
        return compute_root(stored_ledger.read_size(view), stored_ledger.read_nodes(view))


def reference_nodes(entries: Sequence[bytes]) -> Nodes:
    nodes: Nodes = {}
    tree = TreeAppender(0, lambda level, index: nodes[level, index])
    for entry in entries:
        nodes |= {(level, index): node for level, index, node in tree.append(hash_leaf(entry))}
    return nodes


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 33])
@pytest.mark.parametrize("step", [1, 3, 100], ids=["one by one", "three at once", "all at once"])
def test_however_entries_are_appended_the_tree_is_the_one_of_the_reference(
    database: Database, size: int, step: int
) -> None:
    entries = [an_entry(number) for number in range(size)]
    written = [entry.to_bytes() for entry in entries]

    firsts = [append(database, entries[start : start + step]) for start in range(0, size, step)]

    assert firsts == list(range(0, size, step))
    assert read_nodes(database) == reference_nodes(written)
    assert read_root(database) == hash_leaves_to_root(map(hash_leaf, written))
    with database.snapshot() as view:
        assert list(stored_ledger.read_entries(view)) == list(enumerate(written))


def test_an_empty_ledger_has_the_empty_root_and_appending_nothing_keeps_it(database: Database) -> None:
    assert append(database, []) == 0

    assert read_root(database) == EMPTY_ROOT
    assert read_nodes(database) == {}


def test_entries_of_a_transaction_that_fails_leave_no_trace(database: Database) -> None:
    append(database, [an_entry(0)])

    with pytest.raises(IntegrityError), database.transaction() as transaction:
        append_and_break(transaction)

    with database.snapshot() as view:
        assert stored_ledger.read_size(view) == 1
    assert append(database, [an_entry(1)]) == 1
    assert read_nodes(database) == reference_nodes([an_entry(0).to_bytes(), an_entry(1).to_bytes()])


def append_and_break(transaction: stored_ledger.Connection) -> None:
    stored_ledger.append_entries(transaction, [an_entry(7), an_entry(8)])
    stored_ledger.record_empty_ledger(transaction)


def test_threads_that_append_at_once_neither_lose_nor_share_an_index(database: Database) -> None:
    taken: list[int] = []

    def append_many(opened: Database, start: int) -> None:
        for number in range(start, start + 15):
            first = append(opened, [an_entry(number), an_entry(number + 1_000)])
            taken.extend((first, first + 1))

    with closing(open_database(database.path)) as another:
        threads = [
            Thread(target=append_many, args=(opened, start))
            for opened, start in ((database, 0), (another, 100), (database, 200))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with database.snapshot() as view:
        entries = [entry for _, entry in stored_ledger.read_entries(view)]
    assert sorted(taken) == list(range(90))
    assert len(set(entries)) == 90
    assert read_nodes(database) == reference_nodes(entries)


@pytest.mark.parametrize(("start", "end"), [(0, 5), (2, 4), (3, None), (5, None), (4, 100)])
def test_a_range_of_entries_is_read_in_order(database: Database, start: int, end: int | None) -> None:
    append(database, [an_entry(number) for number in range(5)])

    with database.snapshot() as view:
        indices = [index for index, _ in stored_ledger.read_entries(view, start, end)]

    assert indices == list(range(5))[start:end]


def test_a_row_slipped_in_before_the_first_entry_is_read_with_all_others(database: Database) -> None:
    append(database, [an_entry(0)])
    with database.transaction() as transaction:
        transaction.exec_driver_sql("INSERT INTO ledger_entries VALUES (-1, x'7b7d')")

    with database.snapshot() as view:
        assert [index for index, _ in stored_ledger.read_entries(view)] == [-1, 0]
        assert [index for index, _ in stored_ledger.read_entries(view, 0)] == [0]


def test_a_node_that_is_missing_breaks_the_ledger_at_its_first_entry(database: Database) -> None:
    append(database, [an_entry(0)])

    with database.snapshot() as view, pytest.raises(LedgerBroken, match="node 5 of level 3") as broken:
        stored_ledger.read_nodes(view)(3, 5)

    assert broken.value.first_bad_index == 40


def test_an_opening_opens_only_at_its_place_and_only_while_the_key_lives(tmp_path: Path, database: Database) -> None:
    person, other = "p_" + "a" * 16, "p_" + "b" * 16
    with closing(a_vault(tmp_path)) as vault:
        vault.make_key(person)
        vault.make_key(other)
        with database.transaction() as transaction:
            stored_ledger.record_opening(transaction, vault, 3, "evidence", person, b"s" * 16, b"the value")
        with database.snapshot() as view:
            ((index, field, subject, sealed),) = stored_ledger.read_openings(view)

        assert (index, field, subject) == (3, "evidence", person)
        assert vault.unseal(person, "opening:3:evidence", sealed) == b"s" * 16 + b"the value"
        for another, what in ((other, "opening:3:evidence"), (person, "opening:4:evidence"), (person, "opening:3:x")):
            with pytest.raises(KeysUnavailable):
                vault.unseal(another, what, sealed)
        vault.destroy_keys([person], NOW)
        with pytest.raises(NotFound):
            vault.unseal(person, "opening:3:evidence", sealed)


def test_checkpoints_are_kept_in_order_and_each_size_once(database: Database) -> None:
    with database.snapshot() as view:
        assert stored_ledger.load_last_checkpoint(view) is None
    with database.transaction() as transaction:
        for size in (2, 10, 9):
            stored_ledger.record_checkpoint(transaction, size, b"note %d" % size, NOW)

    with pytest.raises(IntegrityError), database.transaction() as transaction:
        stored_ledger.record_checkpoint(transaction, 9, b"another note", NOW)

    with database.snapshot() as view:
        kept = stored_ledger.load_checkpoints(view)
        assert stored_ledger.load_last_checkpoint(view) == (10, b"note 10")
    assert kept == [(2, b"note 2"), (9, b"note 9"), (10, b"note 10")]
    assert all(earlier[0] < later[0] for earlier, later in pairwise(kept))


def test_reading_entries_leaves_the_connection_as_it_was(database: Database) -> None:
    append(database, [an_entry(0)])

    with database.snapshot() as view:
        before = dict(view.get_execution_options())
        list(stored_ledger.read_entries(view))
        list(stored_ledger.read_level(view, 0))

        assert dict(view.get_execution_options()) == before
