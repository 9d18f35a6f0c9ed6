"""Small trees, entries and published folders for the tests of the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from assent.ledger import (
    CHECKPOINT_PATH,
    Checkpoint,
    Entry,
    EntryKind,
    JsonValue,
    SigningKey,
    TreeAppender,
    encode_bundle,
    encode_tile,
    hash_leaf,
    sign_checkpoint,
    tiles_to_write,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ORIGIN = "ledger.example/tracing"
MOMENT = datetime(2026, 11, 23, 23, 6, 7, 123456, tzinfo=UTC)
A_COMMITMENT = "sha256:" + "0123456789abcdef" * 4
A_TIME = "2026-11-23T23:06:07.123456Z"


def an_id(prefix: str, number: int = 0) -> str:
    """Spell a number in base 32, so that different numbers give different identifiers."""
    digits = "abcdefghijklmnopqrstuvwxyz234567"
    return f"{prefix}_" + "".join(digits[number >> 5 * place & 31] for place in reversed(range(16)))


def a_signing_key(name: str = ORIGIN, seed: int = 1) -> SigningKey:
    return SigningKey.from_private_bytes(name, bytes([seed]) * 32)


class TreeInMemory:
    """A tree whose nodes are kept in a dictionary."""

    def __init__(self, leaf_hashes: Sequence[bytes] = ()) -> None:
        self.nodes: dict[tuple[int, int], bytes] = {}
        appender = TreeAppender(0, self.read_node)
        for leaf_hash in leaf_hashes:
            for level, index, node in appender.append(leaf_hash):
                self.nodes[level, index] = node
        self.root = appender.root()

    def read_node(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]


def some_leaves(count: int) -> list[bytes]:
    return [hash_leaf(number.to_bytes(4, "big")) for number in range(count)]


def some_entries(count: int) -> list[bytes]:
    return [a_refused_search(number).to_bytes() for number in range(count)]


def an_entry(kind: EntryKind, *, at: datetime = MOMENT, **fields: JsonValue) -> Entry:
    return Entry(kind, at, {"actor": an_id("m"), "channel": "cli", **fields})


def a_refused_search(number: int = 0, /, **fields: JsonValue) -> Entry:
    defaults = {"holder": an_id("m"), "unit": "tracing", "cause": "licence-expired"}
    at = MOMENT + timedelta(microseconds=number)
    return an_entry(EntryKind.SEARCH_REFUSED, at=at, **{**defaults, **fields})


def a_started_search(number: int, search: int | None = None, /, *, at: datetime = MOMENT, **fields: JsonValue) -> Entry:
    defaults: dict[str, JsonValue] = {
        "search": an_id("s", number if search is None else search),
        "number": number,
        "licence": an_id("l"),
        "holder": an_id("m"),
        "unit": "tracing",
        "purpose": "reunite",
        "case": an_id("c"),
        "probe_source": "camera",
        "probe": A_COMMITMENT,
        "justification": A_COMMITMENT,
    }
    return an_entry(EntryKind.SEARCH_STARTED, at=at, **{**defaults, **fields})


def a_finished_search(number: int, search: int | None = None, /, **fields: JsonValue) -> Entry:
    defaults: dict[str, JsonValue] = {
        "search": an_id("s", number if search is None else search),
        "number": number,
        "licence": an_id("l"),
        "started": A_TIME,
        "ended": A_TIME,
        "pack": "dlib-2017",
        "gallery": an_id("g"),
        "gallery_size": 12,
        "threshold": "0.50",
        "candidates": 0,
        "candidate_list": A_COMMITMENT,
    }
    return an_entry(EntryKind.SEARCH_FINISHED, **{**defaults, **fields})


def a_failed_search(number: int, search: int | None = None, /, **fields: JsonValue) -> Entry:
    defaults: dict[str, JsonValue] = {
        "search": an_id("s", number if search is None else search),
        "number": number,
        "licence": an_id("l"),
        "cause": "no-face-found",
        "started": A_TIME,
        "ended": A_TIME,
    }
    return an_entry(EntryKind.SEARCH_FAILED, **{**defaults, **fields})


def publish(folder: Path, entries: Sequence[bytes], key: SigningKey, sizes: Sequence[int] | None = None) -> list[bytes]:
    """Publish a log into a folder at each size in turn (once, whole, by default); return the signed checkpoints."""
    tree = TreeInMemory([hash_leaf(entry) for entry in entries])
    checkpoints = []
    for old_size, new_size in pairwise([0, *(sizes or [len(entries)])]):
        for address in tiles_to_write(old_size, new_size):
            file = folder / address.path
            file.parent.mkdir(parents=True, exist_ok=True)
            if address.level is None:
                file.write_bytes(encode_bundle(entries[address.positions.start : address.positions.stop]))
            else:
                file.write_bytes(encode_tile(address, tree.read_node))
        root = TreeAppender(new_size, tree.read_node).root()
        checkpoints.append(sign_checkpoint(Checkpoint(key.name, new_size, root), key))
    (folder / CHECKPOINT_PATH).write_bytes(checkpoints[-1])
    return checkpoints
