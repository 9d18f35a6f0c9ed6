"""How long `assent evaluate` takes on many photos, and how much memory, from the folder to the report.

Example: python benchmarks/evaluation.py --photos 10000

The photos are the demonstration's composites and, where a folder of volunteers is given, theirs, each copied with small
changes (size, light, compression) until there are enough: for measuring time, never accuracy.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

import assent

COMPOSITES = Path(assent.__file__).parent / "services" / "demonstration" / "people"
PHOTOS_PER_PERSON = 5
MEGABYTE_IN_KILOBYTES = 1024


def main() -> None:
    """Make the photos, evaluate them in a fresh process, print a row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=10_000, help="how many photos to evaluate")
    parser.add_argument("--volunteers", type=Path, help="a folder of more pictures, at any depth")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_photos(folder / "photos", arguments.photos, arguments.volunteers)
        environment = os.environ | {"ASSENT_DATA": str(folder / "data")}
        command = [sys.executable, "-m", "assent", "evaluate", str(folder / "photos"), "--out", str(folder / "out")]
        start = time.perf_counter()
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        wall = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print("\n| photos | wall s | CPU s | photos/s | peak memory MB |\n|---|---|---|---|---|")
    rate, memory = arguments.photos / wall, used.ru_maxrss / MEGABYTE_IN_KILOBYTES
    print(f"| {arguments.photos:,} | {wall:.0f} | {used.ru_utime + used.ru_stime:.0f} | {rate:.0f} | {memory:.0f} |")


def make_photos(folder: Path, count: int, volunteers: Path | None) -> None:
    """Write so many changed copies, a few to a folder that stands for a person."""
    sources = sorted(COMPOSITES.glob("[0-9]*/*.jpg")) + (sorted(volunteers.rglob("*.jpg")) if volunteers else [])
    generator = np.random.default_rng(0)
    for number in range(count):
        pixels = cv2.imread(str(sources[(number // PHOTOS_PER_PERSON) % len(sources)]))
        size = generator.uniform(0.8, 1.1)
        changed = cv2.resize(pixels, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
        lit = np.clip(changed * generator.uniform(0.8, 1.15), 0, 255).astype(np.uint8)
        place = folder / f"{number // PHOTOS_PER_PERSON:05}"
        place.mkdir(parents=True, exist_ok=True)
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(generator.integers(70, 95))]
        cv2.imwrite(str(place / f"{number % PHOTOS_PER_PERSON}.jpg"), lit, quality)


if __name__ == "__main__":
    main()
