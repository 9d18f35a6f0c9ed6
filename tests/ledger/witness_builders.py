"""Cosigners, histories that part, and policies for the tests of witnesses."""

from __future__ import annotations

import pytest

from assent.ledger import (
    COSIGNATURE_TYPE,
    ML_DSA_44_TYPE,
    Checkpoint,
    CosignerKey,
    has_ml_dsa,
    hash_leaf,
    sign_checkpoint,
)
from ledger.ledger_builders import MOMENT, ORIGIN, TreeInMemory, a_signing_key, some_leaves

TYPES = [
    pytest.param(COSIGNATURE_TYPE, id="Ed25519"),
    pytest.param(
        ML_DSA_44_TYPE,
        id="ML-DSA-44",
        marks=pytest.mark.skipif(not has_ml_dsa(), reason="cryptography without ML-DSA-44"),
    ),
]


def a_cosigner(name: str = "witness.example/w1", signature_type: int = COSIGNATURE_TYPE, seed: int = 7) -> CosignerKey:
    return CosignerKey(name, signature_type, bytes([seed]) * 32)


def a_checkpoint(size: int = 5) -> Checkpoint:
    return Checkpoint(ORIGIN, size, TreeInMemory(some_leaves(size)).root)


def a_cosigned_note(*cosigners: CosignerKey, size: int = 5) -> bytes:
    note = sign_checkpoint(a_checkpoint(size), a_signing_key())
    return note + "".join(cosigner.cosign(a_checkpoint(size).to_text(), MOMENT) for cosigner in cosigners).encode()


def a_history(size: int, *, changed_from: int | None = None) -> TreeInMemory:
    """A tree of `size` leaves; with `changed_from`, those from there on are others than usual."""
    leaves = some_leaves(size)
    if changed_from is not None:
        leaves[changed_from:] = [hash_leaf(b"other" + leaf) for leaf in leaves[changed_from:]]
    return TreeInMemory(leaves)


def a_signed_checkpoint(size: int, *, changed_from: int | None = None) -> bytes:
    """The note that the log signs for such a history."""
    return sign_checkpoint(Checkpoint(ORIGIN, size, a_history(size, changed_from=changed_from).root), a_signing_key())
