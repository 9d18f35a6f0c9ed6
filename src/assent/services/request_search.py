"""Ask for a second person's approval of a search, with everything that this person needs to see."""

from __future__ import annotations

import hashlib

from assent.errors import ImageTooLarge, InvalidInput, Refused
from assent.faces import ImageLimits, check_image_header, decode_image, encode_jpeg
from assent.ledger import EntryKind
from assent.mandates import (
    REQUEST_LIFETIME,
    Actor,
    PendingSearch,
    Role,
    SearchId,
    SearchRequest,
    probe_of,
    require_in_order,
)
from assent.people import make_identifier
from assent.services.accounting import record_entry
from assent.services.notify import NoticeKind, notify_role
from assent.services.record_refusal import record_refusal
from assent.services.runtime import Runtime
from assent.services.seal_overdue import seal_overdue
from assent.storage import Connection
from assent.storage import approvals as stored_approvals
from assent.storage import mandates as stored_mandates

REQUEST_PHOTO = "request"


def is_approval_needed(runtime: Runtime, licence: str) -> bool:
    """Tell whether a search under this licence has to be asked for; one that does not exist has its own refusal."""
    with runtime.database.snapshot() as view:
        found = stored_mandates.load_licence(view, licence)
    return found is not None and found.needs_approval


def request_search(
    runtime: Runtime, actor: Actor, request: SearchRequest, photo: bytes, *, face_number: int | None = None
) -> PendingSearch:
    """Ask for approval of a search; nothing is looked for, and no quota is taken, until the approved search runs.

    The photo is decoded only to be shown and searched later, without its metadata; it is sealed under a key of its own.
    Raises a `Refused` error, already counted in the ledger, if the search would not be allowed even with approval;
    `InvalidInput`, which costs nothing, if the licence needs no approval or the photo cannot be read.
    """
    _require_licence_that_demands_it(runtime, request.licence)
    seal_overdue(runtime)
    shown = _encode_anew(runtime, photo)
    try:
        with runtime.database.transaction() as transaction:
            return _record(runtime, transaction, actor, request, photo, shown, face_number)
    except Refused as refusal:
        record_refusal(runtime, actor, request, refusal)
        raise


def _require_licence_that_demands_it(runtime: Runtime, licence: str) -> None:
    with runtime.database.snapshot() as view:
        found = stored_mandates.load_licence(view, licence)
    if found is not None and not found.needs_approval:
        raise InvalidInput(f"Licence {licence} demands no approval; its searches run at once.")


def _encode_anew(runtime: Runtime, photo: bytes) -> bytes:
    settings = runtime.settings
    limits = ImageLimits(max_image_bytes=settings.max_image_bytes, max_image_pixels=settings.max_image_pixels)
    check_image_header(photo, limits)
    shown = encode_jpeg(decode_image(photo, limits))
    if len(shown) > limits.max_image_bytes:
        raise ImageTooLarge(
            f"Without its metadata the photo has {len(shown):,} bytes; at most {limits.max_image_bytes:,} are kept."
        )
    return shown


def _record(
    runtime: Runtime,
    transaction: Connection,
    actor: Actor,
    request: SearchRequest,
    photo: bytes,
    shown: bytes,
    face_number: int | None,
) -> PendingSearch:
    at = runtime.clock()
    licence, case = require_in_order(
        request,
        actor=actor,
        licence=stored_mandates.load_licence(transaction, request.licence),
        case=stored_mandates.find_case(transaction, runtime.vault, request.case_number.strip()),
        at=at,
    )
    pending = PendingSearch(
        search=SearchId(make_identifier("s")),
        licence=licence.id,
        holder=actor.member.id,
        case=case.id,
        purpose=request.purpose,
        probe_source=request.probe_source,
        requested_at=at,
        expires_at=at + REQUEST_LIFETIME,
        face_number=face_number,
    )
    runtime.vault.make_key(pending.search, probe_of(pending.search))
    runtime.photos.write(probe_of(pending.search), REQUEST_PHOTO, shown)
    stored_approvals.record_request(transaction, pending)
    record_entry(
        runtime,
        transaction,
        EntryKind.SEARCH_REQUESTED,
        actor=actor,
        at=at,
        fields=_describe(pending, actor.member.unit),
        subject=pending.search,
        committed={
            "probe": hashlib.sha256(photo).digest(),
            "shown": hashlib.sha256(shown).digest(),
            "justification": request.justification.strip().encode(),
        },
    )
    notify_role(runtime, transaction, NoticeKind.APPROVAL_WANTED, Role.APPROVER, apart_from=pending.holder)
    return pending


def _describe(pending: PendingSearch, unit: str) -> dict[str, str]:
    return {
        "search": pending.search,
        "licence": pending.licence,
        "holder": pending.holder,
        "unit": unit,
        "purpose": pending.purpose,
        "case": pending.case,
        "probe_source": pending.probe_source.value,
    }
