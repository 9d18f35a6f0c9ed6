"""The folder of labelled photos that an evaluation reads: one folder a person, in it that person's photos."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assent.errors import InvalidInput

PHOTO_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})


@dataclass(frozen=True, slots=True)
class LabelledPhoto:
    """One photo and the name of the folder that says whose it is."""

    person: str
    path: Path


@dataclass(frozen=True, slots=True)
class LabelledFolder:
    """The photos in the order of their names, how many other files were passed over, and a digest of the listing."""

    photos: tuple[LabelledPhoto, ...]
    passed_over: int
    digest: str


def list_labelled_photos(folder: Path) -> LabelledFolder:
    """List the photos, `folder/person/photo.jpg`; hidden files are ignored, others than pictures passed over.

    Raises InvalidInput for a folder that cannot be read, holds no such photo, or a link that leads out of it.
    """
    if not folder.is_dir():
        raise InvalidInput("The folder of photos is not here; it holds one folder a person.")
    try:
        root, photos, passed_over = Path(os.path.realpath(folder)), [], 0
        for person in _list_visible(root):
            if not person.is_dir():
                passed_over += 1
                continue
            for path in _list_visible(person):
                if path.suffix.lower() not in PHOTO_SUFFIXES or not path.is_file():
                    passed_over += 1
                elif not Path(os.path.realpath(path)).is_relative_to(root):
                    raise InvalidInput("A photo is a link that leads out of the folder; copy it into the folder.")
                else:
                    photos.append(LabelledPhoto(person.name, path))
        if not photos:
            raise InvalidInput(
                "The folder holds no photo in a folder of a person; lay them out as person/photo.jpg "
                "(JPEG, PNG or WebP)."
            )
        return LabelledFolder(tuple(photos), passed_over, _digest(root, [photo.path for photo in photos]))
    except OSError as error:
        raise InvalidInput(f"The folder of photos cannot be read: {error.strerror}.") from None


def _list_visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _digest(root: Path, paths: Iterable[Path]) -> str:
    """Digest names, sizes and times, by which a run that goes on knows that nothing was exchanged."""
    digest = hashlib.sha256()
    for path in paths:
        status = path.stat()
        digest.update(f"{path.relative_to(root)}\0{status.st_size}\0{status.st_mtime_ns}\n".encode(errors="replace"))
    return digest.hexdigest()
