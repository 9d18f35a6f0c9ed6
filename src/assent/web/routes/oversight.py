"""For the overseer: how often, by whom, what for; what was refused, and what is unusual."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, timedelta, tzinfo
from typing import Annotated, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import BaseModel, Field

from assent.errors import InvalidInput
from assent.ledger import Finding, Rule, SearchRecord, Tally
from assent.services.find_unusual_use import find_unusual_use
from assent.web.charts import lay_out_columns, lay_out_rows
from assent.web.oversight_desk import Desk, OverseersDesk, path_of
from assent.web.oversight_words import NOT_NAMED, RULES, STAGES
from assent.web.pages import render
from assent.web.periods import SPANS
from assent.web.words import _

router = APIRouter()

PAGE_ROWS = 50
Name = TypeVar("Name", bound=str)


class SearchFilter(BaseModel):
    """What a list of searches was narrowed down to, and which page of it is shown."""

    holder: str = Field("", max_length=40)
    purpose: str = Field("", max_length=40)
    cause: str = Field("", max_length=60)
    stage: str = Field("", max_length=20)
    page: int = Field(1, ge=1, le=1_000_000)

    def narrowed(self) -> dict[str, str]:
        """Name what was asked for."""
        asked = {"holder": self.holder, "purpose": self.purpose, "cause": self.cause, "stage": self.stage}
        return {name: value for name, value in asked.items() if value}

    def admits(self, record: SearchRecord) -> bool:
        """Tell whether a search is one of those asked for."""
        return all(getattr(record, name) == value for name, value in self.narrowed().items())


@router.get("/oversight")
def show_dashboard(request: Request, desk: OverseersDesk) -> Response:
    """Show the figures of a period as charts, each with its table."""
    figures = desk.followed.sum_up(desk.chosen.period)
    findings, seen = desk.followed.find_unusual(zone=UTC, at=desk.runtime.clock(), period=desk.chosen.period)
    unusual = _count_rules(findings)
    days = {day: _both(tally) for day, tally in figures.by_day.items()}
    names = desk.names
    return render(
        request,
        "oversight/dashboard.html",
        desk=desk,
        spans=SPANS,
        figures=figures,
        days=lay_out_columns(days, desk.chosen.first, desk.chosen.last + timedelta(days=1)),
        holders=_rank(figures.by_holder),
        holder_chart=lay_out_rows((names.get(key, key), *_both(tally)) for key, tally in figures.by_holder.items()),
        purposes=_rank(figures.by_purpose),
        purpose_chart=lay_out_rows((key or _(NOT_NAMED), *_both(tally)) for key, tally in figures.by_purpose.items()),
        refusals=_rank_counts(figures.refusals),
        refusal_chart=lay_out_rows((cause, 0, number) for cause, number in figures.refusals.items()),
        unusual=_rank_counts(unusual),
        unusual_chart=lay_out_rows((_(RULES[rule]), number, 0) for rule, number in unusual.items()),
        rules=RULES,
        not_named=NOT_NAMED,
        seen=seen,
    )


@router.get("/oversight/searches")
def list_searches(request: Request, desk: OverseersDesk, asked: Annotated[SearchFilter, Query()]) -> Response:
    """List searches, newest first, as far as the ledger tells of them."""
    found = [record for record in desk.followed.list_records(desk.chosen.period) if asked.admits(record)]
    found.reverse()
    pages = max(1, -(-len(found) // PAGE_ROWS))
    page = min(asked.page, pages)
    figures = desk.followed.sum_up(desk.chosen.period)
    return render(
        request,
        "oversight/searches.html",
        desk=desk,
        spans=SPANS,
        asked=asked,
        records=found[(page - 1) * PAGE_ROWS : page * PAGE_ROWS],
        number=len(found),
        page=page,
        pages=pages,
        base=f"/oversight/searches?{desk.chosen.query}&{urlencode(asked.narrowed())}&",
        stages=STAGES,
        holders=sorted(figures.by_holder),
        purposes=sorted(purpose for purpose in figures.by_purpose if purpose),
        causes=sorted({*figures.refusals, *figures.failures}),
        path_of=path_of,
    )


@router.get("/oversight/unusual")
def list_unusual(request: Request, desk: OverseersDesk, zone: Annotated[str, Query(max_length=60)] = "UTC") -> Response:
    """List what the ledger alone shows to be unusual."""
    at, where = desk.runtime.clock(), _read_zone(zone)
    findings, seen = desk.followed.find_unusual(zone=where, at=at, period=desk.chosen.period)
    return _show_unusual(request, desk, zone, findings, seen=seen)


@router.post("/oversight/unusual")
def compare_probes(
    request: Request, desk: OverseersDesk, zone: Annotated[str, Form(max_length=60)] = "UTC"
) -> Response:
    """List what is unusual, probes compared with each other too; the ledger says so before the first is opened."""
    use = find_unusual_use(desk.runtime, desk.actor, zone=_read_zone(zone), period=desk.chosen.period)
    compared = (use.compared or 0, use.searches)
    return _show_unusual(request, desk, zone, use.findings, seen=desk.followed.account.size, compared=compared)


def _read_zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput("There is no such time zone here; write UTC or a name such as Europe/Brussels.") from None


def _show_unusual(
    request: Request,
    desk: Desk,
    zone: str,
    findings: Iterable[Finding],
    *,
    seen: int,
    compared: tuple[int, int] | None = None,
) -> Response:
    return render(
        request,
        "oversight/unusual.html",
        desk=desk,
        spans=SPANS,
        zone=zone,
        findings=list(findings),
        seen=seen,
        compared=compared,
        rules=RULES,
        path_of=path_of,
    )


def _both(tally: Tally) -> tuple[int, int]:
    return tally.started, tally.refused


def _rank(tallies: Mapping[str, Tally] | Mapping[str | None, Tally]) -> list[tuple[str | None, Tally]]:
    return sorted(tallies.items(), key=lambda item: (-item[1].asked, item[0] or ""))


def _rank_counts(counts: Mapping[Name, int]) -> list[tuple[Name, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _count_rules(findings: Iterable[Finding]) -> dict[Rule, int]:
    counts: dict[Rule, int] = {}
    for finding in findings:
        counts[finding.rule] = counts.get(finding.rule, 0) + 1
    return counts
