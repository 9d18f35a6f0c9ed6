"""The tree against the published answers of Certificate Transparency's reference tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assent.errors import InvalidInput, NotFound, ProofInvalid
from assent.ledger import (
    EMPTY_ROOT,
    TreeAppender,
    compute_root,
    hash_leaf,
    hash_leaves_to_root,
    nodes_completed_by,
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)
from ledger.ledger_builders import TreeInMemory, some_leaves

KNOWN: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "rfc6962_tree.json").read_text(encoding="utf-8")
)
LEAVES = [hash_leaf(bytes.fromhex(entry)) for entry in KNOWN["leaves"]]
ROOTS = [KNOWN["empty_root"], *KNOWN["roots"]]
TREE = TreeInMemory(LEAVES)


@pytest.mark.parametrize("size", range(9))
def test_root_of_the_reference_leaves_is_the_published_one(size: int) -> None:
    assert compute_root(size, TREE.read_node).hex() == ROOTS[size]
    assert hash_leaves_to_root(LEAVES[:size]).hex() == ROOTS[size]
    assert TreeInMemory(LEAVES[:size]).root.hex() == ROOTS[size]
    assert TreeAppender(size, TREE.read_node).root().hex() == ROOTS[size]


def test_empty_root_is_the_hash_of_nothing() -> None:
    assert EMPTY_ROOT.hex() == KNOWN["empty_root"]


@pytest.mark.parametrize("case", KNOWN["inclusion"], ids=lambda case: f"{case['index']}-of-{case['size']}")
def test_inclusion_proof_is_the_published_one(case: dict[str, Any]) -> None:
    proof = prove_inclusion(case["index"], case["size"], TREE.read_node)

    assert [node.hex() for node in proof] == case["proof"]
    verify_inclusion(LEAVES[case["index"]], case["index"], case["size"], proof, bytes.fromhex(ROOTS[case["size"]]))


@pytest.mark.parametrize("case", KNOWN["consistency"], ids=lambda case: f"{case['old']}-to-{case['new']}")
def test_consistency_proof_is_the_published_one(case: dict[str, Any]) -> None:
    old, new = case["old"], case["new"]

    proof = prove_consistency(old, new, TREE.read_node)

    assert [node.hex() for node in proof] == case["proof"]
    verify_consistency(old, bytes.fromhex(ROOTS[old]), new, bytes.fromhex(ROOTS[new]), proof)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 21])
def test_appending_one_leaf_completes_the_same_nodes_with_and_without_an_appender(size: int) -> None:
    leaves = some_leaves(size + 1)
    tree = TreeInMemory(leaves)

    alone = nodes_completed_by(size, leaves[size], tree.read_node)

    assert alone == TreeAppender(size, tree.read_node).append(leaves[size])
    assert alone[0] == (0, size, leaves[size])
    assert all(tree.nodes[level, index] == node for level, index, node in alone)


def test_appender_started_in_the_middle_goes_on_as_if_it_had_appended_everything() -> None:
    leaves = some_leaves(100)
    whole = TreeInMemory(leaves)
    appender = TreeAppender(37, whole.read_node)

    completed = [node for leaf in leaves[37:] for node in appender.append(leaf)]

    assert appender.size == 100
    assert appender.root() == whole.root
    assert all(whole.nodes[level, index] == node for level, index, node in completed)


@pytest.mark.parametrize(("index", "size"), [(5, 5), (-1, 5), (0, 0)])
def test_entry_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(NotFound, match=f"entry {index} is not in a tree of {size}"):
        prove_inclusion(index, size, TREE.read_node)


@pytest.mark.parametrize(("old", "new"), [(6, 5), (-1, 5)])
def test_larger_tree_is_no_prefix_of_a_smaller_one(old: int, new: int) -> None:
    with pytest.raises(InvalidInput, match="cannot be a prefix"):
        prove_consistency(old, new, TREE.read_node)
    with pytest.raises(ProofInvalid, match="is no prefix"):
        verify_consistency(old, EMPTY_ROOT, new, EMPTY_ROOT, [])


def test_proofs_for_an_earlier_size_survive_later_appends() -> None:
    proof = prove_inclusion(2, 3, TREE.read_node)

    verify_inclusion(LEAVES[2], 2, 3, proof, bytes.fromhex(ROOTS[3]))
