import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from assent.errors import LedgerBroken, LedgerRolledBack, QuotaExhausted, Refused
from assent.ledger import EntryKind, hash_leaf
from assent.mandates import Role
from assent.services.open_deployment import open_runtime
from assent.services.run_search import run_search
from assent.services.runtime import open_unchecked
from assent.services.show_ledger import list_entries
from assent.services.verify_ledger import verify_ledger
from demo_deployments import Deployment, act_as, ask, read_picture, search

Tamper = Callable[[sqlite3.Connection], int]
"""Changes the database and says which index must be named."""


@pytest.fixture(scope="module")
def used_original(enrolled_original: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A deployment with some searches, one refused."""
    used = enrolled_original.copy_to(tmp_path_factory.mktemp("used"))
    with open_runtime(used.settings) as runtime:
        for number in ("001", "002", "003"):
            search(runtime, used, read_picture(number, 3))
        with pytest.raises(Refused):
            run_search(runtime, act_as(runtime, Role.SEARCHER), ask(used, case_number="none"), read_picture("001", 3))
    return used


def size_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT size FROM ledger_head").fetchone()[0])


def find_last(connection: sqlite3.Connection, kind: EntryKind) -> int:
    query = "SELECT MAX(entry_index) FROM ledger_entries WHERE CAST(entry AS TEXT) LIKE ?"
    return int(connection.execute(query, (f'%"kind":"{kind}"%',)).fetchone()[0])


def change_entry(index: int) -> Tamper:
    def tamper(connection: sqlite3.Connection) -> int:
        (entry,) = connection.execute("SELECT entry FROM ledger_entries WHERE entry_index = ?", (index,)).fetchone()
        changed = entry.replace(b'Z"', b'Z"', 1).replace(b"2026-", b"2025-", 1)
        assert changed != entry
        connection.execute("UPDATE ledger_entries SET entry = ? WHERE entry_index = ?", (changed, index))
        return index

    return tamper


def change_entry_and_leaf(connection: sqlite3.Connection) -> int:
    change_entry(40)(connection)
    (entry,) = connection.execute("SELECT entry FROM ledger_entries WHERE entry_index = 40").fetchone()
    connection.execute("UPDATE ledger_nodes SET hash = ? WHERE level = 0 AND node_index = 40", (hash_leaf(entry),))
    return 40


def delete_entry(index: int) -> Tamper:
    def tamper(connection: sqlite3.Connection) -> int:
        bad = index if index >= 0 else size_of(connection) + index
        connection.execute("DELETE FROM ledger_entries WHERE entry_index = ?", (bad,))
        return bad

    return tamper


def delete_last_entry_with_its_leaf_and_the_size(connection: sqlite3.Connection) -> int:
    last = size_of(connection) - 1
    connection.execute("DELETE FROM ledger_entries WHERE entry_index = ?", (last,))
    connection.execute("DELETE FROM ledger_nodes WHERE (node_index + 1) << level > ?", (last,))
    connection.execute("UPDATE ledger_head SET size = ?", (last,))
    return -1


def insert_entry(offset: int) -> Tamper:
    def tamper(connection: sqlite3.Connection) -> int:
        size = size_of(connection)
        index = -1 if offset < 0 else size + offset
        (entry,) = connection.execute("SELECT entry FROM ledger_entries WHERE entry_index = 3").fetchone()
        connection.execute("INSERT INTO ledger_entries VALUES (?, ?)", (index, entry))
        return 0 if offset < 0 else size

    return tamper


def swap_entries(connection: sqlite3.Connection) -> int:
    for old, new in ((20, 1_000_000), (31, 20), (1_000_000, 31)):
        connection.execute("UPDATE ledger_entries SET entry_index = ? WHERE entry_index = ?", (new, old))
    return 20


def change_node(connection: sqlite3.Connection) -> int:
    connection.execute("UPDATE ledger_nodes SET hash = zeroblob(32) WHERE level = 2 AND node_index = 5")
    return 20


def run(statement: str, kind: EntryKind | None) -> Tamper:
    def tamper(connection: sqlite3.Connection) -> int:
        index = size_of(connection) if kind is None else find_last(connection, kind)
        assert connection.execute(statement).rowcount == 1
        return index

    return tamper


ONE_SEARCH = "WHERE id = (SELECT id FROM searches ORDER BY number DESC LIMIT 1)"
TAMPERINGS: dict[str, Tamper] = {
    "first entry changed": change_entry(0),
    "entry in the middle changed": change_entry(77),
    "entry and its leaf changed": change_entry_and_leaf,
    "first entry deleted": delete_entry(0),
    "entry in the middle deleted": delete_entry(50),
    "last entry deleted": delete_entry(-1),
    "entry inserted before the first": insert_entry(-1),
    "entry inserted at the end": insert_entry(0),
    "entry inserted far away": insert_entry(500),
    "two entries swapped": swap_entries,
    "node changed": change_node,
    "node deleted": run("DELETE FROM ledger_nodes WHERE level = 0 AND node_index = 0", None),
    "node added above the tree": run("INSERT INTO ledger_nodes VALUES (30, 0, zeroblob(32))", None),
    "node added beside the tree": run("INSERT INTO ledger_nodes VALUES (0, 100000, zeroblob(32))", None),
    "opening removed": run(
        "DELETE FROM ledger_openings WHERE field = 'candidate_list' AND entry_index = "
        "(SELECT MAX(entry_index) FROM ledger_openings WHERE field = 'candidate_list')",
        EntryKind.SEARCH_FINISHED,
    ),
    "opening changed": run(
        "UPDATE ledger_openings SET sealed = zeroblob(90) WHERE field = 'candidate_list' AND entry_index = "
        "(SELECT MAX(entry_index) FROM ledger_openings WHERE field = 'candidate_list')",
        EntryKind.SEARCH_FINISHED,
    ),
    "opening added after the last entry": run(
        "INSERT INTO ledger_openings SELECT (SELECT size FROM ledger_head), field, subject, sealed "
        "FROM ledger_openings LIMIT 1",
        None,
    ),
    "opening added to an entry that hides nothing": run(
        "INSERT INTO ledger_openings SELECT "
        "(SELECT MAX(entry_index) FROM ledger_entries WHERE CAST(entry AS TEXT) LIKE '%\"search.refused\"%'), "
        "field, subject, sealed FROM ledger_openings LIMIT 1",
        EntryKind.SEARCH_REFUSED,
    ),
    "count of started searches lowered": run(
        "UPDATE licences SET searches_started = searches_started - 1", EntryKind.SEARCH_REFUSED
    ),
    "count of refused searches raised": run(
        "UPDATE licences SET searches_refused = searches_refused + 1", EntryKind.SEARCH_REFUSED
    ),
    "quota raised": run("UPDATE licences SET quota = quota * 2", EntryKind.SEARCH_REFUSED),
    "size of the ledger raised": run("UPDATE ledger_head SET size = size + 1", None),
    "search deleted": run(f"DELETE FROM searches {ONE_SEARCH}", EntryKind.SEARCH_FINISHED),  # noqa: S608 - a constant
    "candidate deleted": run(
        "DELETE FROM candidates WHERE (search_id, rank) = (SELECT id, 1 FROM searches ORDER BY number DESC LIMIT 1)",
        EntryKind.SEARCH_FINISHED,
    ),
    "threshold changed": run(f"UPDATE searches SET threshold = 0.6 {ONE_SEARCH}", EntryKind.SEARCH_FINISHED),  # noqa: S608 - a constant
    "reference smuggled in": run(
        "INSERT INTO person_references SELECT 'r_aaaaaaaaaaaaaaaa', person_id, pack_id, template_sealed, created_at "
        "FROM person_references WHERE person_id = (SELECT id FROM persons ORDER BY rowid DESC LIMIT 1) LIMIT 1",
        EntryKind.PERSON_ENROLLED,
    ),
    "person smuggled in": run(
        "INSERT INTO persons SELECT 'p_aaaaaaaaaaaaaaaa', basis, state, profile_sealed, NULL, enrolled_at "
        "FROM persons LIMIT 1",
        None,
    ),
}


@pytest.mark.parametrize("tamper", TAMPERINGS.values(), ids=TAMPERINGS)
def test_tampering_is_found_and_its_first_index_named(used_original: Deployment, tmp_path, tamper: Tamper) -> None:  # noqa: ANN001
    deployment = used_original.copy_to(tmp_path)
    with closing(sqlite3.connect(deployment.database)) as connection, connection:
        expected = tamper(connection)

    runtime = open_unchecked(deployment.settings)
    with closing(runtime), pytest.raises(LedgerBroken) as found:
        verify_ledger(runtime)

    assert found.value.first_bad_index == (0 if tamper is TAMPERINGS["node deleted"] else expected)


def test_an_untouched_ledger_verifies(used_original: Deployment, tmp_path) -> None:  # noqa: ANN001
    with open_runtime(used_original.copy_to(tmp_path).settings) as runtime:
        report = verify_ledger(runtime)

        assert report.size == report.signed_size == len(list_entries(runtime))


def test_a_ledger_cut_short_with_all_its_traces_is_refused_at_the_next_start(enrolled: Deployment) -> None:
    with closing(sqlite3.connect(enrolled.database)) as connection, connection:
        delete_last_entry_with_its_leaf_and_the_size(connection)
        connection.execute("DELETE FROM ledger_checkpoints WHERE size > (SELECT size FROM ledger_head)")

    with pytest.raises(LedgerRolledBack), open_runtime(enrolled.settings):
        pass
    with closing(open_unchecked(enrolled.settings)) as runtime, pytest.raises(LedgerBroken):
        verify_ledger(runtime)


def test_a_search_beyond_the_quota_is_refused_with_its_own_reason(bare: Deployment) -> None:
    with closing(sqlite3.connect(bare.database)) as connection, connection:
        connection.execute("UPDATE licences SET quota = 0, searches_started = 0")

    with open_runtime(bare.settings) as runtime, pytest.raises(QuotaExhausted):
        search(runtime, bare, read_picture("001", 3))
