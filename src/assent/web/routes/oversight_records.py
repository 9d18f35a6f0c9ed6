"""For the overseer: annual reports, exports, how long records are kept, and what is held back from that."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request, Response

from assent.errors import InvalidInput, NotFound
from assent.services.apply_retention import RetentionReport, apply_retention, list_retention_rules
from assent.services.delay_disclosure import list_delays
from assent.services.export_entries import LONGEST_GROUND, ExportForm, export_entries
from assent.services.hold_record import hold_record, list_holds, release_hold
from assent.services.inspect_search import name_members
from assent.services.read_ledger_copy import read_own_copy
from assent.services.runtime import Runtime
from assent.services.sessions import SignedIn
from assent.services.write_annual_report import (
    FIRST_YEAR,
    LAST_YEAR,
    AnnualReport,
    compose_report,
    list_tables,
    render_report,
    write_table,
)
from assent.web.acting import ConfirmedOverseer, Overseer, RuntimeHere
from assent.web.errors import say_error
from assent.web.oversight_desk import OverseersDesk
from assent.web.pages import redirect, render
from assent.web.periods import between, read_days
from assent.web.standalone import serve_standalone
from assent.web.words import _

router = APIRouter()

YearPath = Annotated[int, Path(ge=FIRST_YEAR, le=LAST_YEAR)]
PublicQuery = Annotated[bool, Query(alias="public")]


@router.get("/oversight/reports")
def list_reports(request: Request, desk: OverseersDesk) -> Response:
    """Offer the annual report of every year of which the ledger tells."""
    years = sorted({day.year for day in desk.followed.sum_up().by_day}, reverse=True)
    return render(request, "oversight/reports.html", desk=desk, years=years)


@router.get("/oversight/reports/{year}")
def show_report(runtime: RuntimeHere, overseer: Overseer, year: YearPath, is_public: PublicQuery = True) -> Response:
    """Show the annual report of one year (UTC); the public version names no holder and no licence."""
    return serve_standalone(render_report(_compose(runtime, overseer, year, is_public=is_public)))


@router.get("/oversight/reports/{year}/{table}")
def download_table(
    runtime: RuntimeHere,
    overseer: Overseer,
    year: YearPath,
    table: Annotated[str, Path(pattern=r"^[a-z]{1,20}\.csv$")],
    is_public: PublicQuery = True,
) -> Response:
    """Hand out one table of the annual report."""
    tables = list_tables(_compose(runtime, overseer, year, is_public=is_public))
    if table not in tables:
        raise NotFound("The report has no such table.")
    return _attach(write_table(tables[table]), f"{year}-{table}", "text/csv")


@router.get("/oversight/export")
def ask_for_export(request: Request, desk: OverseersDesk, _overseer: ConfirmedOverseer) -> Response:
    """Ask what is to be exported, and on which ground."""
    return render(
        request, "oversight/export.html", desk=desk, forms=list(ExportForm), most=LONGEST_GROUND, ground="", error=""
    )


@router.post("/oversight/export")
def export(
    request: Request,
    desk: OverseersDesk,
    overseer: ConfirmedOverseer,
    first: Annotated[str, Form(alias="from", max_length=10)],
    last: Annotated[str, Form(alias="until", max_length=10)],
    form: Annotated[ExportForm, Form()],
    ground: Annotated[str, Form(max_length=LONGEST_GROUND)] = "",
) -> Response:
    """Hand out the entries of a period; that is a disclosure, and recorded as one."""
    try:
        begin, end = read_days(first, last)
        text = export_entries(desk.runtime, overseer.actor, between(begin, end), form, ground=ground)
    except InvalidInput as error:
        return render(
            request,
            "oversight/export.html",
            422,
            desk=desk,
            forms=list(ExportForm),
            most=LONGEST_GROUND,
            ground=ground,
            error=say_error(error),
        )
    kind = "text/csv" if form is ExportForm.CSV else "application/json"
    return _attach(text, f"entries-{begin}-{end}.{form}", kind)


@router.get("/oversight/retention")
def show_retention(
    request: Request,
    runtime: RuntimeHere,
    overseer: Overseer,
    is_counted: Annotated[bool, Query(alias="count")] = False,
) -> Response:
    """Show how long each kind of record is kept, what is held, and on demand what has run out."""
    report = apply_retention(runtime, overseer.actor, is_dry_run=True) if is_counted else None
    return _show_retention(request, runtime, overseer, report=report)


@router.post("/oversight/holds")
def place_hold(
    request: Request,
    runtime: RuntimeHere,
    overseer: Overseer,
    subject: Annotated[str, Form(max_length=100)],
    reason: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    """Hold a search, or a case with all its searches, back from the rules."""
    try:
        hold = hold_record(runtime, overseer.actor, subject, reason=reason)
    except (InvalidInput, NotFound) as error:
        return _show_retention(request, runtime, overseer, 422, error=say_error(error), subject=subject, reason=reason)
    notice = _("Hold %(hold)s is placed; nothing of it is deleted until it is lifted.") % {"hold": hold.id}
    return redirect(request, "/oversight/retention", notice)


@router.post("/oversight/holds/{hold}/release")
def lift_hold(request: Request, runtime: RuntimeHere, overseer: Overseer, hold: str) -> Response:
    """Lift a hold."""
    lifted = release_hold(runtime, overseer.actor, hold)
    return redirect(request, "/oversight/retention", _("Hold %(hold)s is lifted.") % {"hold": lifted.id})


def _show_retention(
    request: Request,
    runtime: Runtime,
    overseer: SignedIn,
    status: int = 200,
    *,
    report: RetentionReport | None = None,
    **typed: str,
) -> Response:
    context = {
        "rules": list_retention_rules(runtime),
        "report": report,
        "delays": sorted(list_delays(runtime, overseer.actor).items(), key=lambda item: item[1]),
        "holds": list_holds(runtime, overseer.actor),
        "names": name_members(runtime, overseer.actor),
    }
    return render(
        request, "oversight/retention.html", status, **context, **({"error": "", "subject": "", "reason": ""} | typed)
    )


def _compose(runtime: Runtime, overseer: SignedIn, year: int, *, is_public: bool) -> AnnualReport:
    names = None if is_public else name_members(runtime, overseer.actor)
    return compose_report(read_own_copy(runtime), year, is_public=is_public, names=names)


def _attach(text: str, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=f"{kind}; charset=utf-8", headers=headers)
