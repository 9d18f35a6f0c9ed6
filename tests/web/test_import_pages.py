"""Imports in the browser: started, followed by every process, reported; and nothing that a file brings is believed."""

from __future__ import annotations

import csv
import io

import pytest

from assent.services.open_deployment import open_runtime
from demo_deployments import write_table
from services.test_start_import import FORMS, pack_photos, wait_for_imports
from web.sites import Site, Visit, open_site

SCRIPT = "<script>alert(1)</script>"
UNKNOWN = "/imports/j_aaaaaaaaaaaaaaaa"


def bring(steward: Visit, table: bytes, photos: bytes, name: str = "forms.csv") -> str:
    """Start an import and wait for its end; gives the address of its page."""
    files = [("table", (name, table, "text/csv")), ("photos", ("photos.zip", photos, "application/zip"))]
    started = steward.post_form("/imports", files=files)
    wait_for_imports()
    assert started.status_code == 303, started.text
    return started.headers["location"]


def test_an_import_is_followed_to_its_report_which_can_be_downloaded(bare_site: Site) -> None:
    steward = bare_site.as_role("steward")
    table = write_table([*FORMS, (SCRIPT, ["001/gone.jpg"]), ("=1+1", ["gone.jpg"])])

    path = bring(steward, table, pack_photos())

    page = steward.get(path).text
    assert "This import has ended." in page
    assert page.count("A photo that the row names is not in the ZIP file.") == 3
    assert SCRIPT not in page
    assert steward.get(f"{path}/progress").json() == {"state": "finished", "done": 5, "rows": 5}
    report = steward.get(f"{path}/report.csv")
    assert report.headers["content-disposition"] == 'attachment; filename="refused.csv"'
    rows = list(csv.reader(io.StringIO(report.content.decode("utf-8-sig"))))
    assert rows[0] == ["line", "reference", "reason", "message"]
    assert [row[1] for row in rows[1:]] == ["SECRET-REFERENCE", SCRIPT, "'=1+1"]
    listed = steward.get("/imports").text
    assert path in listed
    assert "2 people" in steward.get("/people").text


def test_another_process_shows_how_far_an_import_is(bare_site: Site) -> None:
    path = bring(bare_site.as_role("steward"), write_table(FORMS[:1]), pack_photos())

    with open_runtime(bare_site.deployment.settings) as other:
        shown = open_site(bare_site.deployment, other).as_role("steward").get(path)

        assert shown.status_code == 200
        assert "This import has ended." in shown.text


@pytest.mark.parametrize(
    ("table", "photos", "message"),
    [
        pytest.param(b"", pack_photos(), "No file was chosen", id="no table"),
        pytest.param(write_table(FORMS), b"", "No file was chosen", id="no photos"),
        pytest.param(b"a,b\n1,2\n", pack_photos(), "lacks the column", id="another table"),
        pytest.param(b"\xff\xfe\x00", pack_photos(), "not UTF-8", id="no text"),
        pytest.param(b"\0" * 100, pack_photos(), "NUL bytes", id="nothing but zeros"),
        pytest.param(write_table([]), pack_photos(), "no rows", id="no rows"),
        pytest.param(write_table([FORMS[0], FORMS[0]]), pack_photos(), "same reference", id="one form twice"),
        pytest.param(write_table(FORMS), SCRIPT.encode(), "no ZIP file", id="a script for an archive"),
        pytest.param(write_table(FORMS), pack_photos()[:-40], "no ZIP file", id="torn off"),
        pytest.param(pack_photos(), pack_photos(), "UTF-8", id="photos for a table"),
    ],
)
def test_what_cannot_be_imported_is_said_and_starts_nothing(
    bare_site: Site, table: bytes, photos: bytes, message: str
) -> None:
    steward = bare_site.as_role("steward")
    files = [("table", (f"{SCRIPT}.csv", table, "text/csv")), ("photos", ("../../x.zip", photos, "application/zip"))]

    refused = steward.post_form("/imports", files=files)

    assert refused.status_code == 422
    assert message in refused.text
    assert SCRIPT not in refused.text
    assert "Nothing was imported lately." in refused.text


def test_rows_without_a_consent_are_refused_and_said_so(bare_site: Site) -> None:
    table = write_table(FORMS[:1]).replace(b",v1,", b",,")

    page = bare_site.as_role("steward")
    shown = page.get(bring(page, table, pack_photos())).text

    assert "names no purposes or no version" in shown
    assert "Nobody is here." in page.get("/people").text


@pytest.mark.parametrize("role", ["searcher", "approver", "issuer", "overseer", "administrator"])
def test_only_a_steward_imports_and_reads_reports(bare_site: Site, role: str) -> None:
    browser = bare_site.as_role(role)
    files = [("table", ("t.csv", write_table(FORMS), "text/csv")), ("photos", ("p.zip", b"PK", "application/zip"))]

    assert browser.post_form("/imports", files=files).status_code == 403
    for path in ("/imports", UNKNOWN, f"{UNKNOWN}/progress", f"{UNKNOWN}/report.csv"):
        assert browser.get(path).status_code == 403


@pytest.mark.parametrize("path", [UNKNOWN, f"{UNKNOWN}/progress", f"{UNKNOWN}/report.csv"])
def test_an_import_that_is_not_there_is_not_found(bare_site: Site, path: str) -> None:
    assert bare_site.as_role("steward").get(path).status_code == 404
