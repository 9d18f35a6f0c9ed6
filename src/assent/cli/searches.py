"""`search`: a photo in, recorded candidates out."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.inputs import read_bounded
from assent.cli.pictures import PictureRow
from assent.cli.rarity_words import tell_rarity
from assent.cli.rendering import count_people, make_table
from assent.mandates import ProbeSource, SearchRequest
from assent.people import parse_purpose_slug

if TYPE_CHECKING:
    from assent.services.run_search import SearchResult
    from assent.services.show_candidates import ShownCandidate

topic = typer.Typer()

LEAD = "A candidate is a lead, not an identification."
_SEARCH = (
    "assent search photo.jpg --licence l_q3rjbx2kfzfdvsmu --case 2026/17 --purpose reunite "
    '--source given-by-family --justification "Her brother looks for her." --as searcher'
)


@command(topic, "search", example=_SEARCH)
def search(
    invocation: Invocation,
    *,
    photo: Annotated[Path, typer.Argument(help="The photo of whom you look for: JPEG, PNG or WebP.")],
    licence: Annotated[str, typer.Option(help="The licence under which you search.")],
    case: Annotated[str, typer.Option(metavar="NUMBER", help="The case in whose course you search.")],
    purpose: Annotated[str, typer.Option(help="What the search is for.")],
    source: Annotated[ProbeSource, typer.Option(help="Where the photo comes from.")],
    justification: Annotated[str, typer.Option(help="Why this search, in your own words.")],
    face: Annotated[int | None, typer.Option(metavar="N", help="Which face, from the left; see assent faces.")] = None,
    is_urgent: Annotated[
        bool, typer.Option("--urgent", help="Run first, be approved within 48 hours, where the licence allows it.")
    ] = False,
) -> Answer:
    """Search among people who agreed to be found; takes a searcher, and is recorded before anything is looked at.

    Under a licence that demands approval, the search is asked for instead; nothing is looked for until it is approved.
    """
    from assent.cli.approval import describe_waiting, show_waiting
    from assent.services.request_search import is_approval_needed, request_search
    from assent.services.run_search import run_search

    request = SearchRequest(licence, case, parse_purpose_slug(purpose), source, justification)
    with invocation.act() as (runtime, actor):
        probe = read_bounded(photo, runtime.settings.max_image_bytes, "The photo")
        if not is_urgent and is_approval_needed(runtime, licence):
            pending = request_search(runtime, actor, request, probe, face_number=face)
            return Answer(describe_waiting(pending), show_waiting(pending))
        result = run_search(runtime, actor, request, probe, face_number=face, is_urgent=is_urgent)
    return Answer(describe_result(result), show_result(result))


def show_result(result: SearchResult) -> list[object]:
    """Lay a result out for people."""
    permit, outcome = result.permit, result.outcome
    left = f"Searches left under {permit.licence}: {result.searches_left}."
    gallery = f"{count_people(outcome.gallery_size)} who agreed to be found for {permit.purpose}"
    if not result.candidates:
        return [f"Nobody found among {gallery}.", *_warn(result), left]
    pictures = [("probe", result.probe_portrait)]
    pictures += [(f"{shown.candidate.rank}. {shown.name}", shown.portrait) for shown in result.candidates]
    return [
        PictureRow(pictures),
        make_table(["Rank", "Name", "Person", "Distance"], map(_row, result.candidates), nothing=""),
        *(f"{shown.candidate.rank}. {tell_rarity(shown.rarity)}" for shown in result.candidates),
        *_warn(result),
        f"{LEAD} Two people must confirm it.",
        f"Searched {gallery}; recorded as {permit.search}, number {permit.number} of the licence.",
        f"Shown are distances up to {outcome.threshold:.3f}. {result.threshold_basis}",
        left,
    ]


def _warn(result: SearchResult) -> list[str]:
    """Say why the photo may well miss its person."""
    reasons = " ".join(reason.text for reason in result.probe_warnings)
    return [f"The photo may miss its person. {reasons}"] if reasons else []


def _row(shown: ShownCandidate) -> list[object]:
    candidate = shown.candidate
    return [candidate.rank, shown.name, candidate.person, float(candidate.distance)]


def describe_result(result: SearchResult) -> dict[str, object]:
    """Describe a result for machines, without its pictures."""
    permit, outcome = result.permit, result.outcome
    return {
        "search": permit.search,
        "licence": permit.licence,
        "number": permit.number,
        "searches_left": result.searches_left,
        "holder": permit.holder,
        "unit": permit.unit,
        "case": permit.case,
        "purpose": permit.purpose,
        "started_at": permit.authorised_at,
        "ended_at": outcome.ended_at,
        "pack_id": outcome.pack_id,
        "gallery": outcome.gallery,
        "gallery_size": outcome.gallery_size,
        "threshold": float(outcome.threshold),
        "threshold_basis": result.threshold_basis,
        "probe_quality": result.probe_quality,
        "probe_warnings": list(result.probe_warnings),
        "candidates": [
            {
                "rank": shown.candidate.rank,
                "name": shown.name,
                "person": shown.candidate.person,
                "reference": shown.candidate.reference,
                "distance": float(shown.candidate.distance),
                "rarity": shown.rarity,
            }
            for shown in result.candidates
        ],
        "note": LEAD,
    }
