"""Show what is held about a person, and which searches returned them."""

from __future__ import annotations

from dataclasses import dataclass

from assent.mandates import Actor, Role
from assent.people import Person, PersonId
from assent.search import Search
from assent.services.runtime import Runtime
from assent.storage import duplicates as stored_duplicates
from assent.storage import people as stored_people
from assent.storage import searches as stored_searches
from assent.storage.duplicates import DuplicateCheck


@dataclass(frozen=True, slots=True)
class PersonPage:
    """A person, their portraits (JPEG), and the searches and checks for duplicates that named them, newest first."""

    person: Person
    portraits: tuple[bytes, ...]
    searches: tuple[Search, ...]
    checks: tuple[DuplicateCheck, ...] = ()


def show_person(runtime: Runtime, actor: Actor, person: PersonId) -> PersonPage:
    """Show a person's page; takes a steward. Raises RoleMissing or NotFound."""
    actor.require_role(Role.STEWARD)
    with runtime.database.snapshot() as view:
        found = stored_people.load_person(view, runtime.vault, person)
        searches = stored_searches.load_searches_that_returned(view, person)
        checks = stored_duplicates.load_checks_that_named(view, person)
    portraits = tuple(runtime.photos.read(person, reference) for reference in found.references)
    return PersonPage(found, portraits, tuple(searches), tuple(checks))
