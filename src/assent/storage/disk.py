"""Files that are either whole or not there, and gone when they are deleted."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from assent.errors import StorageFull, Unavailable

PRIVATE_FOLDER_MODE = 0o700


def write_file_durably(path: Path, data: bytes, *, mode: int = 0o600, staging: Path | None = None) -> None:
    """Write a file so that after a crash it is whole or absent: temporary file, fsync, rename, fsync of the folder.

    The temporary file lies in the folder `staging` of the same disk, by default beside the file.
    Raises StorageFull if the disk takes no more, Unavailable if the folder cannot be written.
    """
    temporary = (staging or path.parent) / f".{path.name}.{secrets.token_hex(4)}.part"
    try:
        temporary.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER_MODE)
        if not path.parent.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER_MODE)
            sync_folder(path.parent.parent)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise explain_os_error(error) from None
        raise


def sync_folder(folder: Path) -> None:
    """Make a folder's list of names durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked_folder(folder: Path, how: int) -> Iterator[None]:
    """Hold a lock (flock) on the folder itself; the system lets go of it when the process ends, however it ends."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise explain_os_error(error) from None
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def shred_folder(folder: Path) -> None:
    """Delete a folder of files, each overwritten first; absent is fine.

    Overwriting is a courtesy to plain disks: what makes the bytes worthless everywhere is that their key is destroyed.
    Raises Unavailable if a file cannot be deleted; what was deleted before stays deleted.
    """
    if not folder.exists():
        return
    try:
        for path in sorted(folder.iterdir()):
            _shred(path)
        folder.rmdir()
        sync_folder(folder.parent)
    except OSError as error:
        raise explain_os_error(error) from None


def shred_file(path: Path) -> None:
    """Delete one file, overwritten first; absent is fine. Raises Unavailable if it cannot be deleted."""
    try:
        if path.exists():
            _shred(path)
            sync_folder(path.parent)
    except OSError as error:
        raise explain_os_error(error) from None


def _shred(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\x00" * path.stat().st_size)
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def explain_os_error(error: OSError) -> Unavailable:
    """Turn an operating system's error into one of ours, without a path in it."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return StorageFull("The disk is full; nothing was changed. Make room and try again.")
    return Unavailable(f"A file of the deployment could not be read, written or deleted: {error.strerror}.")
