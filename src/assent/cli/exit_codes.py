"""The one table from families of errors to exit codes, and how each family introduces itself."""

from __future__ import annotations

from typing import NamedTuple

from assent.errors import AssentError, InvalidInput, NotFound, Refused, Unavailable, VerificationError

OK = 0
UNEXPECTED = 1
USAGE = 2
"""Given by Typer itself: an option that does not exist, a value of the wrong kind."""
INVALID_INPUT = 3
INTERRUPTED = 130
"""128 and the number of SIGINT, as shells have it."""


class Family(NamedTuple):
    """One family of errors: its root, its exit code, and the word before its sentence."""

    root: type[AssentError]
    exit_code: int
    word: str


FAMILIES = (
    Family(InvalidInput, INVALID_INPUT, "Invalid input"),
    Family(Refused, 4, "Refused"),
    Family(NotFound, 5, "Not found"),
    Family(VerificationError, 6, "Verification failed"),
    Family(Unavailable, 7, "Unavailable"),
)


def find_family(error: AssentError) -> Family:
    """Find the family of an error."""
    for family in FAMILIES:
        if isinstance(error, family.root):
            return family
    return Family(AssentError, UNEXPECTED, "Error")
