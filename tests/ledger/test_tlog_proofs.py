"""Proofs that travel alone: written, read, verified offline, and refused once anything is changed."""

from __future__ import annotations

import pytest

from assent.errors import AssentError, InvalidInput, ProofInvalid, SignatureInvalid
from assent.ledger import Checkpoint, TlogProof, hash_leaf, prove_inclusion, sign_checkpoint
from ledger.ledger_builders import ORIGIN, TreeInMemory, a_signing_key, some_entries

KEY = a_signing_key()
KEYS = [KEY.verification_key]
ENTRIES = some_entries(11)
TREE = TreeInMemory([hash_leaf(entry) for entry in ENTRIES])
SIGNED = sign_checkpoint(Checkpoint(ORIGIN, len(ENTRIES), TREE.root), KEY)


def a_proof(index: int = 5, *, extra: bytes | None = None) -> TlogProof:
    return TlogProof(index, tuple(prove_inclusion(index, len(ENTRIES), TREE.read_node)), SIGNED, extra)


@pytest.mark.parametrize("index", range(11))
def test_every_entry_is_proved_by_a_file_that_is_read_back(index: int) -> None:
    proof = TlogProof.from_bytes(a_proof(index).to_bytes())

    assert proof == a_proof(index)
    assert proof.verify(ENTRIES[index], KEYS, ORIGIN).size == 11


def test_file_has_the_lines_of_the_specification() -> None:
    proof = a_proof(10, extra=b"age-v1.2.1")

    lines = proof.to_bytes().decode().split("\n")

    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra YWdlLXYxLjIuMQ==", "index 10"]
    assert lines.index("") == 3 + len(proof.hashes)
    assert "\n".join(lines[lines.index("") + 1 :]).encode() == SIGNED
    assert TlogProof.from_bytes(proof.to_bytes()) == proof


def test_tree_of_one_entry_has_a_proof_without_hashes() -> None:
    checkpoint = sign_checkpoint(Checkpoint(ORIGIN, 1, hash_leaf(b"only")), KEY)
    data = TlogProof(0, (), checkpoint).to_bytes()

    assert data == b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + checkpoint
    assert TlogProof.from_bytes(data).verify(b"only", KEYS, ORIGIN).root == hash_leaf(b"only")


def test_file_with_any_bit_changed_is_refused() -> None:
    data = a_proof().to_bytes()

    for position in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[position] ^= 1 << bit
            with pytest.raises((InvalidInput, ProofInvalid, SignatureInvalid)):
                TlogProof.from_bytes(bytes(changed)).verify(ENTRIES[5], KEYS, ORIGIN)


def test_entry_with_any_bit_changed_is_refused() -> None:
    proof = a_proof()

    for position in range(len(ENTRIES[5])):
        for bit in range(8):
            changed = bytearray(ENTRIES[5])
            changed[position] ^= 1 << bit
            with pytest.raises(ProofInvalid, match="it leads to root"):
                proof.verify(bytes(changed), KEYS, ORIGIN)


def test_proof_under_another_key_or_of_another_log_is_refused() -> None:
    with pytest.raises(SignatureInvalid, match="known keys"):
        a_proof().verify(ENTRIES[5], [a_signing_key(seed=2).verification_key], ORIGIN)
    with pytest.raises(SignatureInvalid, match=r"expected ledger\.example/other"):
        a_proof().verify(ENTRIES[5], KEYS, "ledger.example/other")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no empty line"),
        (b"c2sp.org/tlog-proof@v1\nindex 0\n", "no empty line"),
        (b"c2sp.org/tlog-proof@v2\nindex 0\n\n", "first line"),
        (b"c2sp.org/tlog-proof@v1\n\n", "must name its index"),
        (b"c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA\n\n", "hash 0 of the proof"),
        (b"c2sp.org/tlog-proof@v1\nextra AAAA\nextra AAAA\nindex 0\n\n", "must name its index"),
        (b"c2sp.org/tlog-proof@v1\nextra AA\nindex 0\n\n", "extra data is not base64"),
        (b"c2sp.org/tlog-proof@v1\nindex 01\n\n", "leading zeros"),
        (b"c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n", "has 3 bytes"),
        (b"c2sp.org/tlog-proof@v1\r\nindex 0\n\n", "first line"),
        ("c2sp.org/tlog-proof@v1\nindex \N{ARABIC-INDIC DIGIT ONE}\n\n".encode(), "not ASCII"),
        (b"c2sp.org/tlog-proof@v1\nindex 0\n" + b"A\n" * 64 + b"\n", "64 hashes"),
        (b"x" * 2_000_001, "2000001 bytes"),
    ],
)
def test_what_is_no_proof_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        TlogProof.from_bytes(data)


def test_every_refusal_is_one_of_our_errors() -> None:
    for length in range(len(a_proof().to_bytes())):
        with pytest.raises(AssentError):
            TlogProof.from_bytes(a_proof().to_bytes()[:length]).verify(ENTRIES[5], KEYS, ORIGIN)
