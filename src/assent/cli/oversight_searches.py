"""`oversight sample`, `search` and `person`: single searches, drawn by nobody's choice or named."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs; from published files it answers without a database)
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.oversight import group
from assent.cli.oversight_desk import Desk, FromOption, KeyOption, PolicyOption, find_record, open_desk, say_source
from assent.cli.pictures import PictureRow
from assent.cli.rendering import make_facts, make_table

if TYPE_CHECKING:
    from assent.ledger import SearchRecord
    from assent.services.inspect_search import InspectedCandidate, InspectedSearch

topic = typer.Typer()

# What the law asks to find in the log of one search, and where it stands in the entries (docs/oversight.md).
_START_FIELDS = ("unit", "licence", "number", "purpose", "case", "probe_source", "probe", "justification")
_END_FIELDS = ("pack", "gallery", "gallery_size", "threshold", "candidates", "candidate_list")


@command(group, "sample", example="assent oversight sample --period 2026-Q3 --size 20 --as overseer")
def sample(
    invocation: Invocation,
    period: Annotated[str, typer.Option(help="2026, 2026-Q3, 2026-07 or 2026-07-01/2026-07-15, last day excluded.")],
    size: Annotated[int, typer.Option(min=1, max=10_000, help="How many searches.")] = 10,
    folder: FromOption = None,
    key: KeyOption = None,
    policy: PolicyOption = None,
    is_blind: Annotated[bool, typer.Option("--ids-only", help="Open nothing, even for an overseer.")] = False,
) -> Answer:
    """Draw a random sample that nobody chose; an overseer at the database sees what was searched, and why."""
    from assent.ledger import collect_searches, draw_sample, parse_period

    with open_desk(invocation, folder, key, policy) as desk:
        drawn = draw_sample(desk.copy.entries, desk.copy.origin, parse_period(period), size)
        records = {record.search: record for record in collect_searches(enumerate(desk.copy.entries))}
        chosen = [records[search] for search in drawn.chosen]
        opened = [] if is_blind else _inspect(desk, chosen)
    facts = make_facts(
        [
            ("Period", str(drawn.period)),
            ("Searches in it", drawn.population),
            ("Seed", drawn.seed.hex()),
            ("Fixed by", f"entry {drawn.tree_size - 1}, the first after the period; root {drawn.root.hex()}"),
            *([("Written down late", " ".join(drawn.late))] if drawn.late else []),
        ]
    )
    rows = [
        [record.name, record.at, desk.resolve(record.holder), record.case, record.stage, record.candidates]
        for record in chosen
    ]
    table = make_table(["Search", "When", "Holder", "Case", "Ended", "Candidates"], rows, nothing="No searches.")
    parts = [part for search in opened for part in _show_opened(search)]
    document = {
        "period": str(drawn.period),
        "population": drawn.population,
        "seed": drawn.seed.hex(),
        "tree_size": drawn.tree_size,
        "root": drawn.root,
        "chosen": list(drawn.chosen),
        "late": list(drawn.late),
        "opened": [_describe_opened(search) for search in opened],
        "names": desk.names,
    }
    return Answer(document, [facts, table, *parts, say_source(desk)])


@command(group, "search", example="assent oversight search s_bjzwpxlj2qy4utms --as overseer")
def search_record(
    invocation: Invocation,
    search: Annotated[str, typer.Argument(help="The search's id.")],
    folder: FromOption = None,
    key: KeyOption = None,
    policy: PolicyOption = None,
) -> Answer:
    """Show all that is recorded of one search: AI Act, Art. 12(3), and Law Enforcement Directive, Art. 25."""
    with open_desk(invocation, folder, key, policy) as desk:
        record = find_record(desk, search)
        opened = _inspect(desk, [record])
    steps = [
        [index, entry.at, entry.kind, desk.resolve(str(entry.fields["actor"])), entry.fields["channel"]]
        for index, entry in record.steps
    ]
    table = make_table(["Entry", "When", "What", "By", "Through"], steps, nothing="")
    parts = [part for found in opened for part in _show_opened(found)]
    document = {
        **_describe_record(record),
        "entries": [{"index": index, **json.loads(entry.to_bytes())} for index, entry in record.steps],
        "opened": _describe_opened(opened[0]) if opened else None,
        "names": desk.names,
    }
    return Answer(document, [make_facts(_list_facts(desk, record)), table, *parts, say_source(desk)])


@command(group, "person", example="assent oversight person p_bjzwpxlj2qy4utms --as overseer")
def person_record(invocation: Invocation, person: Annotated[str, typer.Argument(help="The person's id.")]) -> Answer:
    """List the searches that returned a person, for their request of access; takes an overseer."""
    from assent.services.inspect_search import find_searches_of_person
    from assent.services.read_ledger_copy import read_own_copy

    with invocation.act() as (runtime, actor):
        found = find_searches_of_person(runtime, actor, person)
        desk = Desk(read_own_copy(runtime), None, None, {})
        records = [find_record(desk, search) for search in found]
    rows = [[record.name, record.at, record.purpose, record.unit, record.holder, record.case] for record in records]
    columns = ["Search", "When", "Purpose", "Unit", "Holder", "Case"]
    table = make_table(columns, rows, nothing="No search of which candidates are still kept returned this person.")
    return Answer({"person": person, "searches": [_describe_record(record) for record in records]}, table)


def _inspect(desk: Desk, records: list[SearchRecord]) -> list[InspectedSearch]:
    if desk.runtime is None or desk.overseer is None:
        return []
    from assent.services.inspect_search import inspect_searches

    return inspect_searches(desk.runtime, desk.overseer, records)


def _list_facts(desk: Desk, record: SearchRecord) -> list[tuple[str, object]]:
    from assent.ledger import format_time

    end = record.end.fields if record.end else {}
    reviews = [f"{desk.resolve(member)}: {conclusion}" for member, conclusion in record.conclusions.items()]
    return [
        ("Search", record.name),
        ("State", f"{record.stage}, then sealed" if record.is_sealed else record.stage),
        ("Cause", record.cause),
        # To the microsecond, as they were recorded; elsewhere a minute is enough.
        ("Started", format_time(record.at) if record.is_started else None),
        ("Ended", format_time(record.ended_at) if record.ended_at else None),
        ("Searcher", desk.resolve(record.holder)),
        *((name.replace("_", " ").capitalize(), record.opening.fields.get(name)) for name in _START_FIELDS),
        ("Urgent", record.is_urgent),
        *((name.replace("_", " ").capitalize(), end.get(name)) for name in _END_FIELDS),
        ("Verified by", "; ".join(reviews) or None),
    ]


def _describe_record(record: SearchRecord) -> dict[str, object]:
    end = record.end.fields if record.end else {}
    return {
        "search": record.search,
        "stage": record.stage,
        "is_sealed": record.is_sealed,
        "cause": record.cause,
        "started_at": record.at if record.is_started else None,
        "ended_at": record.ended_at,
        "holder": record.holder,
        **{name: record.opening.fields.get(name) for name in _START_FIELDS},
        "is_urgent": record.is_urgent,
        **{name: end.get(name) for name in _END_FIELDS},
        "verified_by": record.conclusions,
    }


def _show_opened(opened: InspectedSearch) -> list[object]:
    gone = "no longer kept"
    facts = [
        ("Search", opened.record.name),
        ("Case number", opened.case_number or gone),
        ("Justification", opened.justification or gone),
        ("Probe", "shown above where the terminal can" if opened.probe_portrait else gone),
    ]
    pictures = [("probe", opened.probe_portrait)] if opened.probe_portrait else []
    pictures += [(f"{found.rank}. {found.name}", found.portrait) for found in opened.candidates if found.portrait]
    table = make_table(
        ["Rank", "Name", "Person", "Distance"],
        map(_candidate_row, opened.candidates),
        nothing="No candidates, or none that are still kept.",
    )
    return [PictureRow(pictures), make_facts(facts), table]


def _candidate_row(found: InspectedCandidate) -> list[object]:
    return [found.rank, found.name or "withdrawn", found.person, float(found.distance)]


def _describe_opened(opened: InspectedSearch) -> dict[str, object]:
    return {
        "search": opened.record.search,
        "justification": opened.justification,
        "case_number": opened.case_number,
        "has_probe": opened.probe_portrait is not None,
        "candidates": [
            {"rank": found.rank, "person": found.person, "name": found.name, "distance": float(found.distance)}
            for found in opened.candidates
        ],
    }
