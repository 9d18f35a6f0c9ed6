"""From a template and a permit to candidates."""

from assent.search.candidates import (
    Candidate,
    Search,
    SearchOutcome,
    SearchState,
    list_candidates_bytes,
    shortlist,
)
from assent.search.index import ExactIndex, GalleryIndex, Neighbour
from assent.search.review import (
    Conclusion,
    Feature,
    Finding,
    Observation,
    Review,
    ReviewOutcome,
    ReviewState,
    check_observation,
    label_candidates,
    observations_from_bytes,
    observations_to_bytes,
    parse_feature,
    settle,
)

__all__ = [
    "Candidate",
    "Conclusion",
    "ExactIndex",
    "Feature",
    "Finding",
    "GalleryIndex",
    "Neighbour",
    "Observation",
    "Review",
    "ReviewOutcome",
    "ReviewState",
    "Search",
    "SearchOutcome",
    "SearchState",
    "check_observation",
    "label_candidates",
    "list_candidates_bytes",
    "observations_from_bytes",
    "observations_to_bytes",
    "parse_feature",
    "settle",
    "shortlist",
]
