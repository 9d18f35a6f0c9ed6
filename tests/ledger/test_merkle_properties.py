"""Every proof verifies, and none does once a bit is changed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assent.errors import ProofInvalid
from assent.ledger import (
    EMPTY_ROOT,
    compute_root,
    hash_children,
    hash_leaves_to_root,
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)
from ledger.ledger_builders import TreeInMemory, some_leaves

MAX_SIZE = 300
LEAVES = some_leaves(MAX_SIZE)
TREE = TreeInMemory(LEAVES)
ROOTS = [compute_root(size, TREE.read_node) for size in range(MAX_SIZE + 1)]


def root_by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word and slow."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = max(1 << power for power in range(20) if 1 << power < len(leaves))
    return hash_children(root_by_definition(leaves[:split]), root_by_definition(leaves[split:]))


def path_by_definition(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 section 2.1.1, word for word and slow."""
    if len(leaves) == 1:
        return []
    split = max(1 << power for power in range(20) if 1 << power < len(leaves))
    if index < split:
        return [*path_by_definition(index, leaves[:split]), root_by_definition(leaves[split:])]
    return [*path_by_definition(index - split, leaves[split:]), root_by_definition(leaves[:split])]


def flip_bit(data: bytes, bit: int) -> bytes:
    return (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")


def test_every_root_up_to_three_hundred_follows_the_definition() -> None:
    for size in range(MAX_SIZE + 1):
        assert ROOTS[size] == root_by_definition(LEAVES[:size]) == hash_leaves_to_root(LEAVES[:size])


@pytest.mark.parametrize("size", [4095, 4096, 4097, 8192, 12_289])
def test_streamed_root_is_the_same_across_batches(size: int) -> None:
    leaves = some_leaves(size)

    assert hash_leaves_to_root(iter(leaves)) == TreeInMemory(leaves).root


def test_every_inclusion_up_to_three_hundred_entries_is_proved() -> None:
    cases = [(index, size) for size in range(1, MAX_SIZE + 1) for index in range(size)]

    for index, size in cases:
        proof = prove_inclusion(index, size, TREE.read_node)
        verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])

    assert len(cases) == 45_150


def test_every_consistency_up_to_three_hundred_entries_is_proved() -> None:
    cases = [(old, new) for new in range(MAX_SIZE + 1) for old in range(new + 1)]

    for old, new in cases:
        proof = prove_consistency(old, new, TREE.read_node)
        verify_consistency(old, ROOTS[old], new, ROOTS[new], proof)

    assert len(cases) == 45_451


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_inclusion_proof_follows_the_definition(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, MAX_SIZE))
    index = data.draw(st.integers(0, size - 1))

    assert prove_inclusion(index, size, TREE.read_node) == path_by_definition(index, LEAVES[:size])


@settings(max_examples=1000, deadline=None)
@given(st.data())
def test_inclusion_with_any_bit_changed_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, MAX_SIZE))
    index = data.draw(st.integers(0, size - 1))
    hashes = [LEAVES[index], ROOTS[size], *prove_inclusion(index, size, TREE.read_node)]
    changed = data.draw(st.integers(0, len(hashes) - 1))
    hashes[changed] = flip_bit(hashes[changed], data.draw(st.integers(0, 255)))

    with pytest.raises(ProofInvalid, match="it leads to root"):
        verify_inclusion(hashes[0], index, size, hashes[2:], hashes[1])


@settings(max_examples=1000, deadline=None)
@given(st.data())
def test_inclusion_under_another_index_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, MAX_SIZE))
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(-2, size + 2).filter(lambda number: number != index))

    with pytest.raises(ProofInvalid, match="inclusion proof refused"):
        verify_inclusion(LEAVES[index], other, size, prove_inclusion(index, size, TREE.read_node), ROOTS[size])


@settings(max_examples=1000, deadline=None)
@given(st.data())
def test_consistency_with_any_bit_changed_is_refused(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, MAX_SIZE))
    old = data.draw(st.integers(1, new))
    hashes = [ROOTS[old], ROOTS[new], *prove_consistency(old, new, TREE.read_node)]
    changed = data.draw(st.integers(0, len(hashes) - 1))
    hashes[changed] = flip_bit(hashes[changed], data.draw(st.integers(0, 255)))

    with pytest.raises(ProofInvalid, match="consistency refused"):
        verify_consistency(old, hashes[0], new, hashes[1], hashes[2:])


@settings(max_examples=1000, deadline=None)
@given(st.data())
def test_history_with_one_entry_replaced_is_inconsistent(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, MAX_SIZE))
    old = data.draw(st.integers(1, new - 1))
    replaced = data.draw(st.integers(0, old - 1))
    rewritten = TreeInMemory([*LEAVES[:replaced], bytes(32), *LEAVES[replaced + 1 : new]])

    with pytest.raises(ProofInvalid, match=r"the proof leads to (old|new) root"):
        verify_consistency(old, ROOTS[old], new, rewritten.root, prove_consistency(old, new, rewritten.read_node))


@pytest.mark.parametrize("size", [1, 2, 5, 256, 300])
@pytest.mark.parametrize(("change", "reason"), [(1, "too many"), (-1, "too few")], ids=["longer", "shorter"])
def test_proof_of_another_length_is_refused_with_its_reason(size: int, change: int, reason: str) -> None:
    inclusion = prove_inclusion(0, size, TREE.read_node)
    consistency = prove_consistency(size - 1, size, TREE.read_node)

    for proof, verify in (
        (inclusion, lambda hashes: verify_inclusion(LEAVES[0], 0, size, hashes, ROOTS[size])),
        (consistency, lambda hashes: verify_consistency(size - 1, ROOTS[size - 1], size, ROOTS[size], hashes)),
    ):
        if change < 0 and not proof:
            continue
        changed = [*proof, bytes(32)] if change > 0 else proof[:-1]
        with pytest.raises(ProofInvalid, match=rf"{reason}|no hashes are needed"):
            verify(changed)


@pytest.mark.parametrize(
    ("old_size", "old_root", "new_size", "new_root"),
    [(0, ROOTS[1], 5, ROOTS[5]), (5, ROOTS[4], 5, ROOTS[5]), (0, EMPTY_ROOT, 0, ROOTS[1]), (0, ROOTS[1], 0, ROOTS[1])],
    ids=["empty-with-a-root", "equal-sizes", "empty-to-a-root", "both-empty-with-a-root"],
)
def test_wrong_roots_where_no_hash_is_needed_are_refused(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes
) -> None:
    with pytest.raises(ProofInvalid, match="entries have root"):
        verify_consistency(old_size, old_root, new_size, new_root, [])


@pytest.mark.parametrize("length", [0, 31, 33])
def test_hash_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ProofInvalid, match=f"a hash has {length} bytes"):
        verify_inclusion(LEAVES[0], 0, 2, [bytes(length)], ROOTS[2])
    with pytest.raises(ProofInvalid, match=f"a hash has {length} bytes"):
        verify_consistency(1, ROOTS[1], 2, ROOTS[2], [bytes(length)])
