"""What every page of the oversight desk begins with: the overseer, the ledger so far, the period, members' handles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from assent.errors import NotFound
from assent.ledger import SearchRecord
from assent.mandates import Actor
from assent.services.follow_ledger import FollowedLedger, follow_ledger
from assent.services.inspect_search import name_members
from assent.services.runtime import Runtime
from assent.web.acting import Overseer, RuntimeHere
from assent.web.periods import USUAL, ChosenPeriod, choose_period

_MEMBER = re.compile(r"\bm_[a-z2-7]{16}\b")
_ENTRY_PATH = re.compile(r"entry-([0-9]{1,16})")


@dataclass(frozen=True, slots=True)
class Desk:
    """One overseer before one period of the ledger."""

    runtime: Runtime
    actor: Actor
    followed: FollowedLedger
    chosen: ChosenPeriod
    names: Mapping[str, str]

    def resolve(self, text: str) -> str:
        """Put handles in the place of members' pseudonyms, where they are known."""
        return _MEMBER.sub(lambda found: self.names.get(found[0], found[0]), text)

    def find_record(self, path: str) -> SearchRecord:
        """Find a search by the last part of its address. Raises NotFound."""
        return require_record(self.followed, path)


def open_desk(
    runtime: RuntimeHere,
    overseer: Overseer,
    span: Annotated[str, Query(max_length=10)] = USUAL,
    first: Annotated[str, Query(alias="from", max_length=10)] = "",
    last: Annotated[str, Query(alias="until", max_length=10)] = "",
) -> Desk:
    """Open the desk. Raises InvalidInput for what is no period."""
    followed, at = follow_ledger(runtime), runtime.clock()
    earliest = min(followed.sum_up().by_day, default=at.date()) if span == "all" else at.date()
    chosen = choose_period(span, first, last, at=at, earliest=earliest)
    return Desk(runtime, overseer.actor, followed, chosen, name_members(runtime, overseer.actor))


OverseersDesk = Annotated[Desk, Depends(open_desk)]


def path_of(name: str) -> str:
    """Make a search's name the last part of its address: itself, or `entry-7` for a refusal that never had one."""
    return name.replace(" ", "-")


def require_record(followed: FollowedLedger, path: str) -> SearchRecord:
    """Find a search by the last part of its address. Raises NotFound."""
    refused = _ENTRY_PATH.fullmatch(path)
    record = followed.find_record(f"entry {refused[1]}" if refused else path)
    if record is None:
        raise NotFound("The ledger has no such search.")
    return record
