"""Uploads: read whole, within limits, and never written to a disk."""

from __future__ import annotations

from fastapi import UploadFile
from starlette.formparsers import MultiPartParser

from assent.errors import InvalidInput

MEBIBYTE = 1024 * 1024
FORM_BYTES = 64 * 1024
"""What a form without a file may hold, and all that somebody may send who is not known here."""


def keep_uploads_in_memory() -> None:
    """Make the form parser keep files in memory: its habit of spooling to a temporary file would leave photos there."""
    MultiPartParser.spool_max_size = 2**62


def read_upload(upload: UploadFile, most_bytes: int) -> bytes:
    """Read an uploaded file. Raises InvalidInput if it is empty or too large."""
    content = upload.file.read(most_bytes + 1)
    if not content:
        raise InvalidInput("No file was chosen, or it is empty.")
    if len(content) > most_bytes:
        raise InvalidInput(f"The file is larger than {most_bytes // MEBIBYTE} MiB.")
    return content
