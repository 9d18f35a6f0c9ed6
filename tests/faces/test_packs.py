from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assent.errors import DigestMismatch, InvalidPack, TemplatesNotComparable
from assent.faces import (
    CropLayout,
    CropNumbers,
    EmbedderSpec,
    FacePipeline,
    Image,
    Template,
    add_pack,
    distance,
    load_pack,
)
from faces.pictures import a_pattern
from faces.tiny_packs import a_boxes_graph, an_embedder_graph, write_pack


def two_colours() -> Image:
    image = np.zeros((160, 200, 3), np.uint8)
    image[:, :80] = (250, 0, 0)
    image[:, 80:] = (0, 0, 250)
    return image


def test_an_operators_pack_finds_aligns_and_embeds(tmp_path: Path) -> None:
    pipeline = FacePipeline(load_pack(write_pack(tmp_path / "tiny")))

    faces = pipeline.detect(two_colours())
    red, blue = pipeline.embed(two_colours(), faces)

    assert [face.box_px[0] for face in faces] == [10.0, 90.0]
    assert red.pack_id == pipeline.pack.pack_id
    assert np.linalg.norm(red.vector) == pytest.approx(1)
    assert red.vector[0] > red.vector[2]
    assert blue.vector[2] > blue.vector[0]


@pytest.mark.parametrize("smallest_face_px", [8, 40, 70])
def test_a_boxes_detector_leaves_small_faces_out(smallest_face_px: int, tmp_path: Path) -> None:
    pipeline = FacePipeline(load_pack(write_pack(tmp_path / "tiny")))

    faces = pipeline.detect(two_colours(), smallest_face_px=smallest_face_px)

    assert len(faces) == {8: 3, 40: 2, 70: 1}[smallest_face_px]


@pytest.mark.parametrize("layout", CropLayout)
@pytest.mark.parametrize("numbers", CropNumbers)
def test_crops_reach_the_embedder_in_the_declared_form(
    layout: CropLayout, numbers: CropNumbers, tmp_path: Path
) -> None:
    spec = EmbedderSpec("embedder.onnx", layout, numbers, unit_length=False, mean=(10.0, 20.0, 30.0), std=(2.0,) * 3)
    folder = write_pack(tmp_path / "tiny", embedder_graph=an_embedder_graph(layout, numbers), embedder=spec)
    crops = np.full((2, 112, 112, 3), (100, 150, 200), np.uint8)

    vectors = load_pack(folder).embedder.embed(crops)

    expected = (100, 150, 200) if numbers is CropNumbers.UINT8 else (45, 65, 85)
    assert np.allclose(vectors, [expected, expected])


def test_many_crops_pass_in_batches(tmp_path: Path) -> None:
    pack = load_pack(write_pack(tmp_path / "tiny"))
    crops = np.stack([np.full((112, 112, 3), value, np.uint8) for value in range(40)])

    vectors = pack.embedder.embed(crops)

    assert vectors.shape == (40, 3)
    assert np.allclose(vectors[17], pack.embedder.embed(crops[17:18])[0])
    assert pack.embedder.embed(crops[:0]).shape == (0, 3)


@pytest.mark.parametrize("name", ["detector.onnx", "embedder.onnx"])
def test_a_changed_file_is_not_used(name: str, tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "tiny")
    (folder / name).write_bytes((folder / name).read_bytes() + b"\0")

    with pytest.raises(DigestMismatch, match=name):
        load_pack(folder)


@pytest.mark.parametrize("name", ["detector.onnx", "embedder.onnx", "pack.json"])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "tiny")
    (folder / name).unlink()

    with pytest.raises(InvalidPack, match=name):
        load_pack(folder)


def test_a_file_that_is_no_graph_is_refused(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "tiny", embedder_graph=b"not a graph")

    with pytest.raises(InvalidPack, match="embedder"):
        load_pack(folder)


def test_a_detector_that_breaks_its_contract_is_refused(tmp_path: Path) -> None:
    pack = load_pack(write_pack(tmp_path / "flat", detector_graph=a_boxes_graph(landmark_shape=(3, 10))))

    with pytest.raises(InvalidPack, match="landmarks"):
        pack.detector.detect(two_colours(), 8)
    with pytest.raises(InvalidPack, match="three outputs"):
        load_pack(write_pack(tmp_path / "one", detector_graph=an_embedder_graph()))


def test_an_embedder_that_breaks_its_contract_is_refused(tmp_path: Path) -> None:
    wrong_size = load_pack(write_pack(tmp_path / "wrong", dimensions=5))
    grey = np.full((1, 112, 112, 3), 127.5, np.uint8)

    with pytest.raises(InvalidPack, match="expected"):
        wrong_size.embedder.embed(grey)


def test_templates_of_two_packs_never_meet(tmp_path: Path) -> None:
    image = two_colours()
    templates: list[Template] = []
    for version in ("1", "2"):
        pipeline = FacePipeline(load_pack(write_pack(tmp_path / version, version=version)))
        templates.append(pipeline.embed(image, pipeline.detect(image))[0])

    with pytest.raises(TemplatesNotComparable):
        distance(*templates)


def test_adding_a_pack_copies_what_its_manifest_lists_and_nothing_else(tmp_path: Path) -> None:
    source = write_pack(tmp_path / "source")
    (source / "notes.txt").write_text("left over")

    pack_id = add_pack(source, tmp_path / "packs")

    assert {file.name for file in (tmp_path / "packs" / pack_id).iterdir()} == {
        "detector.onnx",
        "embedder.onnx",
        "pack.json",
    }
    assert load_pack(tmp_path / "packs" / pack_id).pack_id == pack_id
    assert [folder.name for folder in (tmp_path / "packs").iterdir()] == [pack_id]


def test_adding_a_pack_twice_changes_nothing(tmp_path: Path) -> None:
    source = write_pack(tmp_path / "source")

    first, second = add_pack(source, tmp_path / "packs"), add_pack(source, tmp_path / "packs")

    assert first == second
    assert [folder.name for folder in (tmp_path / "packs").iterdir()] == [first]


@pytest.mark.parametrize("spoil", ["changed file", "no graph"])
def test_a_bad_pack_is_not_added(spoil: str, tmp_path: Path) -> None:
    source = write_pack(tmp_path / "source", embedder_graph=b"not a graph" if spoil == "no graph" else None)
    if spoil == "changed file":
        (source / "embedder.onnx").write_bytes(b"changed")

    with pytest.raises((DigestMismatch, InvalidPack)):
        add_pack(source, tmp_path / "packs")

    assert not (tmp_path / "packs").exists()


def test_the_same_picture_gives_the_same_template_whatever_its_company(tmp_path: Path) -> None:
    pipeline = FacePipeline(load_pack(write_pack(tmp_path / "tiny")))
    images = [a_pattern(str(seed), 160, 200) for seed in range(12)]
    faces = [pipeline.detect(image) for image in images]

    together = pipeline.embed_many(list(zip(images, faces, strict=True)))

    for image, found, templates in zip(images, faces, together, strict=True):
        alone = pipeline.embed(image, found)
        assert all(np.allclose(a.vector, b.vector) for a, b in zip(alone, templates, strict=True))
