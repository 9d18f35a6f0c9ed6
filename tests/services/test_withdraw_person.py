import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assent.errors import LedgerRolledBack, NotFound, RoleMissing
from assent.ledger import EntryKind
from assent.mandates import Role
from assent.people import PersonId
from assent.services.open_deployment import open_runtime
from assent.services.runtime import Runtime, open_unchecked
from assent.services.show_ledger import list_entries
from assent.services.show_person import show_person
from assent.services.verify_ledger import verify_ledger
from assent.services.withdraw_person import withdraw_person
from assent.storage.people import TEMPLATE
from demo_deployments import PICTURES, Deployment, act_as, find_first, import_table, read_picture, search, write_table

PICTURES_OF_042 = ["042/1.jpg", "042/2.jpg"]


def read_rows(deployment: Deployment, query: str, *values: str) -> list[tuple[bytes, ...]]:
    with closing(sqlite3.connect(deployment.database)) as connection:
        return connection.execute(query, values).fetchall()


def collect_traces(runtime: Runtime, deployment: Deployment, person: PersonId) -> dict[str, bytes]:
    """Everything that tells of a person: in plain form, and in the sealed form in which it is stored."""
    page = show_person(runtime, act_as(runtime, Role.STEWARD), person)
    traces = {"name": page.person.name.encode()}
    for number, portrait in enumerate(page.portraits):
        traces[f"portrait {number}"] = portrait[200:264]
    for path in (runtime.photos.folder / person).iterdir():
        traces[f"sealed photo {path.name}"] = path.read_bytes()[:64]
    rows = read_rows(deployment, "SELECT id, template_sealed FROM person_references WHERE person_id = ?", person)
    for reference, sealed in rows:
        traces[f"sealed template {reference!r}"] = sealed[:64]
        traces[f"template {reference!r}"] = runtime.vault.unseal(person, TEMPLATE, sealed)[-64:]
    ((profile,),) = read_rows(deployment, "SELECT profile_sealed FROM persons WHERE id = ?", person)
    traces["sealed profile"] = profile
    for field, sealed in read_rows(deployment, "SELECT field, sealed FROM ledger_openings WHERE subject = ?", person):
        traces[f"opening of {field!r}"] = sealed
    with closing(sqlite3.connect(runtime.settings.keys_folder / "keyring.db")) as keyring:
        ((wrapped,),) = keyring.execute("SELECT wrapped FROM subject_keys WHERE subject = ?", (person,)).fetchall()
    traces["wrapped key"] = wrapped
    return traces


def files_of(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in folder.rglob("*") if path.is_file())


def find_traces(traces: dict[str, bytes], *folders: Path) -> set[str]:
    contents = [path.read_bytes() for path in files_of(*folders)]
    return {name for name, trace in traces.items() if any(trace in content for content in contents)}


def test_after_a_withdrawal_no_trace_is_in_any_file(enrolled: Deployment) -> None:
    person = enrolled.people["042"]
    folders = (enrolled.settings.data_folder, enrolled.settings.keys_folder)
    with open_runtime(enrolled.settings) as runtime:
        traces = collect_traces(runtime, enrolled, person)
        stored = {name for name in traces if name.startswith(("sealed", "opening", "wrapped"))}
        assert find_traces(traces, *folders) == stored, "before: what is sealed is there, what is plain is not"

        withdrawal = withdraw_person(runtime, act_as(runtime, Role.STEWARD), person)

        assert withdrawal.is_erased
        # While the deployment is still open, its write-ahead log included.
        assert (enrolled.settings.data_folder / "assent.db-wal").exists()
        assert find_traces(traces, *folders) == set()
        verify_ledger(runtime)
    assert find_traces(traces, *folders) == set()


def test_the_next_search_in_any_process_cannot_return_the_person(enrolled: Deployment) -> None:
    person = enrolled.people["042"]
    with open_runtime(enrolled.settings) as searching, open_runtime(enrolled.settings) as withdrawing:
        assert find_first(search(searching, enrolled, read_picture("042", 3))) == person

        withdraw_person(withdrawing, act_as(withdrawing, Role.STEWARD), person)

        assert find_first(search(searching, enrolled, read_picture("042", 3))) is None
        assert find_first(search(withdrawing, enrolled, read_picture("042", 3))) is None


