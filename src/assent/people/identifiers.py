"""Opaque identifiers: a prefix that says what is named, and 80 random bits that say nothing about it."""

from __future__ import annotations

import base64
import re
import secrets
from typing import NewType

PersonId = NewType("PersonId", str)
ConsentId = NewType("ConsentId", str)
ReferenceId = NewType("ReferenceId", str)

RANDOM_BYTES = 10
_FORM = re.compile(r"[a-z]_[a-z2-7]{16}")


def make_identifier(prefix: str) -> str:
    """Draw a fresh identifier such as `p_` and 16 letters and digits of lower-case base32 (RFC 4648)."""
    return f"{prefix}_{base64.b32encode(secrets.token_bytes(RANDOM_BYTES)).decode().lower()}"


def is_identifier(text: str, prefix: str) -> bool:
    """Tell whether the text has the form of an identifier with this prefix."""
    return text.startswith(f"{prefix}_") and _FORM.fullmatch(text) is not None
