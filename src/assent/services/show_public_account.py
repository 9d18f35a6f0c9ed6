"""What everybody may know of a deployment: how often it was used and refused, for what, and how many can be found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assent.ledger import Tally
from assent.services.follow_ledger import follow_ledger
from assent.services.runtime import Runtime
from assent.storage import oversight as stored_oversight
from assent.storage import people as stored_people

LEAST_SHOWN = 5
"""Galleries of fewer people are only said to be small: a number of one or two would speak of somebody."""


@dataclass(frozen=True, slots=True)
class PublicAccount:
    """Totals without a holder or a licence; a gallery is None where too few people are in it to say how many."""

    total: Tally
    by_purpose: Mapping[str | None, Tally]
    by_year: Mapping[int, Tally]
    refusals: Mapping[str, int]
    galleries: Mapping[str, int | None]
    entries: int


def show_public_account(runtime: Runtime) -> PublicAccount:
    """Add up what everybody may know; takes nobody in particular."""
    followed = follow_ledger(runtime)
    figures = followed.sum_up()
    with runtime.database.snapshot() as view:
        counted = stored_oversight.count_findable(view, runtime.clock())
        purposes = stored_people.load_purposes(view)
    by_year: dict[int, Tally] = {}
    for day, tally in figures.by_day.items():
        by_year[day.year] = by_year.get(day.year, Tally()) + tally
    return PublicAccount(
        total=figures.total,
        by_purpose=figures.by_purpose,
        by_year=by_year,
        refusals=figures.refusals,
        galleries={purpose: suppress_small(counted.get(purpose, 0)) for purpose in sorted(purposes)},
        entries=followed.account.size,
    )


def suppress_small(count: int) -> int | None:
    """Leave out a number that is so small that it could speak of somebody; nobody at all is small, too."""
    return count if count >= LEAST_SHOWN else None
