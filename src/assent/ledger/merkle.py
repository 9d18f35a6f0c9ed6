"""The Merkle tree of RFC 6962 section 2.1 over nodes kept elsewhere: appending, roots, proofs and their verification.

Every complete subtree has a place (level, index): level 0 holds leaf hashes, and the node at (level, index) covers the
entries from index * 2^level up to, not including, (index + 1) * 2^level. A node never changes once it exists, so a
store only ever adds nodes, and a root or proof for any earlier size can still be computed from them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TypeAlias

from assent.errors import InvalidInput, NotFound, ProofInvalid

Hash: TypeAlias = bytes
"""32 bytes of SHA-256."""

ReadNode: TypeAlias = Callable[[int, int], bytes]
"""Returns the stored hash at (level, index)."""

Node: TypeAlias = tuple[int, int, bytes]
"""Level, index, hash."""

HASH_BYTES = 32
EMPTY_ROOT: Hash = hashlib.sha256(b"").digest()

# RFC 6962 section 2.1: the prefixes keep a leaf from being mistaken for an inner node.
_LEAF_PREFIX = b"\x00"
_NODE_PREFIX = b"\x01"
# Leaves folded at once while streaming: large enough that the Python loop around it costs nothing, small in memory.
_LEAVES_PER_BATCH = 4096


def hash_leaf(entry: bytes) -> Hash:
    """Hash an entry's bytes into its leaf: SHA-256(0x00 || entry)."""
    return hashlib.sha256(_LEAF_PREFIX + entry).digest()


def hash_children(left: Hash, right: Hash) -> Hash:
    """Hash two subtrees into their parent: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(_NODE_PREFIX + left + right).digest()


def nodes_completed_by(size_before: int, leaf_hash: Hash, read_node: ReadNode) -> list[Node]:
    """List every node that exists because this leaf is appended to a tree of `size_before`: the leaf itself first."""
    level, index, node = 0, size_before, leaf_hash
    completed = [(level, index, node)]
    while index & 1:
        node = hash_children(read_node(level, index - 1), node)
        level += 1
        index >>= 1
        completed.append((level, index, node))
    return completed


class TreeAppender:
    """A tree's right edge in memory, to which many leaves are appended without reading a node again."""

    __slots__ = ("_frontier", "_size")

    def __init__(self, size: int, read_node: ReadNode) -> None:
        self._size = size
        # frontier[level] waits for its right sibling exactly where that bit of the size is set.
        self._frontier = [
            read_node(level, (size >> level) - 1) if size >> level & 1 else b"" for level in range(size.bit_length())
        ]

    @property
    def size(self) -> int:
        """The number of leaves so far."""
        return self._size

    def append(self, leaf_hash: Hash) -> list[Node]:
        """Append one leaf; return the nodes to store, as `nodes_completed_by` does."""
        level, index, node = 0, self._size, leaf_hash
        completed = [(level, index, node)]
        while index & 1:
            node = hash_children(self._frontier[level], node)
            level += 1
            index >>= 1
            completed.append((level, index, node))
        if level == len(self._frontier):
            self._frontier.append(node)
        else:
            self._frontier[level] = node
        self._size += 1
        return completed

    def root(self) -> Hash:
        """Compute the root of the tree as it stands."""
        return compute_root(self._size, lambda level, _index: self._frontier[level])


def compute_root(size: int, read_node: ReadNode) -> Hash:
    """Compute the root of the first `size` leaves from at most log2(size) + 1 stored nodes."""
    return _hash_range(0, size, read_node) if size else EMPTY_ROOT


def hash_leaves_to_root(leaf_hashes: Iterable[Hash]) -> Hash:
    """Compute the root of all leaf hashes in one pass, keeping one hash per 4,096 leaves in memory."""
    remaining = iter(leaf_hashes)
    subtree_roots = []
    # A tree over subtrees of 2^12 leaves, of which only the last may be incomplete, has the root of the whole tree.
    while batch := list(islice(remaining, _LEAVES_PER_BATCH)):
        subtree_roots.append(fold_to_root(batch))
    return fold_to_root(subtree_roots) if subtree_roots else EMPTY_ROOT


