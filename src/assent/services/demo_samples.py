"""Pictures for trying the demonstration: groups, hard portraits, and somebody who is in no gallery."""

from __future__ import annotations

from dataclasses import dataclass

from assent.errors import NotFound
from assent.services.demo_cast import PEOPLE, STRANGER


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture to try: its file name, and what to expect of it in English."""

    name: str
    expectation: str


GROUPS = ("g1.jpg", "g4.jpg", "g7.jpg")
HARD = ("023", "029", "044")
HARD_PICTURE = "3.jpg"


def list_samples() -> list[Sample]:
    """List the pictures to try."""
    return [
        *(Sample(name, "A group: choose one of the faces.") for name in GROUPS),
        *(Sample(f"person-{number}.jpg", "A turned, small, dark picture of somebody enrolled.") for number in HARD),
        Sample("stranger.jpg", "Somebody who is in no gallery: nobody is found, which is the normal outcome."),
    ]


def read_sample(name: str) -> bytes:
    """Read one of the pictures (JPEG). Raises NotFound."""
    if name in GROUPS:
        return (PEOPLE / "groups" / name).read_bytes()
    if name == STRANGER.name:
        return STRANGER.read_bytes()
    number = name.removeprefix("person-").removesuffix(".jpg")
    if number not in HARD:
        raise NotFound("There is no such sample picture.")
    return (PEOPLE / number / HARD_PICTURE).read_bytes()
