"""The CSV of paper forms: what is read, what is refused, and that no refusal repeats a cell."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assent.errors import AssentError, ConsentMissing, InvalidInput, InvalidTable
from assent.people import Basis, parse_day, parse_form, read_rows
from assent.people.paper_forms import COLUMNS, MOST_BYTES
from factories import a_form_row, evidence

HEADER = ",".join(COLUMNS)
ROW = "F1,Somebody Invented,1.jpg,reunite,v1,2026-01-01,," + evidence()


def table(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows]).encode()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(table(ROW), id="comma"),
        pytest.param(table(ROW).replace(b",", b";"), id="semicolon"),
        pytest.param(b"\xef\xbb\xbf" + table(ROW), id="byte order mark"),
        pytest.param(table(ROW).replace(b"\n", b"\r\n") + b"\r\n", id="lines end as on Windows"),
        pytest.param(table(ROW.replace("Somebody Invented", '" Somebody Invented "')), id="quoted, with blanks"),
        pytest.param(table(ROW + ",x", header=HEADER + ",remarks"), id="a column of their own"),
    ],
)
def test_a_table_is_read_however_the_spreadsheet_wrote_it(data: bytes) -> None:
    (row,) = read_rows(data)

    assert row.reference == "F1"
    assert parse_form(row).name == "Somebody Invented"
    assert parse_form(row).evidence_digest == evidence()


def test_rows_know_their_line_also_after_a_cell_of_two_lines() -> None:
    rows = list(read_rows(table(ROW.replace("Somebody Invented", '"Some\nbody"'), ROW.replace("F1", "F2"))))

    assert [(row.reference, row.line) for row in rows] == [("F1", 3), ("F2", 4)]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "lacks the column 'reference'", id="empty"),
        pytest.param(table(ROW, header=HEADER.replace(",evidence", "")), "lacks the column 'evidence'", id="column"),
        pytest.param(table(ROW, header=HEADER + ",evidence"), "two columns of one name", id="column twice"),
        pytest.param(table(ROW, ROW), "Lines 2 and 3", id="reference twice"),
        pytest.param(table(ROW).decode().encode("utf-16"), "not UTF-8", id="UTF-16"),
        pytest.param(table(ROW) + "ü".encode("latin-1"), "not UTF-8", id="Latin-1"),
        pytest.param(table(ROW.replace("1.jpg", "1\0.jpg")), "NUL", id="NUL in a cell"),
        pytest.param(table(ROW.replace("1.jpg", "x" * 200_000)), "cannot be read near line", id="endless cell"),
        pytest.param(table(ROW).replace(b"\n", b"\r"), "cannot be read near line", id="lines end as they once did"),
        pytest.param(b"x" * (MOST_BYTES + 1), "larger than 64 MB", id="huge"),
    ],
)
def test_what_is_no_such_table_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(InvalidTable, match=message) as refused:
        read_rows(data)

    assert "Somebody" not in str(refused.value)


def test_a_form_is_believed_with_all_it_brings() -> None:
    row = a_form_row(
        purposes="reunite | photos", consent_until="2026-12-31", basis="next-of-kin", registered_by="A sister"
    )

    form = parse_form(row)

    assert form.photos == ("1/a.jpg", "1/b.jpg")
    assert form.purposes == ("reunite", "photos")
    assert (form.valid_from, form.valid_until) == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert (form.basis, form.registered_by) == (Basis.NEXT_OF_KIN, "A sister")


def test_a_row_without_a_basis_is_a_consent_by_the_person() -> None:
    assert parse_form(a_form_row()).basis is Basis.CONSENT


PRIVATE = "Some Body/holiday.jpg"


@pytest.mark.parametrize(
    ("cells", "error"),
    [
        pytest.param({"reference": ""}, InvalidInput, id="no reference"),
        pytest.param({"purposes": ""}, ConsentMissing, id="no purpose"),
        pytest.param({"purposes": PRIVATE}, InvalidInput, id="no name of a purpose"),
        pytest.param({"text_version": ""}, ConsentMissing, id="no version of the text"),
        pytest.param({"consent_from": ""}, ConsentMissing, id="no start"),
        pytest.param({"consent_from": PRIVATE}, InvalidInput, id="bad start"),
        pytest.param({"consent_from": "31.12.2026"}, InvalidInput, id="start not in ISO 8601"),
        pytest.param({"consent_until": PRIVATE}, InvalidInput, id="bad end"),
        pytest.param({"consent_until": "2026-02-30"}, InvalidInput, id="a day that does not exist"),
        pytest.param({"consent_from": "0001-01-01T00:00+14:00"}, InvalidInput, id="before the first year"),
        pytest.param({"evidence": ""}, ConsentMissing, id="no evidence"),
        pytest.param({"evidence": PRIVATE}, ConsentMissing, id="evidence that is no digest"),
        pytest.param({"basis": PRIVATE}, InvalidInput, id="unknown basis"),
        pytest.param({"photos": " | "}, InvalidInput, id="no photo"),
        pytest.param({"photos": f"{PRIVATE}|" * 21}, InvalidInput, id="too many photos"),
    ],
)
def test_a_row_that_lacks_something_is_refused_without_repeating_it(
    cells: dict[str, str], error: type[AssentError]
) -> None:
    with pytest.raises(AssentError) as refused:
        parse_form(a_form_row(**cells))

    assert type(refused.value) is error
    chain = f"{refused.value} {refused.value.__cause__}"
    assert "Some Body" not in chain
    assert "Somebody" not in chain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC), id="a day begins at midnight UTC"),
        pytest.param("2026-01-31T12:30", datetime(2026, 1, 31, 12, 30, tzinfo=UTC), id="no zone is UTC"),
        pytest.param("2026-01-31T12:30+02:00", datetime(2026, 1, 31, 10, 30, tzinfo=UTC), id="a zone is honoured"),
    ],
)
def test_days_are_read_as_utc(text: str, expected: datetime) -> None:
    assert parse_day(text) == expected
    assert parse_day(text).tzinfo is UTC
