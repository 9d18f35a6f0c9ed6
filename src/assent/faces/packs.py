"""Opens packs (detector, alignment, embedder and what is known about them) after checking every file's digest.

The format is described in docs/packs.md. Digests tell damage and mix-ups; whoever may write a pack's folder may also
write its manifest, so the pack's id, which depends on them, is what a deployment records and compares.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assent.errors import DigestMismatch, InvalidPack
from assent.faces.alignment import DlibChipAligner, FaceAligner, FivePointAligner, LandmarkTrees
from assent.faces.detection import BoxesDetector, FaceDetector, MtcnnDetector
from assent.faces.embedding import Embedder
from assent.faces.manifest import AlignmentKind, DetectorKind, PackId, PackManifest
from assent.faces.sessions import open_session

MANIFEST_FILE: Final = "pack.json"
MOST_MANIFEST_BYTES: Final = 1024 * 1024
CALIBRATION_FILE: Final = "calibration.json"


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """A detector, an alignment and an embedder that belong together, open for use by any number of threads.

    `calibration` is the text of its `calibration.json`, which `search` reads.
    """

    manifest: PackManifest
    pack_id: PackId
    detector: FaceDetector
    aligner: FaceAligner
    embedder: Embedder
    calibration: bytes | None = None


def load_pack(folder: Path, *, threads: int = 1) -> Pack:
    """Open the pack in a folder; `threads` is the number of threads within one call.

    Raises InvalidPack (manifest, missing file, graph not accepted) and DigestMismatch.
    """
    manifest, contents = read_pack_files(folder)
    return make_pack(manifest, contents, threads=threads)


def add_pack(source_folder: Path, packs_folder: Path) -> PackId:
    """Copy a pack into `packs_folder` under its id, after opening it once, and return the id.

    Only the manifest and the files it lists are copied. A pack that is already there stays as it is.

    Raises InvalidPack and DigestMismatch, and then nothing is left behind.
    """
    manifest, contents = read_pack_files(source_folder)
    make_pack(manifest, contents)
    contents = {**contents, MANIFEST_FILE: manifest.to_json().encode()}
    write_folder(packs_folder / manifest.pack_id, contents)
    return manifest.pack_id


def read_pack_files(folder: Path) -> tuple[PackManifest, dict[str, bytes]]:
    """Return the manifest and the bytes of every file it lists; raises InvalidPack and DigestMismatch."""
    manifest_file = folder / MANIFEST_FILE
    if not manifest_file.is_file() or manifest_file.stat().st_size > MOST_MANIFEST_BYTES:
        raise InvalidPack(f"The pack's folder holds no {MANIFEST_FILE} (or one over {MOST_MANIFEST_BYTES:,} bytes).")
    manifest = PackManifest.from_json(manifest_file.read_bytes())
    contents: dict[str, bytes] = {}
    for name, digest in manifest.files:
        # Read once: what was checked is what is used.
        try:
            contents[name] = (folder / name).read_bytes()
        except OSError as error:
            raise InvalidPack(f"The pack {manifest.pack_id} lists {name}, which cannot be read.") from error
        check_digest(contents[name], digest, name)
    if manifest.calibration_digest is not None:
        try:
            contents[CALIBRATION_FILE] = (folder / CALIBRATION_FILE).read_bytes()
        except OSError as error:
            raise InvalidPack(f"The pack {manifest.pack_id} has no {CALIBRATION_FILE} that can be read.") from error
        check_digest(contents[CALIBRATION_FILE], manifest.calibration_digest, CALIBRATION_FILE)
    return manifest, contents


def check_digest(data: bytes, expected: str, name: str) -> None:
    """Raise DigestMismatch unless the SHA-256 of `data` is `expected`, in hexadecimal."""
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise DigestMismatch(f"{name} has the SHA-256 {found}; expected {expected}. Get the file anew from its source.")


def make_pack(manifest: PackManifest, contents: Mapping[str, bytes], *, threads: int = 1) -> Pack:
    """Open a pack whose files are in memory, by the names that its manifest uses; raises InvalidPack."""
    detector_spec, alignment_spec = manifest.detector, manifest.alignment
    sessions = [open_session(contents[name], role="detector", threads=threads) for name in detector_spec.files]
    detector: FaceDetector
    match detector_spec.kind:
        case DetectorKind.MTCNN:
            detector = MtcnnDetector(*sessions)
        case DetectorKind.BOXES:
            detector = BoxesDetector(*sessions)
    aligner: FaceAligner
    match alignment_spec.kind:
        case AlignmentKind.DLIB_CHIP:
            aligner = DlibChipAligner(LandmarkTrees.from_bytes(contents[alignment_spec.file or ""]), alignment_spec)
        case AlignmentKind.FIVE_POINT:
            aligner = FivePointAligner(alignment_spec)
    session = open_session(contents[manifest.embedder.file], role="embedder", threads=threads)
    embedder = Embedder(session, manifest.embedder, manifest.dimensions)
    return Pack(manifest, manifest.pack_id, detector, aligner, embedder, contents.get(CALIBRATION_FILE))


def write_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write the files into a new folder that appears whole or not at all, on disk before this returns.

    A folder that is already there, or that another process finishes first, stays as it is.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=folder.parent))
    try:
        for name, data in contents.items():
            with (building / name).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        _flush_folder(building)
        # Renaming onto a folder with content fails, so the first to finish wins.
        building.rename(folder)
        _flush_folder(folder.parent)
    except OSError:
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
