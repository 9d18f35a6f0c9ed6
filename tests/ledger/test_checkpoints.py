"""Checkpoints: three strict lines, signed by the log they name."""

from __future__ import annotations

import pytest

from assent.errors import InvalidInput, SignatureInvalid
from assent.ledger import EMPTY_ROOT, Checkpoint, open_checkpoint, sign_checkpoint, sign_note
from ledger.ledger_builders import ORIGIN, a_signing_key

KEY = a_signing_key()
ROOT = bytes(range(32))
CHECKPOINT = Checkpoint(ORIGIN, 20852163, ROOT)
SIGNED = sign_checkpoint(CHECKPOINT, KEY)


def test_example_of_the_specification_is_read_and_written_back() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

    checkpoint = Checkpoint.from_text(text)

    assert checkpoint.size == 20852163
    assert checkpoint.root.hex() == "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
    assert checkpoint.to_text() == text


def test_signed_checkpoint_opens_with_the_key_of_its_log() -> None:
    assert open_checkpoint(SIGNED, [KEY.verification_key], ORIGIN) == CHECKPOINT


def test_empty_log_has_a_checkpoint() -> None:
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)

    assert open_checkpoint(sign_checkpoint(empty, KEY), [KEY.verification_key], ORIGIN) == empty


def test_checkpoint_with_any_bit_changed_is_refused() -> None:
    for position in range(len(SIGNED)):
        for bit in range(8):
            changed = bytearray(SIGNED)
            changed[position] ^= 1 << bit
            with pytest.raises((InvalidInput, SignatureInvalid)):
                open_checkpoint(bytes(changed), [KEY.verification_key], ORIGIN)


@pytest.mark.parametrize("length", range(0, len(SIGNED), 7))
def test_checkpoint_cut_short_is_refused(length: int) -> None:
    with pytest.raises(InvalidInput):
        open_checkpoint(SIGNED[:length], [KEY.verification_key], ORIGIN)


def test_checkpoint_of_another_log_is_refused() -> None:
    other = a_signing_key("ledger.example/other")
    signed = sign_checkpoint(Checkpoint(other.name, 1, ROOT), other)

    with pytest.raises(SignatureInvalid, match=f"is of the log {other.name}, expected {ORIGIN}"):
        open_checkpoint(signed, [KEY.verification_key, other.verification_key], ORIGIN)


def test_checkpoint_signed_by_a_known_key_that_is_not_the_log_is_refused() -> None:
    other = a_signing_key("ledger.example/other")
    signed = sign_note(CHECKPOINT.to_text(), [other])

    with pytest.raises(SignatureInvalid, match="no valid signature by the log"):
        open_checkpoint(signed, [KEY.verification_key, other.verification_key], ORIGIN)


def test_checkpoint_may_carry_signatures_of_others_too() -> None:
    witness = a_signing_key("witness.example/w", 2)
    signed = SIGNED + witness.sign(CHECKPOINT.to_text()).encode()

    assert open_checkpoint(signed, [KEY.verification_key], ORIGIN) == CHECKPOINT
    assert open_checkpoint(signed, [witness.verification_key, KEY.verification_key], ORIGIN) == CHECKPOINT


def test_key_of_another_name_does_not_sign_for_the_log() -> None:
    with pytest.raises(InvalidInput, match="must be named like the log"):
        sign_checkpoint(CHECKPOINT, a_signing_key("ledger.example/other"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "3 lines"),
        ("o\n1\n", "3 lines"),
        ("o\n1\nAAAA", "3 lines"),
        ("o\n1\nAAAA\nextension\n", "3 lines"),
        ("\n1\nAAAA\n", "key name"),
        ("o o\n1\nAAAA\n", "key name"),
        ("o\n01\nAAAA\n", "leading zeros"),
        ("o\n-1\nAAAA\n", "decimal"),
        ("o\n+1\nAAAA\n", "decimal"),
        ("o\n1_0\nAAAA\n", "decimal"),
        ("o\n\N{ARABIC-INDIC DIGIT ONE}\nAAAA\n", "decimal"),
        ("o\n\nAAAA\n", "decimal"),
        ("o\n9223372036854775808\nAAAA\n", "below 2"),
        ("o\n1\nAAAA\n", "32 bytes, got 3"),
        ("o\n1\nA\n", "not base64"),
        ("o\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "root of an empty log"),
        ("o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n", "not canonical base64"),
    ],
)
def test_text_that_is_no_checkpoint_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        Checkpoint.from_text(text)


def test_negative_size_makes_no_checkpoint() -> None:
    with pytest.raises(InvalidInput, match="between 0 and"):
        Checkpoint(ORIGIN, -1, ROOT)
