"""Everything that one evaluation found, as it is reported; written and read as a versioned JSON document."""

from __future__ import annotations

import json
import types
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from datetime import datetime
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from assent.errors import InvalidInput
from assent.evaluation.acquisition import Acquisition, PhotoOutcome, measure_acquisition
from assent.evaluation.curves import DetPoint, Histogram, count_distances, draw_det
from assent.evaluation.groups import GroupComparison, compare_groups
from assent.evaluation.rates import (
    OperatingPoint,
    RankRate,
    ScoreArrays,
    measure_operating_points,
    measure_ranks,
)
from assent.evaluation.scores import Scores
from assent.evaluation.searches import Division

FORMAT: Final = "assent-evaluation-v1"
#: The share of searches that may return a stranger at which groups are compared, where it is supported.
_USUAL_TARGET: Final = 0.01


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the figures were measured with."""

    made_at: datetime
    pack_id: str
    pack_name: str
    pack_licence: str
    training_data: str
    training_people_consented: bool
    default_threshold: float
    division: Division
    shortlist: int


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast photos became templates and probes were compared; None where nothing was computed in this run."""

    photos_per_second: float | None
    searches_per_second: float


@dataclass(frozen=True, slots=True)
class Extent:
    """How much was evaluated; `gallery_sizes` are the fewest and the most people in the gallery of a split."""

    people: int
    photos: int
    people_with_group: int
    gallery_sizes: tuple[int, int]
    mated_searches: int
    non_mated_searches: int
    non_mated_photos: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation; `groups` is None where nobody volunteered one or no point is supported."""

    circumstances: Circumstances
    extent: Extent
    acquisition: Acquisition
    points: tuple[OperatingPoint, ...]
    ranks: tuple[RankRate, ...]
    groups: GroupComparison | None
    det: tuple[DetPoint, ...]
    histogram: Histogram
    speed: Speed

    @property
    def usual_point(self) -> OperatingPoint | None:
        """The point to speak of: FPIR 1 % where that is supported, else the strictest that is."""
        supported = [point for point in self.points if point.is_supported]
        return min(supported, key=lambda point: (abs(point.target - _USUAL_TARGET), point.target), default=None)

    def to_json(self) -> str:
        """Write the document."""
        document = {"format": FORMAT, **asdict(self)}
        return json.dumps(document, indent=2, allow_nan=False, default=datetime.isoformat) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Evaluation:
        """Read the document. Raises InvalidInput if it is none, or of another version."""
        try:
            document = json.loads(text)
            if document.pop("format", None) != FORMAT:
                raise InvalidInput(f"This is no evaluation in the format {FORMAT}.")
            return cls(**_read_fields(cls, document))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidInput("The document of the evaluation is damaged.") from error


def evaluate_scores(
    scores: Scores, outcomes: Sequence[PhotoOutcome], circumstances: Circumstances, speed: Speed
) -> Evaluation:
    """Compute everything from the searches made and the photos judged; the same input gives the same figures."""
    seed = circumstances.division.seed
    arrays = ScoreArrays.of(scores, shortlist=circumstances.shortlist)
    points = measure_operating_points(arrays, seed=seed)
    sizes = [search.gallery_size for search in scores.mated] + [search.gallery_size for search in scores.non_mated]
    extent = Extent(
        people=len({outcome.person for outcome in outcomes}),
        photos=len(outcomes),
        people_with_group=sum(bool(group) for group in arrays.groups),
        gallery_sizes=(min(sizes, default=0), max(sizes, default=0)),
        mated_searches=len(scores.mated),
        non_mated_searches=len(scores.non_mated),
        non_mated_photos=arrays.non_mated_photos,
    )
    evaluation = Evaluation(
        circumstances=circumstances,
        extent=extent,
        acquisition=measure_acquisition(outcomes, seed=seed),
        points=points,
        ranks=measure_ranks(arrays, seed=seed),
        groups=None,
        det=draw_det(arrays, seed=seed),
        histogram=count_distances(arrays.mated_distances, arrays.stranger_distances),
        speed=speed,
    )
    usual = evaluation.usual_point
    if usual is None or usual.threshold is None or usual.fnir is None:
        return evaluation
    return replace(evaluation, groups=compare_groups(arrays, usual.threshold, seed=seed))


def _read_fields(kind: Any, document: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: _read_value(hints[field.name], document[field.name]) for field in fields(kind)}


def _read_value(hint: Any, value: Any) -> Any:
    """Turn what JSON knows into what a field is declared as."""
    arguments = get_args(hint)
    if get_origin(hint) in {types.UnionType, Union}:
        return None if value is None else _read_value(arguments[0], value)
    if get_origin(hint) is tuple:
        return tuple(_read_value(arguments[0], part) for part in value)
    if is_dataclass(hint):
        return hint(**_read_fields(hint, value))  # type: ignore[operator]
    if hint is datetime:
        return datetime.fromisoformat(value)
    return hint(value)
