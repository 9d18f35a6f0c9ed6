"""What opening a deployment does first: finish what a crash, a restore or the passing of time left to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assent.errors import LedgerRolledBack
from assent.ledger import EntryKind
from assent.mandates import RequestState, outcome_of, probe_of
from assent.people import ErasureCause, PersonId, PersonState
from assent.services.accounting import record_entry
from assent.services.request_search import REQUEST_PHOTO
from assent.services.runtime import Runtime
from assent.services.sign_checkpoint import require_not_rolled_back
from assent.storage import Connection
from assent.storage import approvals as stored_approvals
from assent.storage import duplicates as stored_duplicates
from assent.storage import imports as stored_imports
from assent.storage import invitations as stored_invitations
from assent.storage import mandates as stored_mandates
from assent.storage import people as stored_people
from assent.storage import retention as stored_retention
from assent.storage import searches as stored_searches


@dataclass(frozen=True, slots=True)
class LeftOver:
    """What is there without what it belongs to."""

    erasures: Mapping[str, ErasureCause]
    unused_keys: frozenset[str]
    unused_photos: frozenset[str]
    used_requests: frozenset[str]
    has_unfinished_photos: bool

    @property
    def is_nothing(self) -> bool:
        """Whether all is in order."""
        return not (
            self.erasures or self.unused_keys or self.unused_photos or self.used_requests or self.has_unfinished_photos
        )


def finish_interrupted(runtime: Runtime) -> None:
    """Replay erasures, erase people whose consents ran out, and remove keys and photos that no row came to need.

    A person whose key is missing without a record of its destruction is left alone: then the wrong keyring is here, and
    nobody may be erased by that.
    """
    with runtime.database.snapshot() as view:
        if _find_left_over(runtime, view).is_nothing:
            return
    with runtime.vault.while_none_are_made() as is_quiet, runtime.database.transaction() as transaction:
        # Looked for again under the write lock: an enrolment under way in another process is none of our business.
        left_over = _find_left_over(runtime, transaction)
        # A key made ahead of its transaction is not unused; those that are can wait for the next opening.
        if is_quiet:
            runtime.vault.forget_unused_keys(left_over.unused_keys)
        runtime.photos.erase_unfinished()
        for subject in left_over.unused_photos:
            runtime.photos.erase(subject)
        for search in left_over.used_requests:
            runtime.photos.erase_one(probe_of(search), REQUEST_PHOTO)
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
        if cause is not ErasureCause.EXPIRED:
            stored_people.spend_evidence(transaction, person, at)
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
    searches = stored_searches.list_search_ids(view) | stored_approvals.list_request_ids(view)
    photographed = runtime.photos.list_subjects()
    used = stored_approvals.list_request_ids(view, RequestState.USED)
    needed = people | others | searches | {outcome_of(search) for search in searches}
    needed |= {probe_of(search) for search in searches} | stored_retention.list_hold_ids(view)
    # For whom an invitation was is nobody's business once it was used, taken back or ran out.
    needed |= stored_invitations.list_open_invitations(view, runtime.clock())
    needed |= stored_duplicates.list_check_ids(view) | stored_imports.list_import_ids(view)
    return LeftOver(
        erasures=causes,
        unused_keys=frozenset(keyed - needed),
        unused_photos=frozenset(photographed - needed),
        used_requests=frozenset(
            search
            for search in used
            if probe_of(search) in photographed and runtime.photos.has_photo(probe_of(search), REQUEST_PHOTO)
        ),
        has_unfinished_photos=runtime.photos.has_unfinished(),
    )
