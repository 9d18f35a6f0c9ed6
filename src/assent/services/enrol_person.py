"""Enrol a person: photos judged and embedded first, then consent, references and ledger entries in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assent.errors import AssentError, EvidenceSpent, InvalidInput, SeveralFacesFound
from assent.faces import ENROLMENT_GATE, FacePipeline, Quality, choose_face, encode_jpeg, require_fit
from assent.ledger import EntryKind, JsonValue, format_time
from assent.mandates import Actor, Role, Visitor
from assent.people import (
    Consent,
    Enrolment,
    PersonId,
    ReferenceId,
    check_enrolment,
    grant_consents,
    make_identifier,
)
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import people as stored_people
from assent.storage.people import NewReference


@dataclass(frozen=True, slots=True)
class PreparedPhoto:
    """One photo reduced to what is kept: a portrait (JPEG) and a template (bytes), both still in memory only."""

    portrait: bytes
    template: bytes
    quality: Quality


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Somebody who can be found from now on."""

    person: PersonId
    references: tuple[ReferenceId, ...]
    qualities: tuple[Quality, ...]


def enrol_person(runtime: Runtime, actor: Actor, enrolment: Enrolment) -> Enrolled:
    """Enrol a person; takes a steward. All or nothing.

    Raises RoleMissing, ConsentMissing, EvidenceSpent, InvalidInput, and what decoding and judging photos raises.
    """
    actor.require_role(Role.STEWARD)
    with runtime.database.snapshot() as view:
        _check(runtime, view, enrolment)
    photos = [
        prepare_photo(runtime.faces, data, number, smallest_face_px=runtime.settings.smallest_face_px)
        for number, data in enumerate(enrolment.photos, start=1)
    ]
    return store_enrolment(runtime, actor, enrolment, photos)


def prepare_photo(faces: FacePipeline, data: bytes, number: int, *, smallest_face_px: int) -> PreparedPhoto:
    """Judge one photo and compute what is kept of it; touches no storage, so several threads may prepare at once.

    Raises UnreadableImage, NoFaceFound, SeveralFacesFound or FaceUnfit; the message names the photo by its number.
    """
    try:
        image = faces.decode(data)
        analysed = faces.analyse(image, gate=ENROLMENT_GATE, smallest_face_px=smallest_face_px)
        if len(analysed) > 1:
            raise SeveralFacesFound(f"The picture shows {len(analysed)} faces; cut it to show this person alone.")
        chosen = require_fit(choose_face(analysed))
    except InvalidInput as error:
        raise type(error)(f"Photo {number}: {error}") from error
    (template,) = faces.embed_references(image, [chosen.face])
    portrait = faces.crop_portrait(image, chosen.face, other_faces=[other.face for other in analysed])
    return PreparedPhoto(encode_jpeg(portrait), template.to_bytes(), chosen.quality)


def store_enrolment(
    runtime: Runtime,
    actor: Actor | Visitor,
    enrolment: Enrolment,
    photos: Sequence[PreparedPhoto],
    *,
    granted: Sequence[Consent] = (),
    also: Callable[[Connection], None] | None = None,
) -> Enrolled:
    """Store a prepared enrolment: key, files, then rows and ledger entries; a crash leaves nothing findable.

    `granted` are the consents where the caller has written them out already; `also` runs in the same transaction.
    """
    granted = granted or grant_consents(enrolment, PersonId(make_identifier("p")))
    person = granted[0].person
    references = [
        NewReference(ReferenceId(make_identifier("r")), runtime.deployment.pack_id, photo.template) for photo in photos
    ]
    try:
        with runtime.database.transaction() as transaction:
            at = _check(runtime, transaction, enrolment)
            runtime.vault.make_key(person)
            for reference, photo in zip(references, photos, strict=True):
                runtime.photos.write(person, reference.id, photo.portrait)
            stored_people.record_person(transaction, runtime.vault, person, enrolment, granted, references, at)
            for consent in granted:
                record_consent(runtime, transaction, actor, consent)
            fields: dict[str, JsonValue] = {
                "person": person,
                "references": len(references),
                "pack": runtime.deployment.pack_id,
                "basis": enrolment.basis.value,
            }
            if enrolment.is_pending:
                fields["pending"] = True
            record_entry(runtime, transaction, EntryKind.PERSON_ENROLLED, actor=actor, at=at, fields=fields)
            if also is not None:
                also(transaction)
    except AssentError:
        # Nothing was committed; what was written beside the database goes now rather than at the next start.
        _discard(runtime, person)
        raise
    return Enrolled(person, tuple(reference.id for reference in references), tuple(photo.quality for photo in photos))


def read_photo_file(path: Path, most_bytes: int) -> bytes:
    """Read a photo that somebody handed over, at most one byte beyond the limit. Raises InvalidInput."""
    try:
        with path.open("rb") as file:
            return file.read(most_bytes + 1)
    except OSError as error:
        raise InvalidInput(f"The file cannot be read: {error.strerror}.") from None


def _check(runtime: Runtime, view: Connection, enrolment: Enrolment) -> datetime:
    at = runtime.clock()
    check_enrolment(enrolment, stored_people.load_purposes(view), at)
    if stored_people.is_evidence_spent(view, runtime.vault, enrolment.evidence_digest):
        raise EvidenceSpent("This evidence belongs to a consent that was withdrawn; a new consent needs a new form.")
    reference = enrolment.file_reference
    if reference and stored_people.find_person_by_file_reference(view, runtime.vault, reference):
        raise InvalidInput("Somebody is enrolled under this reference already.")
    return at


def record_consent(runtime: Runtime, transaction: Connection, actor: Actor | Visitor, consent: Consent) -> None:
    """Enter a consent into the ledger, with a commitment to its evidence."""
    fields: dict[str, JsonValue] = {
        "person": consent.person,
        "consent": consent.id,
        "purpose": consent.purpose,
        "basis": consent.basis.value,
        "text_version": consent.text_version,
        "from": format_time(consent.valid_from),
    }
    if consent.valid_until is not None:
        fields["until"] = format_time(consent.valid_until)
    record_entry(
        runtime,
        transaction,
        EntryKind.CONSENT_GIVEN,
        actor=actor,
        at=runtime.clock(),
        fields=fields,
        subject=consent.person,
        committed={"evidence": consent.evidence_digest.encode()},
    )


def _discard(runtime: Runtime, person: PersonId) -> None:
    try:
        runtime.photos.erase(person)
        runtime.vault.forget_unused_keys([person])
    except (AssentError, OSError):
        return  # a full or broken disk: the next start removes what is left
