"""Cosignatures of checkpoints (c2sp.org/tlog-cosignature) by Ed25519 (0x04) and ML-DSA-44 (0x06), and split views."""

from __future__ import annotations

import secrets
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from assent.errors import InvalidInput, ProofInvalid, SignatureInvalid
from assent.ledger.merkle import Hash, verify_consistency
from assent.ledger.ml_dsa import (
    ML_DSA_44_SIGNATURE_BYTES,
    derive_ml_dsa_key,
    sign_ml_dsa,
    verify_ml_dsa,
)
from assent.ledger.notes import (
    COSIGNATURE_TYPE,
    ML_DSA_44_TYPE,
    Checkpoint,
    NoteSignature,
    SignedNote,
    VerificationKey,
    hash_key_id,
    require_key_name,
    require_note_text,
)

COSIGNER_TYPES = frozenset({COSIGNATURE_TYPE, ML_DSA_44_TYPE})
COSIGNER_SECRET_BYTES = 32

_TIME_BYTES = 8
_SIGNATURE_BYTES = {COSIGNATURE_TYPE: 64, ML_DSA_44_TYPE: ML_DSA_44_SIGNATURE_BYTES}
_SUBTREE_LABEL = b"subtree/v1\n\x00"
# `opaque cosigner_name<1..2^8-1>` and `opaque log_origin<1..2^8-1>` of the cosigned_message.
_LONGEST_NAME_BYTES = 255
# 9999-12-31T23:59:59Z, the last second that a datetime holds; the specification allows up to 2^63 - 1.
_LAST_SECOND = 253_402_300_799


@dataclass(frozen=True, slots=True)
class Cosignature:
    """The verified statement of a cosigner that, at this time, the checkpoint continued all it had seen of the log.

    An ML-DSA-44 cosigner that makes no statement about the time writes the first second of 1970.
    """

    key: VerificationKey
    at: datetime


@dataclass(frozen=True, slots=True)
class CosignerKey:
    """A witness's named secret key: 32 bytes, an RFC 8032 private key or a seed of FIPS 204, depending on the type."""

    name: str
    signature_type: int
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        require_cosigned_name(self.name)
        if self.signature_type not in COSIGNER_TYPES:
            raise InvalidInput(f"type {self.signature_type:#04x} makes no cosignatures; 0x04 and 0x06 do")
        if len(self.secret) != COSIGNER_SECRET_BYTES:
            raise InvalidInput(
                f"the secret key of {self.name} must have {COSIGNER_SECRET_BYTES} bytes, got {len(self.secret)}"
            )

    @classmethod
    def generate(cls, name: str, signature_type: int = COSIGNATURE_TYPE) -> CosignerKey:
        """Make a fresh key from the system's random source."""
        return cls(name, signature_type, secrets.token_bytes(COSIGNER_SECRET_BYTES))

    @property
    def verification_key(self) -> VerificationKey:
        """The public half. Raises InvalidInput for an ML-DSA-44 key where that is not available."""
        if self.signature_type == ML_DSA_44_TYPE:
            public_key = derive_ml_dsa_key(self.secret)
        else:
            public_key = Ed25519PrivateKey.from_private_bytes(self.secret).public_key().public_bytes_raw()
        key_id = hash_key_id(self.name, self.signature_type, public_key)
        return VerificationKey(self.name, key_id, self.signature_type, public_key)

    @property
    def vkey(self) -> str:
        """The public half as one line of text."""
        return self.verification_key.vkey

    def cosign(self, text: str, at: datetime) -> str:
        """Cosign a checkpoint's text at an aware time, rounded down to a second; return the signature line.

        Whoever calls this must have verified that the checkpoint continues all that this key has cosigned. Raises
        InvalidInput for an unfit text.
        """
        require_note_text(text)
        key, seconds = self.verification_key, int(at.timestamp())
        message = _message_to_sign(key, text, seconds)
        if self.signature_type == ML_DSA_44_TYPE:
            signature = sign_ml_dsa(self.secret, message)
        else:
            signature = Ed25519PrivateKey.from_private_bytes(self.secret).sign(message)
        return NoteSignature(self.name, key.key_id, struct.pack(">Q", seconds) + signature).to_line()


def require_cosigned_name(name: str) -> None:
    """Raise InvalidInput unless a witness, or a log that it watches, can have this name: 255 bytes at most."""
    require_key_name(name)
    if len(name.encode()) > _LONGEST_NAME_BYTES:
        raise InvalidInput(f"the name of a witness or its log has at most {_LONGEST_NAME_BYTES} bytes")


