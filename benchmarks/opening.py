"""How long opening a deployment with many enrolled templates takes, from a fresh process to a gallery ready to search.

Example: python benchmarks/opening.py --templates 100000

The templates are random draws from the mean and covariance of real ones (template_covariance.npz), two a person, stored
and sealed exactly as an enrolment stores them; photos are left out, since opening does not read them.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from assent.faces import PackId, Template
from assent.people import Enrolment, PersonId, PurposeSlug, ReferenceId, grant_consents, make_identifier
from assent.services.create_deployment import create_deployment
from assent.services.open_deployment import open_runtime
from assent.services.runtime import open_unchecked
from assent.settings import Settings
from assent.storage import people as stored_people
from assent.storage.people import NewReference

TARGET_SECONDS = 3.0
REFERENCES_PER_PERSON = 2
PEOPLE_PER_TRANSACTION = 5_000
COVARIANCE = Path(__file__).with_name("template_covariance.npz")


def main() -> None:
    """Fill a deployment, open it in fresh processes, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--templates", type=int, default=100_000, help="how many templates to enrol")
    parser.add_argument("--runs", type=int, default=5, help="how many times to open")
    parser.add_argument("--open", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.open:
        open_once(arguments.open)
        return
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        fill(Settings.from_environment({"ASSENT_DATA": str(data)}), arguments.templates)
        print(
            f"\n| opening {arguments.templates:,} templates | seconds | whole process | memory MB |\n|---|---|---|---|"
        )
        for run in range(arguments.runs):
            start = time.perf_counter()
            command = [sys.executable, __file__, "--open", str(data)]
            inner = subprocess.run(
                command, check=True, capture_output=True, text=True, env=dict(os.environ)
            ).stdout.split()
            whole = time.perf_counter() - start
            print(f"| run {run + 1} (target < {TARGET_SECONDS}) | {float(inner[0]):.2f} | {whole:.2f} | {inner[1]} |")


def open_once(data: Path) -> None:
    """Open the deployment and fill the gallery; print seconds and the process's largest memory."""
    settings = Settings.from_environment({"ASSENT_DATA": str(data)})
    start = time.perf_counter()
    with open_runtime(settings) as runtime:
        size = runtime.gallery.count(PurposeSlug("reunite"), runtime.clock())
        seconds = time.perf_counter() - start
    print(f"{seconds:.3f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} {size[1]}")


def fill(settings: Settings, templates: int) -> None:
    """Store people as an enrolment does, many in one transaction."""
    create_deployment(settings, administrator="admin")
    drawn = np.load(COVARIANCE)
    random = np.random.default_rng(20261123)
    people = templates // REFERENCES_PER_PERSON
    runtime = open_unchecked(settings)
    for start in range(0, people, PEOPLE_PER_TRANSACTION):
        count = min(PEOPLE_PER_TRANSACTION, people - start)
        shape = (count, REFERENCES_PER_PERSON)
        vectors = random.multivariate_normal(drawn["mean"], drawn["covariance"], shape, method="eigh").astype(
            np.float32
        )
        ids = [PersonId(make_identifier("p")) for _ in range(count)]
        with runtime.database.transaction() as transaction:
            runtime.vault.make_key(*ids)
            for person, own in zip(ids, vectors, strict=True):
                enrolment = Enrolment(
                    name="Somebody drawn at random",
                    photos=(b"",),
                    purposes=(PurposeSlug("reunite"),),
                    text_version="v1",
                    evidence_digest="0" * 64,
                    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
                )
                pack_id = runtime.deployment.pack_id
                references = [
                    NewReference(
                        ReferenceId(make_identifier("r")), pack_id, Template(vector, PackId(pack_id)).to_bytes()
                    )
                    for vector in own
                ]
                granted = grant_consents(enrolment, person)
                stored_people.record_person(
                    transaction, runtime.vault, person, enrolment, granted, references, runtime.clock()
                )
        print(f"\renrolled {start + count:,} of {people:,} people", end="", flush=True, file=sys.stderr)
    runtime.close()


if __name__ == "__main__":
    main()
