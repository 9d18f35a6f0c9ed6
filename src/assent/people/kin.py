"""What next of kin learn of somebody who was found: what that person agreed to, and nothing else."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from assent.errors import InvalidInput
from assent.people.identifiers import PersonId

LONGEST_MESSAGE = 2_000


class Told(StrEnum):
    """How much the found person lets the family know; each step includes that they are alive."""

    NOTHING = "nothing"
    ALIVE = "alive"
    MESSAGE = "message"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class KinWish:
    """What a found person agreed that the family learns; the text is a message, or how to reach them."""

    person: PersonId
    told: Told
    text: str
    decided_at: datetime


def check_wish(told: Told, text: str) -> str:
    """Make sure a text is there where one is told, and none where not. Raises InvalidInput."""
    stripped = text.strip()
    if len(stripped) > LONGEST_MESSAGE:
        raise InvalidInput(f"A message has at most {LONGEST_MESSAGE:,} characters.")
    if any(unicodedata.category(letter) == "Cc" and letter not in "\r\n\t" for letter in stripped):
        raise InvalidInput("A message holds no control characters.")
    if bool(stripped) != (told in {Told.MESSAGE, Told.CONTACT}):
        raise InvalidInput("A message or a way of contact needs its words, and nothing else has any.")
    return stripped
