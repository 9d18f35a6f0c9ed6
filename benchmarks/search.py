"""Measures the exact gallery index against FAISS's flat index, in one thread, query by query, in turns.

Templates are drawn from a normal distribution with the mean and covariance of real ones (`template_covariance.npz`):
380 templates of the default pack, one of the largest face in each picture of the 60 composite people and of 120
volunteers (three pictures of each composite, one or two of each volunteer). Only mean and covariance are kept.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import faiss
import numpy as np
from numpy.typing import NDArray

from assent.mandates import CaseId, LicenceId, MemberId, SearchId, SearchPermit
from assent.people import PersonId, PurposeSlug
from assent.search.index import ExactIndex

Vectors = NDArray[np.float32]

LIMIT = 50
RADIUS = 0.5
OPENED_TEMPLATES = 100_000
CHUNK_TEMPLATES = 100_000
ALL, HALF = PurposeSlug("everybody"), PurposeSlug("every-second-one")
NOW = datetime(2025, 6, 1, tzinfo=UTC)
GRANTED, ENDED = NOW - timedelta(days=90), NOW - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    workload: str
    flat_ms: float
    exact_ms: float
    agreeing: float

    def to_markdown(self) -> str:
        """Write the line; the ratio is how many times faster the exact index answers."""
        ratio, percent = self.flat_ms / self.exact_ms, 100 * self.agreeing
        return f"| {self.workload} | {self.flat_ms:.1f} | {self.exact_ms:.1f} | {ratio:.2f} | {percent:.2f} % |"


def draw_templates(count: int, rng: np.random.Generator) -> Vectors:
    """Draw (count, 128) templates."""
    with np.load(Path(__file__).with_name("template_covariance.npz")) as known:
        mean, covariance = known["mean"], known["covariance"].astype(np.float64)
    variances, axes = np.linalg.eigh(covariance)
    spread = (axes * np.sqrt(variances.clip(0))).T.astype(np.float32)
    templates = np.empty((count, len(mean)), dtype=np.float32)
    for start in range(0, count, CHUNK_TEMPLATES):
        part = templates[start : start + CHUNK_TEMPLATES]
        part[:] = rng.standard_normal(part.shape, dtype=np.float32) @ spread + mean
    return templates


def read_resident_bytes() -> int:
    """Read how much memory this process holds."""
    gc.collect()
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("this system does not tell the resident size in /proc/self/status")


def permit_for(purpose: PurposeSlug) -> SearchPermit:
    """Make a permit; only a benchmark without a deployment may do so."""
    return SearchPermit(
        search=SearchId("s_benchmark"),
        licence=LicenceId("l_benchmark"),
        number=1,
        holder=MemberId("m_benchmark"),
        unit="benchmark",
        case=CaseId("c_benchmark"),
        purpose=purpose,
        authorised_at=NOW,
    )


def build_index(templates: Vectors, references_per_person: int = 1) -> tuple[ExactIndex, float, float]:
    """Build the index; gives it, the seconds it took and the bytes of memory it holds per template."""
    count = len(templates)
    people = [PersonId(f"p_{number // references_per_person:016d}") for number in range(count)]
    references = [f"r_{number:016d}" for number in range(count)]
    consents = {
        person: {ALL: (GRANTED, None), HALF: (GRANTED, ENDED if number % 2 else None)}
        for number, person in enumerate(dict.fromkeys(people))
    }
    before_bytes = read_resident_bytes()
    start_s = time.perf_counter()
    index = ExactIndex.build(
        templates.shape[1], vectors=templates, reference_ids=references, person_ids=people, consents=consents
    )
    taken_s = time.perf_counter() - start_s
    return index, taken_s, (read_resident_bytes() - before_bytes) / count


def measure_ms(call: Callable[[], object]) -> float:
    """Measure one call."""
    start_s = time.perf_counter()
    call()
    return (time.perf_counter() - start_s) * 1000


def find_expected(flat: Any, templates: Vectors, probe: Vectors, radius: float, selection: Any) -> list[str]:
    """Find the right answer: the flat index's closest, and a few more, put in order in float64."""
    _, slots = flat.search(probe[np.newaxis], LIMIT + 14, params=selection)
    distances = np.linalg.norm(templates[slots[0]].astype(np.float64) - probe, axis=1)
    order = np.argsort(distances)[:LIMIT]
    return [f"r_{slots[0][place]:016d}" for place in order if distances[place] <= radius]


