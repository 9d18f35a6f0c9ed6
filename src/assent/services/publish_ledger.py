"""Publish the ledger as static files (c2sp.org/tlog-tiles) that any web server can serve and outsiders verify."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assent.errors import LedgerRolledBack, VerificationError
from assent.ledger import (
    CHECKPOINT_PATH,
    Checkpoint,
    Cosignature,
    Policy,
    TileAddress,
    compute_root,
    encode_bundle,
    encode_tile,
    open_checkpoint,
    tiles_to_write,
)
from assent.services.collect_cosignatures import Submit, WitnessFailure, collect_cosignatures
from assent.services.runtime import Runtime
from assent.services.sign_checkpoint import sign_checkpoint
from assent.storage import Connection
from assent.storage import ledger as stored_ledger
from assent.storage.disk import write_file_durably
from assent.witness import submit_checkpoint

PUBLIC_MODE = 0o644
PAGE = Path(__file__).parent / "reports" / "verify.html"


@dataclass(frozen=True, slots=True)
class Publication:
    """What was published: the checkpoint, how many files were written for it, and who cosigned it or did not."""

    checkpoint: Checkpoint
    vkey: str
    files_written: int
    cosignatures: tuple[Cosignature, ...] = ()
    failures: tuple[WitnessFailure, ...] = ()


def publish_ledger(
    runtime: Runtime, folder: Path, policy: Policy | None = None, submit: Submit = submit_checkpoint
) -> Publication:
    """Bring a folder of static files up to the newest checkpoint; only what is new is written, the checkpoint last.

    With a policy, its witnesses are asked to cosign, and the checkpoint is written only if they make the quorum.
    Raises LedgerRolledBack if the folder already shows a ledger that this one does not continue, SignatureInvalid if
    the quorum is missing: then the folder keeps the checkpoint it had, besides files that no checkpoint covers yet.
    """
    note = sign_checkpoint(runtime)
    key = runtime.signing_key.verification_key
    checkpoint = open_checkpoint(note, [key], runtime.deployment.origin)
    with runtime.database.snapshot() as view:
        published = _read_published(runtime, folder)
        _require_continuation(view, published, checkpoint)
        count = 0
        for address in tiles_to_write(published.size if published else 0, checkpoint.size):
            write_file_durably(folder / address.path, encode_address(view, address), mode=PUBLIC_MODE)
            count += 1
    count += _write_page(folder)
    cosignatures: tuple[Cosignature, ...] = ()
    failures: tuple[WitnessFailure, ...] = ()
    if policy is not None:
        cosigned = collect_cosignatures(runtime, policy, note, submit)
        note, cosignatures, failures = cosigned.note, cosigned.cosignatures, cosigned.failures
    write_file_durably(folder / CHECKPOINT_PATH, note, mode=PUBLIC_MODE)
    return Publication(checkpoint, key.vkey, count + 1, cosignatures, failures)


def _write_page(folder: Path) -> int:
    """Put the page beside the files with which people who install nothing verify them, where it is not there yet."""
    page, path = PAGE.read_bytes(), folder / PAGE.name
    if path.exists() and path.read_bytes() == page:
        return 0
    write_file_durably(path, page, mode=PUBLIC_MODE)
    return 1


def encode_address(view: Connection, address: TileAddress) -> bytes:
    """Encode a tile or an entry bundle from what is stored."""
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
