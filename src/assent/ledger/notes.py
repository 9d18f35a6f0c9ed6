"""Signed notes (c2sp.org/signed-note) with Ed25519 keys, and checkpoints (c2sp.org/tlog-checkpoint) as notes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from assent.errors import InvalidInput, SignatureInvalid
from assent.ledger.merkle import EMPTY_ROOT, HASH_BYTES, Hash

ED25519_TYPE = 0x01
COSIGNATURE_TYPE = 0x04
ML_DSA_44_TYPE = 0x06
_ED25519_KEY_BYTES = 32
# The types whose key id is SHA-256(name || 0x0A || type || public key)[:4], and how long their public keys are: Ed25519
# (RFC 8032), its cosignatures, and cosignatures by ML-DSA-44 (FIPS 204).
_KNOWN_TYPES = {
    ED25519_TYPE: ("Ed25519", _ED25519_KEY_BYTES),
    COSIGNATURE_TYPE: ("Ed25519", _ED25519_KEY_BYTES),
    ML_DSA_44_TYPE: ("ML-DSA-44", 1312),
}
_KEY_ID_BYTES = 4

# The specification asks for at least 16 signatures; these are the limits of golang.org/x/mod/sumdb/note.
MAX_SIGNATURES = 100
MAX_NOTE_BYTES = 1_000_000
# golang.org/x/mod/sumdb/tlog counts entries in an int64.
MAX_TREE_SIZE = 2**63 - 1

_SIGNATURE_PREFIX = "\N{EM DASH} "
_FORBIDDEN_IN_NOTE = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_CHECKPOINT_LINES = 3


def decode_base64(text: str, what: str) -> bytes:
    """Decode standard base64 (RFC 4648 section 4), refusing every spelling but the canonical one.

    Raises InvalidInput, naming `what`.
    """
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(f"{what} is not base64: {error}") from error
    if encode_base64(decoded) != text:
        raise InvalidInput(f"{what} is not canonical base64: bits are set in its padding")
    return decoded


def encode_base64(data: bytes) -> str:
    """Encode as standard base64 (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def parse_decimal(text: str, what: str) -> int:
    """Read a non-negative ASCII decimal below 2^63 without leading zeros.

    Raises InvalidInput, naming `what`.
    """
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_TREE_SIZE:
        raise InvalidInput(f"{what} is not a decimal below 2^63 without leading zeros")
    return int(text)


def hash_key_id(name: str, signature_type: int, public_key: bytes) -> bytes:
    """Compute the four bytes that, with the name, identify a key."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([signature_type]) + public_key).digest()[:_KEY_ID_BYTES]


def require_key_name(name: str) -> None:
    """Raise InvalidInput unless the name is non-empty and has no Unicode space, control character or plus."""
    if not name or "+" in name or any(character.isspace() or character < " " for character in name):
        raise InvalidInput("a key name must be non-empty and hold no space, control character or plus")


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line as it stands in a note, verified or not."""

    name: str
    key_id: bytes
    signature: bytes

    def to_line(self) -> str:
        """Write the line, newline included."""
        return f"{_SIGNATURE_PREFIX}{self.name} {encode_base64(self.key_id + self.signature)}\n"

    @classmethod
    def from_line(cls, line: str) -> NoteSignature:
        """Read a line given without its newline. Raises InvalidInput."""
        if not line.startswith(_SIGNATURE_PREFIX):
            raise InvalidInput("a signature line does not begin with an em dash and a space")
        name, _, encoded = line.removeprefix(_SIGNATURE_PREFIX).partition(" ")
        require_key_name(name)
        decoded = decode_base64(encoded, f"the signature by {name}")
        if len(decoded) <= _KEY_ID_BYTES:
            raise InvalidInput(f"the signature by {name} is empty")
        return cls(name, decoded[:_KEY_ID_BYTES], decoded[_KEY_ID_BYTES:])


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """The public half of a named key, of any signature type; only Ed25519 verifies notes here, see `witnesses`."""

    name: str
    key_id: bytes
    signature_type: int
    public_key: bytes

    @classmethod
    def from_vkey(cls, vkey: str) -> VerificationKey:
        """Read `name+hex(key id)+base64(type || public key)`. Raises InvalidInput."""
        name, _, rest = vkey.partition("+")
        key_id_hex, _, encoded = rest.partition("+")
        require_key_name(name)
        if not re.fullmatch(r"[0-9a-f]{8}", key_id_hex):
            raise InvalidInput(f"the key id of {name} is not eight lower-case hexadecimal digits")
        decoded = decode_base64(encoded, f"the public key of {name}")
        if not decoded:
            raise InvalidInput(f"the public key of {name} is empty")
        key = cls(name, bytes.fromhex(key_id_hex), decoded[0], decoded[1:])
        if key.signature_type in _KNOWN_TYPES:
            algorithm, key_bytes = _KNOWN_TYPES[key.signature_type]
            if len(key.public_key) != key_bytes:
                raise InvalidInput(
                    f"the {algorithm} key of {name} has {len(key.public_key)} bytes, expected {key_bytes}"
                )
            expected = hash_key_id(name, key.signature_type, key.public_key)
            if key.key_id != expected:
                raise InvalidInput(f"the key id of {name} is {key_id_hex}, but name and key give {expected.hex()}")
        return key

    @property
    def vkey(self) -> str:
        """The key as one line of text."""
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(bytes([self.signature_type]) + self.public_key)}"

    def verify(self, text: str, signature: bytes) -> None:
        """Verify an Ed25519 signature over the note's text. Raises SignatureInvalid."""
        if self.signature_type != ED25519_TYPE:
            raise SignatureInvalid(f"key {self.name}+{self.key_id.hex()} has type {self.signature_type}, not Ed25519")
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text.encode())
        except (InvalidSignature, ValueError) as error:
            raise SignatureInvalid(f"the signature by {self.name}+{self.key_id.hex()} does not verify") from error


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A named Ed25519 private key."""

    name: str
    private_key: Ed25519PrivateKey

    def __post_init__(self) -> None:
        require_key_name(self.name)

    def __repr__(self) -> str:
        return f"SigningKey({self.name!r})"

    @classmethod
    def generate(cls, name: str) -> SigningKey:
        """Make a fresh key from the system's random source."""
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def from_private_bytes(cls, name: str, private_bytes: bytes) -> SigningKey:
        """Read the 32 bytes of an RFC 8032 private key. Raises InvalidInput."""
        if len(private_bytes) != _ED25519_KEY_BYTES:
            raise InvalidInput(
                f"the private key of {name} must have {_ED25519_KEY_BYTES} bytes, got {len(private_bytes)}"
            )
        return cls(name, Ed25519PrivateKey.from_private_bytes(private_bytes))

    def to_private_bytes(self) -> bytes:
        """Write the 32 secret bytes."""
        return self.private_key.private_bytes_raw()

    @property
    def verification_key(self) -> VerificationKey:
        """The public half."""
        public_key = self.private_key.public_key().public_bytes_raw()
        return VerificationKey(self.name, hash_key_id(self.name, ED25519_TYPE, public_key), ED25519_TYPE, public_key)

    @property
    def vkey(self) -> str:
        """The public half as one line of text."""
        return self.verification_key.vkey

    def sign(self, text: str) -> str:
        """Sign a note's text; return the signature line, newline included. Raises InvalidInput for an unfit text."""
        require_note_text(text)
        return NoteSignature(self.name, self.verification_key.key_id, self.private_key.sign(text.encode())).to_line()


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A note taken apart: its text, final newline included, and its signatures, none of them verified yet."""

    text: str
    signatures: tuple[NoteSignature, ...]

    @classmethod
    def from_bytes(cls, data: bytes) -> SignedNote:
        """Split a note at its last empty line. Raises InvalidInput for anything the format does not allow."""
        if len(data) > MAX_NOTE_BYTES:
            raise InvalidInput(f"the note has {len(data)} bytes, at most {MAX_NOTE_BYTES} are read")
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InvalidInput(f"the note is not UTF-8 at byte {error.start}") from error
        split = whole.rfind("\n\n")
        if split < 0:
            raise InvalidInput("the note has no empty line before its signatures")
        text, block = whole[: split + 1], whole[split + 2 :]
        require_note_text(text)
        if not block.endswith("\n"):
            raise InvalidInput("the note must end with a signature line and a newline")
        lines = block[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise InvalidInput(f"the note has {len(lines)} signatures, at most {MAX_SIGNATURES} are read")
        return cls(text, tuple(NoteSignature.from_line(line) for line in lines))

    def to_bytes(self) -> bytes:
        """Write the note; the inverse of `from_bytes`."""
        return (self.text + "\n" + "".join(signature.to_line() for signature in self.signatures)).encode()


def require_note_text(text: str) -> None:
    """Raise InvalidInput unless the text ends in a newline and holds no other control character."""
    if not text.endswith("\n"):
        raise InvalidInput("a note's text must end with a newline")
    if _FORBIDDEN_IN_NOTE.search(text):
        raise InvalidInput("a note must hold no control character other than newline")


def sign_note(text: str, signing_keys: Iterable[SigningKey]) -> bytes:
    """Sign a text with each key in turn; return the whole note."""
    return (text + "\n" + "".join(key.sign(text) for key in signing_keys)).encode()


def verify_note(note_bytes: bytes, keys: Iterable[VerificationKey]) -> tuple[str, tuple[VerificationKey, ...]]:
    """Verify a note; return its text and the keys whose signatures verified, in the order of the note.

    Signatures by keys not given, and keys of other types than Ed25519, are ignored. Raises InvalidInput if the bytes
    are no note, SignatureInvalid if a given key's signature does not verify or none is by a given key.
    """
    known: dict[tuple[str, bytes], VerificationKey] = {}
    for key in keys:
        if key.signature_type == ED25519_TYPE and known.setdefault((key.name, key.key_id), key) != key:
            raise InvalidInput(f"two different keys are called {key.name}+{key.key_id.hex()}; give one of them")
    note = SignedNote.from_bytes(note_bytes)
    verified: dict[VerificationKey, None] = {}
    for line in note.signatures:
        signer = known.get((line.name, line.key_id))
        if signer is not None:
            signer.verify(note.text, line.signature)
            verified[signer] = None
    if not verified:
        raise SignatureInvalid(
            f"none of the {len(note.signatures)} signatures is by one of the {len(known)} known keys"
        )
    return note.text, tuple(verified)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The root of one log at one size. Raises InvalidInput when made of values that no checkpoint can carry."""

    origin: str
    size: int
    root: Hash

    def __post_init__(self) -> None:
        # The log's key is named like the origin, so the origin obeys the rule for key names.
        require_key_name(self.origin)
        if not 0 <= self.size <= MAX_TREE_SIZE:
            raise InvalidInput(f"a checkpoint's size must lie between 0 and {MAX_TREE_SIZE}, got {self.size}")
        if len(self.root) != HASH_BYTES:
            raise InvalidInput(f"a checkpoint's root must have {HASH_BYTES} bytes, got {len(self.root)}")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise InvalidInput(f"the root of an empty log is {EMPTY_ROOT.hex()}, got {self.root.hex()}")

    def to_text(self) -> str:
        """Write the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"

    @classmethod
    def from_text(cls, text: str) -> Checkpoint:
        """Read exactly the three lines `origin`, `size`, `root`; extension lines are refused. Raises InvalidInput."""
        lines = text.split("\n")
        if len(lines) != _CHECKPOINT_LINES + 1 or lines[-1]:
            raise InvalidInput(f"a checkpoint has {_CHECKPOINT_LINES} lines, each ending in a newline")
        origin, size, root = lines[:_CHECKPOINT_LINES]
        return cls(origin, parse_decimal(size, "the checkpoint's size"), decode_base64(root, "the checkpoint's root"))

    @classmethod
    def from_extended_text(cls, text: str) -> Checkpoint:
        """Read the three lines of any log's checkpoint; extension lines may follow and say nothing here.

        Raises InvalidInput.
        """
        lines = text.split("\n")
        if not text.endswith("\n") or not all(lines[_CHECKPOINT_LINES:-1]):
            raise InvalidInput("a checkpoint's extension lines must not be empty, and each ends in a newline")
        return cls.from_text("".join(f"{line}\n" for line in lines[:-1][:_CHECKPOINT_LINES]))


def sign_checkpoint(checkpoint: Checkpoint, signing_key: SigningKey) -> bytes:
    """Sign a checkpoint as a note. Raises InvalidInput if the key is not named like the checkpoint's origin.

    Whoever calls this must never sign two checkpoints that are inconsistent.
    """
    if signing_key.name != checkpoint.origin:
        raise InvalidInput(f"key {signing_key.name} cannot sign for {checkpoint.origin}; it must be named like the log")
    return sign_note(checkpoint.to_text(), [signing_key])


def open_checkpoint(note_bytes: bytes, keys: Sequence[VerificationKey], origin: str) -> Checkpoint:
    """Verify a checkpoint's note and read it.

    Raises InvalidInput if the bytes are no checkpoint, SignatureInvalid if a known key's signature does not verify, if
    none is by a known key named like the origin, or if the checkpoint is of another log.
    """
    text, signers = verify_note(note_bytes, keys)
    checkpoint = Checkpoint.from_text(text)
    if checkpoint.origin != origin:
        raise SignatureInvalid(f"the checkpoint is of the log {checkpoint.origin}, expected {origin}")
    if all(signer.name != origin for signer in signers):
        raise SignatureInvalid(f"the checkpoint carries no valid signature by the log {origin} itself")
    return checkpoint
