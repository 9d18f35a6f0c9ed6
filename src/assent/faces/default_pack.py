"""The default pack: MTCNN's detector with dlib's landmark model and embedder, from two installed packages.

`face-recognition-models` (CC0) and `mtcnn` (MIT) are found, never imported, and nothing is downloaded. Their weights
are converted to ONNX once; the result is kept in a cache folder.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import json
import shutil
import tempfile
from pathlib import Path
from typing import Final

from assent.errors import StorageFull, Unavailable
from assent.faces.manifest import (
    AlignmentKind,
    AlignmentSpec,
    CropLayout,
    CropNumbers,
    DetectorKind,
    DetectorSpec,
    EmbedderSpec,
    Metric,
    PackManifest,
)
from assent.faces.packs import CALIBRATION_FILE, Pack, check_digest, make_pack, write_folder

EMBEDDER_FILE: Final = "dlib_face_recognition_resnet_model_v1.dat"
LANDMARK_FILE: Final = "shape_predictor_5_face_landmarks.dat"
DETECTOR_FILES: Final = ("pnet.lz4", "rnet.lz4", "onet.lz4")

# Of the files in face-recognition-models 0.3.0 and mtcnn 1.0.0.
SOURCE_DIGESTS: Final = {
    EMBEDDER_FILE: "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    LANDMARK_FILE: "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
    "pnet.lz4": "ea6b0c3e685ebee3165326ad6484acc95f2ef78f1c94fbf40a55704fa989f7b5",
    "rnet.lz4": "cb00e6460f3c98b0bfafaba3c0a0ded4bdf6e62cee7174d969e8670d7e757fee",
    "onet.lz4": "94f6ea2f4cf985275ee958cdd762d17b6009348a4fb9d8c6be39ba73ffd22ca3",
}
_SOURCE_FOLDERS: Final = {
    "face_recognition_models": ("face-recognition-models", "models", (EMBEDDER_FILE, LANDMARK_FILE)),
    "mtcnn": ("mtcnn", "assets/weights", DETECTOR_FILES),
}
# Raised whenever the conversion writes other bytes, so that older caches are left alone.
_CACHE_REVISION: Final = 1
_CACHE_INDEX_FILE: Final = "digests.json"
# Written by benchmarks/accuracy.py from the volunteers; numbers only.
CALIBRATION_PATH: Final = Path(__file__).with_name("default_calibration.json")

# How MTCNN's box becomes the box that dlib's landmark model was trained on: centre moved by these shares of the box's
# height, side of that share; fitted on 140 frontal faces against dlib's own detector.
_BOX_SHIFT: Final = (-0.0400, 0.0272)
_BOX_SCALE: Final = 0.7148
_CHIP_SIZE_PX: Final = 150
_CHIP_PADDING: Final = 0.25

DEFAULT_MANIFEST: Final = PackManifest(
    name="assent-default",
    version="1",
    licence="Embedder and landmark model: CC0 1.0 (dlib). Detector: MIT (mtcnn).",
    training_data=(
        "dlib's embedder was trained on about 3 million pictures of 7,485 people, from FaceScrub, VGG-Face and a "
        "collection scraped from the web; MTCNN on WIDER FACE and CelebA, collected from the web as well. "
        "The people shown were not asked."
    ),
    training_people_consented=False,
    metric=Metric.EUCLIDEAN,
    dimensions=128,
    default_threshold=0.32,
    threshold_basis=(
        "Measured on 80 volunteers (gallery neutral, probes smiling) and, as strangers, these and 40 others, frontal "
        "and well lit: at 0.32 no stranger was returned in 120 searches and nobody enrolled was missed (largest "
        "distance 0.29). Such pictures are easier than most: calibrate on your own."
    ),
    files=tuple(sorted(SOURCE_DIGESTS.items())),
    detector=DetectorSpec(DetectorKind.MTCNN, DETECTOR_FILES),
    alignment=AlignmentSpec(
        kind=AlignmentKind.DLIB_CHIP,
        size_px=_CHIP_SIZE_PX,
        file=LANDMARK_FILE,
        padding=_CHIP_PADDING,
        box_shift=_BOX_SHIFT,
        box_scale=_BOX_SCALE,
    ),
    embedder=EmbedderSpec(EMBEDDER_FILE, CropLayout.NHWC, CropNumbers.UINT8, unit_length=True, reference_blur=0.02),
    origin=(
        "dlib (Davis King, 2017) by way of face-recognition-models 0.3.0; MTCNN (Zhang and others, 2016) by way of "
        "mtcnn 1.0.0; converted to ONNX at first use, vectors the same to 0.000002."
    ),
    known_gaps=(
        "Calibrated on 120 adults, frontal and well lit, most of them white and under 40: no children, few old people, "
        "few people of colour; error rates by group are not known. Its publishers say that it works less well for "
        "children. Half-covered faces are missed about every second time."
    ),
    calibration_digest="962d8a6153f011f5723e56bcb06b332453a23e24b0e29eeb7cc71e9d84eaacd4",
)
"""The default pack's card; its digests are those of the published weight files, so its id is the same everywhere."""


