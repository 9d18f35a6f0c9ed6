"""Small pictures in half blocks, where the terminal has colours and room for them; nothing at all elsewhere."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from assent.cli.rendering import clean

PICTURE_COLUMNS = 22
GAP_COLUMNS = 2
LEAST_COLUMNS = 70
"""Narrower terminals need their width for words."""

_COLOURFUL = frozenset({"256", "truecolor"})


class PictureRow:
    """Portraits (JPEG) side by side, each under its caption; as many as the terminal is wide."""

    def __init__(self, pictures: Sequence[tuple[str, bytes]]) -> None:
        self._pictures = pictures

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        # Where no picture is shown, nothing that reads pictures is loaded.
        from PIL import Image, ImageOps
        from rich_pixels import Pixels

        if not self._pictures or not _can_show(console, options):
            return
        count = options.max_width // (PICTURE_COLUMNS + GAP_COLUMNS)
        size = (PICTURE_COLUMNS, PICTURE_COLUMNS)
        shown = self._pictures[:count]
        grid = Table.grid(padding=(0, GAP_COLUMNS, 0, 0))
        for _ in shown:
            grid.add_column(width=PICTURE_COLUMNS)
        captions = [Text(clean(caption)[:PICTURE_COLUMNS], style="bold") for caption, _ in shown]
        portraits = []
        for _, portrait in shown:
            with Image.open(io.BytesIO(portrait), formats=["JPEG"]) as picture:
                small = ImageOps.fit(picture.convert("RGB"), size)
            portraits.append(Pixels.from_image(small))
        grid.add_row(*captions)
        grid.add_row(*portraits)
        yield grid


def _can_show(console: Console, options: ConsoleOptions) -> bool:
    is_colourful = console.is_terminal and console.color_system in _COLOURFUL
    return is_colourful and not options.ascii_only and options.max_width >= LEAST_COLUMNS
