"""Evaluation of a folder of labelled photos, from the files to the report, also after it was killed half way."""

import base64
import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assent.errors import InvalidInput, KeysUnavailable, NotFound
from assent.evaluation.scores import from_csv
from assent.evaluation.searches import Division
from assent.faces import Template
from assent.search import Calibration
from assent.services.evaluate import Order, evaluate
from assent.services.show_evaluation import show_evaluation
from assent.settings import Settings
from assent.storage.evaluations import EvaluationProgress
from demo_deployments import PICTURES, VOLUNTEERS, Deployment, list_composites
from evaluation.plain_rates import compute_fnir, find_bound, read_scores

PROGRAM = Path(__file__).parent / "evaluate_until_killed.py"
PEOPLE = 12


@pytest.fixture(scope="session")
def labelled_photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve composite people, two pictures each, with a group picture and a file that is none."""
    folder = tmp_path_factory.mktemp("labelled")
    for person in list_composites()[:PEOPLE]:
        (folder / person).mkdir()
        for picture in ("1.jpg", "2.jpg"):
            shutil.copy(PICTURES / person / picture, folder / person / picture)
    first, second, *_ = list_composites()
    shutil.copy(PICTURES / "groups" / "g1.jpg", folder / first / "party.jpg")
    (folder / second / "broken.png").write_bytes(b"no picture")
    (folder / second / "notes.txt").write_text("not a picture")
    return folder


@pytest.fixture
def settings(bare_original: Deployment, tmp_path: Path) -> Settings:
    """A place in which no deployment was set up."""
    cache = str(bare_original.settings.cache_folder)
    return Settings.from_environment({"ASSENT_DATA": str(tmp_path / "data"), "ASSENT_CACHE": cache})


@pytest.fixture(scope="session")
def report(bare_original: Deployment, labelled_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluated")
    people = [path.name for path in sorted(labelled_photos.iterdir())]
    table = "person,group\n" + "".join(f"{name},{'north' if int(name) % 2 else 'south'}\n" for name in people)
    cache = str(bare_original.settings.cache_folder)
    settings = Settings.from_environment({"ASSENT_DATA": str(folder / "data"), "ASSENT_CACHE": cache})
    evaluate(settings, Order(labelled_photos, folder / "report", table.encode()))
    return folder / "report"


def test_a_folder_of_photos_becomes_a_report_without_a_deployment(report: Path) -> None:
    evaluation = show_evaluation(report)

    assert evaluation.extent.people == PEOPLE
    assert evaluation.extent.photos == 2 * PEOPLE + 2
    assert evaluation.extent.gallery_sizes == (8, 8)
    assert evaluation.extent.people_with_group == PEOPLE
    assert evaluation.acquisition.failure_to_enrol.count == 0
    assert evaluation.acquisition.failure_to_acquire.count == 2
    assert {reason.slug for reason in evaluation.acquisition.search_reasons} == {
        "several-faces-found",
        "unreadable-image",
    }
    assert [point.photos_needed for point in evaluation.points] == [6, 76, 276, 976, 2976]
    assert [found.rate.value for found in evaluation.ranks] == [1.0, 1.0, 1.0]
    assert {path.name for path in report.iterdir()} == {
        "report.html",
        "report.json",
        "scores.csv",
        "summary.html",
        "failures.csv",
    }


def test_nothing_but_the_list_of_failures_names_a_person_or_a_photo(report: Path) -> None:
    failures = list(csv.DictReader((report / "failures.csv").read_text().splitlines()))

    assert [(row["photo"], row["against_search"]) for row in failures] == [
        ("party.jpg", "several-faces-found"),
        ("broken.png", "unreadable-image"),
    ]
    for name in ("report.html", "report.json", "scores.csv", "summary.html"):
        text = (report / name).read_text()
        assert "party" not in text
        assert ".jpg" not in text
    scores = from_csv((report / "scores.csv").read_text())
    assert {search.person for search in scores.non_mated} == set(range(PEOPLE))


def test_pages_carry_everything_and_ask_for_nothing(report: Path) -> None:
    for name in ("report.html", "summary.html"):
        page = (report / name).read_text()
        assert not re.search(r"<script|<link|<img|<iframe|src=|@import|url\((?!#)", page)
        assert page.count("<h1") == 1
        identifiers = re.findall(r'\bid="([^"]+)"', page)
        assert len(identifiers) == len(set(identifiers))
    # Two plots, each with its table.
    page = (report / "report.html").read_text()
    assert (page.count("<svg"), page.count("<details")) == (2, 2)


def test_a_run_that_was_killed_goes_on_and_gives_the_same_scores(
    settings: Settings, labelled_photos: Path, report: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    arguments = [settings.data_folder, settings.cache_folder, labelled_photos, again, 7]
    killed = subprocess.run([sys.executable, PROGRAM, *map(str, arguments)], capture_output=True, check=False)
    assert killed.returncode == -9
    with (again / "progress.jsonl").open("ab") as file:
        file.write(b'{"photo": 7, "agai')  # what a crash in the middle of a line leaves
    steps: list[tuple[str, int]] = []

    done = evaluate(settings, Order(labelled_photos, again), lambda step, count, _total: steps.append((step, count)))

    assert steps[0] == ("photos", 8)
    assert strip_groups(again / "scores.csv") == strip_groups(report / "scores.csv")
    assert done.evaluation.points == show_evaluation(report).points
    assert not (again / "progress.jsonl").exists()
    assert list((settings.keys_folder / "evaluations").iterdir()) == []


def strip_groups(path: Path) -> list[dict[str, str]]:
    rows = list(csv.DictReader(path.read_text().splitlines()[1:]))
    return [{**row, "group": ""} for row in rows]


def interrupt(settings: Settings, order: Order) -> None:
    """Stop after some photos, as Ctrl-C does."""

    def show(_step: str, done: int, _total: int) -> None:
        if done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(settings, order, show)


def test_templates_lie_on_the_disk_sealed_and_their_key_elsewhere(
    settings: Settings, labelled_photos: Path, tmp_path: Path
) -> None:
    interrupt(settings, Order(labelled_photos, tmp_path / "report"))

    header, *lines = (tmp_path / "report" / "progress.jsonl").read_text().splitlines()
    kept = EvaluationProgress.open(tmp_path / "report", settings.keys_folder, json.loads(header)["subject"])
    assert kept.templates
    for line in map(json.loads, lines):
        assert not set(line) & {"person", "path"}
        for sealed in filter(None, (line["template"], line["reference"])):
            assert b"ATPL" not in base64.b64decode(sealed)
    vector = Template.from_bytes(next(iter(kept.templates.values()))).vector.tobytes()
    for path in (tmp_path / "report").iterdir():
        assert vector not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
    (key,) = (settings.keys_folder / "evaluations").iterdir()
    assert key.stat().st_mode & 0o077 == 0


def test_without_its_key_a_run_cannot_go_on(settings: Settings, labelled_photos: Path, tmp_path: Path) -> None:
    order = Order(labelled_photos, tmp_path / "report")
    interrupt(settings, order)
    shutil.rmtree(settings.keys_folder)

    with pytest.raises(KeysUnavailable, match="begin again"):
        evaluate(settings, order)


def test_a_run_does_not_go_on_with_other_photos(settings: Settings, labelled_photos: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    shutil.copytree(labelled_photos, photos)
    interrupt(settings, Order(photos, tmp_path / "report"))
    shutil.rmtree(photos / list_composites()[PEOPLE - 1])

    with pytest.raises(InvalidInput, match="Another evaluation is under way"):
        evaluate(settings, Order(photos, tmp_path / "report"))


def test_a_finished_report_is_never_overwritten(settings: Settings, labelled_photos: Path, report: Path) -> None:
    before = (report / "report.json").read_bytes()

    with pytest.raises(InvalidInput, match="finished"):
        evaluate(settings, Order(labelled_photos, report))

    assert (report / "report.json").read_bytes() == before


def test_folders_that_cannot_be_used_are_refused_before_anything_is_written(settings: Settings, tmp_path: Path) -> None:
    empty, flat, linked = tmp_path / "empty", tmp_path / "flat", tmp_path / "linked"
    for folder in (empty, flat, linked / "ana"):
        folder.mkdir(parents=True)
    (flat / "photo.jpg").write_bytes(b"x")
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(b"x")
    (linked / "ana" / "photo.jpg").symlink_to(outside)
    report = tmp_path / "report"

    for folder, words in (
        (tmp_path / "gone", "not here"),
        (outside, "not here"),
        (empty, "person/photo.jpg"),
        (flat, "person/photo.jpg"),
        (linked, "leads out of the folder"),
    ):
        with pytest.raises(InvalidInput, match=words):
            evaluate(settings, Order(folder, report))
    assert not report.exists()
    assert not settings.keys_folder.exists()


def test_a_report_within_the_folder_of_photos_is_refused(settings: Settings, labelled_photos: Path) -> None:
    with pytest.raises(InvalidInput, match="within the folder of photos"):
        evaluate(settings, Order(labelled_photos, labelled_photos / "report"))

    assert not (labelled_photos / "report").exists()


@pytest.mark.parametrize("pack", ["gone-1-000000000000", "folder/pack"])
def test_an_unknown_pack_is_not_found(settings: Settings, labelled_photos: Path, tmp_path: Path, pack: str) -> None:
    with pytest.raises(NotFound):
        evaluate(settings, Order(labelled_photos, tmp_path / "report", pack=pack))


def test_too_few_people_are_refused_and_the_photos_judged_are_kept(
    settings: Settings, labelled_photos: Path, tmp_path: Path
) -> None:
    order = Order(labelled_photos, tmp_path / "report", division=Division(folds=7))

    with pytest.raises(InvalidInput, match="at least 14"):
        evaluate(settings, order)

    steps: list[str] = []
    evaluate(settings, Order(labelled_photos, tmp_path / "report"), lambda step, *_: steps.append(step))
    assert "photos" not in steps


def test_where_there_is_no_report_none_is_shown(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="assent evaluate"):
        show_evaluation(tmp_path)


@pytest.mark.volunteers
def test_volunteers_are_all_found_where_one_in_ten_strangers_finds_somebody(settings: Settings, tmp_path: Path) -> None:
    if not VOLUNTEERS.is_dir():
        pytest.skip("the volunteers' pictures are not here")
    photos = tmp_path / "photos"
    for source in sorted((VOLUNTEERS / "london").iterdir())[:30]:
        if source.is_dir():
            shutil.copytree(source, photos / source.name)

    evaluation = evaluate(settings, Order(photos, tmp_path / "report")).evaluation

    assert evaluation.acquisition.failure_to_acquire.count == 0
    point = evaluation.points[0]
    assert point.fnir is not None
    assert point.fnir.count == 0
    assert 0 < point.fnir.high < 0.2
    plain = read_scores((tmp_path / "report" / "scores.csv").read_text())
    assert compute_fnir(plain, find_bound(plain, 0.1)) == 0
    calibration = Calibration.from_json((tmp_path / "report" / "calibration.json").read_bytes())
    assert calibration.pack_id == evaluation.circumstances.pack_id
    assert calibration.people == 30
    assert calibration.basis.startswith("30 people of the operator's own, evaluated on 20")
