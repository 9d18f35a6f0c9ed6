"""The photos of an import as one ZIP file: read in memory, entry by entry, within limits; never unpacked to a disk."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from pathlib import PurePosixPath

from assent.errors import InvalidInput

MOST_ENTRIES = 50_000
MOST_UNPACKED_BYTES = 8 * 1024**3
MOST_RATIO = 200
"""Photos are packed already and hardly shrink; what shrinks a hundredfold and more is made to burst."""
_SMALLEST_SUSPECT_BYTES = 1024**2
_ENCRYPTED = 0x1


class PhotoArchive:
    """One ZIP file whose list of contents was checked; several threads may read from it at once."""

    def __init__(self, data: bytes) -> None:
        """Read the list of contents. Raises InvalidInput for what is no ZIP file, or one that is not to be trusted."""
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
            entries = self._archive.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
            raise InvalidInput("The photos are no ZIP file that can be read; pack them once more.") from None
        if len(entries) > MOST_ENTRIES:
            raise InvalidInput(f"The ZIP file holds more than {MOST_ENTRIES} files; split it.")
        if sum(entry.file_size for entry in entries) > MOST_UNPACKED_BYTES:
            raise InvalidInput("The ZIP file unpacks to far more than its size; it is not opened.")
        files = [entry for entry in entries if not entry.is_dir()]
        for entry in files:
            _check_entry(entry)
        names = [PurePosixPath(entry.filename) for entry in files]
        if len(set(names)) != len(names):
            raise InvalidInput("The ZIP file holds two files of one name; it is not for us to guess which is meant.")
        # Systems that pack a folder put its name before everything; the table names photos from within it.
        tops = {name.parts[0] for name in names}
        is_folder = len(tops) == 1 and all(len(name.parts) > 1 for name in names)
        self._entries = dict(zip(names, files, strict=True))
        if is_folder:
            self._entries |= {name.relative_to(name.parts[0]): self._entries[name] for name in names}

    def read(self, name: str, most_bytes: int) -> bytes:
        """Read a photo by its place, at most one byte beyond the limit. Raises InvalidInput."""
        entry = self._entries.get(PurePosixPath(name))
        if entry is None:
            raise InvalidInput("A photo that the row names is not in the ZIP file.")
        try:
            with self._archive.open(entry) as file:
                return file.read(most_bytes + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
            raise InvalidInput("A photo in the ZIP file is damaged, or packed in a way that is not read.") from None


def _check_entry(entry: zipfile.ZipInfo) -> None:
    path = PurePosixPath(entry.filename)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in path.parts[0]:
        raise InvalidInput("The ZIP file names files outside of itself; it is not opened.")
    if entry.flag_bits & _ENCRYPTED:
        raise InvalidInput("The ZIP file is protected by a password; pack the photos without one.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise InvalidInput("The ZIP file holds a link to another file; it is not opened.")
    if entry.file_size > max(_SMALLEST_SUSPECT_BYTES, MOST_RATIO * entry.compress_size):
        raise InvalidInput("The ZIP file unpacks to far more than its size; it is not opened.")
