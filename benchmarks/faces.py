# ruff: noqa: E402 - the numbers of threads must stand in the environment before the libraries load
"""Measures the default pack against `face_recognition` (dlib): speed, agreement, first conversion and bulk throughput.

One run, one process, the same photos for both, in turns of ten; each library computes on one thread, except in bulk.
"""

from __future__ import annotations

import argparse
import os

# Before NumPy, OpenCV and dlib are loaded: each of them computes on one thread.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import importlib
import importlib.util
import platform
import statistics
import sys
import tempfile
import time
import types
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from assent.faces import FacePipeline, Image, decode_image, encode_jpeg, open_default_pack
from assent.faces.alignment import DlibChipAligner

PEOPLE_FOLDER = Path(__file__).parents[1] / "src/assent/services/demonstration/people"
INSTALL_PEERS = "pip install --no-deps face_recognition dlib-bin"
SIDE_PX = 640
TURN = 10
PHOTOS_PER_TASK = 8
EXAMPLE = """example:
  python benchmarks/faces.py --photos 30 --bulk-photos 1000

The peer is installed beside Assent with
  """


@dataclass(frozen=True)
class Row:
    """One line of the table; `goal` says what the ratio or figure should reach."""

    what: str
    ours: str
    peers: str
    ratio: str
    goal: str


def main() -> None:
    """Measure everything and print one table."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE + INSTALL_PEERS, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=30, help="photos for the comparison (default 30)")
    parser.add_argument("--bulk-photos", type=int, default=1000, help="photos for bulk (default 1000)")
    parser.add_argument("--threads", type=int, default=2, help="threads for bulk (default 2)")
    options = parser.parse_args()
    peer = load_peer()

    pipeline, conversion_row = measure_conversion()
    files = read_photos()
    chosen = files[:: max(1, len(files) // options.photos)][: options.photos]
    rows = [
        *compare_photos(pipeline, peer, chosen),
        *compare_chips(pipeline, peer, chosen),
        conversion_row,
        *measure_bulk(pipeline, files, options.bulk_photos, options.threads),
    ]
    print_table(rows, len(chosen))


def load_peer() -> Any:
    """Return the `face_recognition` module, or end with the command that installs it."""
    missing = [name for name in ("face_recognition", "dlib") if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(f"The peer is not installed ({', '.join(missing)} missing). Install it with: {INSTALL_PEERS}")
    if importlib.util.find_spec("pkg_resources") is None:
        # face_recognition_models asks it for the path of its files, and new setuptools no longer bring it.
        stand_in: Any = types.ModuleType("pkg_resources")
        stand_in.resource_filename = find_resource
        sys.modules["pkg_resources"] = stand_in
    return importlib.import_module("face_recognition")


def find_resource(package: str, name: str) -> str:
    """Return the path of a package's file, as pkg_resources would."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"{package} is not installed.")
    return str(Path(spec.submodule_search_locations[0]) / name)


def read_photos() -> list[bytes]:
    """Return the composites' pictures, neutral, smiling and hard in turn, resized to 640 pixels, as JPEG files."""
    photos = []
    for file in sorted(PEOPLE_FOLDER.glob("[0-9][0-9][0-9]/[123].jpg")):
        image = decode_image(file.read_bytes())
        scale = SIDE_PX / max(image.shape[:2])
        size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
        photos.append(encode_jpeg(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)))
    # A step that is no multiple of three keeps the three kinds mixed in any even selection.
    return [photos[(index * 7) % len(photos)] for index in range(len(photos))]


