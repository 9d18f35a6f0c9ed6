"""Who answers for what is held: the part of a consent record that is the same for everyone (ISO/IEC TS 27560:2023)."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import asdict, dataclass, fields

from assent.errors import InvalidInput

LONGEST_LINE = 500
CONTROLLER_VERSION = 1


@dataclass(frozen=True, slots=True)
class Controller:
    """The organisation that runs a deployment, as it presents itself to the people in its gallery."""

    name: str
    address: str = ""
    contact: str = ""
    jurisdiction: str = ""
    storage_location: str = ""
    recipients: str = ""
    authority: str = ""
    notice: str = ""

    def to_bytes(self) -> bytes:
        """Write the description as stored, with its version."""
        return json.dumps({"v": CONTROLLER_VERSION} | asdict(self), sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Controller:
        """Read what `to_bytes` wrote. Raises InvalidInput for a version that is not known."""
        document = json.loads(data)
        if document.pop("v") != CONTROLLER_VERSION:
            raise InvalidInput("The organisation's description was written by another version of Assent.")
        return cls(**document)


def check_controller(controller: Controller) -> Controller:
    """Make sure the description can be shown. Raises InvalidInput without a name, or for a text that is too long."""
    stripped = Controller(**{field.name: getattr(controller, field.name).strip() for field in fields(controller)})
    if not stripped.name:
        raise InvalidInput("The organisation needs a name; people must know to whom they agree.")
    for value in asdict(stripped).values():
        if len(value) > LONGEST_LINE or any(unicodedata.category(letter) == "Cc" for letter in value):
            raise InvalidInput(f"Each part has at most {LONGEST_LINE} characters on one line.")
    return stripped
