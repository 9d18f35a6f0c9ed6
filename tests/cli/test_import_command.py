"""Import: totals, the rows refused and why, without a name anywhere."""

import csv
from pathlib import Path

from cli.command_line import look_at, run
from demo_deployments import PICTURES, Deployment, write_table

ROWS = [("F-1", ["001/1.jpg", "001/2.jpg"]), ("F-2", ["gone.jpg"]), ("F-3", ["groups/g1.jpg"]), ("F-4", ["002/1.jpg"])]


def write_forms(folder: Path, *, without_consent: str = "") -> Path:
    table = folder / "forms.csv"
    lines = write_table(ROWS).decode().splitlines()
    # The last cell is the evidence of consent.
    kept = [line.rsplit(",", 1)[0] + "," if without_consent and without_consent in line else line for line in lines]
    table.write_text("\n".join(kept))
    return table


def test_an_import_tells_totals_and_the_rows_refused(bare: Deployment, tmp_path: Path) -> None:
    table, report = write_forms(tmp_path, without_consent="F-4"), tmp_path / "refused.csv"

    done = run("import", table, "--photos", PICTURES, "--report", report, "--as", "steward", on=bare)

    assert done.exit_code == 3
    assert done.stderr == ""
    assert done.stdout.startswith("Enrolled 1, here before 0, refused 3.\n")
    assert "Person of form" not in done.stdout + report.read_text()
    refused = [
        (row["line"], row["reference"], row["reason"]) for row in csv.DictReader(report.read_text().splitlines())
    ]
    assert refused == [
        ("3", "F-2", "invalid-input"),
        ("4", "F-3", "several-faces-found"),
        ("5", "F-4", "consent-missing"),
    ]


def test_a_row_without_consent_leaves_nothing_behind(bare: Deployment, tmp_path: Path) -> None:
    table = tmp_path / "forms.csv"
    table.write_text(write_table([("F-4", ["002/1.jpg"])]).decode().rsplit(",", 1)[0] + ",\n")
    before = look_at(bare)

    done = run("import", table, "--photos", PICTURES, "--as", "steward", "--json", on=bare)

    assert done.exit_code == 3
    assert done.document["enrolled"] == []
    assert done.document["refused"][0]["reason"] == "consent-missing"
    assert done.document["refused"][0]["message"].count(". ") == 0
    assert look_at(bare) == before


def test_an_import_that_is_run_again_passes_over_who_is_here(bare: Deployment, tmp_path: Path) -> None:
    table = tmp_path / "forms.csv"
    table.write_bytes(write_table(ROWS[:1]))
    arguments = ("import", table, "--photos", PICTURES, "--as", "steward", "--json")

    first, second = run(*arguments, on=bare), run(*arguments, on=bare)

    assert first.exit_code == second.exit_code == 0
    assert [row["reference"] for row in first.document["enrolled"]] == ["F-1"]
    assert second.document == {"enrolled": [], "already_enrolled": ["F-1"], "refused": []}


def test_a_table_without_a_column_is_one_sentence(bare: Deployment, tmp_path: Path) -> None:
    table = tmp_path / "forms.csv"
    table.write_text("reference,name\nF-1,Ada\n")

    done = run("import", table, "--photos", PICTURES, "--as", "steward", on=bare)

    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (3, "", 1)


def test_a_report_that_cannot_be_written_is_known_before_anybody_is_enrolled(bare: Deployment, tmp_path: Path) -> None:
    report = tmp_path / "gone" / "refused.csv"
    before = look_at(bare)

    done = run("import", write_forms(tmp_path), "--photos", PICTURES, "--report", report, "--as", "steward", on=bare)

    assert (done.exit_code, done.stderr.count("\n")) == (3, 1)
    assert look_at(bare) == before


def test_the_example_can_be_imported_but_for_its_photos(bare: Deployment, tmp_path: Path) -> None:
    table = tmp_path / "example.csv"
    table.write_text(run("import", "--example").stdout)
    run("purpose", "add", "own-photos", "--text", "Mine.", "--text-version", "v1", "--as", "admin", on=bare)

    done = run("import", table, "--photos", tmp_path, "--as", "steward", "--json", on=bare)

    reasons = {row["reference"]: row["message"] for row in done.document["refused"]}
    assert set(reasons) == {"F-0001", "F-0002", "F-0003"}
    assert all("cannot be read" in reason for reason in reasons.values())