def verify_cosignature(key: VerificationKey, text: str, signature: bytes) -> Cosignature:
    """Verify a `timestamped_signature` (time, then signature) of a cosigner over a checkpoint's text.

    Raises SignatureInvalid with the reason, InvalidInput if the text is no checkpoint or the key's type is unavailable.
    """
    who = f"the cosignature by {key.name}+{key.key_id.hex()}"
    if key.signature_type not in COSIGNER_TYPES:
        raise SignatureInvalid(f"{who} cannot be one: its key has type {key.signature_type:#04x}")
    expected = _TIME_BYTES + _SIGNATURE_BYTES[key.signature_type]
    if len(signature) != expected:
        raise SignatureInvalid(f"{who} has {len(signature)} bytes, expected {expected}")
    (seconds,) = struct.unpack(">Q", signature[:_TIME_BYTES])
    if seconds > _LAST_SECOND:
        raise SignatureInvalid(f"{who} gives a time beyond the year 9999")
    message = _message_to_sign(key, text, seconds)
    try:
        if key.signature_type == ML_DSA_44_TYPE:
            verify_ml_dsa(key.public_key, signature[_TIME_BYTES:], message)
        else:
            Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature[_TIME_BYTES:], message)
    except (InvalidSignature, SignatureInvalid, ValueError) as error:
        raise SignatureInvalid(f"{who} does not verify") from error
    return Cosignature(key, datetime.fromtimestamp(seconds, UTC))


def verify_cosignatures(note: SignedNote, keys: Iterable[VerificationKey]) -> tuple[Cosignature, ...]:
    """Verify every signature in a note that is by one of these cosigners; each comes back once, with its latest time.

    Signatures by others are ignored. Raises SignatureInvalid if one by a known cosigner does not verify.
    """
    known = {(key.name, key.key_id): key for key in keys}
    verified: dict[VerificationKey, Cosignature] = {}
    for line in note.signatures:
        key = known.get((line.name, line.key_id))
        if key is not None:
            cosignature = verify_cosignature(key, note.text, line.signature)
            earlier = verified.get(key)
            if earlier is None or earlier.at < cosignature.at:
                verified[key] = cosignature
    return tuple(verified.values())


def add_cosignatures(note_bytes: bytes, lines: Iterable[NoteSignature]) -> bytes:
    """Add signatures to a note; one by a key that signed already replaces the earlier one. Raises InvalidInput."""
    note = SignedNote.from_bytes(note_bytes)
    signatures = {(line.name, line.key_id): line for line in (*note.signatures, *lines)}
    return SignedNote(note.text, tuple(signatures.values())).to_bytes()


def encode_cosigned_message(cosigner: str, seconds: int, origin: str, subtree: tuple[int, int], root: Hash) -> bytes:
    """Write the `cosigned_message` that ML-DSA-44 signs; `subtree` is start and end, for a checkpoint (0, its size).

    Raises InvalidInput for a name or origin of more than 255 bytes.
    """
    start, end = subtree
    parts = []
    for name in (cosigner.encode(), origin.encode()):
        if not 0 < len(name) <= _LONGEST_NAME_BYTES:
            raise InvalidInput(f"a cosigner's name and a log's origin have 1 to 255 bytes here, got {len(name)}")
        parts.append(bytes([len(name)]) + name)
    return _SUBTREE_LABEL + parts[0] + struct.pack(">Q", seconds) + parts[1] + struct.pack(">QQ", start, end) + root


@dataclass(frozen=True, slots=True)
class SplitView:
    """Two checkpoints of one log that do not continue each other.

    `is_proven` says that the two signed notes alone prove it; otherwise the proof that was offered does not connect
    them, and another proof, or the published tiles, must decide whether the log or only the proof is wrong.
    """

    smaller: Checkpoint
    larger: Checkpoint
    is_proven: bool
    reason: str


def find_split(a: Checkpoint, b: Checkpoint, proof: Sequence[Hash] = ()) -> SplitView | None:
    """Compare two checkpoints of one log, given in any order, whose signatures were verified; None if they agree.

    `proof` is the consistency proof between their sizes, not needed where the sizes are equal. Raises InvalidInput if
    the checkpoints are of different logs.
    """
    if a.origin != b.origin:
        raise InvalidInput(f"checkpoints of {a.origin} and of {b.origin} cannot be compared: they are different logs")
    smaller, larger = sorted((a, b), key=lambda checkpoint: checkpoint.size)
    if smaller.size == larger.size:
        if smaller.root == larger.root:
            return None
        reason = f"two roots were signed for {a.size} entries: {smaller.root.hex()} and {larger.root.hex()}"
        return SplitView(smaller, larger, is_proven=True, reason=reason)
    try:
        verify_consistency(smaller.size, smaller.root, larger.size, larger.root, proof)
    except ProofInvalid as error:
        return SplitView(smaller, larger, is_proven=False, reason=str(error))
    return None


def _message_to_sign(key: VerificationKey, text: str, seconds: int) -> bytes:
    if key.signature_type == COSIGNATURE_TYPE:
        return f"cosignature/v1\ntime {seconds}\n{text}".encode()
    # ML-DSA-44 signs the meaning of the first three lines and nothing of extension lines.
    checkpoint = Checkpoint.from_extended_text(text)
    return encode_cosigned_message(key.name, seconds, checkpoint.origin, (0, checkpoint.size), checkpoint.root)
