"""Whoever acts without an account, on a page that a personal link or an invitation opened."""

from __future__ import annotations

from dataclasses import dataclass

from assent.errors import NotFound
from assent.people import Bearer, PersonId


@dataclass(frozen=True, slots=True)
class Visitor:
    """The person concerned, or whoever decides for them; `person` is None until they are enrolled.

    The ledger writes `self` for every visitor: it names nobody who has no account.
    """

    person: PersonId | None
    bearer: Bearer
    channel: str = "web"

    def require_own(self, person: str) -> None:
        """Raise NotFound for anybody else's page: a visitor learns not even whether it exists."""
        if self.person is None or person != self.person:
            raise NotFound(f"There is no person {person}.")
