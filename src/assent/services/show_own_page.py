"""Show people their own page: what is held, what they agreed to, and which searches returned them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from assent.errors import NotFound
from assent.mandates import Member, SearchId, Visitor
from assent.people import (
    Bearer,
    Consent,
    ConsentRecord,
    Controller,
    KinWish,
    Person,
    PersonId,
    PersonState,
    Purpose,
    PurposeSlug,
    ReferenceId,
    Told,
)
from assent.search import Review, ReviewState, Search, settle
from assent.services.describe_controller import read_controller, read_purpose_texts
from assent.services.person_sessions import require_person
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import duplicates as stored_duplicates
from assent.storage import mandates as stored_mandates
from assent.storage import people as stored_people
from assent.storage import person_pages as stored_pages
from assent.storage import reviews as stored_reviews
from assent.storage import searches as stored_searches
from assent.storage.duplicates import DuplicateCheck

SOON = timedelta(days=30)
"""How long before a consent ends the page says so."""


class ToldOutcome(StrEnum):
    """What became of a search, for the person whom it returned."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    NOT_THIS_PERSON = "not-this-person"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class ToldSearch:
    """One search that returned the person: when, for what, by whom in their role, and what became of it."""

    search: SearchId
    at: datetime
    purpose: PurposeSlug
    holder_roles: tuple[str, ...]
    holder_unit: str
    outcome: ToldOutcome


@dataclass(frozen=True, slots=True)
class OwnPage:
    """Everything that a visitor is shown; `wish` is there only where a found person lets the family know something."""

    person: Person
    bearer: Bearer
    texts: Mapping[PurposeSlug, Purpose]
    searches: tuple[ToldSearch, ...]
    records: tuple[ConsentRecord, ...]
    controller: Controller
    wish: KinWish | None
    shown_at: datetime
    checks: tuple[DuplicateCheck, ...] = ()

    @property
    def is_pending(self) -> bool:
        """Whether a caseworker has yet to check the registration."""
        return self.person.state is PersonState.PENDING

    @property
    def consents_in_force(self) -> tuple[Consent, ...]:
        """What is agreed to now, one consent a purpose: the one that holds longest."""
        longest: dict[PurposeSlug, Consent] = {}
        for consent in self.person.consents:
            if consent.is_in_force(self.shown_at):
                known = longest.get(consent.purpose)
                if known is None or _ends_later(consent, known):
                    longest[consent.purpose] = consent
        return tuple(longest.values())

    @property
    def consents_ended(self) -> tuple[Consent, ...]:
        """What was withdrawn or ran out, apart from purposes agreed to again."""
        current = {consent.purpose for consent in self.consents_in_force}
        return tuple(consent for consent in self.person.consents if consent.purpose not in current)

    @property
    def consents_ending(self) -> tuple[Consent, ...]:
        """What ends soon."""
        soon = self.shown_at + SOON
        return tuple(c for c in self.consents_in_force if c.valid_until is not None and c.valid_until <= soon)

    @property
    def purposes_open(self) -> tuple[Purpose, ...]:
        """The purposes that could be agreed to besides."""
        current = {consent.purpose for consent in self.consents_in_force}
        return tuple(text for slug, text in self.texts.items() if slug not in current)


def show_own_page(runtime: Runtime, visitor: Visitor, *, language: str) -> OwnPage:
    """Show a visitor their own page. Raises NotFound once nothing is held any more."""
    person = require_person(visitor)
    with runtime.database.snapshot() as view:
        found = stored_people.load_person(view, runtime.vault, person)
        wish = stored_pages.load_wish(view, runtime.vault, person) if visitor.bearer is Bearer.NEXT_OF_KIN else None
        return OwnPage(
            person=found,
            bearer=visitor.bearer,
            texts=read_purpose_texts(view, language),
            searches=_tell_searches(runtime, view, visitor, found),
            records=tuple(stored_pages.load_consent_records(view, runtime.vault, person)),
            controller=read_controller(runtime, view),
            wish=wish if wish is not None and wish.told is not Told.NOTHING else None,
            shown_at=runtime.clock(),
            checks=_tell_checks(view, visitor, person),
        )