def test_an_older_copy_of_the_data_with_todays_keys_yields_nothing_of_the_person(
    enrolled: Deployment, tmp_path: Path
) -> None:
    person = enrolled.people["042"]
    shutil.copytree(enrolled.settings.data_folder, tmp_path / "older")
    with open_runtime(enrolled.settings) as runtime:
        sealed = [
            row[0]
            for row in read_rows(enrolled, "SELECT template_sealed FROM person_references WHERE person_id = ?", person)
        ]
        withdraw_person(runtime, act_as(runtime, Role.STEWARD), person)
    shutil.rmtree(enrolled.settings.data_folder)
    shutil.copytree(tmp_path / "older", enrolled.settings.data_folder)

    unopened = open_unchecked(enrolled.settings)
    for template in sealed:
        with pytest.raises(NotFound):
            unopened.vault.unseal(person, TEMPLATE, template)
    with pytest.raises(NotFound):
        show_person(unopened, act_as(unopened, Role.STEWARD), person)
    unopened.close()

    with pytest.raises(LedgerRolledBack), open_runtime(enrolled.settings):
        pass
    assert read_rows(enrolled, "SELECT id FROM persons WHERE id = ?", person) == []
    assert read_rows(enrolled, "SELECT id FROM person_references WHERE person_id = ?", person) == []
    assert not (enrolled.settings.data_folder / "photos" / person).exists()


def test_a_withdrawal_that_crashed_after_its_first_commit_is_finished_at_the_next_start(enrolled: Deployment) -> None:
    person = enrolled.people["042"]
    with closing(sqlite3.connect(enrolled.database)) as connection, connection:
        connection.execute("UPDATE persons SET state = 'withdrawing' WHERE id = ?", (person,))

    with open_runtime(enrolled.settings) as runtime:
        (*_, last) = list_entries(runtime)

        assert (last.entry.kind, last.entry.fields["person"]) == (EntryKind.PERSON_ERASED, person)
        assert person not in runtime.vault.list_subjects()
        assert not (runtime.photos.folder / person).exists()


def test_withdrawing_one_of_two_purposes_keeps_the_person_for_the_other(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        report = import_table(runtime, write_table([("F42", PICTURES_OF_042)], "reunite|photos"), PICTURES)
        ((_, person),) = report.enrolled
        steward = act_as(runtime, Role.STEWARD)
        assert find_first(search(runtime, bare, read_picture("042", 3))) == person

        withdrawal = withdraw_person(runtime, steward, person, ["reunite"])

        assert (withdrawal.purposes, withdrawal.is_erased) == (("reunite",), False)
        assert find_first(search(runtime, bare, read_picture("042", 3))) is None
        assert show_person(runtime, steward, person).person.purposes_in_force(runtime.clock()) == ("photos",)
        assert withdraw_person(runtime, steward, person).is_erased
        verify_ledger(runtime)


def test_the_form_of_a_withdrawn_consent_cannot_be_imported_again(bare: Deployment) -> None:
    table = write_table([("F42", PICTURES_OF_042)])
    with open_runtime(bare.settings) as runtime:
        ((_, person),) = import_table(runtime, table, PICTURES).enrolled
        withdraw_person(runtime, act_as(runtime, Role.STEWARD), person)

        again = import_table(runtime, table, PICTURES)

        assert again.enrolled == ()
        assert [row.reason for row in again.refused] == ["evidence-spent"]


@pytest.mark.parametrize("role", [Role.SEARCHER, Role.ISSUER, Role.OVERSEER, Role.ADMINISTRATOR])
def test_only_a_steward_withdraws_on_somebodys_behalf(enrolled: Deployment, role: Role) -> None:
    with open_runtime(enrolled.settings) as runtime, pytest.raises(RoleMissing):
        withdraw_person(runtime, act_as(runtime, role), enrolled.people["042"])


def test_withdrawing_somebody_unknown_says_so(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime, pytest.raises(NotFound):
        withdraw_person(runtime, act_as(runtime, Role.STEWARD), PersonId("p_aaaaaaaaaaaaaaaa"))
