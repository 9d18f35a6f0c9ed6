"""Put off telling the people whom a search returned, for a recorded reason and until a day that is fixed."""

from __future__ import annotations

from datetime import datetime, timedelta

from assent.errors import InvalidInput, NotFound
from assent.ledger import EntryKind, JsonValue, format_time
from assent.mandates import Actor, Role
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.storage import person_pages as stored_pages
from assent.storage import searches as stored_searches

LONGEST_DELAY = timedelta(days=180)
"""A delay that is still needed then is recorded again, with its reason."""

LONGEST_REASON = 2_000


def delay_disclosure(runtime: Runtime, actor: Actor, search: str, *, until: datetime, reason: str) -> None:
    """Leave a search out of the pages of the people it returned until a day; takes an overseer or a steward.

    Raises RoleMissing, NotFound, or InvalidInput without a reason or for an end that is past or too far away.
    """
    actor.require_role(Role.OVERSEER, Role.STEWARD)
    words = reason.strip()
    if not 1 <= len(words) <= LONGEST_REASON:
        raise InvalidInput(f"A delay needs its reason, in at most {LONGEST_REASON:,} characters.")
    at = runtime.clock()
    if not at < until <= at + LONGEST_DELAY:
        raise InvalidInput(f"A delay ends within {LONGEST_DELAY.days} days from now; it can be recorded again then.")
    with runtime.database.transaction() as transaction:
        found = stored_searches.load_search(transaction, search)
        if found is None:
            raise NotFound(f"There is no search {search}.")
        stored_pages.record_delay(transaction, found.id, until, actor.member.id, at)
        fields: dict[str, JsonValue] = {"search": found.id, "until": format_time(until)}
        record_entry(
            runtime,
            transaction,
            EntryKind.SEARCH_DELAYED,
            actor=actor,
            at=at,
            fields=fields,
            subject=found.id,
            committed={"reason": words.encode()},
        )


def list_delays(runtime: Runtime, actor: Actor) -> dict[str, datetime]:
    """List the searches that people are not told of now, and until when; takes an overseer or a steward."""
    actor.require_role(Role.OVERSEER, Role.STEWARD)
    with runtime.database.snapshot() as view:
        return stored_pages.list_delayed_searches(view, runtime.clock())
