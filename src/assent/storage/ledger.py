"""The ledger's rows: entries, tree nodes, openings of commitments, signed checkpoints.

Entries and nodes are written in the transaction of what they record, under the row lock on the ledger's head.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select, text, update

from assent.errors import LedgerBroken
from assent.ledger import Entry, ReadNode, TreeAppender, hash_leaf
from assent.storage.tables import ledger_checkpoints, ledger_entries, ledger_head, ledger_nodes, ledger_openings
from assent.storage.vault import Vault

_STREAMED = {"yield_per": 5_000}

# As one statement: a query for each of up to 63 levels would cost more than making the entry durable.
_LEVELS = ",".join(f"({level})" for level in range(63))
_EDGE = text(
    "SELECT node.level, node.node_index, node.hash FROM (VALUES LEVELS) AS place "
    "JOIN ledger_nodes AS node ON node.level = place.column1 AND node.node_index = (:size >> place.column1) - 1 "
    "WHERE (:size >> place.column1) & 1 = 1".replace("LEVELS", _LEVELS)
)


# Built once: writing a statement anew for every search would take longer than carrying it out.
_READ_HEAD = select(ledger_head.c.size).with_for_update()
_MOVE_HEAD = update(ledger_head).values(size=bindparam("new_size"))
_INSERT_ENTRY, _INSERT_NODE = insert(ledger_entries), insert(ledger_nodes)
_INSERT_OPENING = insert(ledger_openings)


def record_empty_ledger(connection: Connection) -> None:
    """Start a ledger of no entries."""
    connection.execute(insert(ledger_head).values(id=1, size=0))


def append_entries(connection: Connection, entries: Sequence[Entry]) -> int:
    """Append entries with all tree nodes they complete; the index of the first comes back.

    They are durable when the surrounding transaction is.
    """
    first = connection.execute(_READ_HEAD).scalar_one()
    tree = TreeAppender(first, _read_edge(connection, first))
    rows: list[dict[str, object]] = []
    nodes: list[dict[str, object]] = []
    for index, entry in enumerate(entries, start=first):
        data = entry.to_bytes()
        rows.append({"entry_index": index, "entry": data})
        nodes.extend(
            {"level": level, "node_index": position, "hash": digest}
            for level, position, digest in tree.append(hash_leaf(data))
        )
    if rows:
        connection.execute(_INSERT_ENTRY, rows)
        connection.execute(_INSERT_NODE, nodes)
        connection.execute(_MOVE_HEAD, {"new_size": first + len(rows)})
    return int(first)


def _read_edge(connection: Connection, size: int) -> ReadNode:
    """Read at once the right edge to which leaves are appended: the node of each level at which that bit is set."""
    found = {(level, index): bytes(digest) for level, index, digest in connection.execute(_EDGE, {"size": size})}

    def read_node(level: int, index: int) -> bytes:
        if (level, index) not in found:
            raise LedgerBroken(f"The tree lacks its node {index} of level {level}.", first_bad_index=index << level)
        return found[level, index]

    return read_node


def read_size(connection: Connection) -> int:
    """Read how many entries the ledger has."""
    return int(connection.execute(select(ledger_head.c.size)).scalar_one())


def read_nodes(connection: Connection) -> ReadNode:
    """Give the function by which roots and proofs read stored nodes. It raises LedgerBroken where one is missing."""
    query = select(ledger_nodes.c.hash)

    def read_node(level: int, index: int) -> bytes:
        found = connection.execute(
            query.where(ledger_nodes.c.level == level, ledger_nodes.c.node_index == index)
        ).scalar_one_or_none()
        if found is None:
            raise LedgerBroken(f"The tree lacks its node {index} of level {level}.", first_bad_index=index << level)
        return bytes(found)

    return read_node


def read_entries(
    connection: Connection, start: int | None = None, end: int | None = None
) -> Iterator[tuple[int, bytes]]:
    """Read entries in order of their index, as they stand in the table: index and bytes."""
    query = select(ledger_entries.c.entry_index, ledger_entries.c.entry)
    if start is not None:
        query = query.where(ledger_entries.c.entry_index >= start)
    if end is not None:
        query = query.where(ledger_entries.c.entry_index < end)
    with connection.execute(query.order_by(ledger_entries.c.entry_index), execution_options=_STREAMED) as rows:
        for row in rows:
            yield row[0], bytes(row[1])


def read_level(connection: Connection, level: int) -> Iterator[tuple[int, bytes]]:
    """Read all stored nodes of one level in order: index and hash."""
    query = select(ledger_nodes.c.node_index, ledger_nodes.c.hash).where(ledger_nodes.c.level == level)
    with connection.execute(query.order_by(ledger_nodes.c.node_index), execution_options=_STREAMED) as rows:
        for index, digest in rows:
            yield index, bytes(digest)


def count_nodes(connection: Connection) -> int:
    """Count all stored nodes."""
    return int(connection.execute(select(func.count()).select_from(ledger_nodes)).scalar_one())


# --- openings ----------------------------------------------------------------------------------------------------


def record_opening(
    connection: Connection, vault: Vault, index: int, field: str, subject: str, salt: bytes, value: bytes
) -> None:
    """Keep salt and value of a commitment under its subject's key; once that is destroyed nobody opens it again."""
    sealed = vault.seal(subject, f"opening:{index}:{field}", salt + value)
    opening = {"entry_index": index, "field": field, "subject": subject, "sealed": sealed}
    connection.execute(_INSERT_OPENING, opening)


