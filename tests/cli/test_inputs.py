"""Days and evidence as people type them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from assent.cli.inputs import read_evidence
from assent.errors import AssentError, ConsentMissing, InvalidInput
from assent.people import parse_day, parse_end


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        pytest.param(
            "2026-12-31", datetime(2026, 12, 31, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), id="a whole day"
        ),
        pytest.param(
            "2026-12-31T12:00",
            datetime(2026, 12, 31, 12, tzinfo=UTC),
            datetime(2026, 12, 31, 12, tzinfo=UTC),
            id="a moment",
        ),
        pytest.param(
            "2026-12-31T00:00+02:00",
            datetime(2026, 12, 30, 22, tzinfo=UTC),
            datetime(2026, 12, 30, 22, tzinfo=UTC),
            id="a moment elsewhere",
        ),
    ],
)
def test_an_end_covers_its_day(text: str, start: datetime, end: datetime) -> None:
    assert parse_day(text) == start
    assert parse_end(text) == end


@pytest.mark.parametrize("text", ["", "tomorrow", "31.12.2026", "2026-02-30", "9999-12-31", "0001-01-01T00:00+14:00"])
def test_what_is_no_end_is_not_usable(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_end(text)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("", InvalidInput, id="nothing"),
        pytest.param("gone.pdf", ConsentMissing, id="a file that is not there"),
        pytest.param("ab12", ConsentMissing, id="too short for a digest"),
    ],
)
def test_evidence_that_is_neither_a_file_nor_a_digest_is_not_taken(text: str, error: type[AssentError]) -> None:
    with pytest.raises(error):
        read_evidence(text)


def test_a_digest_is_taken_in_either_case(tmp_path: Path) -> None:
    form = tmp_path / "form"
    form.write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    assert read_evidence(str(form)) == read_evidence(empty.upper()) == empty
