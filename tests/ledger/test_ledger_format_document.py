"""docs/ledger-format.md says what the code does: its example's bytes and its tables are computed and compared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ledger.ledger_example import example_blocks, kind_rows, type_rows

DOCUMENT = (Path(__file__).parents[2] / "docs" / "ledger-format.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```text ([a-z0-9-]+)\n(.*?)\n```$", DOCUMENT, flags=re.DOTALL | re.MULTILINE))


def table_after(heading: str) -> list[str]:
    section = DOCUMENT.split(f"\n{heading}\n")[1]
    lines = section[section.index("\n|") :].lstrip().split("\n")
    rows = lines[2:]
    return rows[: next((place for place, row in enumerate(rows) if not row.startswith("|")), len(rows))]


@pytest.mark.parametrize("label", example_blocks())
def test_block_of_the_worked_example_is_what_the_code_writes(label: str) -> None:
    assert BLOCKS[label] == example_blocks()[label]


def test_document_has_no_labelled_block_that_is_not_computed() -> None:
    assert BLOCKS.keys() == example_blocks().keys()


def test_table_of_kinds_is_the_vocabulary() -> None:
    assert table_after("### Kinds") == kind_rows()


def test_table_of_types_is_the_vocabulary() -> None:
    assert table_after("### Types of fields") == type_rows()
