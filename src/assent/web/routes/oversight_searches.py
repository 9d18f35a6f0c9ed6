"""For the overseer: one search with its entries and their proofs, what lies under its keys, and random samples."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from assent.errors import InvalidInput, NotFound
from assent.ledger import PROOF_FILE_SUFFIX, EntryKind, SearchRecord, draw_sample, format_time, parse_period
from assent.services.inspect_search import find_searches_of_person, inspect_searches, reopen_search
from assent.services.prove_entry import prove_entry
from assent.services.read_ledger_copy import read_own_copy
from assent.web.acting import Overseer, RuntimeHere
from assent.web.errors import say_error
from assent.web.oversight_desk import Desk, OverseersDesk, path_of
from assent.web.oversight_words import STAGES
from assent.web.pages import redirect, render
from assent.web.words import _

router = APIRouter()

MOST_SAMPLED = 200
NamePath = Annotated[str, Path(pattern=r"^(s_[a-z2-7]{16}|entry-[0-9]{1,16})$")]

# What the law asks to find in the log of one search, and where it stands in the entries (docs/oversight.md).
_START_FIELDS = ("unit", "licence", "number", "purpose", "case", "probe_source", "probe", "justification")
_END_FIELDS = ("pack", "gallery", "gallery_size", "threshold", "candidates", "candidate_list")


@router.get("/oversight/searches/{name}")
def show_search(request: Request, desk: OverseersDesk, name: NamePath) -> Response:
    """Show what the ledger says of a search; nothing is opened."""
    return _show(request, desk, desk.find_record(name))


@router.post("/oversight/searches/{name}/open")
def open_search(request: Request, desk: OverseersDesk, name: NamePath) -> Response:
    """Open what lies under a search's keys; that it was opened is in the ledger first."""
    record = desk.find_record(name)
    if record.search is None:
        raise InvalidInput("This search was refused before it had anything to open.")
    inspect_searches(desk.runtime, desk.actor, [record])
    return redirect(request, f"/oversight/searches/{name}/opened", _("That you looked is in the ledger now."))


@router.get("/oversight/searches/{name}/opened")
def show_opened(request: Request, desk: OverseersDesk, name: NamePath) -> Response:
    """Show what was opened a moment ago: justification, case number, probe and candidates."""
    record = desk.find_record(name)
    opened = reopen_search(desk.runtime, desk.actor, record)
    if opened is None:
        return redirect(request, f"/oversight/searches/{name}", _("Open it first; the ledger says who looked."))
    return _show(request, desk, record, opened=opened)


@router.get("/oversight/searches/{name}/pictures/{which}")
def show_picture(
    desk: OverseersDesk, name: NamePath, which: Annotated[str, Path(pattern=r"^(probe|[1-9][0-9]{0,3})$")]
) -> Response:
    """Serve a picture of a search that was opened a moment ago: the probe, or the candidate of a rank."""
    opened = reopen_search(desk.runtime, desk.actor, desk.find_record(name))
    if opened is None:
        raise NotFound("Open the search first; the ledger says who looked.")
    ranked = {str(candidate.rank): candidate.portrait for candidate in opened.candidates}
    picture = opened.probe_portrait if which == "probe" else ranked.get(which)
    if picture is None:
        raise NotFound("This picture is no longer kept.")
    return Response(picture, media_type="image/jpeg")


@router.get("/oversight/entries/{index}/proof")
def download_proof(runtime: RuntimeHere, _overseer: Overseer, index: Annotated[int, Path(ge=0, le=2**53)]) -> Response:
    """Hand out the proof that an entry is in the ledger (c2sp.org/tlog-proof)."""
    proved = prove_entry(runtime, index)
    headers = {"Content-Disposition": f'attachment; filename="entry-{index}{PROOF_FILE_SUFFIX}"'}
    return Response(proved.proof.to_bytes(), media_type="text/plain; charset=utf-8", headers=headers)


@router.get("/oversight/samples")
def draw(
    request: Request,
    desk: OverseersDesk,
    period: Annotated[str, Query(max_length=60)] = "",
    size: Annotated[int, Query(ge=1, le=MOST_SAMPLED)] = 10,
) -> Response:
    """Draw a sample that nobody chose, and show how much of it this overseer has looked at."""
    given: dict[str, Any] = {"period": period, "size": size, "most": MOST_SAMPLED}
    if not period:
        return render(request, "oversight/sample.html", desk=desk, drawn=None, error="", **given)
    try:
        copy = read_own_copy(desk.runtime)
        drawn = draw_sample(copy.entries, copy.origin, parse_period(period), size)
    except (InvalidInput, NotFound) as error:
        status = 422 if isinstance(error, InvalidInput) else 404
        return render(request, "oversight/sample.html", status, desk=desk, drawn=None, error=say_error(error), **given)
    records = [desk.find_record(name) for name in drawn.chosen]
    looked = {record.name for record in records if _has_looked(desk, record)}
    return render(
        request,
        "oversight/sample.html",
        desk=desk,
        drawn=drawn,
        records=records,
        looked=looked,
        following=next((record for record in records if record.name not in looked), None),
        stages=STAGES,
        error="",
        **given,
    )


@router.get("/oversight/people")
def list_searches_of_person(
    request: Request, desk: OverseersDesk, person: Annotated[str, Query(max_length=18)] = ""
) -> Response:
    """List the searches that returned a person, by their identifier, for their request of access."""
    records: list[SearchRecord] | None = None
    error, status = "", 200
    if person:
        try:
            found = find_searches_of_person(desk.runtime, desk.actor, person.strip())
            records = [desk.find_record(search) for search in found]
        except NotFound as missing:
            error, status = say_error(missing), 404
    return render(
        request,
        "oversight/person.html",
        status,
        desk=desk,
        person=person,
        records=records,
        stages=STAGES,
        error=error,
        path_of=path_of,
    )


def _has_looked(desk: Desk, record: SearchRecord) -> bool:
    looks = record.list_entries(EntryKind.SEARCH_INSPECTED)
    return any(look.fields["actor"] == desk.actor.member.id for look in looks)


def _show(request: Request, desk: Desk, record: SearchRecord, opened: object = None) -> Response:
    end = record.end.fields if record.end else {}
    facts = [(field, record.opening.fields.get(field)) for field in _START_FIELDS]
    facts += [(field, end.get(field)) for field in _END_FIELDS]
    return render(
        request,
        "oversight/search.html",
        desk=desk,
        record=record,
        path=path_of(record.name),
        facts=[(field.replace("_", " "), value) for field, value in facts if value is not None],
        started=format_time(record.at),
        ended=format_time(record.ended_at) if record.ended_at else "",
        stages=STAGES,
        steps=[(index, entry, json.dumps(json.loads(entry.to_bytes()), indent=1)) for index, entry in record.steps],
        opened=opened,
    )
