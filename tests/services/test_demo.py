import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from assent.cli import demo as demo_command
from assent.cli.demo_narrator import DemoNarrator
from assent.errors import DeploymentExists, InvalidInput, LedgerBroken, ProofInvalid, SignatureInvalid
from assent.faces import FacePipeline, open_default_pack
from assent.ledger import SigningKey
from assent.services.demo import run_demo
from assent.services.demo_cast import STRANGER, load_cast, make_face, read_attribution, write_forms
from assent.services.demo_ledger import recount_published
from assent.services.demo_story import Claim, DemoResult, Event, PeopleEnrolled, SearchEnding, StepStarted, ToldSearch
from assent.services.open_deployment import open_runtime
from assent.services.verify_ledger import verify_ledger
from assent.settings import Settings
from services.test_demo_report import PageReader

ATTRIBUTION = (
    "Composites made from the Face Research Lab London Set, DeBruine & Jones (2017), "
    "doi:10.6084/m9.figshare.5047666, CC BY 4.0. They depict no real person."
)


@dataclass(frozen=True, slots=True)
class Played:
    """A demonstration that was played once for all tests of this file."""

    result: DemoResult
    events: list[Event]
    output: Path
    settings: Settings


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("demo")
    elsewhere = Settings.from_environment({}, data_folder=folder / "own")
    events: list[Event] = []
    result = run_demo(elsewhere, folder / "output", events.append, keep_at=folder / "kept")
    assert not elsewhere.data_folder.exists()
    kept = replace(elsewhere, data_folder=folder / "kept", keys_folder=folder / "kept.keys")
    return Played(result, events, folder / "output", kept)


@pytest.mark.slow
def test_the_whole_story_comes_true_within_a_minute(played: Played) -> None:
    assert [claim.text for claim in played.result.story.claims if not claim.holds] == []
    assert played.result.holds
    assert played.result.seconds < 60
    assert [step.number for step in played.result.steps] == list(range(1, 9))


@pytest.mark.slow
def test_every_search_ends_as_planned_and_names_its_person_first(played: Played) -> None:
    searches = [event for event in played.events if isinstance(event, ToldSearch)]

    endings = [search.ending for search in searches]
    assert {ending: endings.count(ending) for ending in SearchEnding} == {
        SearchEnding.FOUND: 8,
        SearchEnding.NOBODY: 3,
        SearchEnding.FAILED: 1,
        SearchEnding.REFUSED: 4,
    }
    assert all(candidate.distance < search.threshold for search in searches for candidate in search.candidates)


@pytest.mark.slow
def test_done_ledger_and_published_files_give_the_same_counts(played: Played) -> None:
    account = played.result.story.account

    assert account.done == account.counted == account.recounted
    assert (account.counted.started, account.counted.finished, account.counted.failed) == (12, 11, 1)
    assert (account.counted.refused, account.counted.unfinished) == (4, 0)


@pytest.mark.slow
def test_each_falsified_copy_is_found_out_where_it_was_touched(played: Played) -> None:
    lines = {line.place: line.text for line in played.result.story.account.lines}
    changed, removed, lowered = played.result.story.tamperings

    assert all(tampering.is_found for tampering in (changed, removed, lowered))
    assert "1 candidate" in lines[str(changed.found_index)]
    assert "refused" in lines[str(removed.found_index)]
    assert lines[str(lowered.found_index)].endswith("started for reunite")


@pytest.mark.slow
def test_the_deployment_that_is_kept_is_whole_and_still_notices_tampering(played: Played, tmp_path: Path) -> None:
    with open_runtime(played.settings) as runtime:
        assert verify_ledger(runtime).size == played.result.story.account.size
        copy = replace(played.settings, data_folder=tmp_path / "copy")
        shutil.copytree(played.settings.data_folder, copy.data_folder)
    database = sqlite3.connect(copy.data_folder / "assent.db")
    with database:
        database.execute("UPDATE licences SET searches_refused = searches_refused - 1")
    database.close()

    with open_runtime(copy) as runtime, pytest.raises(LedgerBroken):
        verify_ledger(runtime)


@pytest.mark.slow
def test_the_report_carries_all_its_pictures_and_the_attribution(played: Played) -> None:
    page = played.result.report.read_text("utf-8")

    images = PageReader(page).named("img")
    assert len(images) > 60
    assert all((image["src"] or "").startswith("data:image/jpeg;base64,") and image["alt"] for image in images)
    assert ATTRIBUTION.replace("&", "&amp;") in page
    assert "http:" not in page
    assert "https:" not in page


