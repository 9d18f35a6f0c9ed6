"""Read the whole ledger for the oversight desk: from published files, verified first, or from the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from assent.errors import InvalidEntry, InvalidInput, LedgerBroken
from assent.ledger import (
    TILE_WIDTH,
    Entry,
    TileAddress,
    check_running_numbers,
    decode_bundle,
    hash_leaf,
    hash_leaves_to_root,
)
from assent.services.verify_published import Trust, read_checkpoint, read_published_file

if TYPE_CHECKING:
    # Reading published files loads neither database nor keys; so it answers in less than a second.
    from assent.services.runtime import Runtime


@dataclass(frozen=True, slots=True)
class LedgerCopy:
    """All entries of a ledger from the first on, the root over them, and where they were read."""

    origin: str
    entries: tuple[Entry, ...]
    root: bytes
    is_published: bool

    @property
    def until(self) -> datetime:
        """The moment of the newest entry."""
        return self.entries[-1].at if self.entries else datetime.min.replace(tzinfo=UTC)


def read_published_copy(folder: Path, trust: Trust) -> LedgerCopy:
    """Read published entries and nothing else, after hashing each of them again up to the root that was signed.

    Raises NotFound or InvalidInput where there is no checkpoint, SignatureInvalid, and LedgerBroken.
    """
    # 1. The checkpoint's signature, and the witnesses' where a policy asks for them.
    checkpoint, _ = trust.open(read_checkpoint(folder))
    # 2. All entries, hashed to the signed root; nothing is read into before.
    entries = list(_read_bundles(folder, checkpoint.size))
    root = hash_leaves_to_root(map(hash_leaf, entries))
    if root != checkpoint.root:
        raise LedgerBroken(
            f"The {checkpoint.size} published entries lead to root {root.hex()}; {checkpoint.root.hex()} was signed. "
            "'assent verify' says at which entry.",
            first_bad_index=0,
        )
    # 3. Each entry is one of the vocabulary, and the running numbers have no gap.
    copy = LedgerCopy(checkpoint.origin, tuple(_parse(entries)), root, is_published=True)
    check_running_numbers(copy.entries)
    return copy


def read_own_copy(runtime: Runtime, *, size: int | None = None) -> LedgerCopy:
    """Read the deployment's own entries from its database, or only the first `size`. Raises LedgerBroken."""
    from assent.storage import ledger as stored_ledger  # noqa: PLC0415 - see above

    with runtime.database.snapshot() as view:
        entries = [data for _, data in stored_ledger.read_entries(view, end=size)]
    root = hash_leaves_to_root(map(hash_leaf, entries))
    copy = LedgerCopy(runtime.deployment.origin, tuple(_parse(entries)), root, is_published=False)
    check_running_numbers(copy.entries)
    return copy


def _read_bundles(folder: Path, size: int) -> Iterator[bytes]:
    read = partial(read_published_file, folder)
    for begin in range(0, size, TILE_WIDTH):
        address = TileAddress(None, begin // TILE_WIDTH, min(TILE_WIDTH, size - begin))
        try:
            yield from decode_bundle(read(address), address.width)
        except InvalidInput as error:
            raise LedgerBroken(f"{address.path}: {error}.", first_bad_index=begin) from error


def _parse(entries: Iterable[bytes]) -> Iterator[Entry]:
    for index, data in enumerate(entries):
        try:
            yield Entry.from_bytes(data)
        except InvalidEntry as error:
            raise LedgerBroken(f"Entry {index} is not one: {error}.", first_bad_index=index) from error
