"""Verify what a ledger published, or one proof out of it, with nothing but files and a key: no database, no secret."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from assent.errors import InvalidInput, LedgerBroken, NotFound, ProofInvalid
from assent.ledger import (
    CHECKPOINT_PATH,
    HASH_BYTES,
    MAX_ENTRY_BYTES,
    TILE_WIDTH,
    Checkpoint,
    Entry,
    Policy,
    PublishedAccount,
    SignedNote,
    TileAddress,
    TlogProof,
    VerificationKey,
    hash_leaf,
    open_checkpoint,
    parse_policy,
    prove_consistency,
    read_nodes_from_tiles,
    verify_consistency,
    verify_inclusion,
    verify_published,
)

MOST_BUNDLE_BYTES = TILE_WIDTH * (2 + MAX_ENTRY_BYTES)
MOST_NOTE_BYTES = 1_000_000
_TILE_LEVEL_BITS = 8


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose signatures count: a log's key, a policy with logs, witnesses and their quorum, or both."""

    key: VerificationKey | None = None
    policy: Policy | None = None

    def open(self, note: bytes) -> tuple[Checkpoint, tuple[str, ...]]:
        """Verify and read a checkpoint; return it and the names of the policy's witnesses that cosigned it.

        Raises InvalidInput or SignatureInvalid.
        """
        if self.policy is not None:
            checkpoint, cosignatures = self.policy.verify(note, self.log_keys)
            return checkpoint, tuple(cosignature.key.name for cosignature in cosignatures)
        return self.open_older(note), ()

    def open_older(self, note: bytes) -> Checkpoint:
        """Read a checkpoint that was kept: the log signed it, whoever else did. Raises as `open` does."""
        origin = SignedNote.from_bytes(note).text.partition("\n")[0]
        keys = [*self.log_keys, *(log.key for log in (self.policy.logs if self.policy else ()))]
        if len(keys) == 1:
            origin = keys[0].name
        return open_checkpoint(note, keys, origin)

    @property
    def log_keys(self) -> tuple[VerificationKey, ...]:
        """The keys of logs that are known without the policy."""
        return () if self.key is None else (self.key,)


@dataclass(frozen=True, slots=True)
class FolderReport:
    """What a published folder holds, all of it verified, and the size of the older checkpoint that it continues."""

    account: PublishedAccount
    witnesses: tuple[str, ...]
    continues_size: int | None


@dataclass(frozen=True, slots=True)
class ProofReport:
    """An entry that was proved to be in a ledger, and the checkpoint under which it was."""

    checkpoint: Checkpoint
    witnesses: tuple[str, ...]
    index: int
    entry: Entry


def read_trust(vkey: str | None, policy: bytes | None) -> Trust:
    """Read a key, a policy, or both. Raises InvalidInput if one is none, or there is neither."""
    if vkey is None and policy is None:
        raise InvalidInput("Say whom to trust: --key with the ledger's key, or --policy with a policy file.")
    return Trust(
        None if vkey is None else VerificationKey.from_vkey(vkey), None if policy is None else parse_policy(policy)
    )


def verify_folder(folder: Path, trust: Trust, *, since: bytes | None = None) -> FolderReport:
    """Verify a published folder (docs/ledger-format.md, section 9), and that it continues an older checkpoint.

    Raises NotFound if there is no checkpoint in it, SignatureInvalid, ProofInvalid if it does not continue the older
    checkpoint, and LedgerBroken with the first entry at which something does not hold.
    """

    def read_tile(address: TileAddress) -> bytes:
        return read_published_file(folder, address)

    checkpoint, witnesses = trust.open(read_checkpoint(folder))
    older = None if since is None else trust.open_older(since)
    if older is not None:
        # First, because it is the graver finding: the past was rewritten, and the two notes prove it.
        _require_continuation(older, checkpoint, read_tile)
    account = verify_published(checkpoint, read_tile, lambda address: _read_older_tiles(folder, address))
    return FolderReport(account, witnesses, None if older is None else older.size)


def verify_proof(proof_bytes: bytes, trust: Trust, *, entry: bytes | None = None) -> ProofReport:
    """Verify a `.tlog-proof` for an entry; without one, for the entry that the proof encloses as extra data.

    What is enclosed is trusted only as far as it hashes to the proven leaf. Raises InvalidInput, SignatureInvalid,
    ProofInvalid, and InvalidEntry for bytes that were logged but are no entry.
    """
    proof = TlogProof.from_bytes(proof_bytes)
    claimed = proof.extra if entry is None else entry
    if claimed is None:
        raise InvalidInput("The proof encloses no entry; give the entry's own file with --entry.")
    checkpoint, witnesses = trust.open(proof.checkpoint)
    verify_inclusion(hash_leaf(claimed), proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    return ProofReport(checkpoint, witnesses, proof.index, Entry.from_bytes(claimed))


def _require_continuation(older: Checkpoint, newer: Checkpoint, read_tile: Callable[[TileAddress], bytes]) -> None:
    if older.origin != newer.origin:
        raise ProofInvalid(f"The older checkpoint is of the log {older.origin}, this one of {newer.origin}.")
    if older.size > newer.size:
        raise ProofInvalid(
            f"The log shrank: the older checkpoint has {older.size} entries, this one {newer.size}. "
            "Keep both; they are the evidence."
        )
    read_node = read_nodes_from_tiles(newer.size, read_tile)
    proof = prove_consistency(older.size, newer.size, read_node)
    verify_consistency(older.size, older.root, newer.size, newer.root, proof)


def read_checkpoint(folder: Path) -> bytes:
    """Read the note that a published folder shows, unverified. Raises NotFound or InvalidInput."""
    try:
        with (folder / CHECKPOINT_PATH).open("rb") as file:
            return file.read(MOST_NOTE_BYTES + 1)
    except FileNotFoundError:
        raise NotFound("The folder has no file named checkpoint; give the folder that was published.") from None
    except OSError as error:
        raise InvalidInput(f"The checkpoint cannot be read: {error.strerror}.") from None


def read_published_file(folder: Path, address: TileAddress) -> bytes:
    """Read a published tile or entry bundle, unverified. Raises LedgerBroken where it cannot be read."""
    most = MOST_BUNDLE_BYTES if address.level is None else TILE_WIDTH * HASH_BYTES
    try:
        with (folder / address.path).open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        index = address.positions.start << _TILE_LEVEL_BITS * (address.level or 0)
        raise LedgerBroken(
            f"{address.path} cannot be read: {error.strerror or 'unknown reason'}.", first_bad_index=index
        ) from None


def _read_older_tiles(folder: Path, address: TileAddress) -> Iterable[tuple[int, bytes]]:
    """Read the narrower tiles that earlier sizes left beside this one."""
    full = TileAddress(address.level, address.index)
    partials = folder / f"{full.path}.p"
    if not partials.is_dir():
        return
    for width in range(1, address.width):
        narrower = TileAddress(address.level, address.index, width)
        if (folder / narrower.path).is_file():
            yield width, read_published_file(folder, narrower)
