"""The calibration in use, the threshold it gives for a gallery, and how rare a candidate is by it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from assent.errors import PackNotCalibrated
from assent.ledger import EntryKind, JsonValue, format_decimal
from assent.mandates import Actor
from assent.people import PurposeSlug
from assent.search import DEFAULT_FPIR, Calibration, Rarity, choose_threshold, describe_rarity
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import calibrations as stored_calibrations
from assent.storage.calibrations import ThresholdInUse

LEAST_GALLERY = 64
"""Smaller galleries get this one's threshold: a handful of people is soon more."""


@dataclass(frozen=True, slots=True)
class CalibrationInUse:
    """A calibration with its digest (SHA-256, hexadecimal), and whether this deployment made it."""

    calibration: Calibration
    digest: str
    is_own: bool


def load_calibration(runtime: Runtime, view: Connection) -> CalibrationInUse:
    """Load the deployment's own calibration of the pack in use, else the pack's. Raises PackNotCalibrated."""
    own = stored_calibrations.load_calibration(view, runtime.deployment.pack_id)
    text = runtime.pack.calibration if own is None else own.encode()
    if text is None:
        raise PackNotCalibrated(
            f"Nothing is known of how often the pack {runtime.deployment.pack_id} returns strangers, so it does not "
            "search; measure it with 'assent evaluate' on your own photos, then 'assent packs calibrate' the result."
        )
    return CalibrationInUse(read_calibration(text), hashlib.sha256(text).hexdigest(), is_own=own is not None)


def require_calibration(runtime: Runtime) -> None:
    """Raise PackNotCalibrated before a search begins that could not say how surprising its candidates are."""
    with runtime.database.snapshot() as view:
        load_calibration(runtime, view)


def take_threshold(
    runtime: Runtime, transaction: Connection, purpose: PurposeSlug, at: datetime
) -> tuple[CalibrationInUse, ThresholdInUse]:
    """Take the threshold in use; it is computed anew when the gallery outgrew it or shrank, or the calibration changed.

    It is computed for the next power of two of people, so that the promise holds until the gallery has grown beyond.
    """
    known = load_calibration(runtime, transaction)
    people, templates = runtime.gallery.count(purpose, at)
    before = stored_calibrations.load_threshold(transaction, purpose, runtime.deployment.pack_id)
    if (
        before is not None
        and before.calibration == known.digest
        and people <= before.gallery_size <= max(4 * people, LEAST_GALLERY)
    ):
        return known, before
    fpir = before.fpir if before else DEFAULT_FPIR
    chosen = compute_threshold(runtime, known, purpose, fpir, (people, templates), at)
    stored_calibrations.record_threshold(transaction, chosen)
    if before is not None:
        record_threshold_entry(runtime, transaction, None, chosen)
    return known, chosen


def compute_threshold(
    runtime: Runtime,
    known: CalibrationInUse,
    purpose: PurposeSlug,
    fpir: float,
    size: tuple[int, int],
    at: datetime,
) -> ThresholdInUse:
    """Compute the threshold for a gallery of so many people and templates, with room to grow."""
    people, templates = size
    room = max(LEAST_GALLERY, 1 << max(people - 1, 0).bit_length())
    found = choose_threshold(
        known.calibration, room, fpir=fpir, references_per_person=_count_references(people, templates)
    )
    return ThresholdInUse(purpose, runtime.deployment.pack_id, known.digest, fpir, room, round(found.distance, 4), at)


def record_threshold_entry(
    runtime: Runtime, transaction: Connection, actor: Actor | None, chosen: ThresholdInUse
) -> None:
    """Enter a changed threshold into the ledger."""
    fields: dict[str, JsonValue] = {
        "setting": "threshold",
        "purpose": chosen.purpose,
        "value": format_decimal(chosen.distance),
    }
    record_entry(runtime, transaction, EntryKind.SETTINGS_CHANGED, actor=actor, at=chosen.chosen_at, fields=fields)


def describe_rarities(
    runtime: Runtime,
    view: Connection,
    purpose: PurposeSlug,
    distances: Sequence[float],
    gallery_size: int,
    at: datetime,
) -> list[Rarity]:
    """Say of each distance how rare a stranger as close is among so many people. Raises PackNotCalibrated."""
    known = load_calibration(runtime, view)
    references = _count_references(*runtime.gallery.count(purpose, at))
    return [
        describe_rarity(known.calibration, distance, gallery_size, references_per_person=references)
        for distance in distances
    ]


def tell_basis(known: CalibrationInUse, threshold: ThresholdInUse) -> str:
    """Say in words what a threshold promises and what it rests on."""
    percent = f"{100 * threshold.fpir:g}"
    return (
        f"Chosen so that about {percent} % of searches for people who are not enrolled return somebody, in galleries "
        f"of up to {threshold.gallery_size:,} people. {known.calibration.basis}"
    )


def _count_references(people: int, templates: int) -> float:
    return templates / people if people else 1.0


@lru_cache(maxsize=4)
def read_calibration(text: bytes) -> Calibration:
    """Read a `calibration.json` once. Raises InvalidInput."""
    return Calibration.from_json(text)
