"""Proofs that travel alone as `.tlog-proof` files (c2sp.org/tlog-proof)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assent.errors import InvalidInput
from assent.ledger.merkle import HASH_BYTES, Hash, hash_leaf, verify_inclusion
from assent.ledger.notes import (
    MAX_NOTE_BYTES,
    Checkpoint,
    VerificationKey,
    decode_base64,
    encode_base64,
    open_checkpoint,
    parse_decimal,
)

PROOF_HEADER = "c2sp.org/tlog-proof@v1"
PROOF_FILE_SUFFIX = ".tlog-proof"
# A tree of 2^63 entries is 63 levels high.
MAX_PROOF_HASHES = 63


@dataclass(frozen=True, slots=True)
class TlogProof:
    """The claim that an entry stands at `index` of the log whose signed checkpoint is enclosed.

    `extra` is not authenticated by anything and must not be trusted.
    """

    index: int
    hashes: tuple[Hash, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def to_bytes(self) -> bytes:
        """Write the file."""
        lines = [PROOF_HEADER]
        if self.extra is not None:
            lines.append(f"extra {encode_base64(self.extra)}")
        lines.append(f"index {self.index}")
        lines += [encode_base64(node) for node in self.hashes]
        return "".join(f"{line}\n" for line in [*lines, ""]).encode() + self.checkpoint

    @classmethod
    def from_bytes(cls, data: bytes) -> TlogProof:
        """Read a file, accepting only what `to_bytes` writes. Raises InvalidInput."""
        if len(data) > 2 * MAX_NOTE_BYTES:
            raise InvalidInput(f"the proof has {len(data)} bytes, at most {2 * MAX_NOTE_BYTES} are read")
        head, separator, checkpoint = data.partition(b"\n\n")
        if not separator:
            raise InvalidInput("the proof has no empty line before its checkpoint")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError as error:
            raise InvalidInput(f"the proof is not ASCII at byte {error.start}") from error
        if lines.pop(0) != PROOF_HEADER:
            raise InvalidInput(f"the proof's first line must be {PROOF_HEADER}")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = decode_base64(lines.pop(0).removeprefix("extra "), "the proof's extra data")
        if not lines or not lines[0].startswith("index "):
            raise InvalidInput("the proof must name its index before its hashes")
        index = parse_decimal(lines.pop(0).removeprefix("index "), "the proof's index")
        if len(lines) > MAX_PROOF_HASHES:
            raise InvalidInput(f"the proof has {len(lines)} hashes, at most {MAX_PROOF_HASHES} can be needed")
        return cls(index, tuple(_read_hash(line, row) for row, line in enumerate(lines)), checkpoint, extra)

    def verify(self, entry: bytes, keys: Sequence[VerificationKey], origin: str) -> Checkpoint:
        """Verify the checkpoint's signature, then the entry's inclusion under its root; return the checkpoint.

        Raises InvalidInput if the checkpoint is none, SignatureInvalid if it is not signed by the log, ProofInvalid if
        the entry is not at this index under its root.
        """
        checkpoint = open_checkpoint(self.checkpoint, keys, origin)
        verify_inclusion(hash_leaf(entry), self.index, checkpoint.size, self.hashes, checkpoint.root)
        return checkpoint


def _read_hash(line: str, row: int) -> Hash:
    decoded = decode_base64(line, f"hash {row} of the proof")
    if len(decoded) != HASH_BYTES:
        raise InvalidInput(f"hash {row} of the proof has {len(decoded)} bytes, expected {HASH_BYTES}")
    return decoded