def read_openings(connection: Connection) -> Iterator[tuple[int, str, str, bytes]]:
    """Read all openings in order: entry index, field, subject, sealed salt and value."""
    query = select(ledger_openings).order_by(ledger_openings.c.entry_index, ledger_openings.c.field)
    with connection.execute(query, execution_options=_STREAMED) as rows:
        for row in rows:
            yield row.entry_index, row.field, row.subject, bytes(row.sealed)


def load_openings(connection: Connection, index: int) -> dict[str, tuple[str, bytes]]:
    """Read the openings of one entry by field: subject, sealed salt and value."""
    query = select(ledger_openings).where(ledger_openings.c.entry_index == index)
    return {row.field: (row.subject, bytes(row.sealed)) for row in connection.execute(query)}


def list_entries_about(connection: Connection, subject: str) -> list[int]:
    """List the entries, oldest first, of which something is kept under the key of this subject."""
    query = select(ledger_openings.c.entry_index).distinct().where(ledger_openings.c.subject == subject)
    return list(connection.execute(query.order_by(ledger_openings.c.entry_index)).scalars())


# --- checkpoints -------------------------------------------------------------------------------------------------


def record_checkpoint(connection: Connection, size: int, note: bytes, at: datetime) -> None:
    """Keep a signed checkpoint."""
    connection.execute(insert(ledger_checkpoints).values(size=size, note=note, signed_at=at))


def load_last_checkpoint(connection: Connection) -> tuple[int, bytes] | None:
    """Read size and note of the newest signed checkpoint, or None before the first."""
    query = select(ledger_checkpoints.c.size, ledger_checkpoints.c.note).order_by(ledger_checkpoints.c.size.desc())
    row = connection.execute(query.limit(1)).one_or_none()
    return None if row is None else (row[0], bytes(row[1]))


def load_checkpoints(connection: Connection) -> list[tuple[int, bytes]]:
    """Read all signed checkpoints, oldest first."""
    query = select(ledger_checkpoints.c.size, ledger_checkpoints.c.note).order_by(ledger_checkpoints.c.size)
    return [(row[0], bytes(row[1])) for row in connection.execute(query)]


def load_checkpoint(connection: Connection, size: int) -> bytes | None:
    """Read the note of the signed checkpoint of this size, if there is one."""
    note = connection.execute(
        select(ledger_checkpoints.c.note).where(ledger_checkpoints.c.size == size)
    ).scalar_one_or_none()
    return None if note is None else bytes(note)


def load_last_checkpoints(connection: Connection, count: int) -> list[tuple[int, bytes]]:
    """Read at most so many signed checkpoints, newest first."""
    query = select(ledger_checkpoints.c.size, ledger_checkpoints.c.note).order_by(ledger_checkpoints.c.size.desc())
    return [(row[0], bytes(row[1])) for row in connection.execute(query.limit(count))]


def replace_checkpoint(connection: Connection, size: int, note: bytes) -> None:
    """Keep a checkpoint's note with more signatures than before; its text stays."""
    connection.execute(update(ledger_checkpoints).where(ledger_checkpoints.c.size == size).values(note=note))
