"""Calibrate: take what an evaluation measured into use, and choose the share of searches that may return strangers."""

from __future__ import annotations

from assent.errors import InvalidInput
from assent.ledger import EntryKind, digest_public_text
from assent.mandates import Actor, Role
from assent.people import PurposeSlug
from assent.search import Calibration
from assent.services.accounting import record_entry
from assent.services.pack_calibration import (
    CalibrationInUse,
    compute_threshold,
    load_calibration,
    record_threshold_entry,
)
from assent.services.runtime import Runtime
from assent.storage import calibrations as stored_calibrations
from assent.storage import people as stored_people
from assent.storage.calibrations import ThresholdInUse


def calibrate_pack(runtime: Runtime, actor: Actor, document: bytes) -> CalibrationInUse:
    """Take the text of a `calibration.json` into use for the pack in use; takes an administrator.

    Raises RoleMissing, and InvalidInput where the text is none or belongs to another pack.
    """
    actor.require_role(Role.ADMINISTRATOR)
    calibration = Calibration.from_json(document)
    if calibration.pack_id != runtime.deployment.pack_id:
        raise InvalidInput(
            f"The calibration was measured with the pack {calibration.pack_id}; {runtime.deployment.pack_id} is in use."
        )
    text, at = calibration.to_json(), runtime.clock()
    with runtime.database.transaction() as transaction:
        stored_calibrations.record_calibration(transaction, runtime.deployment.pack_id, text, at)
        fields = {
            "pack": runtime.deployment.pack_id,
            "change": "calibrated",
            "manifest": digest_public_text(runtime.pack.manifest.to_json()),
            "calibration": digest_public_text(text),
        }
        record_entry(runtime, transaction, EntryKind.PACK_CHANGED, actor=actor, at=at, fields=fields)
        return load_calibration(runtime, transaction)


def choose_promise(runtime: Runtime, actor: Actor, purpose: PurposeSlug, fpir: float) -> ThresholdInUse:
    """Choose which share of searches for people who are not enrolled may return somebody; takes an administrator.

    Raises RoleMissing, PackNotCalibrated, and InvalidInput for an unknown purpose or a share outside of 0 to 0.5.
    """
    actor.require_role(Role.ADMINISTRATOR)
    at = runtime.clock()
    with runtime.database.transaction() as transaction:
        if purpose not in stored_people.load_purposes(transaction):
            raise InvalidInput(f"There is no purpose {purpose}; 'assent purpose list' shows them.")
        runtime.gallery.refresh(transaction)
        known = load_calibration(runtime, transaction)
        chosen = compute_threshold(runtime, known, purpose, fpir, runtime.gallery.count(purpose, at), at)
        stored_calibrations.record_threshold(transaction, chosen)
        record_threshold_entry(runtime, transaction, actor, chosen)
    return chosen
