"""The ledger's rows: entries, tree nodes, openings of commitments, signed checkpoints.

Entries and nodes are written in the transaction of what they record, under the row lock on the ledger's head.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from assent.errors import LedgerBroken
from assent.ledger import Entry, ReadNode, TreeAppender, hash_leaf
from assent.storage.tables import ledger_checkpoints, ledger_entries, ledger_head, ledger_nodes, ledger_openings
from assent.storage.vault import Vault

_STREAMED = {"yield_per": 5_000}


def record_empty_ledger(connection: Connection) -> None:
    """Start a ledger of no entries."""
    connection.execute(insert(ledger_head).values(id=1, size=0))


def append_entries(connection: Connection, entries: Sequence[Entry]) -> int:
    """Append entries with all tree nodes they complete; the index of the first comes back.

    They are durable when the surrounding transaction is.
    """
    first = connection.execute(select(ledger_head.c.size).with_for_update()).scalar_one()
    tree = TreeAppender(first, read_nodes(connection))
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
        connection.execute(insert(ledger_entries), rows)
        connection.execute(insert(ledger_nodes), nodes)
        connection.execute(update(ledger_head).values(size=first + len(rows)))
    return int(first)


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
    for row in connection.execute(query.order_by(ledger_entries.c.entry_index), execution_options=_STREAMED):
        yield row[0], bytes(row[1])


def read_all_nodes(connection: Connection) -> Iterator[tuple[int, int, bytes]]:
    """Read every stored node in order of level and index."""
    query = select(ledger_nodes).order_by(ledger_nodes.c.level, ledger_nodes.c.node_index)
    for row in connection.execute(query, execution_options=_STREAMED):
        yield row.level, row.node_index, bytes(row.hash)


# --- openings ----------------------------------------------------------------------------------------------------


def record_opening(
    connection: Connection, vault: Vault, index: int, field: str, subject: str, salt: bytes, value: bytes
) -> None:
    """Keep salt and value of a commitment under its subject's key; once that is destroyed nobody opens it again."""
    sealed = vault.seal(subject, f"opening:{index}:{field}", salt + value)
    connection.execute(insert(ledger_openings).values(entry_index=index, field=field, subject=subject, sealed=sealed))


def read_openings(connection: Connection) -> Iterator[tuple[int, str, str, bytes]]:
    """Read all openings in order: entry index, field, subject, sealed salt and value."""
    query = select(ledger_openings).order_by(ledger_openings.c.entry_index, ledger_openings.c.field)
    for row in connection.execute(query, execution_options=_STREAMED):
        yield row.entry_index, row.field, row.subject, bytes(row.sealed)


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
