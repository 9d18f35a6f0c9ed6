"""List people for a steward: a page at a time, by the number of their form, or those whose consent is about to end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from assent.errors import InvalidInput, NotFound
from assent.mandates import Actor, Role
from assent.people import Person, PersonId, PersonState
from assent.services.runtime import Runtime
from assent.storage import Connection, people_lists
from assent.storage import people as stored_people
from assent.storage.people_lists import ExpiringConsent

PAGE_SIZE = 25
MOST_DAYS_AHEAD = 366


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Some of the people, newest first; `page` counts from 1."""

    people: tuple[Person, ...]
    page: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class ExpiringPage:
    """Some of the consents that are about to end, soonest first, each with whose it is."""

    consents: tuple[tuple[ExpiringConsent, Person], ...]
    page: int
    pages: int
    total: int


def list_people(
    runtime: Runtime, actor: Actor, *, page: int = 1, file_reference: str = "", state: PersonState | None = None
) -> PeoplePage:
    """List a page of the people, or whoever has this file reference; takes a steward.

    Names cannot be searched: each is sealed under its person's own key. Raises RoleMissing.
    """
    actor.require_role(Role.STEWARD)
    with runtime.database.snapshot() as view:
        if file_reference.strip():
            found = stored_people.find_person_by_file_reference(view, runtime.vault, file_reference.strip())
            people = _load(runtime, view, [found] if found else [])
            return PeoplePage(people, 1, 1, len(people))
        offset = (max(1, page) - 1) * PAGE_SIZE
        total, persons = people_lists.list_person_page(view, state, offset=offset, limit=PAGE_SIZE)
        return PeoplePage(_load(runtime, view, persons), max(1, page), _count_pages(total), total)


def list_expiring(runtime: Runtime, actor: Actor, *, days: int, page: int = 1) -> ExpiringPage:
    """List what ends within so many days with nothing that follows it; takes a steward.

    Raises RoleMissing, and InvalidInput for a number of days that is no sensible one.
    """
    actor.require_role(Role.STEWARD)
    if not 1 <= days <= MOST_DAYS_AHEAD:
        raise InvalidInput(f"Look 1 to {MOST_DAYS_AHEAD} days ahead, not {days}.")
    at = runtime.clock()
    offset = (max(1, page) - 1) * PAGE_SIZE
    with runtime.database.snapshot() as view:
        total, ending = people_lists.list_expiring_consents(
            view, at, at + timedelta(days=days), offset=offset, limit=PAGE_SIZE
        )
        known = {
            person.id: person for person in _load(runtime, view, list(dict.fromkeys(one.person for one in ending)))
        }
    consents = tuple((consent, known[consent.person]) for consent in ending if consent.person in known)
    return ExpiringPage(consents, max(1, page), _count_pages(total), total)


def show_portrait(runtime: Runtime, actor: Actor, person: PersonId, reference: str) -> bytes:
    """Show one portrait (JPEG) of a person; takes a steward. Raises RoleMissing, or NotFound if it is not theirs."""
    actor.require_role(Role.STEWARD)
    with runtime.database.snapshot() as view:
        if not people_lists.is_reference_of(view, person, reference):
            raise NotFound("There is no such photo.")
    return runtime.photos.read(person, reference)


def _count_pages(total: int) -> int:
    return max(1, -(-total // PAGE_SIZE))


def _load(runtime: Runtime, view: Connection, persons: list[PersonId]) -> tuple[Person, ...]:
    loaded = []
    for person in persons:
        try:
            loaded.append(stored_people.load_person(view, runtime.vault, person))
        except NotFound:
            continue  # erased this moment by another process: the key goes before the rows
    return tuple(loaded)