def fold_to_root(hashes: Sequence[Hash]) -> Hash:
    """Combine one or more neighbouring hashes of equal level, pair by pair, into the root above them."""
    level = list(hashes)
    while len(level) > 1:
        sha256, prefix = hashlib.sha256, _NODE_PREFIX
        pairs = iter(level)
        above = [sha256(prefix + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]
        if len(level) & 1:
            above.append(level[-1])
        level = above
    return level[0]


def prove_inclusion(index: int, size: int, read_node: ReadNode) -> list[Hash]:
    """Prove that entry `index` is in the tree of `size` (RFC 6962 section 2.1.1), from the leaf's sibling upward.

    Raises NotFound if the tree has no such entry.
    """
    if not 0 <= index < size:
        raise NotFound(f"entry {index} is not in a tree of {size} entries; indices run from 0 to {size - 1}")
    proof = []
    begin, count = 0, size
    while count > 1:
        split = _largest_power_below(count)
        if index - begin < split:
            proof.append(_hash_range(begin + split, count - split, read_node))
            count = split
        else:
            proof.append(_hash_range(begin, split, read_node))
            begin, count = begin + split, count - split
    return proof[::-1]


def prove_consistency(old: int, new: int, read_node: ReadNode) -> list[Hash]:
    """Prove that the tree of `old` entries is a prefix of the tree of `new` (RFC 6962 section 2.1.2).

    The proof is empty where `old` is 0 or equals `new`. Raises InvalidInput unless 0 <= old <= new.
    """
    if not 0 <= old <= new:
        raise InvalidInput(f"a tree of {old} entries cannot be a prefix of one of {new} entries")
    if old in {0, new}:
        return []
    proof = []
    begin, count, remaining = 0, new, old
    while remaining != count:
        split = _largest_power_below(count)
        if remaining <= split:
            proof.append(_hash_range(begin + split, count - split, read_node))
            count = split
        else:
            proof.append(_hash_range(begin, split, read_node))
            begin, count, remaining = begin + split, count - split, remaining - split
    if begin:
        # Where the old tree is itself the subtree at the left edge, the verifier has its root already.
        proof.append(_hash_range(begin, count, read_node))
    return proof[::-1]


def verify_inclusion(leaf_hash: Hash, index: int, size: int, proof: Sequence[Hash], root: Hash) -> None:
    """Verify that the leaf stands at `index` in the tree of `size` with this root (RFC 9162 section 2.1.3.2).

    Raises ProofInvalid with the reason.
    """
    if not 0 <= index < size:
        raise ProofInvalid(f"inclusion proof refused: index {index} lies outside a tree of {size} entries")
    _require_hashes((leaf_hash, root, *proof), "inclusion")
    own, last, node = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise ProofInvalid(f"inclusion proof refused: {len(proof)} hashes are too many for entry {index} of {size}")
        if own & 1 or own == last:
            node = hash_children(sibling, node)
            while own and not own & 1:
                # The right edge has no sibling on these levels.
                own, last = own >> 1, last >> 1
        else:
            node = hash_children(node, sibling)
        own, last = own >> 1, last >> 1
    if last:
        raise ProofInvalid(f"inclusion proof refused: {len(proof)} hashes are too few for entry {index} of {size}")
    if node != root:
        raise ProofInvalid(f"inclusion proof refused: it leads to root {node.hex()}, not to {root.hex()}")


def verify_consistency(old_size: int, old_root: Hash, new_size: int, new_root: Hash, proof: Sequence[Hash]) -> None:
    """Verify that the old tree is a prefix of the new one (RFC 9162 section 2.1.4.2).

    Raises ProofInvalid with the reason.
    """
    if not 0 <= old_size <= new_size:
        raise ProofInvalid(
            f"consistency refused: a tree of {old_size} entries is no prefix of one of {new_size} entries"
        )
    _require_hashes((old_root, new_root, *proof), "consistency")
    if old_size in {0, new_size}:
        if proof:
            raise ProofInvalid(f"consistency refused: no hashes are needed from {old_size} to {new_size} entries")
        expected = EMPTY_ROOT if old_size == 0 else new_root
        if old_root != expected:
            raise ProofInvalid(
                f"consistency refused: {old_size} entries have root {expected.hex()}, not {old_root.hex()}"
            )
        if new_size == 0 and new_root != EMPTY_ROOT:
            raise ProofInvalid(f"consistency refused: 0 entries have root {EMPTY_ROOT.hex()}, not {new_root.hex()}")
        return
    old_computed, new_computed = _roots_from_consistency(old_size, old_root, new_size, proof)
    if old_computed != old_root:
        raise ProofInvalid(
            f"consistency refused: the proof leads to old root {old_computed.hex()}, not {old_root.hex()}"
        )
    if new_computed != new_root:
        raise ProofInvalid(
            f"consistency refused: the proof leads to new root {new_computed.hex()}, not {new_root.hex()}"
        )


def _roots_from_consistency(old_size: int, old_root: Hash, new_size: int, proof: Sequence[Hash]) -> tuple[Hash, Hash]:
    """Walk a consistency proof from the last node of the old tree up to both roots."""
    is_power_of_two = old_size & (old_size - 1) == 0
    path = [old_root, *proof] if is_power_of_two else list(proof)
    own, last = old_size - 1, new_size - 1
    while own & 1:
        own, last = own >> 1, last >> 1
    if not path:
        raise ProofInvalid(f"consistency refused: no hashes are too few from {old_size} to {new_size} entries")
    old_node = new_node = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofInvalid(
                f"consistency refused: {len(proof)} hashes are too many from {old_size} to {new_size} entries"
            )
        if own & 1 or own == last:
            old_node = hash_children(sibling, old_node)
            new_node = hash_children(sibling, new_node)
            while own and not own & 1:
                own, last = own >> 1, last >> 1
        else:
            new_node = hash_children(new_node, sibling)
        own, last = own >> 1, last >> 1
    if last:
        raise ProofInvalid(
            f"consistency refused: {len(proof)} hashes are too few from {old_size} to {new_size} entries"
        )
    return old_node, new_node


def _hash_range(begin: int, count: int, read_node: ReadNode) -> Hash:
    """Hash `count` > 0 leaves from `begin`, a multiple of a power of two not below `count`, out of stored nodes."""
    node = b""
    position = begin + count
    # From the smallest complete subtree on the right to the largest on the left.
    for level in range(count.bit_length()):
        if count >> level & 1:
            position -= 1 << level
            left = read_node(level, position >> level)
            node = hash_children(left, node) if node else left
    return node


def _largest_power_below(count: int) -> int:
    """Return the largest power of two smaller than `count` > 1, where RFC 6962 splits a tree."""
    return 1 << (count - 1).bit_length() - 1


def _require_hashes(hashes: Iterable[bytes], what: str) -> None:
    for candidate in hashes:
        if len(candidate) != HASH_BYTES:
            raise ProofInvalid(f"{what} proof refused: a hash has {len(candidate)} bytes, SHA-256 has {HASH_BYTES}")
