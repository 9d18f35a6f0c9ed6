"""Commitments: opened by value and salt, by nothing else."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.errors import DigestMismatch, InvalidInput
from assent.ledger import check_commitment, commit, digest_public_text

SALT = bytes(range(32))


def test_commitment_is_the_hash_of_salt_and_value() -> None:
    expected = hashlib.sha256(SALT + b"case 17").hexdigest()

    assert commit(b"case 17", SALT) == f"sha256:{expected}"


@given(st.binary(), st.binary(min_size=32, max_size=32))
def test_commitment_opens_with_its_value_and_salt(value: bytes, salt: bytes) -> None:
    check_commitment(commit(value, salt), salt, value)


@pytest.mark.parametrize(
    ("commitment", "salt", "value"),
    [
        (commit(b"case 17", SALT), SALT, b"case 18"),
        (commit(b"case 17", SALT), bytes(32), b"case 17"),
        (commit(b"case 17", SALT)[:-1] + "g", SALT, b"case 17"),
        ("", SALT, b"case 17"),
        ("\u00e9", SALT, b"case 17"),
    ],
    ids=["value", "salt", "commitment", "empty", "not-ascii"],
)
def test_commitment_does_not_open_with_anything_else(commitment: str, salt: bytes, value: bytes) -> None:
    with pytest.raises(DigestMismatch, match="not to this value"):
        check_commitment(commitment, salt, value)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_salt_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(InvalidInput, match=f"32 bytes, got {length}"):
        commit(b"case 17", bytes(length))


def test_public_text_is_digested_without_a_salt() -> None:
    assert digest_public_text("abc") == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