def compare(
    flat: Any, index: ExactIndex, templates: Vectors, probes: Vectors, purpose: PurposeSlug, radius: float
) -> Row:
    """Time both indexes in turns on each probe and compare what they answer."""
    library = cast("Any", faiss)
    selection = None
    if purpose == HALF:
        bits = np.packbits(np.arange(len(templates)) % 2 == 0, bitorder="little")
        selection = library.SearchParameters(sel=library.IDSelectorBitmap(bits))
    permit = permit_for(purpose)
    flat_ms, exact_ms, agreeing = [], [], 0
    index.nearest(permit, probes[0], radius=radius, limit=LIMIT)  # warm, and consents selected
    for probe in probes:
        flat_ms.append(measure_ms(partial(flat.search, probe[np.newaxis], LIMIT, params=selection)))
        exact_ms.append(measure_ms(partial(index.nearest, permit, probe, radius=radius, limit=LIMIT)))
        found = [near.reference_id for near in index.nearest(permit, probe, radius=radius, limit=LIMIT)]
        agreeing += found == find_expected(flat, templates, probe, radius, selection)
    within = "" if np.isinf(radius) else f" within {radius}"
    return Row(
        f"{LIMIT} nearest{within}, {'half' if purpose == HALF else 'all'} eligible",
        statistics.median(flat_ms),
        statistics.median(exact_ms),
        agreeing / len(probes),
    )


def measure_first_search_ms(index: ExactIndex, probe: Vectors) -> float:
    """Measure a search right after a change, when the consents have to be gone through anew."""
    times = []
    for _ in range(5):
        index.set_consents(PersonId(f"p_{0:016d}"), {ALL: (GRANTED, None), HALF: (GRANTED, None)})
        times.append(measure_ms(lambda: index.nearest(permit_for(HALF), probe, radius=np.inf, limit=LIMIT)))
    return statistics.median(times)


def main() -> None:
    """Run the measurements and print them as Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="example: python benchmarks/search.py --templates 200000 --queries 40",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--templates", type=int, default=1_000_000, help="gallery size (default: %(default)s)")
    parser.add_argument("--queries", type=int, default=60, help="probes in each row (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the random draws (default: %(default)s)")
    options = parser.parse_args()
    faiss.omp_set_num_threads(1)
    rng = np.random.default_rng(options.seed)

    templates = draw_templates(options.templates, rng)
    probes = draw_templates(options.queries, rng)
    index, build_s, bytes_each = build_index(templates)
    flat = faiss.IndexFlatL2(templates.shape[1])
    cast("Any", flat).add(templates)

    print(f"{options.templates} templates, {options.queries} probes, one thread, median\n")
    print("| workload | IndexFlatL2, ms | ExactIndex.nearest, ms | ratio | same answer |")
    print("|---|---|---|---|---|")
    for purpose in (ALL, HALF):
        for radius in (np.inf, RADIUS):
            print(compare(flat, index, templates, probes, purpose, radius).to_markdown(), flush=True)
    first_ms = measure_first_search_ms(index, probes[0])
    _, opening_s, _ = build_index(templates[:OPENED_TEMPLATES], references_per_person=3)
    print("\n| | |\n|---|---|")
    print(f"| first search after a change, half eligible | {first_ms:.1f} ms |")
    print(f"| building the index of {options.templates} | {build_s:.2f} s |")
    print(f"| memory of the index | {bytes_each:.0f} bytes a template |")
    opened = min(OPENED_TEMPLATES, options.templates)
    print(f"| building the index of {opened}, 3 references a person | {opening_s:.2f} s |")


if __name__ == "__main__":
    main()
