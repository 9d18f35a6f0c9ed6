"""No bit of a cosigned checkpoint can change: a policy that demands the witness refuses it, with the reason."""

from __future__ import annotations

import random
import re

import pytest

from assent.errors import InvalidInput, SignatureInvalid
from assent.ledger import Checkpoint, Cosignature, SignedNote, parse_policy, sign_checkpoint
from ledger.ledger_builders import MOMENT, ORIGIN, TreeInMemory, a_signing_key, some_leaves
from ledger.witness_builders import TYPES, a_cosigner

CASES = 12_000
# What a reader is told: which part is wrong, not merely that something is.
REASON = re.compile(
    r"does not verify|beyond the year 9999|quorum w1 is missing|is not UTF-8|no empty line|must end with"
    r"|control character|known keys|em dash|not base64|not canonical base64|key name must"
    r"|is empty|bytes, expected|decimal|has 3 lines|no valid signature|size must"
)


@pytest.mark.parametrize("signature_type", TYPES)
def test_any_flipped_bit_in_a_cosigned_checkpoint_is_refused_with_the_reason(signature_type: int) -> None:
    cosigner = a_cosigner(signature_type=signature_type)
    checkpoint = Checkpoint(ORIGIN, 300, TreeInMemory(some_leaves(300)).root)
    note = sign_checkpoint(checkpoint, a_signing_key()) + cosigner.cosign(checkpoint.to_text(), MOMENT).encode()
    policy = parse_policy(f"log {a_signing_key().vkey}\nwitness w1 {cosigner.vkey}\nquorum w1\n")
    assert policy.verify(note)[0] == checkpoint
    positions = [(byte, bit) for byte in range(len(note)) for bit in range(8)]
    chosen = random.Random(3).sample(positions, min(CASES, len(positions)))  # noqa: S311 - a sample, not a secret

    for byte, bit in chosen:
        changed = bytearray(note)
        changed[byte] ^= 1 << bit
        with pytest.raises((SignatureInvalid, InvalidInput)) as refused:
            policy.verify(bytes(changed))
        assert REASON.search(str(refused.value)), str(refused.value)


def test_any_flipped_bit_in_the_bytes_of_an_ed25519_cosignature_is_refused() -> None:
    cosigner = a_cosigner()
    refusals = 0
    for size in range(1, 20):
        checkpoint = Checkpoint(ORIGIN, size, TreeInMemory(some_leaves(size)).root)
        note = sign_checkpoint(checkpoint, a_signing_key()) + cosigner.cosign(checkpoint.to_text(), MOMENT).encode()
        policy = parse_policy(f"log {a_signing_key().vkey}\nwitness w1 {cosigner.vkey}\nquorum w1\n")
        parsed = SignedNote.from_bytes(note)
        log_line, line = parsed.signatures
        for position in range(len(line.signature) * 8):
            changed = bytearray(line.signature)
            changed[position // 8] ^= 1 << position % 8
            forged = SignedNote(parsed.text, (log_line, type(line)(line.name, line.key_id, bytes(changed))))
            with pytest.raises(SignatureInvalid, match=r"does not verify|beyond the year 9999"):
                policy.verify(forged.to_bytes())
            refusals += 1

    assert refusals == 19 * 72 * 8


def test_the_unchanged_note_names_its_cosigner() -> None:
    cosigner = a_cosigner()
    checkpoint = Checkpoint(ORIGIN, 3, TreeInMemory(some_leaves(3)).root)
    note = sign_checkpoint(checkpoint, a_signing_key()) + cosigner.cosign(checkpoint.to_text(), MOMENT).encode()
    policy = parse_policy(f"log {a_signing_key().vkey}\nwitness w1 {cosigner.vkey}\nquorum w1\n")

    verified = policy.verify(note)

    expected = Cosignature(cosigner.verification_key, MOMENT.replace(microsecond=0))
    assert verified == (checkpoint, (expected,))
