"""Reads what people type: days, evidence, files by their path."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from assent.errors import InvalidInput
from assent.people import parse_evidence_digest

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def read_evidence(text: str) -> str:
    """Take a SHA-256 in hex as it is and hash the file of any other name. Raises ConsentMissing or InvalidInput."""
    path = Path(text)
    if _SHA256.fullmatch(text) or not path.exists():
        return parse_evidence_digest(text)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InvalidInput(f"The evidence cannot be read: {error.strerror}.") from None


def read_bounded(path: Path, most_bytes: int, what: str) -> bytes:
    """Read a file, at most one byte beyond the limit. Raises InvalidInput that says what cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(most_bytes + 1)
    except OSError as error:
        raise InvalidInput(f"{what} cannot be read: {error.strerror}.") from None
