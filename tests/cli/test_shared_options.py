"""Where the deployment lies, who acts and how the answer is written: before the command, after it, or around it."""

import re
from pathlib import Path

import pytest

from architecture.source_reading import REPOSITORY
from assent.cli.exit_codes import FAMILIES, INTERRUPTED, OK, UNEXPECTED, USAGE, find_family
from assent.errors import AssentError
from cli.command_line import run
from demo_deployments import Deployment


@pytest.mark.parametrize(
    "arrange",
    [
        pytest.param(lambda data: (["--data", data, "--as", "searcher", "--json", "licence", "list"], {}), id="before"),
        pytest.param(lambda data: (["licence", "list", "--data", data, "--as", "searcher", "--json"], {}), id="after"),
        pytest.param(lambda data: (["--json", "licence", "list", "--as", "searcher", "--data", data], {}), id="both"),
        pytest.param(
            lambda data: (["licence", "list", "--json"], {"ASSENT_DATA": data, "ASSENT_MEMBER": "searcher"}),
            id="around, in variables",
        ),
        pytest.param(
            lambda data: (
                [
                    "--data",
                    "/nowhere",
                    "--as",
                    "steward",
                    "licence",
                    "list",
                    "--data",
                    data,
                    "--as",
                    "searcher",
                    "--json",
                ],
                {"ASSENT_DATA": "/elsewhere", "ASSENT_MEMBER": "nobody"},
            ),
            id="what stands after wins",
        ),
    ],
)
def test_options_may_stand_anywhere(arrange: object, bare: Deployment) -> None:
    assert callable(arrange)
    arguments, variables = arrange(str(bare.settings.data_folder))

    done = run(*arguments, **variables)

    assert done.exit_code == 0, done.stdout
    assert [licence["id"] for licence in done.document] == [bare.licence]


def test_whoever_acts_without_a_name_is_asked_for_one(bare: Deployment) -> None:
    human = run("licence", "list", on=bare)
    document = run("licence", "list", "--json", on=bare).document

    assert human.exit_code == document["error"]["exit_code"] == 2
    assert "--as MEMBER" in human.stderr
    assert "ASSENT_MEMBER" in document["error"]["message"]


def test_a_source_of_a_photo_that_does_not_exist_is_answered_with_those_that_do(bare: Deployment) -> None:
    options = "--licence l --case 1 --purpose reunite --source internet --justification none --as searcher --json"

    done = run("search", "photo.jpg", *options.split(), on=bare)

    assert done.exit_code == 2
    assert "given-by-family" in done.document["error"]["message"]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param("purpose add learn --text-version v1 --as admin", id="no text"),
        pytest.param("licence issue --holder searcher --purpose reunite --ground g --quota 1 --as issuer", id="no end"),
        pytest.param("import forms.csv --as steward", id="no folder of photos"),
        pytest.param("person withdraw p_aaaaaaaaaaaaaaaa --as steward", id="nobody to ask"),
        pytest.param("ledger entries --from -1", id="before the first entry"),
        pytest.param("ledger entries --to 99999999999999999999", id="after any entry"),
    ],
)
def test_an_incomplete_command_is_a_usage_error(arguments: str, bare: Deployment) -> None:
    assert run(*arguments.split(), on=bare).exit_code == 2


def test_text_that_is_not_utf_8_is_not_usable(bare: Deployment) -> None:
    done = run("case", "open", "2026/\udcff", "--purpose", "reunite", "--as", "searcher", on=bare)

    assert done.exit_code == 3
    assert "UTF-8" in done.stderr


def test_a_role_that_may_not_stand_beside_another_is_refused(bare: Deployment) -> None:
    done = run("member", "add", "eve", "--role", "searcher", "--role", "issuer", "--as", "admin", on=bare)

    assert (done.exit_code, done.stderr.count("\n")) == (4, 1)


def test_the_version_is_told() -> None:
    assert re.fullmatch(r"assent \d+\.\d+\.\d+\n", run("--version").stdout)


def test_every_family_of_errors_has_an_exit_code_of_its_own() -> None:
    codes = [family.exit_code for family in FAMILIES] + [OK, UNEXPECTED, USAGE, INTERRUPTED]

    assert {family.root for family in FAMILIES} == set(AssentError.__subclasses__())
    assert len(set(codes)) == len(codes)
    assert find_family(AssentError("bare")).exit_code == UNEXPECTED


def test_every_exit_code_is_documented() -> None:
    page = (REPOSITORY / "docs" / "cli.md").read_text("utf-8")
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}

    assert documented == {family.exit_code for family in FAMILIES} | {OK, UNEXPECTED, USAGE, INTERRUPTED}


def test_every_command_is_documented(tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "cli.md").read_text("utf-8")
    usage = run("--help", "--data", tmp_path).stdout
    topics = set(re.findall(r"^│ ([a-z]+) ", usage, re.MULTILINE))

    assert {"init", "search", "ledger"} <= topics
    assert {topic for topic in topics if f"`{topic}" not in page} == set()
