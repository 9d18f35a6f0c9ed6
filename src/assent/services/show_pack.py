"""Show a pack's card: where its models come from, on whom they were trained, what is known of its errors."""

from __future__ import annotations

from dataclasses import dataclass

from assent.faces import PackManifest
from assent.search import Calibration, Threshold, choose_threshold
from assent.services.pack_calibration import read_calibration
from assent.services.runtime import Runtime, open_pack
from assent.storage import calibrations as stored_calibrations

SHOWN_GALLERIES = (64, 1_000, 10_000)


@dataclass(frozen=True, slots=True)
class PackCard:
    """A pack with what is known about it; `thresholds` are those for 1 % in galleries of growing size.

    Without a calibration nothing is known of its errors, and it does not search.
    """

    pack_id: str
    manifest: PackManifest
    is_in_use: bool
    calibration: Calibration | None
    is_calibrated_here: bool
    thresholds: tuple[Threshold, ...]


def show_pack(runtime: Runtime, pack_id: str | None = None) -> PackCard:
    """Show a pack by its id, the one in use if none is named. Raises NotFound."""
    in_use = runtime.deployment.pack_id
    pack = runtime.pack if pack_id in {None, in_use} else open_pack(runtime.settings, pack_id)
    with runtime.database.snapshot() as view:
        own = stored_calibrations.load_calibration(view, pack.pack_id)
    text = pack.calibration if own is None else own.encode()
    calibration = None if text is None else read_calibration(text)
    return PackCard(
        pack_id=pack.pack_id,
        manifest=pack.manifest,
        is_in_use=pack.pack_id == in_use,
        calibration=calibration,
        is_calibrated_here=own is not None,
        thresholds=tuple(choose_threshold(calibration, people) for people in SHOWN_GALLERIES) if calibration else (),
    )
