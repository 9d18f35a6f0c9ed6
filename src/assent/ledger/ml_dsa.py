"""ML-DSA-44 (FIPS 204), where the installed `cryptography` has it: version 47, with a library that supports it."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from assent.errors import InvalidInput, SignatureInvalid

try:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
except ImportError:
    HAS_MODULE = False
else:
    HAS_MODULE = True

# FIPS 204, table 2, and the seed of algorithm 1.
ML_DSA_44_KEY_BYTES = 1312
ML_DSA_44_SIGNATURE_BYTES = 2420
ML_DSA_44_SEED_BYTES = 32

_MISSING = "ML-DSA-44 is not available: it takes the package cryptography 47 or newer with a library that has it"


def has_ml_dsa() -> bool:
    """Say whether ML-DSA-44 can be used here."""
    if not HAS_MODULE:
        return False
    try:
        MLDSA44PrivateKey.from_seed_bytes(bytes(ML_DSA_44_SEED_BYTES))
    except UnsupportedAlgorithm:
        return False
    return True


def require_ml_dsa() -> None:
    """Raise InvalidInput where ML-DSA-44 cannot be used, since a key of that type was asked for."""
    if not has_ml_dsa():
        raise InvalidInput(_MISSING)


def derive_ml_dsa_key(seed: bytes) -> bytes:
    """Compute the 1,312 public bytes that belong to a seed of 32 bytes. Raises InvalidInput where it cannot be."""
    require_ml_dsa()
    return MLDSA44PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()


def sign_ml_dsa(seed: bytes, message: bytes) -> bytes:
    """Sign with an empty context; 2,420 bytes, different each time. Raises InvalidInput where it cannot be."""
    require_ml_dsa()
    return MLDSA44PrivateKey.from_seed_bytes(seed).sign(message)


def verify_ml_dsa(public_key: bytes, signature: bytes, message: bytes) -> None:
    """Verify with an empty context. Raises SignatureInvalid, or InvalidInput where it cannot be verified at all."""
    require_ml_dsa()
    try:
        MLDSA44PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise SignatureInvalid("the ML-DSA-44 signature does not verify") from error
