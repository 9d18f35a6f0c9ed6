"""The calibration in use: whose it is, the threshold it gives, and what happens without one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assent.errors import InvalidInput, PackNotCalibrated, RoleMissing
from assent.ledger import EntryKind
from assent.mandates import Role
from assent.people import PurposeSlug
from assent.search import Calibration, RarityKind, StrangerTail, choose_threshold
from assent.services.calibrate_pack import calibrate_pack, choose_promise
from assent.services.open_deployment import open_runtime
from assent.services.pack_calibration import LEAST_GALLERY, load_calibration, take_threshold
from assent.services.runtime import Runtime
from assent.services.show_ledger import list_entries
from assent.services.show_pack import show_pack
from demo_deployments import REUNITE, Deployment, act_as, read_picture, search


def shipped_calibration(runtime: Runtime) -> Calibration:
    return Calibration.from_json(runtime.pack.calibration or b"")


def with_nearer_strangers(tail: StrangerTail) -> StrangerTail:
    return replace(tail, start=tail.start - 0.02)


def nearer_calibration(runtime: Runtime) -> bytes:
    shipped = shipped_calibration(runtime)
    changed = replace(shipped, best=with_nearer_strangers(shipped.best), redrawn=with_nearer_strangers(shipped.redrawn))
    return changed.to_json().encode()


def take(runtime: Runtime) -> float:
    with runtime.database.transaction() as transaction:
        runtime.gallery.refresh(transaction)
        return take_threshold(runtime, transaction, REUNITE, runtime.clock())[1].distance


def test_a_search_uses_the_threshold_calibrated_for_its_gallery_and_tells_each_candidates_rarity(
    enrolled: Deployment,
) -> None:
    with open_runtime(enrolled.settings) as runtime:
        result = search(runtime, enrolled, read_picture("001", 3))

        expected = choose_threshold(shipped_calibration(runtime), LEAST_GALLERY, references_per_person=2).distance
        assert result.outcome.threshold == pytest.approx(expected, abs=1e-4)
        assert "1 % of searches" in result.threshold_basis
        assert result.candidates[0].rarity.kind is RarityKind.BEYOND
        assert result.candidates[0].rarity.gallery_size == 60


def test_a_pack_without_a_calibration_does_not_search_and_records_no_search(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        pack = runtime.faces.pack
        runtime.faces.pack = replace(pack, calibration=None)
        before = len(list_entries(runtime))

        with pytest.raises(PackNotCalibrated, match="assent evaluate"):
            search(runtime, enrolled, read_picture("001", 3))

        assert len(list_entries(runtime)) == before
        assert show_pack(runtime).calibration is None


def test_an_own_calibration_takes_the_place_of_the_packs_and_stands_in_the_ledger(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        before, first = take(runtime), len(list_entries(runtime))

        known = calibrate_pack(runtime, act_as(runtime, Role.ADMINISTRATOR), nearer_calibration(runtime))

        assert known.is_own
        assert take(runtime) == pytest.approx(before - 0.02, abs=2e-3)
        kinds = [indexed.entry.kind for indexed in list_entries(runtime, start=first)]
        assert kinds == [EntryKind.PACK_CHANGED, EntryKind.SETTINGS_CHANGED]
        assert show_pack(runtime).is_calibrated_here


def test_a_threshold_is_kept_until_something_changes(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        before, first = take(runtime), len(list_entries(runtime))

        assert take(runtime) == before
        assert len(list_entries(runtime)) == first


def test_a_looser_promise_moves_the_threshold_outwards(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        before = take(runtime)

        chosen = choose_promise(runtime, act_as(runtime, Role.ADMINISTRATOR), REUNITE, 0.1)

        assert before < chosen.distance == take(runtime)


def test_only_administrators_calibrate_and_only_the_pack_in_use(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        other = replace(shipped_calibration(runtime), pack_id="other-0123456789ab").to_json().encode()

        with pytest.raises(RoleMissing):
            calibrate_pack(runtime, act_as(runtime, Role.STEWARD), other)
        with pytest.raises(InvalidInput, match="was measured with the pack"):
            calibrate_pack(runtime, act_as(runtime, Role.ADMINISTRATOR), other)
        with pytest.raises(InvalidInput, match="no purpose"):
            choose_promise(runtime, act_as(runtime, Role.ADMINISTRATOR), PurposeSlug("nothing"), 0.1)
        with runtime.database.snapshot() as view:
            assert not load_calibration(runtime, view).is_own
