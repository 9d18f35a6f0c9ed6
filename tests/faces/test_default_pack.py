from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assent.errors import DigestMismatch, Unavailable
from assent.faces import DEFAULT_MANIFEST, FacePipeline, Pack, open_default_pack
from assent.faces.default_pack import SOURCE_DIGESTS, convert_weights, name_converted_folder, read_source_files
from faces.pictures import read_person


def copy_cache(cache_folder: Path, target: Path) -> Path:
    """Copy the converted weights into a cache of the test's own and return the folder that holds them."""
    folder = name_converted_folder(cache_folder)
    shutil.copytree(folder, target / folder.name)
    return target / folder.name


def test_the_installed_weights_are_the_published_ones() -> None:
    assert set(read_source_files()) == set(SOURCE_DIGESTS)
    assert dict(DEFAULT_MANIFEST.files) == SOURCE_DIGESTS


@pytest.mark.slow
def test_an_empty_cache_is_filled_once_and_then_used(tmp_path: Path, default_pack: Pack) -> None:
    first = open_default_pack(tmp_path)
    (folder,) = tmp_path.iterdir()
    written = {file: file.stat().st_mtime_ns for file in folder.iterdir()}
    second = open_default_pack(tmp_path)

    assert first.pack_id == second.pack_id == default_pack.pack_id
    assert {file: file.stat().st_mtime_ns for file in folder.iterdir()} == written
    assert {file.name for file in folder.iterdir()} == {*SOURCE_DIGESTS, "digests.json"}


@pytest.mark.slow
@pytest.mark.parametrize("was_damaged", [False, True], ids=["empty", "damaged"])
def test_two_processes_that_fill_the_cache_at_once_both_end_well(
    was_damaged: bool, tmp_path: Path, cache_folder: Path, default_pack: Pack
) -> None:
    if was_damaged:
        (copy_cache(cache_folder, tmp_path) / "pnet.lz4").write_bytes(b"damaged")
    program = (
        "import pathlib, sys; from assent.faces import open_default_pack; open_default_pack(pathlib.Path(sys.argv[1]))"
    )

    processes = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) for _ in range(2)]

    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    assert default_pack.pack_id in next(tmp_path.iterdir()).name
    (folder,) = tmp_path.iterdir()
    before = {file: file.stat().st_mtime_ns for file in folder.iterdir()}
    open_default_pack(tmp_path)
    assert {file: file.stat().st_mtime_ns for file in folder.iterdir()} == before


@pytest.mark.parametrize("damage", ["a byte changed", "a file cut", "a file gone", "index gone", "index unreadable"])
def test_a_damaged_cache_is_made_anew(damage: str, tmp_path: Path, cache_folder: Path, default_pack: Pack) -> None:
    folder = copy_cache(cache_folder, tmp_path)
    small = folder / "pnet.lz4"
    match damage:
        case "a byte changed":
            data = bytearray(small.read_bytes())
            data[5000] ^= 1
            small.write_bytes(data)
        case "a file cut":
            small.write_bytes(small.read_bytes()[:-1])
        case "a file gone":
            small.unlink()
        case "index gone":
            (folder / "digests.json").unlink()
        case "index unreadable":
            (folder / "digests.json").write_text("{")

    image = read_person(1, 1)
    again = FacePipeline(open_default_pack(tmp_path))

    (expected,) = FacePipeline(default_pack).embed(image, FacePipeline(default_pack).detect(image))
    (template,) = again.embed(image, again.detect(image))
    assert np.array_equal(template.vector, expected.vector)
    assert [left.name for left in tmp_path.iterdir()] == [folder.name]
    assert small.read_bytes() == (name_converted_folder(cache_folder) / "pnet.lz4").read_bytes()


def test_a_cache_that_cannot_be_written_is_said_to_be_so(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("a file where the folder should be")

    with pytest.raises(Unavailable, match="cannot be written"):
        open_default_pack(in_the_way)


@pytest.mark.parametrize("name", SOURCE_DIGESTS)
def test_no_weight_file_is_parsed_before_every_digest_was_checked(name: str) -> None:
    """Were one parsed first, the empty bytes would raise InvalidPack instead."""
    sources = {**read_source_files(), name: b""}

    with pytest.raises(DigestMismatch, match=name):
        convert_weights(sources)


def test_opening_the_pack_from_its_cache_imports_neither_onnx_nor_the_parsers(
    default_pack: Pack, cache_folder: Path
) -> None:
    program = (
        "import pathlib, sys; from assent.faces import open_default_pack; open_default_pack(pathlib.Path(sys.argv[1]));"
        "print([name for name in sys.modules if name in ('onnx', 'joblib', 'pickle5', 'assent.faces.mtcnn_weights')])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, str(cache_folder)], capture_output=True, text=True, check=True, timeout=60
    )

    assert default_pack.pack_id == DEFAULT_MANIFEST.pack_id
    assert done.stdout.strip() == "[]"
