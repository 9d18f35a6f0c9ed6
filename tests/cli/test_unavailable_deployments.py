"""Keys that cannot be used, a newer database, a ledger tampered with: told in one sentence, and left as they are."""

import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from cli.command_line import PROBE, enrol_arguments, run, search_arguments
from demo_deployments import Deployment


def change_database(deployment: Deployment, statement: str) -> None:
    with closing(sqlite3.connect(deployment.database)) as database, database:
        database.execute(statement)


def contents_of(deployment: Deployment) -> dict[str, str]:
    """Digests of all files; of the database its rows, because closing it may move them in from its log."""
    folders = [deployment.settings.data_folder, deployment.settings.keys_folder]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    found = {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if not path.name.startswith(deployment.database.name)
    }
    if deployment.database.exists():
        with closing(sqlite3.connect(deployment.database)) as database:
            found["rows"] = hashlib.sha256("\n".join(database.iterdump()).encode()).hexdigest()
    return found


def damage_master_key(deployment: Deployment) -> None:
    (deployment.settings.keys_folder / "master.key").write_text("assent-master-key-v1 AAAA\n")


def expose_master_key(deployment: Deployment) -> None:
    (deployment.settings.keys_folder / "master.key").chmod(0o644)


def lose_keys(deployment: Deployment) -> None:
    shutil.rmtree(deployment.settings.keys_folder)


def make_newer(deployment: Deployment) -> None:
    change_database(deployment, "UPDATE alembic_version SET version_num = '9999'")


def remove_deployment(deployment: Deployment) -> None:
    shutil.rmtree(deployment.settings.data_folder)


@pytest.mark.parametrize(
    ("harm", "telling"),
    [
        pytest.param(damage_master_key, "master key is damaged", id="a damaged master key"),
        pytest.param(expose_master_key, "chmod 600", id="a master key that others can read"),
        pytest.param(lose_keys, "master.key", id="no keys"),
        pytest.param(make_newer, "9999", id="a database from a newer version"),
        pytest.param(remove_deployment, "assent init", id="no deployment"),
    ],
)
@pytest.mark.parametrize("command", ["search", "enrol", "status", "verify"])
def test_a_deployment_that_cannot_be_opened_is_left_as_it_is(
    command: str, harm: Callable[[Deployment], None], telling: str, bare: Deployment
) -> None:
    commands = {
        "search": search_arguments(bare),
        "enrol": enrol_arguments(PROBE),
        "status": ["status"],
        "verify": ["ledger", "verify"],
    }
    harm(bare)
    before = contents_of(bare)

    done = run(*commands[command], on=bare)

    assert done.exit_code == 7
    assert done.stdout == ""
    assert done.stderr.startswith("Unavailable: ")
    assert done.stderr.count("\n") == 1
    assert telling in done.stderr
    assert contents_of(bare) == before


def test_verification_names_the_first_bad_entry_of_a_ledger_that_lost_one(bare: Deployment) -> None:
    change_database(bare, "DELETE FROM ledger_entries WHERE entry_index = 1")

    human = run("ledger", "verify", on=bare)
    document = run("ledger", "verify", "--json", on=bare).document

    assert human.exit_code == document["error"]["exit_code"] == 6
    assert human.stderr.startswith("Verification failed: ")
    assert human.stderr.count("\n") == 1
    assert document["error"]["first_bad_index"] == 1
    assert document["error"]["reason"] == "ledger-broken"


def test_verification_works_where_the_database_was_rolled_back(bare: Deployment, tmp_path: Path) -> None:
    older = shutil.copy(bare.database, tmp_path / "older.db")
    run("purpose", "add", "learn", "--text", "To learn.", "--text-version", "v1", "--as", "admin", on=bare)
    for path in bare.settings.data_folder.glob("assent.db*"):
        path.unlink()
    shutil.copy(older, bare.database)

    for_work = run("status", on=bare)
    verified = run("ledger", "verify", on=bare)

    assert for_work.exit_code == 7
    assert "older copy" in for_work.stderr
    assert verified.exit_code == 6
    assert verified.stderr.startswith("Verification failed: ")


def test_an_unexpected_error_names_its_kind_and_nothing_that_was_entrusted(bare: Deployment) -> None:
    change_database(bare, "UPDATE purposes SET defined_at = 'Ada Example' WHERE slug = 'reunite'")

    human = run("purpose", "list", on=bare)
    document = run("purpose", "list", "--json", on=bare).document
    traced = run("purpose", "list", on=bare, ASSENT_TRACEBACK="1")

    assert human.exit_code == document["error"]["exit_code"] == 1
    assert human.stderr.count("\n") == 1
    assert "Ada Example" not in human.stderr + str(document)
    assert "ASSENT_TRACEBACK=1" in human.stderr
    assert "Traceback" in traced.stderr