def read_own_photo(runtime: Runtime, visitor: Visitor, reference: str) -> bytes:
    """Open one of the visitor's photos (JPEG). Raises NotFound for anybody else's."""
    person = require_person(visitor)
    with runtime.database.snapshot() as view:
        found = stored_people.load_person(view, runtime.vault, person)
    if reference not in found.references:
        raise NotFound("There is no such photo of yours.")
    return runtime.photos.read(person, ReferenceId(reference))


def find_own_record(runtime: Runtime, visitor: Visitor, record: str) -> ConsentRecord:
    """Open one of the visitor's receipts. Raises NotFound for anybody else's."""
    person = require_person(visitor)
    with runtime.database.snapshot() as view:
        records = stored_pages.load_consent_records(view, runtime.vault, person)
    found = next((known for known in records if known.id == record), None)
    if found is None:
        raise NotFound("There is no such receipt of yours.")
    return found


def _tell_checks(view: Connection, visitor: Visitor, person: PersonId) -> tuple[DuplicateCheck, ...]:
    """List checks for duplicates that named the person; next of kin are told of none.

    To them it would say that somebody who looks like the person they miss stood at a steward's desk.
    """
    if visitor.bearer is Bearer.NEXT_OF_KIN:
        return ()
    return tuple(stored_duplicates.load_checks_that_named(view, person))


def _tell_searches(runtime: Runtime, view: Connection, visitor: Visitor, person: Person) -> tuple[ToldSearch, ...]:
    delayed = stored_pages.list_delayed_searches(view, runtime.clock())
    found = stored_searches.load_searches_that_returned(view, person.id)
    outcomes = {
        search.id: _find_outcome(search, stored_reviews.load_reviews(view, search.id), person) for search in found
    }
    told = [search for search in found if search.id not in delayed]
    if visitor.bearer is Bearer.NEXT_OF_KIN:
        told = _leave_out_for_kin(found, outcomes, told)
    members = {member.id: member for member in stored_mandates.load_members(view, runtime.vault)} if told else {}
    return tuple(_tell(search, members[search.holder], outcomes[search.id]) for search in told)


def _leave_out_for_kin(
    found: Sequence[Search], outcomes: Mapping[SearchId, ToldOutcome], told: Sequence[Search]
) -> list[Search]:
    """Keep what next of kin are told whether or not the person was found: searches that turned out not to be them.

    A search that may yet be confirmed is never listed, so that none disappears when it is; what was asked after the
    person was found is not listed either. Nobody is to be traced by somebody they fled from.
    """
    confirmed = [search.started_at for search in found if outcomes[search.id] is ToldOutcome.CONFIRMED]
    first_found = min(confirmed, default=None)
    return [
        search
        for search in told
        if outcomes[search.id] is ToldOutcome.NOT_THIS_PERSON
        and (first_found is None or search.started_at < first_found)
    ]


def _find_outcome(search: Search, reviews: Sequence[Review], person: Person) -> ToldOutcome:
    settled = settle(reviews)
    if settled.state is ReviewState.NOBODY:
        return ToldOutcome.NOT_THIS_PERSON
    if settled.state is ReviewState.INCONCLUSIVE:
        return ToldOutcome.INCONCLUSIVE
    if settled.state is not ReviewState.CONFIRMED:
        return ToldOutcome.WAITING
    candidates = search.outcome.candidates if search.outcome else ()
    is_them = any(found.rank == settled.rank and found.person == person.id for found in candidates)
    return ToldOutcome.CONFIRMED if is_them else ToldOutcome.NOT_THIS_PERSON


def _tell(search: Search, holder: Member, outcome: ToldOutcome) -> ToldSearch:
    roles = tuple(sorted(holder.roles))
    return ToldSearch(search.id, search.started_at, search.purpose, roles, holder.unit, outcome)


def _ends_later(consent: Consent, known: Consent) -> bool:
    if known.valid_until is None:
        return False
    return consent.valid_until is None or consent.valid_until > known.valid_until
