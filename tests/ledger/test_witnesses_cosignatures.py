"""Cosignatures against checkpoints that real witnesses cosigned, and every way in which one is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assent.errors import InvalidInput, SignatureInvalid
from assent.ledger import (
    COSIGNATURE_TYPE,
    ED25519_TYPE,
    CosignerKey,
    SignedNote,
    VerificationKey,
    add_cosignatures,
    encode_cosigned_message,
    verify_cosignature,
    verify_cosignatures,
    verify_note,
)
from ledger.ledger_builders import MOMENT, ORIGIN, a_signing_key
from ledger.witness_builders import TYPES, a_checkpoint, a_cosigned_note, a_cosigner

EXAMPLES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "cosignatures.json").read_text(encoding="utf-8")
)


def split_signature(note: bytes, row: int = -1) -> tuple[str, bytes]:
    parsed = SignedNote.from_bytes(note)
    return parsed.text, parsed.signatures[row].signature


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["source"])
def test_checkpoint_that_real_witnesses_cosigned_verifies(example: dict[str, Any]) -> None:
    keys = [VerificationKey.from_vkey(vkey) for vkey in example["vkeys"]]
    note = SignedNote.from_bytes(example["note"].encode())

    cosignatures = verify_cosignatures(note, keys)

    assert {cosignature.key for cosignature in cosignatures} == set(keys)
    assert {int(cosignature.at.timestamp()) for cosignature in cosignatures} == {example["posix_seconds"]}
    assert note.to_bytes().decode() == example["note"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["source"])
def test_checkpoint_that_real_witnesses_cosigned_is_refused_with_another_size(example: dict[str, Any]) -> None:
    keys = [VerificationKey.from_vkey(vkey) for vkey in example["vkeys"]]
    size = example["note"].split("\n")[1]
    changed = example["note"].replace(f"{size}\n", f"{int(size) + 1}\n", 1)

    for key in keys:
        with pytest.raises(SignatureInvalid, match="does not verify"):
            verify_cosignatures(SignedNote.from_bytes(changed.encode()), [key])


def test_the_specifications_signed_message_is_what_is_signed() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    key = a_cosigner()
    at = datetime.fromtimestamp(1679315147, UTC)

    line = key.cosign(text, at)
    signature = SignedNote.from_bytes(f"{text}\n{line}".encode()).signatures[0].signature

    message = f"cosignature/v1\ntime 1679315147\n{text}"
    assert signature == (1679315147).to_bytes(8, "big") + a_signing_key(seed=7).private_key.sign(message.encode())


def test_the_message_for_ml_dsa_has_the_layout_of_the_specification() -> None:
    root = bytes(range(32))

    message = encode_cosigned_message("w.example", 1679315147, "log.example", (0, 5), root)

    assert message == (
        b"subtree/v1\n\x00"
        b"\x09w.example"
        b"\x00\x00\x00\x00\x64\x18\x50\xcb"
        b"\x0blog.example"
        b"\x00\x00\x00\x00\x00\x00\x00\x00"
        b"\x00\x00\x00\x00\x00\x00\x00\x05" + root
    )


@pytest.mark.parametrize("name", ["", "n" * 256], ids=["empty", "256 bytes"])
def test_a_name_that_the_message_for_ml_dsa_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="1 to 255 bytes"):
        encode_cosigned_message(name, 0, "log.example", (0, 5), bytes(32))


@pytest.mark.parametrize("signature_type", TYPES)
def test_a_cosignature_verifies_and_tells_its_time_in_whole_seconds(signature_type: int) -> None:
    cosigner = a_cosigner(signature_type=signature_type)

    text, signature = split_signature(a_cosigned_note(cosigner))
    cosignature = verify_cosignature(VerificationKey.from_vkey(cosigner.vkey), text, signature)

    assert cosignature.at == MOMENT.replace(microsecond=0)
    assert cosignature.key.vkey == cosigner.vkey


@pytest.mark.parametrize("signature_type", TYPES)
def test_extension_lines_of_other_logs_can_be_cosigned(signature_type: int) -> None:
    cosigner = a_cosigner(signature_type=signature_type)
    text = a_checkpoint().to_text() + "an extension line\n"

    line = cosigner.cosign(text, MOMENT)

    note = SignedNote.from_bytes(f"{text}\n{line}".encode())
    assert len(verify_cosignatures(note, [cosigner.verification_key])) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(lambda signature: signature[:-1], "71 bytes, expected 72", id="one byte short"),
        pytest.param(lambda signature: signature + b"\x00", "73 bytes, expected 72", id="one byte long"),
        pytest.param(lambda signature: b"\xff" + signature[1:], "beyond the year 9999", id="after the year 9999"),
        pytest.param(lambda signature: signature[:7] + b"\x00" + signature[8:], "does not verify", id="another time"),
    ],
)
def test_a_changed_cosignature_is_refused_with_the_reason(change: Any, reason: str) -> None:
    text, signature = split_signature(a_cosigned_note(a_cosigner()))

    with pytest.raises(SignatureInvalid, match=reason):
        verify_cosignature(a_cosigner().verification_key, text, change(signature))


def test_a_log_key_makes_no_cosignature() -> None:
    text, signature = split_signature(a_cosigned_note(a_cosigner()))

    with pytest.raises(SignatureInvalid, match="type 0x01"):
        verify_cosignature(a_signing_key().verification_key, text, signature)
    with pytest.raises(InvalidInput, match="makes no cosignatures"):
        CosignerKey("witness.example", ED25519_TYPE, bytes(32))


def test_a_cosignature_does_not_pass_for_the_logs_signature() -> None:
    cosigner = a_cosigner(ORIGIN)
    note = a_cosigned_note(cosigner)

    text, signers = verify_note(note, [a_signing_key().verification_key, cosigner.verification_key])

    assert text == a_checkpoint().to_text()
    assert signers == (a_signing_key().verification_key,)


def test_of_several_cosignatures_by_one_witness_the_latest_counts() -> None:
    cosigner = a_cosigner()
    text = a_checkpoint().to_text()
    times = [MOMENT.replace(year=year) for year in (2026, 2028, 2027)]
    lines = "".join(cosigner.cosign(text, at) for at in times)

    found = verify_cosignatures(SignedNote.from_bytes(f"{text}\n{lines}".encode()), [cosigner.verification_key])

    assert [cosignature.at.year for cosignature in found] == [2028]


def test_adding_a_cosignature_replaces_the_same_witness_and_keeps_the_others() -> None:
    first, second = a_cosigner(), a_cosigner("witness.example/w2", seed=8)
    note = a_cosigned_note(first, second)
    newer = SignedNote.from_bytes(a_cosigned_note(first)).signatures[-1]

    added = add_cosignatures(note, [newer])

    assert added == note
    assert add_cosignatures(a_cosigned_note(), SignedNote.from_bytes(note).signatures) == note


def test_a_secret_key_is_not_shown() -> None:
    assert "07" not in repr(a_cosigner())
    assert "\\x07" not in repr(a_cosigner())


def test_a_cosigners_name_has_at_most_255_bytes() -> None:
    assert a_cosigner("n" * 255).name
    with pytest.raises(InvalidInput, match="at most 255 bytes"):
        a_cosigner("n" * 256)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_secret_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(InvalidInput, match="must have 32 bytes"):
        CosignerKey("witness.example", COSIGNATURE_TYPE, bytes(length))


@pytest.mark.parametrize("signature_type", TYPES)
def test_generated_keys_differ_and_read_back(signature_type: int) -> None:
    one, other = (CosignerKey.generate("witness.example", signature_type) for _ in range(2))

    assert one.vkey != other.vkey
    assert VerificationKey.from_vkey(one.vkey) == one.verification_key
