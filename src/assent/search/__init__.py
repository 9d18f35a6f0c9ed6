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

__all__ = [
    "Candidate",
    "ExactIndex",
    "GalleryIndex",
    "Neighbour",
    "Search",
    "SearchOutcome",
    "SearchState",
    "list_candidates_bytes",
    "shortlist",
]