@pytest.mark.slow
def test_published_files_are_counted_only_if_they_are_what_was_signed(played: Played, tmp_path: Path) -> None:
    account = played.result.story.account
    origin = account.checkpoint.split("\n")[0]
    folder = tmp_path / "ledger"
    shutil.copytree(played.result.ledger, folder)
    (bundle,) = (folder / "tile" / "entries").rglob("215")
    bundle.write_bytes(bundle.read_bytes().replace(b'"candidates":1', b'"candidates":0', 1))

    with pytest.raises(ProofInvalid):
        recount_published(folder, account.vkey, origin)
    with pytest.raises(SignatureInvalid):
        recount_published(played.result.ledger, SigningKey.generate(origin).vkey, origin)


@pytest.mark.slow
def test_the_terminal_is_told_every_step_and_every_claim(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    with DemoNarrator() as narrator:
        for event in played.events:
            narrator.tell(event)

    told = capsys.readouterr().out
    expected = [event.title for event in played.events if isinstance(event, StepStarted)]
    expected += [event.text for event in played.events if isinstance(event, Claim)]
    assert [text for text in expected if text not in told] == []
    assert PeopleEnrolled(61, 61) in played.events


@pytest.mark.slow
def test_the_command_gives_one_document_and_replaces_an_earlier_ledger(played: Played) -> None:
    app = typer.Typer()
    app.add_typer(demo_command.topic)

    ran = CliRunner().invoke(app, ["demo", "--json", "--output", str(played.output)])

    document = json.loads(ran.stdout)
    assert ran.exit_code == 0
    assert document["holds"] is True
    assert document["counts"] == {
        "people_enrolled": 60,
        "people_withdrawn": 1,
        "searches_started": 12,
        "searches_finished": 11,
        "searches_failed": 1,
        "searches_refused": 4,
        "ledger_entries": played.result.story.account.size,
        "tamperings": 3,
        "tamperings_found": 3,
    }
    assert len(document["steps"]) == 8
    assert document["report"] == str(played.result.report)
    assert document["deployment"] is None
    assert document["attribution"] == ATTRIBUTION


@pytest.mark.slow
def test_the_stranger_lies_well_beyond_the_threshold_from_everybody() -> None:
    faces = FacePipeline(open_default_pack(Settings.from_environment({}).cache_folder))

    def embed(picture: bytes) -> np.ndarray:
        image = faces.decode(picture)
        (analysed,) = faces.analyse(image)
        (template,) = faces.embed(image, [analysed.face])
        return template.vector

    stranger = embed(STRANGER.read_bytes())
    distances = [np.linalg.norm(embed(person.read_picture(n)) - stranger) for person in load_cast() for n in (1, 2)]
    assert min(distances) > 0.4


def _foreign_ledger(output: Path) -> None:
    (output / "ledger").mkdir(parents=True)
    (output / "ledger" / "checkpoint").write_text("log.example.org\n1\n")


def _earlier_deployment(output: Path) -> None:
    (output / "kept").mkdir(parents=True)


@pytest.mark.parametrize(
    ("prepare", "error"),
    [
        pytest.param(_foreign_ledger, InvalidInput, id="another ledger lies there"),
        pytest.param(_earlier_deployment, DeploymentExists, id="a deployment lies there"),
    ],
)
def test_what_no_demonstration_made_is_never_replaced(
    prepare: Callable[[Path], None], error: type[Exception], tmp_path: Path
) -> None:
    prepare(tmp_path)
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(error):
        run_demo(Settings.from_environment({}), tmp_path, lambda _: None, keep_at=tmp_path / "kept")

    assert sorted(tmp_path.rglob("*")) == before


def test_the_pictures_bring_their_attribution() -> None:
    assert read_attribution() == ATTRIBUTION


def test_the_forms_hold_one_row_a_person_and_one_without_a_consent() -> None:
    cast = load_cast()

    rows = write_forms(cast, date(2026, 3, 4)).decode().splitlines()

    assert len(cast) == 60
    assert len(rows) == 62
    assert rows[-1] == "F061,Somebody Unasked,stranger.jpg,,,,,"
    assert {make_face(person).is_findable for person in cast} == {True, False}