def open_default_pack(cache_folder: Path, *, threads: int = 1) -> Pack:
    """Open the default pack; the first time in a cache folder this converts the weights, which takes a few seconds.

    `threads` is the number of threads within one call. Files in the cache are checked against the digests written
    beside them; a damaged cache is made anew. Several processes may do this at once.

    Raises Unavailable (package missing, cache not writable), StorageFull, and DigestMismatch when an installed weight
    file is not the published one.
    """
    folder = name_converted_folder(cache_folder)
    contents = _read_cache(folder)
    if contents is None:
        contents = convert_weights(read_source_files())
        _replace_cache(folder, contents)
    calibration = CALIBRATION_PATH.read_bytes()
    check_digest(calibration, str(DEFAULT_MANIFEST.calibration_digest), CALIBRATION_FILE)
    return make_pack(DEFAULT_MANIFEST, {**contents, CALIBRATION_FILE: calibration}, threads=threads)


def name_converted_folder(cache_folder: Path) -> Path:
    """Return the folder within a cache folder that holds, or will hold, the converted weights."""
    return cache_folder / f"{DEFAULT_MANIFEST.pack_id}-{_CACHE_REVISION}"


def read_source_files() -> dict[str, bytes]:
    """Return the published weight files by name, digests checked; raises Unavailable and DigestMismatch."""
    contents: dict[str, bytes] = {}
    for module, (package, below, names) in _SOURCE_FOLDERS.items():
        # Found without importing: face_recognition_models' own __init__ needs pkg_resources, which new setuptools lack.
        spec = importlib.util.find_spec(module)
        if spec is None or not spec.submodule_search_locations:
            raise Unavailable(f"The package {package}, which holds the default pack's weights, is not installed.")
        folder = Path(spec.submodule_search_locations[0]) / below
        for name in names:
            try:
                contents[name] = (folder / name).read_bytes()
            except OSError as error:
                raise Unavailable(f"The installed package {package} lacks {name}; install it anew.") from error
    return contents


def convert_weights(sources: dict[str, bytes]) -> dict[str, bytes]:
    """Return ONNX graphs and the landmark archive under the names of the weight files they come from.

    Every digest is checked before any file is parsed, above all before any is unpickled; raises DigestMismatch.
    """
    for name, digest in SOURCE_DIGESTS.items():
        check_digest(sources[name], digest, name)
    # Imported only here: an ordinary start needs neither ONNX's builder nor the parsers.
    from assent.faces.dlib_format import read_landmark_trees, read_network  # noqa: PLC0415
    from assent.faces.dlib_graphs import build_embedder_graph  # noqa: PLC0415
    from assent.faces.mtcnn_weights import build_mtcnn_graph, read_mtcnn_weights  # noqa: PLC0415

    converted = {name: build_mtcnn_graph(name, read_mtcnn_weights(sources[name])) for name in DETECTOR_FILES}
    converted[LANDMARK_FILE] = read_landmark_trees(sources[LANDMARK_FILE]).to_bytes()
    converted[EMBEDDER_FILE] = build_embedder_graph(read_network(sources[EMBEDDER_FILE]))
    return converted


def _read_cache(folder: Path) -> dict[str, bytes] | None:
    """Return the converted files, or None when they are absent or damaged."""
    try:
        digests = json.loads((folder / _CACHE_INDEX_FILE).read_bytes())
        contents = {name: (folder / name).read_bytes() for name in SOURCE_DIGESTS}
    except (OSError, ValueError):
        return None
    return contents if digests == _list_digests(contents) else None


def _replace_cache(folder: Path, contents: dict[str, bytes]) -> None:
    index = json.dumps(_list_digests(contents), indent=2).encode()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists() and _read_cache(folder) is None:
            _move_aside(folder)
        write_folder(folder, {**contents, _CACHE_INDEX_FILE: index})
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StorageFull("The disk is full; the default pack's converted weights (32 MB) do not fit.") from error
        raise Unavailable("The folder for the default pack's converted weights cannot be written.") from error


def _move_aside(folder: Path) -> None:
    """Take a damaged cache away in one step, so that no process ever reads one half removed."""
    spoiled = Path(tempfile.mkdtemp(prefix=".spoiled-", dir=folder.parent))
    try:
        folder.rename(spoiled / folder.name)
    except FileNotFoundError:
        pass  # Another process took it away first.
    finally:
        shutil.rmtree(spoiled, ignore_errors=True)


def _list_digests(contents: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in sorted(contents.items())}
