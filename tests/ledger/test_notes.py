"""Signed notes against the specification's example and Go's, and every way in which a note is refused."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from assent.errors import InvalidInput, SignatureInvalid
from assent.ledger import NoteSignature, SignedNote, SigningKey, VerificationKey, sign_note, verify_note
from ledger.ledger_builders import a_signing_key

EXAMPLES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "signed_notes.json").read_text(encoding="utf-8")
)
SPECIFICATION_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
TEXT = "A text.\n\nIt has an empty line.\n"


def a_line(name: str, key_id: bytes = b"\x00\x00\x00\x01", signature: bytes = b"x" * 64) -> str:
    return NoteSignature(name, key_id, signature).to_line()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["source"])
def test_published_example_verifies_and_is_written_back_unchanged(example: dict[str, Any]) -> None:
    keys = [VerificationKey.from_vkey(vkey) for vkey in example["vkeys"]]
    data = example["note"].encode()

    text, signers = verify_note(data, keys)

    assert text == example["text"]
    assert [key.vkey for key in signers] == example["vkeys"]
    assert SignedNote.from_bytes(data).to_bytes() == data


def test_published_private_key_gives_the_published_signature() -> None:
    example = EXAMPLES[1]
    key = SigningKey.from_private_bytes("PeterNeumann", base64.b64decode(example["first_private_key"])[1:])

    assert key.vkey == example["vkeys"][0]
    assert sign_note(example["text"], [key]).decode() in example["note"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["source"])
def test_published_example_with_any_bit_of_its_text_changed_is_refused(example: dict[str, Any]) -> None:
    keys = [VerificationKey.from_vkey(vkey) for vkey in example["vkeys"]]
    data = bytearray(example["note"].encode())

    for position in range(len(example["text"])):
        for bit in range(8):
            data[position] ^= 1 << bit
            with pytest.raises((SignatureInvalid, InvalidInput)):
                verify_note(bytes(data), keys)
            data[position] ^= 1 << bit


def test_signing_key_survives_being_written_and_read() -> None:
    key = SigningKey.generate("ledger.example/log")

    again = SigningKey.from_private_bytes(key.name, key.to_private_bytes())

    assert again.vkey == key.vkey
    assert VerificationKey.from_vkey(key.vkey) == key.verification_key
    assert key.to_private_bytes().hex() not in repr(key)


def test_text_may_hold_empty_lines_and_splits_at_the_last() -> None:
    key = a_signing_key()

    text, signers = verify_note(sign_note(TEXT, [key]), [key.verification_key])

    assert text == TEXT
    assert signers == (key.verification_key,)


def test_unknown_signatures_are_ignored_even_with_a_known_name_or_id() -> None:
    key = a_signing_key()
    known = key.verification_key
    strangers = a_line(known.name) + a_line("stranger", known.key_id) + a_line("witness.example/w", b"\x04abc")
    note = f"{TEXT}\n{strangers}".encode() + key.sign(TEXT).encode()

    assert verify_note(note, [known]) == (TEXT, (known,))


def test_known_signature_that_does_not_verify_spoils_the_note_despite_a_valid_one() -> None:
    good, bad = a_signing_key("good", 1), a_signing_key("bad", 2)
    note = sign_note(TEXT, [good]) + a_line("bad", bad.verification_key.key_id).encode()

    assert verify_note(note, [good.verification_key])[0] == TEXT
    with pytest.raises(SignatureInvalid, match=r"the signature by bad\+"):
        verify_note(note, [good.verification_key, bad.verification_key])


def test_note_without_a_known_signature_is_refused() -> None:
    note = sign_note(TEXT, [a_signing_key("one"), a_signing_key("two", 2)])

    with pytest.raises(SignatureInvalid, match="none of the 2 signatures is by one of the 1 known keys"):
        verify_note(note, [a_signing_key("one", 3).verification_key])
    with pytest.raises(SignatureInvalid, match="the 0 known keys"):
        verify_note(note, [])


@pytest.mark.parametrize("signature_type", [0x04, 0x06, 0xFF])
def test_keys_of_other_types_are_read_and_ignored(signature_type: int) -> None:
    key = a_signing_key()
    # An ML-DSA-44 key has 1,312 bytes, 41 times the 32 of Ed25519.
    material = bytes([signature_type]) + key.verification_key.public_key * (41 if signature_type == 0x06 else 1)
    key_id = hashlib.sha256(key.name.encode() + b"\n" + material).hexdigest()[:8]
    other = VerificationKey.from_vkey(f"{key.name}+{key_id}+{base64.b64encode(material).decode()}")
    note = sign_note(TEXT, [key]) + a_line(other.name, other.key_id).encode()

    assert other.signature_type == signature_type
    assert verify_note(note, [other, key.verification_key])[1] == (key.verification_key,)
    with pytest.raises(SignatureInvalid, match="not Ed25519"):
        other.verify(TEXT, b"x" * 64)


def test_two_different_keys_of_one_name_and_id_are_refused() -> None:
    key = a_signing_key().verification_key
    collision = VerificationKey(key.name, key.key_id, key.signature_type, bytes(32))

    with pytest.raises(InvalidInput, match="two different keys"):
        verify_note(sign_note(TEXT, [a_signing_key()]), [key, collision])


@pytest.mark.parametrize("count", [16, 100])
def test_note_may_carry_many_signatures(count: int) -> None:
    keys = [a_signing_key(f"key-{number}", number) for number in range(count)]

    _, signers = verify_note(sign_note(TEXT, keys), [key.verification_key for key in keys])

    assert len(signers) == count


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        (f"a\n\n{a_line('n') * 101}".encode(), "101 signatures"),
        (b"a" * 1_000_001, "1000001 bytes"),
        (b"\xff\n\n", "not UTF-8 at byte 0"),
        (f"a\n{a_line('n')}".encode(), "no empty line"),
        (b"a\n\n", "must end with a signature line"),
        (f"a\n\n{a_line('n')}".encode()[:-1], "must end with a signature line"),
        (f"a\tb\n\n{a_line('n')}".encode(), "no control character"),
        (f"a\r\n\n{a_line('n')}".encode(), "no control character"),
        (b"a\n\n- name AAAAAAAA\n", "em dash"),
        ("a\n\n—name AAAAAAAA\n".encode(), "em dash"),
        ("a\n\n—  AAAAAAAA\n".encode(), "key name"),
        ("a\n\n— na+me AAAAAAAA\n".encode(), "key name"),
        ("a\n\n— na\u00a0me AAAAAAAA\n".encode(), "key name"),
        ("a\n\n— name\n".encode(), "is empty"),
        ("a\n\n— name AAAAAA==\n".encode(), "is empty"),
        ("a\n\n— name AAAA AAAA\n".encode(), "not base64"),
        ("a\n\n— name AAAAAAA\n".encode(), "not base64"),
        ("a\n\n— name AAAAAAB=\n".encode(), "not canonical base64"),
        ("a\n\n— name AAAA-_AA\n".encode(), "not base64"),
    ],
)
def test_what_is_no_note_is_refused_with_its_reason(note: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        SignedNote.from_bytes(note)


@pytest.mark.parametrize(
    ("vkey", "reason"),
    [
        ("", "key name"),
        ("example.com/foo", "key id"),
        (SPECIFICATION_VKEY.replace("530d903a", "530D903A"), "lower-case"),
        (SPECIFICATION_VKEY.replace("530d903a", "530d903b"), "name and key give 530d903a"),
        (SPECIFICATION_VKEY.replace("foo", "fop"), "name and key give"),
        (SPECIFICATION_VKEY[:-4], "has 29 bytes"),
        (SPECIFICATION_VKEY[:-1], "not base64"),
        ("name+00000000+", "is empty"),
        ("na me+00000000+AAAA", "key name"),
    ],
)
def test_malformed_verification_key_is_refused_with_its_reason(vkey: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        VerificationKey.from_vkey(vkey)


@pytest.mark.parametrize("text", ["", "no newline", "a\x00b\n", "a\tb\n"])
def test_text_that_no_note_may_hold_is_not_signed(text: str) -> None:
    with pytest.raises(InvalidInput, match="a note"):
        a_signing_key().sign(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b"])
def test_key_name_with_a_space_or_plus_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="key name"):
        a_signing_key(name)


def test_private_key_of_another_length_is_refused() -> None:
    with pytest.raises(InvalidInput, match="must have 32 bytes, got 31"):
        SigningKey.from_private_bytes("name", bytes(31))
