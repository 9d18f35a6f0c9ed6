from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from assent.errors import InvalidPack
from assent.faces import ARCFACE_POINTS_PX, DEFAULT_MANIFEST, AlignmentKind, AlignmentSpec, PackManifest
from faces.tiny_packs import a_manifest

CONTENTS = {"detector.onnx": b"one", "embedder.onnx": b"two"}
DOCUMENT = Path(__file__).parents[2] / "docs/packs.md"


@pytest.mark.parametrize("manifest", [a_manifest(CONTENTS), DEFAULT_MANIFEST], ids=["five-point", "dlib-chip"])
def test_a_manifest_survives_its_json(manifest: PackManifest) -> None:
    again = PackManifest.from_json(manifest.to_json())

    assert again == manifest
    assert again.pack_id == manifest.pack_id


def test_the_documents_worked_example_is_a_valid_manifest() -> None:
    example = DOCUMENT.read_text().split("```json\n")[1].split("```")[0]

    manifest = PackManifest.from_json(example)

    assert manifest.pack_id in DOCUMENT.read_text()


def test_the_default_packs_id_never_changes_by_accident() -> None:
    assert DEFAULT_MANIFEST.pack_id == "assent-default-b0b190d40f5d"


def test_the_default_pack_says_that_nobody_in_its_training_data_was_asked() -> None:
    assert not DEFAULT_MANIFEST.training_people_consented
    assert "not asked" in DEFAULT_MANIFEST.training_data


DECIDING_CHANGES: dict[str, dict[str, Any]] = {
    "name": {"name": "other"},
    "version": {"version": "2"},
    "dimensions": {"dimensions": 4},
    "file": {"files": a_manifest({**CONTENTS, "embedder.onnx": b"three"}).files},
    "alignment": {"alignment": AlignmentSpec(AlignmentKind.FIVE_POINT, 128, reference_points_px=ARCFACE_POINTS_PX)},
    "normalisation": {"embedder": dataclasses.replace(a_manifest(CONTENTS).embedder, std=(128.0, 128.0, 128.0))},
}


@pytest.mark.parametrize("change", DECIDING_CHANGES.values(), ids=DECIDING_CHANGES.keys())
def test_what_decides_templates_changes_the_id(change: dict[str, Any]) -> None:
    assert a_manifest(CONTENTS, **change).pack_id != a_manifest(CONTENTS).pack_id


@pytest.mark.parametrize(
    "change",
    [{"licence": "MIT"}, {"training_data": "Better worded."}, {"default_threshold": 0.3}, {"threshold_basis": "New."}],
    ids=lambda change: next(iter(change)),
)
def test_wording_and_threshold_leave_the_id_alone(change: dict[str, Any]) -> None:
    assert a_manifest(CONTENTS, **change).pack_id == a_manifest(CONTENTS).pack_id


BAD_FIELDS: dict[str, tuple[list[str], Any]] = {
    "other format": (["format"], "assent-pack-9"),
    "unknown field": (["colour"], "blue"),
    "unknown field within": (["embedder", "colour"], "blue"),
    "path in the name": (["name"], "../x"),
    "empty licence": (["licence"], " "),
    "consent not said": (["training_data", "people_consented"], "yes"),
    "other metric": (["metric"], "cosine"),
    "no dimensions": (["dimensions"], 0),
    "half a dimension": (["dimensions"], 3.5),
    "threshold of zero": (["threshold", "distance"], 0),
    "file outside the folder": (["files"], {"../detector.onnx": "0" * 64, "embedder.onnx": "0" * 64}),
    "bad digest": (["files"], {"detector.onnx": "abc", "embedder.onnx": "0" * 64}),
    "file without a digest": (["files"], {"detector.onnx": "0" * 64}),
    "detector of no kind": (["detector", "kind"], "magic"),
    "two files for one graph": (["detector", "files"], ["detector.onnx", "embedder.onnx"]),
    "three files for MTCNN": (["detector", "kind"], "mtcnn"),
    "crop too small": (["alignment", "size_px"], 4),
    "four points": (["alignment", "reference_points_px"], [[1, 2], [3, 4], [5, 6], [7, 8]]),
    "the same point five times": (["alignment", "reference_points_px"], [[1, 2]] * 5),
    "std of zero": (["embedder", "std"], [1, 0, 1]),
    "mean of two": (["embedder", "mean"], [1, 0]),
    "layout unknown": (["embedder", "layout"], "hwcn"),
    "unit length not said": (["embedder", "unit_length"], 1),
}


@pytest.mark.parametrize(("place", "value"), BAD_FIELDS.values(), ids=BAD_FIELDS.keys())
def test_a_manifest_with_a_bad_field_is_refused(place: list[str], value: Any) -> None:
    fields = a_manifest(CONTENTS).to_fields()
    target = fields
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = value

    with pytest.raises(InvalidPack):
        PackManifest.from_json(json.dumps(fields))


@pytest.mark.parametrize("field", a_manifest(CONTENTS).to_fields())
def test_a_manifest_without_one_of_its_fields_is_refused(field: str) -> None:
    fields = a_manifest(CONTENTS).to_fields()
    del fields[field]

    with pytest.raises(InvalidPack):
        PackManifest.from_json(json.dumps(fields))


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[1]", '"x"'])
def test_a_file_that_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(InvalidPack):
        PackManifest.from_json(text)
