"""What opening a deployment does first: finish what a crash, a restore or the passing of time left to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assent.errors import LedgerRolledBack
from assent.ledger import EntryKind
from assent.mandates import outcome_of
from assent.people import ErasureCause, PersonId, PersonState
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.services.sign_checkpoint import require_not_rolled_back
from assent.storage import Connection
from assent.storage import mandates as stored_mandates
from assent.storage import people as stored_people
from assent.storage import searches as stored_searches


@dataclass(frozen=True, slots=True)
class LeftOver:
    """What is there without what it belongs to."""

    erasures: Mapping[str, ErasureCause]
    unused_keys: frozenset[str]
    unused_photos: frozenset[str]

    @property
    def is_nothing(self) -> bool:
        """Whether all is in order."""
        return not (self.erasures or self.unused_keys or self.unused_photos)


def finish_interrupted(runtime: Runtime) -> None:
    """Replay erasures, erase people whose consents ran out, and remove keys and photos that no row came to need.

    A person whose key is missing without a record of its destruction is left alone: then the wrong keyring is here, and
    nobody may be erased by that.
    """
    with runtime.database.snapshot() as view:
        if _find_left_over(runtime, view).is_nothing:
            return
    with runtime.database.transaction() as transaction:
        # Looked for again under the write lock: an enrolment under way in another process is none of our business.
        left_over = _find_left_over(runtime, transaction)
        runtime.vault.forget_unused_keys(left_over.unused_keys)
        for subject in left_over.unused_photos:
            runtime.photos.erase(subject)
        _erase_rows(runtime, transaction, left_over.erasures)
    runtime.database.truncate_log()


def erase_people(runtime: Runtime, causes: Mapping[str, ErasureCause]) -> None:
    """Erase people who are already marked as withdrawing: keys first, then files and rows, then the log's old pages."""
    with runtime.database.transaction() as transaction:
        _erase_rows(runtime, transaction, causes)
    runtime.database.truncate_log()


def _erase_rows(runtime: Runtime, transaction: Connection, causes: Mapping[str, ErasureCause]) -> None:
    at = runtime.clock()
    # From here on nothing of these people can be read, even if the machine stops before the next line.
    runtime.vault.destroy_keys(causes, at)
    can_record = _can_record(runtime)
    for person, cause in causes.items():
        runtime.photos.erase(person)
        stored_people.delete_person(transaction, person)
        if can_record:
            fields = {"person": PersonId(person), "cause": cause.value}
            record_entry(runtime, transaction, EntryKind.PERSON_ERASED, actor=None, at=at, fields=fields)


def _can_record(runtime: Runtime) -> bool:
    """Tell whether the ledger may grow. One that was rolled back may not, but erasures are replayed all the same."""
    try:
        require_not_rolled_back(runtime)
    except LedgerRolledBack:
        return False
    return True


def _find_left_over(runtime: Runtime, view: Connection) -> LeftOver:
    people = stored_people.list_person_ids(view)
    keyed = runtime.vault.list_subjects()
    causes = dict.fromkeys(stored_people.list_expired_people(view, runtime.clock()), ErasureCause.EXPIRED)
    causes |= dict.fromkeys(people & runtime.vault.list_destroyed(), ErasureCause.REPLAYED)
    withdrawing = stored_people.list_person_ids(view, PersonState.WITHDRAWING)
    causes |= dict.fromkeys(withdrawing, ErasureCause.WITHDRAWN)
    others = stored_mandates.list_mandate_subjects(view)
    searches = stored_searches.list_search_ids(view)
    needed = people | others | searches | {outcome_of(search) for search in searches}
    return LeftOver(
        erasures=causes,
        unused_keys=frozenset(keyed - needed),
        unused_photos=frozenset(runtime.photos.list_subjects() - needed),
    )
