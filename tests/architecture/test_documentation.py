"""What exists is documented, and what the documentation points to exists."""

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest
import typer

from architecture.source_reading import PACKAGE, REPOSITORY, Findings, files_below, strings_in
from assent.cli.app import app
from assent.settings import Settings

VARIABLE = re.compile(r"ASSENT_[A-Z_]+")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
DECISIONS = sorted((REPOSITORY / "docs" / "decisions").glob("*.md"))


def undocumented(names: set[str], text: str) -> set[str]:
    """The names that stand nowhere in the text between backticks."""
    return {name for name in names if f"`{name}`" not in text}


def variables_in(text: str) -> set[str]:
    return {value for _, value in strings_in(ast.parse(text)) if VARIABLE.fullmatch(value)}


def unexplained_commands(command: object, path: str = "assent") -> Findings:
    """Commands whose help is missing or holds no example, groups walked to their leaves."""
    children: dict[str, object] | None = getattr(command, "commands", None)
    shown = "\n".join(str(getattr(command, part, None) or "") for part in ("help", "epilog"))
    if children is not None:
        return [
            finding for name, child in children.items() for finding in unexplained_commands(child, f"{path} {name}")
        ]
    return [] if re.search(r"\bExamples?\b", shown) and getattr(command, "help", None) else [path]


def broken_links(page: Path) -> Findings:
    text = page.read_text("utf-8")
    return [link.group(1) for link in LINK.finditer(text) if not (page.parent / link.group(1)).exists()]


def test_every_setting_and_variable_is_documented() -> None:
    page = (REPOSITORY / "docs" / "settings.md").read_text("utf-8")
    variables = {name for file in files_below("src/assent") for name in variables_in(file.text)}

    assert undocumented({field.name for field in fields(Settings)}, page) == set()
    assert undocumented(variables, page) == set()


def test_every_command_is_explained_with_an_example() -> None:
    assert unexplained_commands(typer.main.get_command(app)) == []


def test_every_package_stands_in_the_architecture_page() -> None:
    page = (REPOSITORY / "docs" / "architecture.md").read_text("utf-8")
    packages = {path.parent.name + "/" for path in PACKAGE.glob("*/__init__.py")}

    assert {package for package in packages if package not in page} == set()


def test_every_link_leads_to_a_file() -> None:
    pages = [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")]

    assert {page.name: broken for page in pages if (broken := broken_links(page))} == {}


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_every_decision_tells_context_decision_and_consequence(page: Path) -> None:
    headings = re.findall(r"^## (.+)$", page.read_text("utf-8"), re.MULTILINE)

    assert headings == ["Context", "Decision", "Consequence"]


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_an_undocumented_name_is_found() -> None:
    assert undocumented({"cache_folder", "keys_folder"}, "`cache_folder`, keys_folder") == {"keys_folder"}


def test_a_variable_is_found_in_strings_only() -> None:
    assert variables_in('"""ASSENT_OLD"""\nenv["ASSENT_DATA"]\nnote = "see ASSENT_KEYS"') == {"ASSENT_DATA"}


def test_a_command_without_an_example_is_found() -> None:
    toy, group = typer.Typer(), typer.Typer()

    @toy.command(epilog="Example: assent show 7")
    def show() -> None:
        """Show one."""

    @group.command()
    def drop() -> None:
        """Drop one."""

    @group.command(epilog="Example: assent many keep")
    def keep() -> None:
        pass

    toy.add_typer(group, name="many")

    assert unexplained_commands(typer.main.get_command(toy)) == ["assent many drop", "assent many keep"]


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("[a](page.md) [b](gone.md#part) [c](https://example.org/x) [d](#here)")

    assert broken_links(page) == ["gone.md"]