def measure_conversion() -> tuple[FacePipeline, Row]:
    """Time the first and the second start with an empty cache, and return the pipeline."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        open_default_pack(Path(folder))
        converted = time.perf_counter()
        pack = open_default_pack(Path(folder))
        reopened = time.perf_counter()
    row = Row(
        "first start (weights converted) / later starts",
        f"{converted - started:.2f} s / {reopened - converted:.2f} s",
        "",
        "",
        "under 5 s",
    )
    return FacePipeline(pack), row


def compare_photos(pipeline: FacePipeline, peer: Any, files: Sequence[bytes]) -> list[Row]:
    """Time file to template for both in turns, and compare the templates of the two whole ways."""

    def ours(data: bytes) -> Any:
        image = pipeline.decode(data)
        return pipeline.embed(image, pipeline.detect(image))

    def theirs(data: bytes) -> Any:
        return peer.face_encodings(peer.load_image_file(BytesIO(data)))

    our_ms, their_ms, cosines = time_in_turns(ours, theirs, files)
    detect_ms = statistics.median(time_each(pipeline.detect, [pipeline.decode(data) for data in files])[0])
    return [
        Row(
            "photo to template (peer: HOG, upsampled once)",
            f"{our_ms:.1f} ms",
            f"{their_ms:.1f} ms",
            f"{their_ms / our_ms:.1f}x",
            "8x",
        ),
        Row("of which detection, smallest face 40 px", f"{detect_ms:.1f} ms", "", "", "40 ms"),
        Row("cosine to the peer's template, end to end", *describe_cosines(cosines), "0.998"),
    ]


def compare_chips(pipeline: FacePipeline, peer: Any, files: Sequence[bytes]) -> list[Row]:
    """Time and compare the embedding of one chip; both get the box that our detector found."""
    dlib, api = importlib.import_module("dlib"), peer.api
    aligner = pipeline.pack.aligner
    if not isinstance(aligner, DlibChipAligner):
        sys.exit("This comparison needs the default pack.")
    images = [pipeline.decode(data) for data in files]
    boxes = [aligner.map_box(pipeline.detect(image)[0]) for image in images]
    shapes = [api.pose_predictor_5_point(image, dlib.rectangle(*box)) for image, box in zip(images, boxes, strict=True)]
    their_chips = [dlib.get_face_chip(image, shape, 150, 0.25) for image, shape in zip(images, shapes, strict=True)]
    our_chips = [aligner.cut(image, pipeline.detect(image)[0]) for image in images]
    identical = sum(np.array_equal(ours, theirs) for ours, theirs in zip(our_chips, their_chips, strict=True))

    def ours(chip: Image) -> Any:
        return pipeline.pack.embedder.embed(chip[None])

    def theirs(chip: Image) -> Any:
        return [np.array(api.face_encoder.compute_face_descriptor(chip))]

    our_ms, their_ms, cosines = time_in_turns(ours, theirs, our_chips)
    batch = np.stack([our_chips[index % len(our_chips)] for index in range(32)])
    batch_ms = statistics.median(time_each(pipeline.pack.embedder.embed, [batch] * 5)[0]) / len(batch)
    return [
        Row("embed one chip", f"{our_ms:.2f} ms", f"{their_ms:.1f} ms", f"{their_ms / our_ms:.1f}x", "15x"),
        Row("embed one chip of 32", f"{batch_ms:.2f} ms", "", f"{their_ms / batch_ms:.1f}x", ""),
        Row("chips equal to dlib's to the last bit, same box", f"{identical} of {len(files)}", "", "", "all"),
        Row("cosine to dlib's vector, same chip", *describe_cosines(cosines), "0.999999"),
    ]


def time_in_turns(
    ours: Callable[[Any], Any], theirs: Callable[[Any], Any], items: Sequence[Any]
) -> tuple[float, float, list[float]]:
    """Return the medians in milliseconds and the cosines between the first vectors; one round before warms both up."""
    ours(items[0])
    theirs(items[0])
    our_ms: list[float] = []
    their_ms: list[float] = []
    cosines: list[float] = []
    for start in range(0, len(items), TURN):
        turn = items[start : start + TURN]
        times, mine = time_each(ours, turn)
        our_ms += times
        times, others = time_each(theirs, turn)
        their_ms += times
        for own, other in zip(mine, others, strict=True):
            if len(own) == 1 and len(other) == 1:
                vector = getattr(own[0], "vector", own[0])
                cosines.append(float(vector @ other[0] / np.linalg.norm(vector) / np.linalg.norm(other[0])))
    return statistics.median(our_ms), statistics.median(their_ms), cosines


def time_each(function: Callable[[Any], Any], items: Sequence[Any]) -> tuple[list[float], list[Any]]:
    """Return the time of each call in milliseconds, and the results."""
    times, results = [], []
    for item in items:
        started = time.perf_counter()
        results.append(function(item))
        times.append(1000 * (time.perf_counter() - started))
    return times, results


def describe_cosines(cosines: Sequence[float]) -> tuple[str, str, str]:
    """Return the table's three cells on agreement."""
    return f"least {min(cosines):.6f}", f"median {statistics.median(cosines):.6f}", f"{len(cosines)} faces"


def measure_bulk(pipeline: FacePipeline, files: Sequence[bytes], count: int, threads: int) -> list[Row]:
    """Time `count` photos through a pool of threads; each task decodes, detects and embeds a few photos at once."""
    photos = [files[index % len(files)] for index in range(count)]
    tasks = [photos[start : start + PHOTOS_PER_TASK] for start in range(0, count, PHOTOS_PER_TASK)]

    def work(task: Sequence[bytes]) -> int:
        images = [pipeline.decode(data) for data in task]
        return sum(map(len, pipeline.embed_many([(image, pipeline.detect(image)) for image in images])))

    work(tasks[0])
    started, processor_started = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        templates = sum(pool.map(work, tasks))
    wall, processor = time.perf_counter() - started, time.process_time() - processor_started
    return [
        Row(
            f"bulk: {count:,} photos, {threads} threads, {templates:,} templates",
            f"{count / wall:.1f} photos/s",
            "",
            f"{processor / wall:.2f} cores",
            "",
        )
    ]


def print_table(rows: Sequence[Row], photos: int) -> None:
    """Print the conditions and the Markdown table."""
    print(f"{photos} composite photos, {SIDE_PX} px; {processor_name()}, Python {platform.python_version()};")
    print("both on one thread (OMP_NUM_THREADS=1, ONNX Runtime and OpenCV set to 1) except in bulk; medians.")
    print()
    print("| | Assent | face_recognition | ratio | goal |")
    print("|---|---|---|---|---|")
    for row in rows:
        print(f"| {row.what} | {row.ours} | {row.peers} | {row.ratio} | {row.goal} |")


def processor_name() -> str:
    """Return what the processor calls itself."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


if __name__ == "__main__":
    main()
