"""Verify the ledger from the ground up: every byte hashed again, every signature checked, every row accounted for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assent.errors import AssentError, InvalidEntry, LedgerBroken, NotFound
from assent.ledger import (
    SALT_BYTES,
    Checkpoint,
    Entry,
    TreeAppender,
    check_commitment,
    check_running_numbers,
    collect_facts,
    hash_leaf,
    list_commitments,
    open_checkpoint,
)
from assent.mandates import outcome_of
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import facts as stored_facts
from assent.storage import ledger as stored_ledger

Progress = Callable[[int, int], None]
"""Called now and then with how many entries are hashed and how many there are."""

ENTRIES_PER_REPORT = 1_000


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What was verified."""

    size: int
    root: bytes
    signed_size: int
    checkpoints: int
    openings: int
    openings_erased: int


def verify_ledger(runtime: Runtime, progress: Progress | None = None) -> LedgerReport:
    """Verify everything, in one view of one moment; changes nothing.

    Raises LedgerBroken, whose `first_bad_index` is the first entry at which something does not hold.
    """
    with runtime.database.snapshot() as view:
        # 1. Entries: without a gap, canonical, and each hashing to its stored leaf; nodes: exactly those they make.
        entries, root, roots = _hash_again(runtime, view, progress)
        # 2. Signatures: the checkpoints kept are signed by the ledger's key and lie on this tree; so does the anchor.
        signed_size, checkpoints = _check_signatures(runtime, view, roots)
        # 3. Numbers: each licence's searches run 1, 2, 3, and each end belongs to its start.
        check_running_numbers(entries)
        # 4. Rows: the database holds what the entries add up to, no more and no less.
        collect_facts(entries).compare(stored_facts.load_facts(view))
        # 5. Commitments: each that can still be opened holds what it promised.
        opened, erased = _check_openings(runtime, view, entries)
    return LedgerReport(len(entries), root, signed_size, checkpoints, opened, erased)


def _hash_again(
    runtime: Runtime, view: Connection, progress: Progress | None
) -> tuple[list[Entry], bytes, dict[int, bytes]]:
    size = stored_ledger.read_size(view)
    signed = _checkpoint_sizes(runtime, view)
    tree = TreeAppender(0, stored_ledger.read_nodes(view))
    entries: list[Entry] = []
    made: dict[tuple[int, int], bytes] = {}
    roots = {0: tree.root()} if 0 in signed else {}
    for index, data in stored_ledger.read_entries(view):
        if index != len(entries) or index >= size:
            bad = min(len(entries), max(index, 0))
            raise LedgerBroken(f"Entry {len(entries)} is missing or one was inserted.", first_bad_index=bad)
        entries.append(_read_entry(index, data))
        made.update(((level, position), digest) for level, position, digest in tree.append(hash_leaf(data)))
        if index + 1 in signed:
            roots[index + 1] = tree.root()
        if progress is not None and (index + 1) % ENTRIES_PER_REPORT == 0:
            progress(index + 1, size)
    if len(entries) != size:
        raise LedgerBroken(
            f"The ledger should have {size} entries and has {len(entries)}.", first_bad_index=len(entries)
        )
    _compare_nodes(made, stored_ledger.read_all_nodes(view), size)
    return entries, tree.root(), roots


def _read_entry(index: int, data: bytes) -> Entry:
    try:
        return Entry.from_bytes(data)
    except InvalidEntry as error:
        raise LedgerBroken(f"Entry {index} is not one: {error}.", first_bad_index=index) from error


def _compare_nodes(made: dict[tuple[int, int], bytes], stored: Iterator[tuple[int, int, bytes]], size: int) -> None:
    """Compare the tree made anew with the one stored; a leaf that differs names its entry, a node its first one."""
    held = {(level, position): digest for level, position, digest in stored}
    flawed = [place for place in made.keys() | held.keys() if made.get(place) != held.get(place)]
    if flawed:
        # The lowest level first: a changed leaf is the cause, the nodes above it only follow.
        level, position = min(flawed)
        index = max(0, min(position << max(level, 0), size))
        raise LedgerBroken(
            f"Entry {index} does not hash to what the tree holds at level {level}.", first_bad_index=index
        )


def _checkpoint_sizes(runtime: Runtime, view: Connection) -> set[int]:
    sizes = {size for size, _ in stored_ledger.load_checkpoints(view)}
    anchor = runtime.vault.read_anchor()
    return sizes | ({anchor[0]} if anchor else set())


def _check_signatures(runtime: Runtime, view: Connection, roots: dict[int, bytes]) -> tuple[int, int]:
    key = runtime.signing_key.verification_key
    kept = stored_ledger.load_checkpoints(view)
    good_size = 0
    for size, note in kept:
        try:
            checkpoint = open_checkpoint(note, [key], runtime.deployment.origin)
        except AssentError as error:
            raise LedgerBroken(
                f"The checkpoint kept for size {size} is bad: {error}", first_bad_index=good_size
            ) from error
        if checkpoint != Checkpoint(runtime.deployment.origin, size, roots.get(size, b"\x00" * 32)):
            raise LedgerBroken(
                f"The entries up to {size} are not the ones signed; those up to {good_size} are.",
                first_bad_index=good_size,
            )
        good_size = size
    anchor = runtime.vault.read_anchor()
    if anchor is not None and roots.get(anchor[0]) != anchor[1]:
        raise LedgerBroken(
            f"The keyring remembers another ledger of {anchor[0]} entries; this one agrees up to {good_size}.",
            first_bad_index=good_size,
        )
    if len(kept) != runtime.vault.count_signed():
        raise LedgerBroken("A signed checkpoint was removed or added.", first_bad_index=0)
    return good_size, len(kept)


def _check_openings(runtime: Runtime, view: Connection, entries: list[Entry]) -> tuple[int, int]:
    opened = erased = 0
    expected = {(index, name) for index, entry in enumerate(entries) for name in list_commitments(entry)}
    for index, field, subject, sealed in stored_ledger.read_openings(view):
        if (index, field) not in expected:
            raise LedgerBroken(f"Entry {index} holds no commitment {field}.", first_bad_index=min(index, len(entries)))
        expected.discard((index, field))
        try:
            value = runtime.vault.unseal(subject, f"opening:{index}:{field}", sealed)
            check_commitment(str(entries[index].fields[field]), value[:SALT_BYTES], value[SALT_BYTES:])
        except NotFound:
            erased += 1
            continue
        except AssentError as error:
            raise LedgerBroken(
                f"Entry {index}: {field} does not open to what it holds.", first_bad_index=index
            ) from error
        opened += 1
    gone = runtime.vault.list_destroyed()
    for index, field in sorted(expected):
        subject = str(entries[index].fields.get(SUBJECT_FIELDS.get(field, ""), ""))
        if (outcome_of(subject) if field == "candidate_list" else subject) not in gone:
            raise LedgerBroken(f"Entry {index}: the opening of {field} was removed.", first_bad_index=index)
        erased += 1
    return opened, erased


SUBJECT_FIELDS = {
    "evidence": "person",
    "ground": "licence",
    "citation": "licence",
    "number": "case",
    "probe": "search",
    "justification": "search",
    "candidate_list": "search",
}
"""Under whose key the opening of each commitment lies."""
