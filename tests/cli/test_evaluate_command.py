"""`assent evaluate`: its options, its sentences and its document."""

import shutil
from pathlib import Path

import pytest

from cli.command_line import run
from demo_deployments import PICTURES, Deployment, list_composites


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for person in list_composites()[:6]:
        shutil.copytree(PICTURES / person, tmp_path / "photos" / person)
    return tmp_path / "photos"


def test_an_evaluation_says_what_was_found_and_what_is_not_supported(
    bare: Deployment, photos: Path, tmp_path: Path
) -> None:
    cache = str(bare.settings.cache_folder)

    done = run("evaluate", photos, "--out", tmp_path / "out", "--rounds", 1, on=bare, ASSENT_CACHE=cache)

    assert done.exit_code == 0
    assert done.stdout.startswith("6 people, 18 photos, galleries of up to 4 people;")
    assert "12 more photos needed" in done.stdout
    assert "rank 1 100 %" in done.stdout
    assert (tmp_path / "out" / "report.html").exists()


def test_the_document_of_an_evaluation_is_the_report_itself(bare: Deployment, photos: Path, tmp_path: Path) -> None:
    cache = str(bare.settings.cache_folder)

    done = run("evaluate", photos, "--out", tmp_path / "out", "--json", on=bare, ASSENT_CACHE=cache)

    assert done.document["evaluation"]["format"] == "assent-evaluation-v1"
    assert done.document["evaluation"]["extent"]["people"] == 6
    assert done.document["passed_over"] == 0


def test_a_folder_that_is_not_there_is_invalid_input(bare: Deployment, tmp_path: Path) -> None:
    done = run("evaluate", tmp_path / "gone", "--out", tmp_path / "out", on=bare)

    assert done.exit_code == 3
    assert done.stderr.startswith("Invalid input: The folder of photos is not here")
