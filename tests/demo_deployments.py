"""A real deployment with the 60 composite people, made once and copied for each test that changes it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import assent
from assent.mandates import Actor, ProbeSource, Role, SearchRequest
from assent.people import PersonId, PurposeSlug
from assent.services.add_member import add_member
from assent.services.create_deployment import create_deployment
from assent.services.define_purpose import define_purpose
from assent.services.import_people import ImportReport, import_people
from assent.services.issue_licence import issue_licence
from assent.services.open_case import open_case
from assent.services.open_deployment import open_runtime
from assent.services.run_search import SearchResult, run_search
from assent.services.runtime import Runtime
from assent.settings import Settings

PICTURES = Path(assent.__file__).parent / "services" / "demonstration" / "people"
VOLUNTEERS = Path(__file__).parents[2] / "shared" / "data" / "faces"
REUNITE = PurposeSlug("reunite")
CASE = "2026/0117"
QUOTA = 1_000


@dataclass(frozen=True)
class Deployment:
    """Where a deployment lies and what is in it; `people` maps the composite person's number to their identifier."""

    settings: Settings
    licence: str
    people: dict[str, PersonId]

    def copy_to(self, folder: Path) -> Deployment:
        """Copy data and keys, so that a test may do to them what it likes."""
        copied = Settings.from_environment(
            {"ASSENT_DATA": str(folder / "data"), "ASSENT_CACHE": str(self.settings.cache_folder)}
        )
        shutil.copytree(self.settings.data_folder, copied.data_folder)
        shutil.copytree(self.settings.keys_folder, copied.keys_folder)
        return replace(self, settings=copied)

    @property
    def database(self) -> Path:
        """The database file."""
        return self.settings.data_folder / "assent.db"


def read_picture(person: str, picture: int) -> bytes:
    """Read picture 1 (neutral), 2 (smiling) or 3 (hard) of a composite person."""
    return (PICTURES / person / f"{picture}.jpg").read_bytes()


def list_composites() -> list[str]:
    """List the numbers of the composite people."""
    return [person["id"] for person in json.loads((PICTURES / "people.json").read_text())]


def write_table(people: Sequence[tuple[str, Sequence[str]]], purposes: str = "reunite") -> bytes:
    """Write the CSV of paper forms for people given as (reference, photos)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        ["reference", "name", "photos", "purposes", "text_version", "consent_from", "consent_until", "evidence"]
    )
    for reference, photos in people:
        evidence = hashlib.sha256(f"form of {reference}".encode()).hexdigest()
        name = f"Person of form {reference}"
        writer.writerow([reference, name, "|".join(photos), purposes, "v1", "2026-01-01", "", evidence])
    return text.getvalue().encode()


def make_deployment(folder: Path) -> Deployment:
    """Set up a deployment with one member a role, two purposes, a licence and a case; nobody is enrolled."""
    settings = Settings.from_environment({"ASSENT_DATA": str(folder / "data")})
    create_deployment(settings, administrator="admin")
    with open_runtime(settings) as runtime:
        admin = runtime.find_actor("admin", "cli")
        for role in (Role.STEWARD, Role.SEARCHER, Role.ISSUER, Role.OVERSEER):
            add_member(runtime, admin, handle=role.value, roles=[role], unit="tracing-desk")
        define_purpose(runtime, admin, slug="reunite", text="So that my family finds me.", text_version="v1")
        define_purpose(runtime, admin, slug="photos", text="So that I get my photos.", text_version="v1")
        licence = issue_licence(
            runtime,
            act_as(runtime, Role.ISSUER),
            holder="searcher",
            purposes=[REUNITE],
            ground="Tracing of separated families",
            citation="Statute, article 4",
            valid_from=None,
            valid_until=datetime.now(UTC) + timedelta(days=30),
            quota=QUOTA,
        )
        open_case(runtime, act_as(runtime, Role.SEARCHER), number=CASE, purpose=REUNITE)
    return Deployment(settings, licence.id, {})


def enrol_composites(deployment: Deployment) -> Deployment:
    """Enrol all composite people with pictures 1 and 2."""
    table = write_table([(number, [f"{number}/1.jpg", f"{number}/2.jpg"]) for number in list_composites()])
    with open_runtime(deployment.settings) as runtime:
        report = import_table(runtime, table, PICTURES)
    return replace(deployment, people=dict(report.enrolled))


def act_as(runtime: Runtime, role: Role) -> Actor:
    """Act as the member that `make_deployment` gave this role."""
    return runtime.find_actor("admin" if role is Role.ADMINISTRATOR else role.value, "cli")


def import_table(runtime: Runtime, table: bytes, photos: Path) -> ImportReport:
    """Import a table as the steward."""
    return import_people(runtime, act_as(runtime, Role.STEWARD), table, photos)


def ask(deployment: Deployment, **changes: str) -> SearchRequest:
    """A search request that is in order but for the changes."""
    request = SearchRequest(
        licence=deployment.licence,
        case_number=CASE,
        purpose=REUNITE,
        probe_source=ProbeSource.FAMILY,
        justification="The family asked where they are.",
    )
    return replace(request, **changes)


def search(runtime: Runtime, deployment: Deployment, photo: bytes, face_number: int | None = None) -> SearchResult:
    """Search as the licence's holder, with everything in order."""
    actor = act_as(runtime, Role.SEARCHER)
    return run_search(runtime, actor, ask(deployment), photo, face_number=face_number)


def find_first(result: SearchResult) -> PersonId | None:
    """The first candidate's person."""
    return result.outcome.candidates[0].person if result.outcome.candidates else None
