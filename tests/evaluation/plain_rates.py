"""A second computation of an evaluation's rates, from its exported scores alone: plain Python, written apart."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass

SHORTLIST = 10


@dataclass(frozen=True)
class PlainScores:
    """The rows of a file of scores: (distance, rank, group) and (distance, group), and the photos of strangers."""

    mated: list[tuple[float, int, str]]
    non_mated: list[tuple[float, str]]
    stranger_photos: int


def read_scores(text: str) -> PlainScores:
    lines = text.split("\n")
    assert lines[0] == "assent-scores-v1"
    rows = list(csv.DictReader(lines[1:]))
    mated = [(float(row["distance"]), int(row["rank"]), row["group"]) for row in rows if row["kind"] == "mated"]
    others = [row for row in rows if row["kind"] == "non-mated"]
    non_mated = [(float(row["stranger_distance"]), row["group"]) for row in others]
    return PlainScores(mated, non_mated, len({row["probe"] for row in others}))


def find_bound(scores: PlainScores, target: float) -> float:
    """Return the distance of the first stranger too many: candidates are returned below it."""
    allowed = int(target * len(scores.non_mated) + 1e-9)
    return sorted(distance for distance, _ in scores.non_mated)[allowed]


def compute_fpir(scores: PlainScores, bound: float, group: str | None = None) -> float:
    distances = [distance for distance, label in scores.non_mated if group in {None, label}]
    return sum(distance < bound for distance in distances) / len(distances)


def compute_fnir(scores: PlainScores, bound: float, group: str | None = None) -> float:
    searches = [(distance, rank) for distance, rank, label in scores.mated if group in {None, label}]
    found = sum(distance < bound and rank <= SHORTLIST for distance, rank in searches)
    return 1 - found / len(searches)


def compute_rank_rate(scores: PlainScores, rank: int) -> float:
    return sum(place <= rank for _, place, _ in scores.mated) / len(scores.mated)


def count_photos_needed(scores: PlainScores, target: float) -> int:
    return max(0, math.ceil(3 / target - 1e-9) - scores.stranger_photos)
