"""Who and what the demonstration plays with: composite people, their signed forms, purposes, and everybody's role."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from PIL import Image as PillowImage

from assent.mandates import Role
from assent.people.paper_forms import COLUMNS
from assent.services.demo_story import EnrolledFace

DEMONSTRATION = Path(__file__).parent / "demonstration"
PEOPLE = DEMONSTRATION / "people"
STRANGER = DEMONSTRATION / "stranger.jpg"

REUNITE = "reunite"
SEND_PHOTOS = "send-me-my-photos"
TEXT_VERSION = "en-1"
PURPOSES = (
    (
        REUNITE,
        "If somebody who misses me brings a photo, the tracing team may compare it with mine. I decide who is told.",
    ),
    (
        SEND_PHOTOS,
        "The club's photo desk may look for me in the pictures of its own events, to send me those that show me.",
    ),
)

ADMINISTRATOR = "administrator"
STEWARD = "steward"
SEARCHER = "searcher"
ISSUER = "issuer"
MEMBERS = (
    (STEWARD, Role.STEWARD, "enrols people and keeps their consents"),
    (SEARCHER, Role.SEARCHER, "searches under a licence"),
    (ISSUER, Role.ISSUER, "issues licences and may never search"),
)

# These agreed to have photos sent to them, and to nothing else.
ONLY_PHOTOS = frozenset({"007", "022", "045", "060"})
THUMBNAIL_PX = 112
THUMBNAIL_QUALITY = 82
# The middle of the composites' neutral pictures, where the head is: left, top, right, bottom of 480 by 480.
HEAD_PX = (70, 20, 410, 360)


@dataclass(frozen=True, slots=True)
class CastMember:
    """One composite person with an invented name; pictures 1 and 2 are enrolled, 3 is kept for searching."""

    number: str
    name: str

    @property
    def reference(self) -> str:
        """The number of the signed form."""
        return f"F{self.number}"

    @property
    def purposes(self) -> tuple[str, ...]:
        """What the person agreed to."""
        return (SEND_PHOTOS,) if self.number in ONLY_PHOTOS else (REUNITE, SEND_PHOTOS)

    def read_picture(self, number: int) -> bytes:
        """Read one of the three pictures (JPEG)."""
        return (PEOPLE / self.number / f"{number}.jpg").read_bytes()


def load_cast() -> tuple[CastMember, ...]:
    """Load everyone who plays."""
    people = json.loads((PEOPLE / "people.json").read_text("utf-8"))
    return tuple(CastMember(person["id"], person["name"]) for person in people)


def read_attribution() -> str:
    """Read the sentence that stands beside every copy of the pictures."""
    return (PEOPLE / "ATTRIBUTION.md").read_text("utf-8").strip()


def read_group(name: str) -> tuple[bytes, tuple[str, ...]]:
    """Read a group picture (JPEG) and the numbers of the people in it, from left to right."""
    groups = json.loads((PEOPLE / "groups" / "groups.json").read_text("utf-8"))
    (group,) = (group for group in groups if group["file"] == name)
    standing = sorted(group["people"], key=lambda person: person["box"][0])
    return (PEOPLE / "groups" / name).read_bytes(), tuple(person["person"] for person in standing)


def write_forms(cast: Sequence[CastMember], consent_from: date) -> bytes:
    """Write the table of signed forms, and below it one row that brings a photo without a consent."""
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS)
    writer.writeheader()
    for person in cast:
        writer.writerow(
            {
                "reference": person.reference,
                "name": person.name,
                "photos": "|".join(f"people/{person.number}/{picture}.jpg" for picture in (1, 2)),
                "purposes": "|".join(person.purposes),
                "text_version": TEXT_VERSION,
                "consent_from": consent_from.isoformat(),
                "evidence": hashlib.sha256(f"signed form {person.reference}".encode()).hexdigest(),
            }
        )
    writer.writerow({"reference": f"F{len(cast) + 1:03d}", "name": "Somebody Unasked", "photos": STRANGER.name})
    return table.getvalue().encode()


def make_face(person: CastMember) -> EnrolledFace:
    """Make the person's tile for the picture of the gallery."""
    with PillowImage.open(PEOPLE / person.number / "1.jpg") as picture:
        head = picture.crop(HEAD_PX).resize((THUMBNAIL_PX, THUMBNAIL_PX), PillowImage.Resampling.LANCZOS)
    thumbnail = io.BytesIO()
    head.save(thumbnail, "JPEG", quality=THUMBNAIL_QUALITY)
    return EnrolledFace(person.name, thumbnail.getvalue(), REUNITE in person.purposes)
