"""Serve the ledger to everybody: a signed checkpoint, and the tiles and entries that it covers, out of the database.

What is served is byte for byte what `publish_ledger` writes (c2sp.org/tlog-tiles), so whoever verifies the one verifies
the other.
"""

from __future__ import annotations

from dataclasses import dataclass

from assent.errors import InvalidInput, NotFound
from assent.ledger import Checkpoint, NoteSignature, SignedNote, TileAddress, open_checkpoint, parse_tile_path
from assent.ledger.tiles import TILE_HEIGHT
from assent.services.publish_ledger import PAGE, encode_address
from assent.services.runtime import Runtime
from assent.services.sign_checkpoint import sign_checkpoint
from assent.storage import ledger as stored_ledger

NEWLY_WRITTEN = 256
"""After how many entries a newer checkpoint is signed for those who ask; a small ledger gets one with each."""


@dataclass(frozen=True, slots=True)
class PublicCheckpoint:
    """The checkpoint that everybody is shown: its note, who signed beside the ledger, and what is not in it yet."""

    note: bytes
    checkpoint: Checkpoint
    vkey: str
    cosigners: tuple[NoteSignature, ...]
    unpublished: int


def read_public_checkpoint(runtime: Runtime) -> PublicCheckpoint:
    """Read the newest checkpoint that witnesses cosigned; where they never did, the newest signed one.

    Once there are witnesses, nobody is shown a state that these have not seen. Raises LedgerRolledBack.
    """
    key = runtime.signing_key.verification_key
    with runtime.database.snapshot() as view:
        size = stored_ledger.read_size(view)
        kept = stored_ledger.load_checkpoints(view)
    note = next((note for _, note in reversed(kept) if len(SignedNote.from_bytes(note).signatures) > 1), None)
    if note is None:
        signed_size, newest = kept[-1] if kept else (0, b"")
        is_fresh = newest and size - signed_size < min(NEWLY_WRITTEN, max(1, size // NEWLY_WRITTEN))
        note = newest if is_fresh else sign_checkpoint(runtime)
    checkpoint = open_checkpoint(note, [key], runtime.deployment.origin)
    others = tuple(line for line in SignedNote.from_bytes(note).signatures if line.key_id != key.key_id)
    return PublicCheckpoint(note, checkpoint, key.vkey, others, max(0, size - checkpoint.size))


def read_public_tile(runtime: Runtime, path: str) -> tuple[TileAddress, bytes]:
    """Encode a tile or a bundle of entries that a signed checkpoint covers. Raises NotFound for any other path."""
    try:
        address = parse_tile_path(path)
    except InvalidInput:
        raise NotFound("This is not the path of a tile or an entry bundle.") from None
    with runtime.database.snapshot() as view:
        signed_size, _ = stored_ledger.load_last_checkpoint(view) or (0, b"")
        if address.positions.stop > signed_size >> TILE_HEIGHT * (address.level or 0):
            raise NotFound("No signed checkpoint covers such a tile.")
        return address, encode_address(view, address)


def read_verifying_page() -> bytes:
    """Read the page with which people who install nothing verify the files."""
    return PAGE.read_bytes()
