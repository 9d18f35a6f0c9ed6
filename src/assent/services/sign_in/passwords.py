"""Passwords as Argon2id hashes (RFC 9106), checked with the same work whether or not there is one to check."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from assent.mandates import normalise_password

# OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
LONGEST_INPUT = 1_000

_HASHER = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


def hash_password(password: str) -> str:
    """Hash a password under a salt of its own."""
    return _HASHER.hash(normalise_password(password))


def is_password(password_hash: str | None, password: str) -> bool:
    """Tell whether a password is the one that was hashed; without a hash the same work ends in no."""
    if len(password) > LONGEST_INPUT:
        password = ""
    try:
        _HASHER.verify(password_hash or _decoy(), normalise_password(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


@cache
def _decoy() -> str:
    return _HASHER.hash("nobody's password")
