"""Writes of several threads made durable together: whoever comes first writes for all who wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

Row = TypeVar("Row")


@dataclass(eq=False, slots=True)
class _Waiting(Generic[Row]):
    rows: Sequence[Row]
    is_written: bool = False


class GroupedWrites(Generic[Row]):
    """Groups what is written at the same time; nobody returns before what they brought is durable."""

    def __init__(self, write: Callable[[Sequence[Row]], None]) -> None:
        self._write = write
        self._turn = Lock()
        self._gate = Lock()
        self._waiting: list[_Waiting[Row]] = []

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows durably, together with those of others who wait. Raises what writing these rows raises."""
        mine = _Waiting(rows)
        with self._gate:
            self._waiting.append(mine)
        with self._turn:
            if mine.is_written:
                return
            with self._gate:
                together, self._waiting = self._waiting, []
            try:
                self._write([row for each in together for row in each.rows])
            except BaseException:
                # Whose fault it was is not known: the others write for themselves, and so does this one.
                others = [each for each in together if each is not mine]
                with self._gate:
                    self._waiting[:0] = others
                if not others:
                    raise
                self._write(rows)
            else:
                for each in together:
                    each.is_written = True
