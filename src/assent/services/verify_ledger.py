"""Verify the ledger from the ground up: every byte hashed again, every signature checked, every row accounted for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from assent.errors import AssentError, InvalidEntry, LedgerBroken, NotFound
from assent.ledger import (
    SALT_BYTES,
    Checkpoint,
    Entry,
    EntryKind,
    Facts,
    TreeAppender,
    check_commitment,
    check_running_numbers,
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

    Entries pass once through all checks, each of which hands them on, so that none has to be kept.
    Raises LedgerBroken, whose `first_bad_index` is the first entry at which something does not hold.
    """
    with runtime.database.snapshot() as view:
        # 1. Entries: without a gap, canonical, and each hashing to its stored leaf; nodes: exactly those they make.
        tree = _StoredTree(view, _list_signed_sizes(runtime, view), progress)
        # 2. Commitments: each that can still be opened holds what it promised.
        openings = _StoredOpenings(runtime, view)
        # 3. Numbers: each licence's searches run 1, 2, 3, and each end belongs to its start.
        facts = Facts()
        check_running_numbers(openings.check(_collect(facts, tree.read_entries())))
        # 4. Signatures: the checkpoints kept are signed by the ledger's key and lie on this tree; so does the anchor.
        signed_size, checkpoints = _check_signatures(runtime, view, tree.roots)
        # 5. Rows: the database holds what the entries add up to, no more and no less.
        facts.compare(stored_facts.read_facts(view))
    return LedgerReport(tree.size, tree.root, signed_size, checkpoints, openings.opened, openings.erased)


def _collect(facts: Facts, entries: Iterable[Entry]) -> Iterator[Entry]:
    for index, entry in enumerate(entries):
        facts.add(index, entry)
        yield entry


class _StoredTree:
    """The stored entries and nodes, read once side by side; `root` and `roots` are right after the last entry."""

    def __init__(self, view: Connection, signed_sizes: set[int], progress: Progress | None) -> None:
        self.size = stored_ledger.read_size(view)
        self.roots: dict[int, bytes] = {}
        self._view = view
        self._signed_sizes = signed_sizes
        self._progress = progress
        self._tree = TreeAppender(0, stored_ledger.read_nodes(view))
        self._levels: list[Iterator[tuple[int, bytes]]] = []
        self._keep_root(0)

    @property
    def root(self) -> bytes:
        """The root of all entries read so far."""
        return self._tree.root()

    def read_entries(self) -> Iterator[Entry]:
        read = 0
        for index, data in stored_ledger.read_entries(self._view):
            if index != read or index >= self.size:
                bad = min(read, max(index, 0))
                raise LedgerBroken(f"Entry {read} is missing or one was inserted.", first_bad_index=bad)
            for level, position, digest in self._tree.append(hash_leaf(data)):
                self._compare_node(level, position, digest)
            read += 1
            self._keep_root(read)
            if self._progress is not None and read % ENTRIES_PER_REPORT == 0:
                self._progress(read, self.size)
            yield _read_entry(index, data)
        if read != self.size:
            raise LedgerBroken(f"The ledger should have {self.size} entries and has {read}.", first_bad_index=read)
        self._require_no_other_node()

    def _keep_root(self, size: int) -> None:
        if size in self._signed_sizes:
            self.roots[size] = self.root

    def _compare_node(self, level: int, position: int, digest: bytes) -> None:
        if level == len(self._levels):
            self._levels.append(stored_ledger.read_level(self._view, level))
        if next(self._levels[level], None) != (position, digest):
            index = position << level
            raise LedgerBroken(
                f"Entry {index} does not hash to what the tree holds at level {level}.", first_bad_index=index
            )

    def _require_no_other_node(self) -> None:
        # A complete tree of n leaves has a node for each leaf and one less than that within each of its subtrees.
        expected = 2 * self.size - self.size.bit_count()
        if stored_ledger.count_nodes(self._view) != expected:
            raise LedgerBroken("The tree holds a node that no entry makes.", first_bad_index=self.size)


def _read_entry(index: int, data: bytes) -> Entry:
    try:
        return Entry.from_bytes(data)
    except InvalidEntry as error:
        raise LedgerBroken(f"Entry {index} is not one: {error}.", first_bad_index=index) from error


def _list_signed_sizes(runtime: Runtime, view: Connection) -> set[int]:
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


class _StoredOpenings:
    """The stored openings of commitments, read in the order of the entries that hold these."""

    def __init__(self, runtime: Runtime, view: Connection) -> None:
        self.opened = 0
        self.erased = 0
        self._vault = runtime.vault
        self._gone = runtime.vault.list_destroyed()
        self._stored = stored_ledger.read_openings(view)
        self._next = next(self._stored, None)

    def check(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        index = -1
        for index, entry in enumerate(entries):
            self._check_entry(index, entry)
            yield entry
        if self._next is not None:
            raise LedgerBroken("An opening belongs to no entry.", first_bad_index=index + 1)

    def _check_entry(self, index: int, entry: Entry) -> None:
        expected = list_commitments(entry)
        while self._next is not None and self._next[0] <= index:
            at, field, subject, sealed = self._next
            if at != index or field not in expected:
                raise LedgerBroken(f"Entry {at} holds no commitment {field}.", first_bad_index=max(at, 0))
            expected.remove(field)
            self._open(index, entry, field, subject, sealed)
            self._next = next(self._stored, None)
        for field in expected:
            if _find_subject(entry, field) not in self._gone:
                raise LedgerBroken(f"Entry {index}: the opening of {field} was removed.", first_bad_index=index)
            self.erased += 1

    def _open(self, index: int, entry: Entry, field: str, subject: str, sealed: bytes) -> None:
        try:
            value = self._vault.unseal(subject, f"opening:{index}:{field}", sealed)
            check_commitment(str(entry.fields[field]), value[:SALT_BYTES], value[SALT_BYTES:])
        except NotFound:
            self.erased += 1
        except AssentError as error:
            raise LedgerBroken(
                f"Entry {index}: {field} does not open to what it holds.", first_bad_index=index
            ) from error
        else:
            self.opened += 1


def _find_subject(entry: Entry, field: str) -> str:
    """Find under whose key the opening of a field lies."""
    if entry.kind is EntryKind.DISCLOSURE:
        return str(entry.fields["actor"])
    subject = str(entry.fields.get(SUBJECT_FIELDS.get(field, ""), ""))
    return outcome_of(subject) if field in OUTCOME_FIELDS else subject


SUBJECT_FIELDS = {
    "evidence": "person",
    "ground": "licence",
    "citation": "licence",
    "change_reason": "licence",
    "number": "case",
    "probe": "search",
    "justification": "search",
    "shown": "search",
    "decision_reason": "search",
    "candidate_list": "search",
    "checked_photo": "check",
    "form_reference": "check",
    "check_list": "check",
    "candidate": "search",
    "observations": "search",
    "reason": "hold",
}
"""Under whose key the opening of each commitment lies."""

OUTCOME_FIELDS = {"candidate_list", "candidate", "observations"}
"""Those that lie under the key of the search's outcome, which a rule may destroy before that of the search."""
