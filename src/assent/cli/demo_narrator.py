"""Tells the demonstration in the terminal: numbered steps, a bar while people are enrolled, pictures where they fit."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from assent.cli.pictures import PictureRow
from assent.cli.rendering import clean, make_console
from assent.services.demo_story import (
    Claim,
    Event,
    PeopleEnrolled,
    Remark,
    SearchEnding,
    StepStarted,
    ToldSearch,
)

INDENT = 4
DONE, BROKEN = "\N{CHECK MARK}", "\N{MULTIPLICATION X}"
PLAIN_DONE, PLAIN_BROKEN = "ok", "NOT"


def ignore_event(_event: Event) -> None:
    """Say nothing, for machines that read the one document at the end."""


class DemoNarrator:
    """Prints events as they come; a context, because a bar that was begun must be put away."""

    def __init__(self) -> None:
        self._console = make_console()
        self._bar = Progress(
            TextColumn(" " * (INDENT - 1)),
            BarColumn(complete_style="green", finished_style="green"),
            MofNCompleteColumn(),
            TextColumn("forms"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._task = self._bar.add_task("", total=None)
        # A terminal that cannot show the sign gets a word.
        is_plain = self._console.options.ascii_only
        self._signs = (PLAIN_DONE, PLAIN_BROKEN) if is_plain else (DONE, BROKEN)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def tell(self, event: Event) -> None:
        """Print one event."""
        match event:
            case StepStarted(number, title):
                self._console.print()
                self._console.print(Text(f"{number:>2}  {title}", style="bold"))
            case Remark(text):
                self._print(text, "")
            case PeopleEnrolled(done, total):
                self._show_progress(done, total)
            case Claim(text, holds):
                sign = self._signs[0] if holds else self._signs[1]
                self._print(f"{sign} {text}", "green" if holds else "bold red")
            case ToldSearch():
                self._show_search(event)

    def _print(self, text: str, style: str) -> None:
        self._console.print(Padding(Text(clean(text), style=style), (0, 0, 0, INDENT), expand=False))

    def _show_progress(self, done: int, total: int) -> None:
        if not self._console.is_terminal:
            return
        self._bar.update(self._task, completed=done, total=total)
        self._bar.start()
        if done == total:
            self._bar.stop()

    def _show_search(self, search: ToldSearch) -> None:
        nearest = "".join(f" Distance {candidate.distance:.3f}." for candidate in search.candidates)
        self._print(f"  {search.explanation}{nearest}", "dim")
        if search.ending is SearchEnding.FOUND and search.portrait is not None:
            candidates = [(candidate.name, candidate.portrait) for candidate in search.candidates]
            below = 1 if self._console.is_terminal else 0
            pictures = PictureRow([("Probe", search.portrait), *candidates])
            self._console.print(Padding(pictures, (0, 0, below, INDENT + 2)))
