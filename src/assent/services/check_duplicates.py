"""Ask whether somebody about to be enrolled is enrolled already: recorded before the look, as every look is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from assent.errors import NotFound
from assent.faces import Template, check_image_header
from assent.ledger import EntryKind, JsonValue, format_decimal
from assent.mandates import MOST_DUPLICATES, Actor, DuplicatePermit, Role, authorise_duplicate_check
from assent.people import Person
from assent.search import list_candidates_bytes, shortlist
from assent.services.accounting import record_entry
from assent.services.enrol_person import prepare_photo
from assent.services.runtime import Runtime
from assent.storage import duplicates as stored_duplicates
from assent.storage import people as stored_people
from assent.storage.duplicates import DuplicateCheck

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PossibleDuplicate:
    """Somebody whom a check named: a lead, to be looked at beside the form. `person` is None once they are erased."""

    person: Person | None
    distance: float


@dataclass(frozen=True, slots=True)
class CheckedDuplicates:
    """A recorded check and whom it named, nearest first; nobody is the normal outcome."""

    check: DuplicateCheck
    named: tuple[PossibleDuplicate, ...]
    threshold: float


def check_duplicates(
    runtime: Runtime, actor: Actor, photo: bytes, *, purpose: str, form_reference: str
) -> CheckedDuplicates:
    """Look for the face among those who consented to the purpose; takes a steward with the signed form at hand.

    The photo must be good enough to enrol, and is kept nowhere. Raises RoleMissing, InvalidInput, QuotaExhausted; and
    what judging the photo raises, after which the check stays recorded without a result.
    """
    actor.require_role(Role.STEWARD)
    # 1. Without decoding a pixel: is this a picture at all?
    check_image_header(photo, runtime.faces.limits)
    # 2. Transaction 1: the permit and the record. Durable before anything is looked at.
    permit = _start(runtime, actor, photo, purpose, form_reference)
    # 3. No transaction: the photo.
    prepared = prepare_photo(runtime.faces, photo, 1, smallest_face_px=runtime.settings.smallest_face_px)
    # 4. Transaction 2: whom it names, recorded before it is shown.
    _finish(runtime, actor, permit, Template.from_bytes(prepared.template))
    return show_duplicate_check(runtime, actor, permit.check)


def show_duplicate_check(runtime: Runtime, actor: Actor, check: str) -> CheckedDuplicates:
    """Show a check again to the steward who made it. Raises RoleMissing or NotFound."""
    actor.require_role(Role.STEWARD)
    with runtime.database.snapshot() as view:
        found = stored_duplicates.load_check(view, check)
        if found.steward != actor.member.id:
            raise NotFound("There is no such check for duplicates.")
        named = []
        for person, distance in stored_duplicates.load_check_candidates(view, check):
            try:
                known = stored_people.load_person(view, runtime.vault, person)
            except NotFound:
                known = None
            named.append(PossibleDuplicate(known, distance))
    return CheckedDuplicates(found, tuple(named), runtime.pack.manifest.default_threshold)


def _start(runtime: Runtime, actor: Actor, photo: bytes, purpose: str, form_reference: str) -> DuplicatePermit:
    with runtime.database.transaction() as transaction:
        at = runtime.clock()
        permit = authorise_duplicate_check(
            actor,
            purpose=purpose,
            form_reference=form_reference,
            defined=stored_people.load_purposes(transaction),
            checks_lately=stored_duplicates.count_checks(transaction, actor.member.id, at - DAY),
            at=at,
        )
        runtime.vault.make_key(permit.check)
        stored_duplicates.record_check(transaction, permit)
        record_entry(
            runtime,
            transaction,
            EntryKind.DUPLICATES_CHECKED,
            actor=actor,
            at=at,
            fields={"check": permit.check, "purpose": permit.purpose},
            subject=permit.check,
            committed={
                "checked_photo": hashlib.sha256(photo).digest(),
                "form_reference": form_reference.strip().encode(),
            },
        )
    return permit


def _finish(runtime: Runtime, actor: Actor, permit: DuplicatePermit, template: Template) -> None:
    gallery, threshold = runtime.gallery, runtime.pack.manifest.default_threshold
    with runtime.database.transaction() as transaction:
        gallery.refresh(transaction)
        neighbours = gallery.nearest(permit, template, radius=threshold, limit=MOST_DUPLICATES)
        at = runtime.clock()
        consents = stored_people.load_consent_terms(transaction, [neighbour.person_id for neighbour in neighbours])
        found = shortlist(neighbours, consents, permit, at)
        size, _ = gallery.count(permit.purpose, permit.authorised_at)
        stored_duplicates.record_check_outcome(transaction, permit.check, found, size, at)
        fields: dict[str, JsonValue] = {
            "check": permit.check,
            "pack": runtime.deployment.pack_id,
            "gallery": gallery.snapshot_id(runtime.deployment.id, permit.purpose),
            "gallery_size": size,
            "threshold": format_decimal(threshold),
            "candidates": len(found),
        }
        record_entry(
            runtime,
            transaction,
            EntryKind.DUPLICATES_LISTED,
            actor=actor,
            at=at,
            fields=fields,
            subject=permit.check,
            committed={"check_list": list_candidates_bytes(found)},
        )
