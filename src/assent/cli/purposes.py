"""`purpose`: what people agree to, in plain words."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.inputs import read_bounded
from assent.cli.rendering import make_table
from assent.errors import InvalidInput
from assent.people import Purpose

topic = typer.Typer()
_group = typer.Typer(help="Purposes, and the words that people agree to.", no_args_is_help=True)
topic.add_typer(_group, name="purpose")

MOST_TEXT_BYTES = 100_000


@command(
    _group, "add", example='assent purpose add reunite --text "To be found by my family." --text-version v1 --as admin'
)
def add(
    invocation: Invocation,
    slug: Annotated[str, typer.Argument(help="Short name, such as reunite.")],
    text_version: Annotated[str, typer.Option(help="Version of the text, such as v1.")],
    text: Annotated[str | None, typer.Option(help="What people agree to.")] = None,
    text_file: Annotated[Path | None, typer.Option(metavar="FILE", help="A file with the text.")] = None,
    language: Annotated[str, typer.Option(help="Language of the text.")] = "en",
) -> Answer:
    """Define a purpose, or give one a new text; takes an administrator."""
    from assent.services.define_purpose import define_purpose

    if (text is None) == (text_file is None):
        raise typer.BadParameter("Give one of --text and --text-file.", param_hint="--text")
    words = _read_text(text_file) if text_file else text or ""
    with invocation.act() as (runtime, actor):
        purpose = define_purpose(runtime, actor, slug=slug, text=words, text_version=text_version, language=language)
    return Answer(purpose, f"Defined {purpose.slug}, text {purpose.text_version}.")


@command(_group, "list", example="assent purpose list")
def list_all(invocation: Invocation) -> Answer:
    """List the purposes with the words that people agree to."""
    from assent.services.define_purpose import list_purposes

    with invocation.open() as runtime:
        purposes = list_purposes(runtime)
    columns = ["Purpose", "Text", "Version", "Language"]
    return Answer(purposes, make_table(columns, map(_row, purposes), nothing="No purposes yet."))


def _row(purpose: Purpose) -> list[object]:
    return [purpose.slug, purpose.text, purpose.text_version, purpose.language]


def _read_text(path: Path) -> str:
    try:
        return read_bounded(path, MOST_TEXT_BYTES, "The text").decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput("The text is not UTF-8.") from None
