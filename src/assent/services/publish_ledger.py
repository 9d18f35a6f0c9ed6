"""Publish the ledger as static files (c2sp.org/tlog-tiles) that any web server can serve and outsiders verify."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assent.errors import LedgerRolledBack, VerificationError
from assent.ledger import (
    CHECKPOINT_PATH,
    Checkpoint,
    TileAddress,
    compute_root,
    encode_bundle,
    encode_tile,
    open_checkpoint,
    tiles_to_write,
)
from assent.services.runtime import Runtime
from assent.services.sign_checkpoint import sign_checkpoint
from assent.storage import Connection
from assent.storage import ledger as stored_ledger
from assent.storage.disk import write_file_durably

PUBLIC_MODE = 0o644


@dataclass(frozen=True, slots=True)
class Publication:
    """What was published: the checkpoint, and how many files were written for it."""

    checkpoint: Checkpoint
    vkey: str
    files_written: int


def publish_ledger(runtime: Runtime, folder: Path) -> Publication:
    """Bring a folder of static files up to the newest checkpoint; only what is new is written, the checkpoint last.

    Raises LedgerRolledBack if the folder already shows a ledger that this one does not continue.
    """
    note = sign_checkpoint(runtime)
    key = runtime.signing_key.verification_key
    checkpoint = open_checkpoint(note, [key], runtime.deployment.origin)
    with runtime.database.snapshot() as view:
        published = _read_published(runtime, folder)
        _require_continuation(view, published, checkpoint)
        count = 0
        for address in tiles_to_write(published.size if published else 0, checkpoint.size):
            write_file_durably(folder / address.path, _encode(view, address), mode=PUBLIC_MODE)
            count += 1
    write_file_durably(folder / CHECKPOINT_PATH, note, mode=PUBLIC_MODE)
    return Publication(checkpoint, key.vkey, count + 1)


def _encode(view: Connection, address: TileAddress) -> bytes:
    if address.level is None:
        positions = address.positions
        rows = stored_ledger.read_entries(view, positions.start, positions.stop)
        return encode_bundle([entry for _, entry in rows])
    return encode_tile(address, stored_ledger.read_nodes(view))


def _read_published(runtime: Runtime, folder: Path) -> Checkpoint | None:
    path = folder / CHECKPOINT_PATH
    if not path.exists():
        return None
    try:
        return open_checkpoint(path.read_bytes(), [runtime.signing_key.verification_key], runtime.deployment.origin)
    except VerificationError as error:
        raise LedgerRolledBack("The folder holds the checkpoint of another ledger; publish to an empty one.") from error


def _require_continuation(view: Connection, published: Checkpoint | None, checkpoint: Checkpoint) -> None:
    if published is None:
        return
    read_node = stored_ledger.read_nodes(view)
    if published.size > checkpoint.size or compute_root(published.size, read_node) != published.root:
        raise LedgerRolledBack(
            f"The folder shows a ledger of {published.size} entries that this one does not continue."
        )
