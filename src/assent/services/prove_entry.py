"""Prove to somebody who trusts nobody here that one entry is in the ledger (c2sp.org/tlog-proof)."""

from __future__ import annotations

from dataclasses import dataclass

from assent.errors import NotFound
from assent.ledger import Entry, SignedNote, TlogProof, open_checkpoint, prove_inclusion
from assent.services.runtime import Runtime
from assent.services.sign_checkpoint import sign_checkpoint
from assent.storage import ledger as stored_ledger


@dataclass(frozen=True, slots=True)
class EntryProof:
    """An entry, the file that proves it, and the ledger's public key, by which the proof is verified."""

    index: int
    entry: Entry
    proof: TlogProof
    vkey: str


def prove_entry(runtime: Runtime, index: int, note: bytes | None = None) -> EntryProof:
    """Prove an entry under a signed checkpoint: the newest that witnesses cosigned, else the newest, or under `note`.

    The proof encloses the entry's bytes as its extra data, so that one file is enough. Raises NotFound if the ledger,
    as far as the checkpoint covers it, has no such entry.
    """
    signed = _choose_checkpoint(runtime, index) if note is None else note
    key = runtime.signing_key.verification_key
    checkpoint = open_checkpoint(signed, [key], runtime.deployment.origin)
    if not 0 <= index < checkpoint.size:
        raise NotFound(f"Entry {index} is not in the ledger; its {checkpoint.size} entries are counted from 0.")
    with runtime.database.snapshot() as view:
        ((_, data),) = stored_ledger.read_entries(view, index, index + 1)
        hashes = prove_inclusion(index, checkpoint.size, stored_ledger.read_nodes(view))
    proof = TlogProof(index, tuple(hashes), signed, extra=data)
    # Whoever receives a proof that does not hold would think ill of the ledger: it is verified before it leaves.
    proof.verify(data, [key], runtime.deployment.origin)
    return EntryProof(index, Entry.from_bytes(data), proof, key.vkey)


def _choose_checkpoint(runtime: Runtime, index: int) -> bytes:
    newest = sign_checkpoint(runtime)
    with runtime.database.snapshot() as view:
        kept = stored_ledger.load_checkpoints(view)
    covering = (note for size, note in reversed(kept) if size > index)
    # The ledger's own signature is one; whoever demands a quorum of witnesses needs theirs beside it.
    return next((note for note in covering if len(SignedNote.from_bytes(note).signatures) > 1), newest)
