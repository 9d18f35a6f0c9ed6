"""Sign the ledger's present size and root, never two that contradict each other.

The last signed size and root are kept in the keyring, apart from the database, and advanced by compare and swap before
each signature: a database that was rolled back, or a second one grown from the same backup, gets none.
"""

from __future__ import annotations

from assent.errors import LedgerBroken, LedgerRolledBack
from assent.ledger import Checkpoint, ReadNode, compute_root
from assent.ledger import sign_checkpoint as sign
from assent.services.runtime import Runtime
from assent.storage import ledger as stored_ledger


def sign_checkpoint(runtime: Runtime) -> bytes:
    """Sign the ledger as it stands, or return the checkpoint that already covers it.

    Raises LedgerRolledBack, and signs nothing, if what was signed last is not a beginning of this ledger.
    """
    with runtime.database.snapshot() as view:
        size, last = stored_ledger.read_size(view), stored_ledger.load_last_checkpoint(view)
        if last is not None and last[0] == size and _is_anchored(runtime, size, stored_ledger.read_nodes(view)):
            return last[1]
    with runtime.database.transaction() as transaction:
        size = stored_ledger.read_size(transaction)
        last = stored_ledger.load_last_checkpoint(transaction)
        read_node = stored_ledger.read_nodes(transaction)
        anchor = runtime.vault.read_anchor()
        _require_beginning(anchor, size, read_node)
        if last is not None and last[0] == size:
            return last[1]
        root = compute_root(size, read_node)
        if not runtime.vault.move_anchor(anchor, size, root):
            raise LedgerRolledBack("Another database signed under these keys meanwhile; this one signs nothing.")
        note = sign(Checkpoint(runtime.deployment.origin, size, root), runtime.signing_key)
        stored_ledger.record_checkpoint(transaction, size, note, runtime.clock())
        return note


def _is_anchored(runtime: Runtime, size: int, read_node: ReadNode) -> bool:
    anchor = runtime.vault.read_anchor()
    try:
        return anchor == (size, compute_root(size, read_node))
    except LedgerBroken:
        return False


def require_not_rolled_back(runtime: Runtime) -> None:
    """Raise LedgerRolledBack if the database is older than, or differs from, what was signed last."""
    with runtime.database.snapshot() as view:
        _require_beginning(runtime.vault.read_anchor(), stored_ledger.read_size(view), stored_ledger.read_nodes(view))


def _require_beginning(anchor: tuple[int, bytes] | None, size: int, read_node: ReadNode) -> None:
    if anchor is None:
        return
    signed_size, signed_root = anchor
    if size < signed_size:
        raise LedgerRolledBack(
            f"The ledger has {size} entries, but {signed_size} were signed: this is an older copy of the database. "
            "Restore the newest backup; erasures were replayed."
        )
    try:
        is_beginning = compute_root(signed_size, read_node) == signed_root
    except LedgerBroken:
        is_beginning = False
    if not is_beginning:
        raise LedgerRolledBack(
            f"The first {signed_size} entries are not the ones that were signed: the database was changed or replaced. "
            "Run 'assent ledger verify' to see where."
        )
