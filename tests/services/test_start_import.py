"""Imports in the background: their progress and report stand in the database, for every process to show."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assent.errors import InvalidInput, InvalidTable, NotFound, RoleMissing
from assent.mandates import Role
from assent.services import start_import as imports
from assent.services.open_deployment import open_runtime
from assent.services.runtime import Runtime
from assent.services.start_import import (
    KEPT,
    SILENCE,
    ImportPage,
    list_imports,
    show_import,
    start_import,
    write_import_report,
)
from assent.services.verify_ledger import verify_ledger
from assent.storage import imports as stored_imports
from assent.storage.imports import ImportId, ImportRun, ImportState
from demo_deployments import Deployment, act_as, read_picture, write_table
from factories import read_all_files

FORMS = [("F-1", ["001/1.jpg"]), ("F-2", ["002/1.jpg", "002/2.jpg"]), ("SECRET-REFERENCE", ["003/gone.jpg"])]


def pack_photos(people: Sequence[str] = ("001", "002")) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for person in people:
            for picture in (1, 2):
                archive.writestr(f"{person}/{picture}.jpg", read_picture(person, picture))
    return data.getvalue()


def wait_for_imports() -> None:
    for thread in threading.enumerate():
        if thread.name == imports.THREAD:
            thread.join(60)
            assert not thread.is_alive()


def run_import(runtime: Runtime, table: bytes, photos: bytes) -> ImportPage:
    steward = act_as(runtime, Role.STEWARD)
    run = start_import(runtime, steward, table, photos)
    wait_for_imports()
    return show_import(runtime, steward, run)


def test_an_import_enrols_reports_and_goes_on_where_it_stopped(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        first = run_import(runtime, write_table(FORMS), pack_photos())

        assert (first.run.state, first.run.done, first.run.rows) == (ImportState.FINISHED, 3, 3)
        assert (first.run.enrolled, first.run.known, first.run.refused) == (2, 0, 1)
        assert [(line, reason) for line, _, reason, _ in first.refused] == [(4, "invalid-input")]

        second = run_import(runtime, write_table(FORMS), pack_photos())
        assert (second.run.enrolled, second.run.known, second.run.refused) == (0, 2, 1)
        with open_runtime(bare.settings) as other:
            listed = list_imports(other, act_as(other, Role.STEWARD))
            assert [page.run.id for page in listed] == [second.run.id, first.run.id]
            assert show_import(other, act_as(other, Role.STEWARD), first.run.id) == first
        verify_ledger(runtime)
    assert b"SECRET-REFERENCE" not in read_all_files(bare.settings.data_folder)


def test_photos_are_never_unpacked_to_the_disk(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        run_import(runtime, write_table(FORMS[:1]), pack_photos())

    assert read_picture("001", 1)[:2000] not in read_all_files(bare.settings.data_folder)


@pytest.mark.parametrize(
    ("table", "photos", "error"),
    [
        pytest.param(b"", pack_photos(), InvalidTable, id="no table"),
        pytest.param(b"a,b\n1,2\n", pack_photos(), InvalidTable, id="another table"),
        pytest.param(b"\xff\xfe\x00", pack_photos(), InvalidTable, id="no text"),
        pytest.param(write_table([]), pack_photos(), InvalidInput, id="no rows"),
        pytest.param(write_table(FORMS), b"", InvalidInput, id="no photos"),
        pytest.param(write_table(FORMS), b"a photo", InvalidInput, id="no archive"),
        pytest.param(pack_photos(), write_table(FORMS), InvalidTable, id="the wrong way round"),
    ],
)
def test_what_cannot_be_imported_leaves_no_import(
    bare: Deployment, table: bytes, photos: bytes, error: type[InvalidInput]
) -> None:
    with open_runtime(bare.settings) as runtime:
        steward = act_as(runtime, Role.STEWARD)

        with pytest.raises(error):
            start_import(runtime, steward, table, photos)

        assert list_imports(runtime, steward) == []


def test_only_a_steward_imports(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        admin = act_as(runtime, Role.ADMINISTRATOR)
        with pytest.raises(RoleMissing):
            start_import(runtime, admin, write_table(FORMS), pack_photos())
        with pytest.raises(RoleMissing):
            list_imports(runtime, admin)
        with pytest.raises(RoleMissing):
            show_import(runtime, admin, "j_aaaaaaaaaaaaaaaa")
        with pytest.raises(NotFound):
            show_import(runtime, act_as(runtime, Role.STEWARD), "j_aaaaaaaaaaaaaaaa")


def store_running(runtime: Runtime, seen_at: datetime) -> ImportId:
    run = ImportRun(
        ImportId("j_" + "a" * 16), act_as(runtime, Role.STEWARD).member.id, ImportState.RUNNING, seen_at, seen_at, 9
    )
    with runtime.database.transaction() as transaction:
        runtime.vault.make_key(run.id)
        stored_imports.record_import(transaction, run)
    return run.id


def test_one_import_runs_at_a_time_and_a_silent_one_counts_as_interrupted(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        steward = act_as(runtime, Role.STEWARD)
        running = store_running(runtime, datetime.now(UTC))

        with pytest.raises(InvalidInput, match="Another import"):
            start_import(runtime, steward, write_table(FORMS[:1]), pack_photos())

        with runtime.database.transaction() as transaction:
            ago = datetime.now(UTC) - SILENCE - timedelta(minutes=1)
            stored_imports.record_import_progress(transaction, running, 2, ago)
        assert show_import(runtime, steward, running).is_interrupted
        assert run_import(runtime, write_table(FORMS[:1]), pack_photos()).run.enrolled == 1


def test_reports_go_after_a_month_with_their_keys(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        old = store_running(runtime, datetime.now(UTC) - KEPT)

        run_import(runtime, write_table(FORMS[:1]), pack_photos())

        assert old not in runtime.vault.list_subjects()
        with pytest.raises(NotFound):
            show_import(runtime, act_as(runtime, Role.STEWARD), old)


def test_an_import_that_cannot_go_on_says_why(bare: Deployment, tmp_path: Path) -> None:
    with open_runtime(bare.settings) as runtime:
        photos = bare.settings.data_folder / "photos"
        photos.exists() and photos.rename(tmp_path / "aside")
        photos.write_text("in the way")

        page = run_import(runtime, write_table(FORMS[:1]), pack_photos())

        assert (page.run.state, page.run.enrolled) == (ImportState.FAILED, 0)
        assert page.run.cause
        photos.unlink()


def test_a_cell_that_a_spreadsheet_would_run_is_written_as_text(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        page = run_import(runtime, write_table([("=cmd|' /C calc'!A0", ["gone.jpg"])]), pack_photos())

    assert "\r\n2,'=cmd|' /C calc'!A0,invalid-input," in write_import_report(page)
