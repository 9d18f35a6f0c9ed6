"""Photos as files, sealed under their subject's key: portraits of persons, probes of searches."""

from __future__ import annotations

import fcntl
from contextlib import nullcontext, suppress
from pathlib import Path

from assent.errors import NotFound
from assent.people import is_identifier
from assent.storage.disk import (
    PRIVATE_FOLDER_MODE,
    explain_os_error,
    locked_folder,
    shred_file,
    shred_folder,
    write_file_durably,
)
from assent.storage.vault import Vault

_PHOTO = "photo"


class PhotoFiles:
    """The photo folder of a deployment: one folder a subject, one sealed file a photo."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self.folder = folder
        self._vault = vault
        self._unfinished = folder / ".unfinished"

    def write(self, subject: str, name: str, jpeg: bytes, *, is_locked: bool = True) -> None:
        """Keep a photo durably, before the row that needs it. Raises StorageFull or Unavailable.

        Without the write lock (`is_locked` is False) a lock on the folder keeps it from being swept half written.
        """
        try:
            self.folder.mkdir(mode=PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
        except OSError as error:
            raise explain_os_error(error) from error
        sealed = self._vault.seal(subject, f"{_PHOTO}:{name}", jpeg)
        with nullcontext() if is_locked else locked_folder(self.folder, fcntl.LOCK_SH):
            write_file_durably(self._path(subject, name), sealed, staging=self._unfinished)

    def read(self, subject: str, name: str) -> bytes:
        """Open a photo. Raises NotFound if it is not there (any more)."""
        try:
            sealed = self._path(subject, name).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"There is no photo {name} of {subject}.") from None
        except OSError as error:
            raise explain_os_error(error) from None
        return self._vault.unseal(subject, f"{_PHOTO}:{name}", sealed)

    def has_photo(self, subject: str, name: str) -> bool:
        """Tell whether there is such a photo, readable or not."""
        return self._path(subject, name).exists()

    def erase(self, subject: str) -> None:
        """Delete all photos of a subject; none is fine."""
        shred_folder(self.folder / subject)

    def erase_one(self, subject: str, name: str) -> None:
        """Delete one photo of a subject; none is fine."""
        shred_file(self._path(subject, name))

    def has_unfinished(self) -> bool:
        """Tell whether a file is being written, or a crash left one half written."""
        return self._unfinished.exists() and any(self._unfinished.iterdir())

    def erase_unfinished(self) -> None:
        """Delete what a crash left half written; takes the database's write lock, under which photos are written.

        A photo that is written without that lock right now is left alone, and so is all else until the next time.
        """
        if not self._unfinished.exists():
            return
        with suppress(BlockingIOError), locked_folder(self.folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
            shred_folder(self._unfinished)

    def list_subjects(self) -> set[str]:
        """List everyone and everything that has photos; what somebody else put into the folder is passed over."""
        if not self.folder.exists():
            return set()
        # Whoever is listed here may be erased: never follow a link, never touch a folder that is not one of ours.
        return {
            path.name
            for path in self.folder.iterdir()
            if is_identifier(path.name, path.name[0]) and path.is_dir() and not path.is_symlink()
        }

    def _path(self, subject: str, name: str) -> Path:
        return self.folder / subject / f"{name}.sealed"
