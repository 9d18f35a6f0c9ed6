"""A deployment's own calibrations, and the threshold in use for each purpose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select

from assent.people import PurposeSlug
from assent.storage.calibration_tables import calibrations, thresholds


@dataclass(frozen=True, slots=True)
class ThresholdInUse:
    """The threshold for a purpose: promised share `fpir`, kept in galleries of up to `gallery_size` people.

    `calibration` is the SHA-256, in hexadecimal, of the calibration that it was computed from.
    """

    purpose: PurposeSlug
    pack_id: str
    calibration: str
    fpir: float
    gallery_size: int
    distance: float
    chosen_at: datetime


# Built once: writing a statement anew for every search would take longer than carrying it out.
_LOAD_CALIBRATION = select(calibrations.c.document).where(calibrations.c.pack_id == bindparam("pack"))
_LOAD_THRESHOLD = select(thresholds).where(
    (thresholds.c.purpose == bindparam("slug")) & (thresholds.c.pack_id == bindparam("pack"))
)


def record_calibration(connection: Connection, pack_id: str, document: str, at: datetime) -> None:
    """Store the calibration of a pack in place of the one before."""
    connection.execute(delete(calibrations).where(calibrations.c.pack_id == pack_id))
    connection.execute(insert(calibrations).values(pack_id=pack_id, document=document, taken_at=at))


def load_calibration(connection: Connection, pack_id: str) -> str | None:
    """Read the deployment's own calibration of a pack, if there is one."""
    row = connection.execute(_LOAD_CALIBRATION, {"pack": pack_id}).one_or_none()
    return None if row is None else str(row.document)


def record_threshold(connection: Connection, threshold: ThresholdInUse) -> None:
    """Store the threshold of a purpose in place of the one before."""
    key = (thresholds.c.purpose == threshold.purpose) & (thresholds.c.pack_id == threshold.pack_id)
    connection.execute(delete(thresholds).where(key))
    connection.execute(
        insert(thresholds).values(
            purpose=threshold.purpose,
            pack_id=threshold.pack_id,
            calibration=threshold.calibration,
            fpir=threshold.fpir,
            gallery_size=threshold.gallery_size,
            distance=threshold.distance,
            chosen_at=threshold.chosen_at,
        )
    )


def load_threshold(connection: Connection, purpose: str, pack_id: str) -> ThresholdInUse | None:
    """Read the threshold in use for a purpose, if one was ever needed."""
    row = connection.execute(_LOAD_THRESHOLD, {"slug": purpose, "pack": pack_id}).one_or_none()
    if row is None:
        return None
    return ThresholdInUse(
        PurposeSlug(row.purpose),
        row.pack_id,
        row.calibration,
        row.fpir,
        row.gallery_size,
        row.distance,
        row.chosen_at,
    )
