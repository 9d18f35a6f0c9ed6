"""What single searches of an evaluation brought, mated and non-mated (ISO/IEC 19795-1), and their CSV file.

People and probes are numbered in a random order: the file holds what rates are computed from, and names nobody.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Final

from assent.errors import InvalidTable
from assent.faces import Quality

VERSION_LINE: Final = "assent-scores-v1"

_QUALITY_COLUMNS: Final = ("eye_distance_px", "sharpness", "brightness", "contrast", "turn", "score")


@dataclass(frozen=True, slots=True)
class NonMatedSearch:
    """A search with a probe whose person is not in the gallery: whoever comes back is a stranger.

    `split` numbers the division into gallery and probes; `person` and `probe` are numbers, the same in all splits;
    `group` is what the person volunteered, or empty; `gallery_size` counts people; `stranger_distance` is that of the
    nearest stranger, infinite in an empty gallery.
    """

    split: int
    person: int
    probe: int
    group: str
    gallery_size: int
    stranger_distance: float
    quality: Quality | None = None


@dataclass(frozen=True, slots=True)
class MatedSearch:
    """A search with a probe whose person is in the gallery; fields as in `NonMatedSearch`.

    `distance` is that of the person's nearest reference; `rank` is 1 plus how many strangers are as near or nearer.
    """

    split: int
    person: int
    probe: int
    group: str
    gallery_size: int
    stranger_distance: float
    distance: float
    rank: int
    quality: Quality | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """All searches of one evaluation."""

    mated: tuple[MatedSearch, ...]
    non_mated: tuple[NonMatedSearch, ...]


_COLUMNS: Final = (
    "kind",
    *(field.name for field in fields(MatedSearch) if field.name != "quality"),
    *_QUALITY_COLUMNS,
)
_MATED, _NON_MATED = "mated", "non-mated"


def to_csv(scores: Scores) -> str:
    """Write the searches, a line each, after a line with the format's version; numbers lose nothing."""
    text = io.StringIO()
    text.write(VERSION_LINE + "\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_cells(_MATED, search, [repr(float(search.distance)), search.rank]) for search in scores.mated)
    writer.writerows(_cells(_NON_MATED, search, ["", ""]) for search in scores.non_mated)
    return text.getvalue()


def from_csv(text: str) -> Scores:
    """Read what `to_csv` wrote. Raises InvalidTable."""
    version, _, table = text.partition("\n")
    if version != VERSION_LINE:
        raise InvalidTable(f"The file of scores does not begin with {VERSION_LINE}; it is none, or of another version.")
    rows = csv.reader(io.StringIO(table))
    if tuple(next(rows, ())) != _COLUMNS:
        raise InvalidTable(f"The file of scores has other columns than {', '.join(_COLUMNS)}.")
    mated: list[MatedSearch] = []
    non_mated: list[NonMatedSearch] = []
    for row in rows:
        try:
            search = _read_row(row)
        except (ValueError, IndexError) as error:
            raise InvalidTable(f"Line {rows.line_num + 1} of the file of scores cannot be read.") from error
        if isinstance(search, MatedSearch):
            mated.append(search)
        else:
            non_mated.append(search)
    return Scores(tuple(mated), tuple(non_mated))


def to_quality(figures: Sequence[float]) -> Quality:
    """Turn the six figures of a quality, in the order of its fields, into one without reasons."""
    eye_distance_px, sharpness, brightness, contrast, turn, score = figures
    return Quality(eye_distance_px, sharpness, brightness, contrast, turn, score, reasons=())


def _cells(kind: str, search: MatedSearch | NonMatedSearch, own: Iterable[object]) -> list[object]:
    quality = search.quality
    figures: Sequence[object] = [""] * len(_QUALITY_COLUMNS)
    if quality is not None:
        figures = [repr(float(getattr(quality, column))) for column in _QUALITY_COLUMNS]
    shared = [search.split, search.person, search.probe, search.group, search.gallery_size]
    return [kind, *shared, repr(float(search.stranger_distance)), *own, *figures]


def _read_row(row: Sequence[str]) -> MatedSearch | NonMatedSearch:
    kind, split, person, probe, group, gallery_size, stranger_distance, distance, rank, *figures = row
    numbers = int(split), int(person), int(probe)
    quality = to_quality([float(figure) for figure in figures]) if any(figures) else None
    if kind == _MATED:
        own = float(distance), int(rank)
        return MatedSearch(*numbers, group, int(gallery_size), float(stranger_distance), *own, quality)
    if kind == _NON_MATED:
        return NonMatedSearch(*numbers, group, int(gallery_size), float(stranger_distance), quality)
    raise ValueError(kind)
