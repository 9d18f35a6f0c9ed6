"""The demonstration's proof: searches counted again from published files alone, and falsified copies found out."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from assent.errors import LedgerBroken, ProofInvalid
from assent.ledger import (
    CHECKPOINT_PATH,
    Account,
    Entry,
    EntryKind,
    TileAddress,
    TreeAppender,
    VerificationKey,
    compute_root,
    count_searches,
    decode_bundle,
    hash_leaf,
    open_checkpoint,
    read_nodes_from_tiles,
    tiles_to_write,
)
from assent.services.demo_story import Tampering
from assent.services.runtime import DATABASE_FILE, open_unchecked
from assent.services.show_ledger import IndexedEntry
from assent.services.verify_ledger import verify_ledger
from assent.settings import Settings

SEARCHES_HIDDEN = 3


@dataclass(frozen=True, slots=True)
class _Falsification:
    title: str
    deed: str
    expected_index: int
    apply: Callable[[sqlite3.Connection], object]


def recount_published(folder: Path, vkey: str, origin: str) -> Account:
    """Count all searches from the published files and the ledger's public key alone, as any outsider could.

    Raises SignatureInvalid for a checkpoint by another key, ProofInvalid if the entries are not those it signs.
    """
    checkpoint = open_checkpoint((folder / CHECKPOINT_PATH).read_bytes(), [VerificationKey.from_vkey(vkey)], origin)

    def read_tile(address: TileAddress) -> bytes:
        return (folder / address.path).read_bytes()

    entries: list[bytes] = []
    for address in tiles_to_write(0, checkpoint.size):
        if address.level is None:
            entries += decode_bundle(read_tile(address), address.width)
    read_node = read_nodes_from_tiles(checkpoint.size, read_tile)
    tree = TreeAppender(0, read_node)
    for entry in entries:
        tree.append(hash_leaf(entry))
    roots = {tree.root(), compute_root(checkpoint.size, read_node)}
    if len(entries) != checkpoint.size or roots != {checkpoint.root}:
        raise ProofInvalid(f"The published entries are not the {checkpoint.size} that the checkpoint signs.")
    return count_searches(Entry.from_bytes(entry) for entry in entries)


def tamper_with_copies(settings: Settings, entries: Sequence[IndexedEntry], folder: Path) -> tuple[Tampering, ...]:
    """Falsify copies of a closed deployment's data, one way each, and verify every copy under the true keys."""
    return tuple(
        _try_falsification(settings, folder / str(number), falsification)
        for number, falsification in enumerate(_list_falsifications(entries), start=1)
    )


def _list_falsifications(entries: Sequence[IndexedEntry]) -> tuple[_Falsification, ...]:
    finished = next(
        indexed.index
        for indexed in entries
        if indexed.entry.kind is EntryKind.SEARCH_FINISHED and indexed.entry.fields["candidates"] == 1
    )
    refused = next(indexed.index for indexed in entries if indexed.entry.kind is EntryKind.SEARCH_REFUSED)
    # The stored counts of a licence answer for the last entry that changed them.
    counted = max(
        indexed.index
        for indexed in entries
        if indexed.entry.kind in {EntryKind.SEARCH_STARTED, EntryKind.SEARCH_REFUSED}
    )
    return (
        _Falsification(
            "One byte changed",
            f"Entry {finished} said that a search returned 1 candidate; the copy says 0.",
            finished,
            lambda copy: copy.execute(
                "UPDATE ledger_entries SET entry = CAST(replace(CAST(entry AS TEXT), ?, ?) AS BLOB) "
                "WHERE entry_index = ?",
                ('"candidates":1', '"candidates":0', finished),
            ),
        ),
        _Falsification(
            "One entry removed",
            f"Entry {refused}, a refused search, was deleted from the copy.",
            refused,
            lambda copy: copy.execute("DELETE FROM ledger_entries WHERE entry_index = ?", (refused,)),
        ),
        _Falsification(
            "A count lowered",
            f"The copy's licence claims {SEARCHES_HIDDEN} searches fewer than were started.",
            counted,
            lambda copy: copy.execute(
                "UPDATE licences SET searches_started = searches_started - ?", (SEARCHES_HIDDEN,)
            ),
        ),
    )


def _try_falsification(settings: Settings, folder: Path, falsification: _Falsification) -> Tampering:
    shutil.copytree(settings.data_folder, folder)
    with closing(sqlite3.connect(folder / DATABASE_FILE)) as copy, copy:
        falsification.apply(copy)
    found_index, message = _find_flaw(replace(settings, database_url="", data_folder=folder))
    return Tampering(falsification.title, falsification.deed, falsification.expected_index, found_index, message)


def _find_flaw(settings: Settings) -> tuple[int | None, str]:
    # Opened as it lies there: an ordinary opening would already refuse a database that was changed.
    runtime = open_unchecked(settings)
    try:
        verify_ledger(runtime)
    except LedgerBroken as broken:
        return broken.first_bad_index, str(broken)
    finally:
        runtime.close()
    return None, "The verification found nothing."
