"""At least 10,000 flipped bits each, in entries, proofs and checkpoints: all of them refused, with the reason.

Drawn from a fixed seed: what fails here fails again.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from assent.errors import InvalidInput, ProofInvalid, SignatureInvalid
from assent.ledger import (
    Checkpoint,
    TlogProof,
    compute_root,
    hash_leaf,
    open_checkpoint,
    prove_consistency,
    prove_inclusion,
    sign_checkpoint,
    verify_consistency,
    verify_inclusion,
)
from ledger.ledger_builders import ORIGIN, TreeInMemory, a_finished_search, a_signing_key, a_started_search

CASES = 10_000
MAX_SIZE = 300
KEY = a_signing_key()
KEYS = [KEY.verification_key]
ENTRIES = [
    entry.to_bytes()
    for number in range(1, MAX_SIZE // 2 + 1)
    for entry in (a_started_search(number), a_finished_search(number))
]
TREE = TreeInMemory([hash_leaf(entry) for entry in ENTRIES])
ROOTS = [compute_root(size, TREE.read_node) for size in range(MAX_SIZE + 1)]
CHECKPOINTS = [sign_checkpoint(Checkpoint(ORIGIN, size, root), KEY) for size, root in enumerate(ROOTS)]

Trial = Callable[[random.Random], None]
"""Draws one case, flips one bit in it and verifies what came out."""


def flip_bit(draw: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    changed[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def flip_one_of(draw: random.Random, hashes: list[bytes]) -> list[bytes]:
    place = draw.randrange(len(hashes))
    return [*hashes[:place], flip_bit(draw, hashes[place]), *hashes[place + 1 :]]


def draw_place(draw: random.Random) -> tuple[int, int]:
    size = draw.randint(1, MAX_SIZE)
    return draw.randrange(size), size


def flip_an_entry(draw: random.Random) -> None:
    index, size = draw_place(draw)
    proof = TlogProof(index, tuple(prove_inclusion(index, size, TREE.read_node)), CHECKPOINTS[size])
    proof.verify(flip_bit(draw, ENTRIES[index]), KEYS, ORIGIN)


def flip_an_inclusion(draw: random.Random) -> None:
    index, size = draw_place(draw)
    hashes = [hash_leaf(ENTRIES[index]), ROOTS[size], *prove_inclusion(index, size, TREE.read_node)]
    leaf, root, *proof = flip_one_of(draw, hashes)
    verify_inclusion(leaf, index, size, proof, root)


def flip_a_consistency(draw: random.Random) -> None:
    new = draw.randint(1, MAX_SIZE)
    old = draw.randint(1, new)
    hashes = [ROOTS[old], ROOTS[new], *prove_consistency(old, new, TREE.read_node)]
    old_root, new_root, *proof = flip_one_of(draw, hashes)
    verify_consistency(old, old_root, new, new_root, proof)


def flip_a_proof_file(draw: random.Random) -> None:
    index, size = draw_place(draw)
    proof = TlogProof(index, tuple(prove_inclusion(index, size, TREE.read_node)), CHECKPOINTS[size])
    TlogProof.from_bytes(flip_bit(draw, proof.to_bytes())).verify(ENTRIES[index], KEYS, ORIGIN)


def flip_a_checkpoint(draw: random.Random) -> None:
    open_checkpoint(flip_bit(draw, CHECKPOINTS[draw.randint(0, MAX_SIZE)]), KEYS, ORIGIN)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trial", "expected", "said"),
    [
        pytest.param(flip_an_entry, ProofInvalid, "leads to root", id="entry"),
        pytest.param(flip_an_inclusion, ProofInvalid, "leads to root", id="inclusion proof"),
        pytest.param(flip_a_consistency, ProofInvalid, "consistency refused", id="consistency proof"),
        pytest.param(flip_a_proof_file, (InvalidInput, ProofInvalid, SignatureInvalid), "", id="proof file"),
        pytest.param(flip_a_checkpoint, (InvalidInput, SignatureInvalid), "", id="checkpoint"),
    ],
)
def test_no_flipped_bit_is_ever_accepted(trial: Trial, expected: type[Exception], said: str) -> None:
    draw = random.Random(20261123)  # noqa: S311 - repeatable, not secret

    for _ in range(CASES):
        with pytest.raises(expected) as refused:
            trial(draw)
        assert said in str(refused.value)
        assert len(str(refused.value)) > len("refused")
