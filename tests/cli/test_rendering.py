"""What reaches a terminal is harmless and whole; what reaches a program is plain JSON."""

import io
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

import pytest
from rich.console import Console
from rich.table import Table

from assent.cli.pictures import PictureRow
from assent.cli.rendering import clean, make_facts, make_table, show, show_end, to_json
from cli.command_line import enrol_arguments, run, search_arguments
from demo_deployments import PICTURES, Deployment, read_picture


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Thing:
    colour: Colour
    at: datetime
    parts: frozenset[str]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("Ada\x1b[31m", "Ada\N{REPLACEMENT CHARACTER}[31m", id="escape sequence"),
        pytest.param("Ada\r\nBen", "Ada\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}Ben", id="line break"),
        pytest.param("\x9b2J", "\N{REPLACEMENT CHARACTER}2J", id="C1 control"),
        pytest.param("abc\u202ecba", "abc\N{REPLACEMENT CHARACTER}cba", id="reversed direction"),
        pytest.param("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e", id="a joiner that Persian needs"),
        pytest.param("Zoë 王芳 [bold]", "Zoë 王芳 [bold]", id="letters and brackets"),
    ],
)
def test_stored_text_cannot_steer_the_terminal(text: str, shown: str) -> None:
    assert clean(text) == shown


def render(view: object, width: int = 200, **options: object) -> str:
    console = Console(file=io.StringIO(), width=width, markup=True, **options)  # type: ignore[arg-type]
    console.print(view)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_tables_and_facts_show_brackets_and_strip_control_characters() -> None:
    table = render(make_table(["Name"], [["[red]Ada\x1b[2J"]], nothing="-"))
    facts = render(make_facts([("Name", "[red]Ada\x1b[2J")]))

    assert "[red]Ada\N{REPLACEMENT CHARACTER}[2J" in table
    assert "[red]Ada\N{REPLACEMENT CHARACTER}[2J" in facts


def test_a_narrow_table_folds_and_cuts_nothing_off() -> None:
    identifiers = ["p_abcdefghijklmnop", "l_abcdefghijklmnop"]

    table = render(make_table(["Person", "Licence"], [identifiers], nothing="-"), width=24)

    letters = [character for character in table if character.isalnum() or character == "_"]
    assert sum(map(len, identifiers)) + len("PersonLicence") == len(letters)


def test_an_empty_table_is_a_sentence() -> None:
    assert make_table(["Name"], [], nothing="Nobody.") == "Nobody."
    assert isinstance(make_table(["Name"], [["Ada"]], nothing="Nobody."), Table)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "-"), (True, "yes"), (0.20594, "0.206"), (frozenset("ba"), "a, b"), ([], "-"), (7, "7")],
    ids=["nothing", "yes", "number", "set", "empty list", "count"],
)
def test_values_are_written_for_people(value: object, shown: str) -> None:
    assert show(value) == shown


@pytest.mark.parametrize(
    ("end", "shown"),
    [
        pytest.param(None, "open", id="none"),
        pytest.param(datetime(2027, 1, 1, tzinfo=UTC), "through 2026-12-31", id="a whole day"),
        pytest.param(datetime(2027, 1, 1, 12, 30, tzinfo=UTC), "2027-01-01 12:30 UTC", id="a moment"),
    ],
)
def test_an_end_is_shown_as_the_last_day_covered(end: datetime | None, shown: str) -> None:
    assert show_end(end) == shown


def test_json_is_plain() -> None:
    value = [Thing(Colour.RED, datetime(2026, 1, 2, tzinfo=UTC), frozenset("ba")), date(2026, 1, 2), b"\0", 1 / 3]

    text = to_json({"é\x9b": (value, None, True)})

    assert text.isascii()
    thing = {"colour": "red", "at": "2026-01-02T00:00:00Z", "parts": ["a", "b"]}
    assert json.loads(text) == {"é\x9b": [[thing, "2026-01-02", "AA==", 0.333333], None, True]}


def test_what_json_cannot_say_is_not_guessed() -> None:
    with pytest.raises(TypeError):
        to_json(object())


@pytest.mark.parametrize(
    ("options", "is_shown"),
    [
        pytest.param({"force_terminal": True, "color_system": "truecolor"}, True, id="a colour terminal"),
        pytest.param({"force_terminal": True, "color_system": "standard"}, False, id="16 colours"),
        pytest.param({"force_terminal": True, "color_system": "truecolor", "width": 60}, False, id="narrow"),
        pytest.param({"color_system": "truecolor"}, False, id="a file"),
    ],
)
def test_pictures_are_drawn_where_the_terminal_can(options: dict[str, object], is_shown: bool) -> None:
    row = PictureRow([("probe", read_picture("001", 1)), ("1. Ada\x1b[2J", read_picture("002", 1))])

    drawn = render(row, **{"width": 120, **options})  # type: ignore[arg-type]

    assert ("▄" in drawn) == is_shown
    assert ("1. Ada\N{REPLACEMENT CHARACTER}[2J" in drawn) == is_shown


def test_a_stored_name_is_shown_as_it_is_with_its_brackets(bare: Deployment) -> None:
    photo = PICTURES / "001" / "1.jpg"
    enrolled = run(*enrol_arguments(photo, name="[red]Ada[/red] \u202e"), "--json", on=bare).document

    found = run(*search_arguments(bare), on=bare)
    page = run("person", "show", enrolled["person"], "--as", "steward", on=bare)

    for done in (found, page):
        assert done.exit_code == 0
        assert "[red]Ada[/red] \N{REPLACEMENT CHARACTER}" in done.stdout
        assert "\x1b" not in done.stdout


def test_a_case_number_of_several_lines_cannot_steer_the_terminal(bare: Deployment) -> None:
    done = run("case", "open", "2026/1\n\x1b[2J", "--purpose", "reunite", "--as", "searcher", on=bare)

    assert "\x1b" not in done.stdout
    assert done.stdout.count("\n") <= 1


def test_a_stored_text_of_several_lines_cannot_steer_the_terminal(bare: Deployment) -> None:
    words = "To be\nfound\x1b[2J."
    run("purpose", "add", "learn", "--text", words, "--text-version", "v1", "--as", "admin", on=bare)

    done = run("purpose", "list", on=bare)

    assert done.exit_code == 0
    assert "\x1b" not in done.stdout
