"""The annual report is one page and some tables, agrees with the ledger, and in public names nobody."""

from __future__ import annotations

import csv
import re
import stat
from html.parser import HTMLParser
from pathlib import Path

import pytest

from assent.errors import InvalidInput
from assent.ledger import Entry, count_searches
from assent.services.read_ledger_copy import LedgerCopy
from assent.services.write_annual_report import write_annual_report
from ledger.ledger_builders import ORIGIN, an_id
from ledger.year_of_entries import HOLDERS, YEAR, a_year

NAMES = {an_id("m", holder): f"holder-number-{holder}" for holder in range(HOLDERS)}
PSEUDONYM = re.compile(r"\b[mlcsp]_[a-z2-7]{16}\b")
VOID = {"meta", "link", "br", "rect", "line", "circle", "path"}


def a_copy(entries: list[Entry]) -> LedgerCopy:
    return LedgerCopy(ORIGIN, tuple(entries), b"\x07" * 32, is_published=True)


@pytest.fixture(scope="module")
def year() -> LedgerCopy:
    return a_copy(a_year())


@pytest.fixture(scope="module")
def public(year: LedgerCopy, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    files = write_annual_report(year, YEAR, tmp_path_factory.mktemp("public"), is_public=True, names=NAMES)
    return {file.name: file for file in files}


@pytest.fixture(scope="module")
def internal(year: LedgerCopy, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    files = write_annual_report(year, YEAR, tmp_path_factory.mktemp("internal"), is_public=False, names=NAMES)
    return {file.name: file for file in files}


def read_rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


class PageReader(HTMLParser):
    """Notes what stays open, and everything that could fetch something."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.asks_for: list[str] = []
        self.charts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.charts += tag == "svg"
        self.asks_for += [name for name, _ in attrs if name in {"src", "href", "srcset"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_public_report_names_neither_holder_nor_licence(public: dict[str, Path]) -> None:
    for file in public.values():
        text = file.read_text("utf-8")
        assert PSEUDONYM.search(text) is None, file.name
        assert "holder-number" not in text


def test_internal_report_names_holders_and_is_for_its_owner_alone(internal: dict[str, Path]) -> None:
    assert "holder-number-0" in internal["report.html"].read_text("utf-8")
    assert [row["asked"] for row in read_rows(internal["holders.csv"])] == sorted(
        (row["asked"] for row in read_rows(internal["holders.csv"])), key=int, reverse=True
    )
    assert {stat.S_IMODE(file.stat().st_mode) for file in internal.values()} == {0o600}


def test_every_table_adds_up_to_the_ledgers_count(
    year: LedgerCopy, public: dict[str, Path], internal: dict[str, Path]
) -> None:
    total = count_searches(year.entries).total

    for files, names in ((public, {"counts", "units", "purposes", "days"}), (internal, {"counts", "holders"})):
        for name in names:
            rows = read_rows(files[f"{name}.csv"])
            found = {outcome: sum(int(row[outcome]) for row in rows) for outcome in ("asked", "finished", "refused")}
            assert found == {"asked": total.asked, "finished": total.finished, "refused": total.refused}, name
    assert sum(int(row["searches"]) for row in read_rows(public["refusals.csv"])) == total.refused


def test_page_is_whole_has_charts_and_asks_for_nothing(public: dict[str, Path]) -> None:
    page = PageReader()
    page.feed(public["report.html"].read_text("utf-8"))

    assert page.open == []
    assert page.asks_for == []
    assert page.charts > 5
    assert "script" not in public["report.html"].read_text("utf-8")


def test_an_empty_year_has_a_report_too(tmp_path: Path) -> None:
    files = write_annual_report(a_copy([]), YEAR, tmp_path, is_public=True)

    assert "Face searches in 2026" in files[0].read_text("utf-8")
    assert read_rows(tmp_path / "counts.csv") == []


def test_a_report_is_written_over_the_one_before(tmp_path: Path, year: LedgerCopy) -> None:
    write_annual_report(a_copy([]), YEAR, tmp_path, is_public=True)

    write_annual_report(year, YEAR, tmp_path, is_public=False)

    assert read_rows(tmp_path / "counts.csv") != []
    assert stat.S_IMODE((tmp_path / "report.html").stat().st_mode) == 0o600


def test_where_nothing_can_be_written_the_report_says_so(tmp_path: Path, year: LedgerCopy) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(InvalidInput, match="cannot be written"):
        write_annual_report(year, YEAR, tmp_path / "file", is_public=True)
