"""Licences: issuers give and change them; whoever holds one, or oversees use, reads what is left and what was done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Request, Response

from assent.errors import InvalidInput, NotFound
from assent.mandates import ChangeKind, LicenceChange, Role
from assent.people import PurposeSlug, parse_day, parse_end
from assent.services.add_member import list_members
from assent.services.change_licence import change_licence
from assent.services.define_purpose import list_purposes
from assent.services.issue_licence import issue_licence, list_licences
from assent.services.runtime import Runtime
from assent.services.sessions import SignedIn
from assent.services.show_licence import LicencePage, show_licence
from assent.web import steward_words
from assent.web.acting import ConfirmedIssuer, RuntimeHere, require
from assent.web.errors import say_error
from assent.web.pages import redirect, render
from assent.web.words import _

router = APIRouter()

LicenceReader = Annotated[SignedIn, Depends(require(Role.ISSUER, Role.SEARCHER, Role.OVERSEER, Role.ADMINISTRATOR))]
LicencePath = Annotated[str, Path(pattern=r"^l_[a-z2-7]{16}$")]
MOST_SHOWN = 500


class Act(StrEnum):
    """What an issuer does to a licence, as it stands in a path."""

    EXTEND = "extend"
    SUSPEND = "suspend"
    LIFT = "lift"
    REVOKE = "revoke"


KINDS = {
    Act.EXTEND: ChangeKind.EXTENDED,
    Act.SUSPEND: ChangeKind.SUSPENDED,
    Act.LIFT: ChangeKind.LIFTED,
    Act.REVOKE: ChangeKind.REVOKED,
}


@dataclass(frozen=True, slots=True)
class LicenceForm:
    """What an issuer typed; shown again where something cannot stand."""

    holder: str = ""
    purposes: list[str] = field(default_factory=list)
    ground: str = ""
    citation: str = ""
    valid_from: str = ""
    valid_until: str = ""
    quota: str = ""
    is_trial: bool = False
    needs_approval: bool = False
    allows_urgent: bool = False


@router.get("/licences")
def show_list(request: Request, runtime: RuntimeHere, reader: LicenceReader) -> Response:
    """List the licences that the member may see, newest first, with what is left of each."""
    at = runtime.clock()
    licences = [(licence, licence.state_at(at)) for licence in reversed(list_licences(runtime, reader.actor))]
    return render(
        request,
        "licences/list.html",
        licences=licences[:MOST_SHOWN],
        total=len(licences),
        at=at,
        handles=_list_handles(runtime),
        is_issuer=_is_issuer(reader),
        say=steward_words,
    )


@router.get("/licences/new")
def show_new(request: Request, runtime: RuntimeHere, _issuer: ConfirmedIssuer) -> Response:
    """Ask for the terms of a licence."""
    return _ask_for_terms(request, runtime, LicenceForm(valid_until=_in_days(runtime, 30), quota="100"))


@router.post("/licences")
def issue(
    request: Request,
    runtime: RuntimeHere,
    issuer: ConfirmedIssuer,
    *,
    holder: Annotated[str, Form()] = "",
    purpose: Annotated[list[str] | None, Form()] = None,
    ground: Annotated[str, Form()] = "",
    citation: Annotated[str, Form()] = "",
    valid_from: Annotated[str, Form()] = "",
    valid_until: Annotated[str, Form()] = "",
    quota: Annotated[str, Form()] = "",
    trial: Annotated[str, Form()] = "",
    approval: Annotated[str, Form()] = "",
    urgent: Annotated[str, Form()] = "",
) -> Response:
    """Issue a licence."""
    typed = LicenceForm(
        holder,
        purpose or [],
        ground,
        citation,
        valid_from,
        valid_until,
        quota,
        bool(trial),
        bool(approval),
        bool(urgent),
    )
    try:
        licence = issue_licence(
            runtime,
            issuer.actor,
            holder=holder,
            purposes=[PurposeSlug(slug) for slug in typed.purposes],
            ground=ground,
            citation=citation,
            valid_from=parse_day(valid_from) if valid_from.strip() else None,
            valid_until=parse_end(valid_until),
            quota=_read_number(quota),
            is_trial=typed.is_trial,
            needs_approval=typed.needs_approval,
            allows_urgent=typed.allows_urgent,
        )
    except (InvalidInput, NotFound) as error:
        return _ask_for_terms(request, runtime, typed, say_error(error))
    return redirect(request, f"/licences/{licence.id}", _("The licence was issued."))


@router.get("/licences/{licence}")
def show_one(request: Request, runtime: RuntimeHere, reader: LicenceReader, licence: LicencePath) -> Response:
    """Show a licence with its history."""
    page = show_licence(runtime, reader.actor, licence)
    return render(request, "licences/show.html", **_describe(runtime, reader, page))


@router.get("/licences/{licence}/{act}")
def show_change(
    request: Request, runtime: RuntimeHere, issuer: ConfirmedIssuer, licence: LicencePath, act: Act
) -> Response:
    """Ask why a licence is to be changed, and for the terms of an extension."""
    return _ask_for_change(request, runtime, issuer, licence, act)


@router.post("/licences/{licence}/{act}")
def change(
    request: Request,
    runtime: RuntimeHere,
    issuer: ConfirmedIssuer,
    licence: LicencePath,
    act: Act,
    *,
    reason: Annotated[str, Form()] = "",
    valid_until: Annotated[str, Form()] = "",
    quota: Annotated[str, Form()] = "",
) -> Response:
    """Extend, suspend, lift or revoke a licence."""
    typed = {"reason": reason, "valid_until": valid_until, "quota": quota}
    try:
        until = parse_end(valid_until) if act is Act.EXTEND and valid_until.strip() else None
        searches = _read_number(quota) if act is Act.EXTEND and quota.strip() else None
        change_licence(runtime, issuer.actor, licence, LicenceChange(KINDS[act], reason, until, searches))
    except InvalidInput as error:
        return _ask_for_change(request, runtime, issuer, licence, act, typed, say_error(error))
    return redirect(request, f"/licences/{licence}", _("The licence was changed."))


def _ask_for_terms(request: Request, runtime: Runtime, typed: LicenceForm, error: str = "") -> Response:
    searchers = [member for member in list_members(runtime) if Role.SEARCHER in member.roles]
    return render(
        request,
        "licences/new.html",
        422 if error else 200,
        typed=typed,
        error=error,
        searchers=searchers,
        purposes=list_purposes(runtime),
    )


def _ask_for_change(
    request: Request,
    runtime: Runtime,
    issuer: SignedIn,
    licence: str,
    act: Act,
    typed: dict[str, str] | None = None,
    error: str = "",
) -> Response:
    page = show_licence(runtime, issuer.actor, licence)
    shown = typed or {"reason": "", "valid_until": "", "quota": ""}
    described = _describe(runtime, issuer, page)
    return render(
        request, "licences/change.html", 422 if error else 200, **described, act=act.value, typed=shown, error=error
    )


def _describe(runtime: Runtime, reader: SignedIn, page: LicencePage) -> dict[str, Any]:
    at = runtime.clock()
    return {
        "page": page,
        "licence": page.licence,
        "time_left": max(timedelta(0), page.licence.valid_until - at),
        "last_day": page.licence.valid_until - timedelta(microseconds=1),
        "handles": _list_handles(runtime),
        "is_issuer": _is_issuer(reader),
        "say": steward_words,
    }


def _is_issuer(reader: SignedIn) -> bool:
    return Role.ISSUER in reader.actor.member.roles


def _list_handles(runtime: Runtime) -> dict[str, str]:
    return {member.id: member.handle for member in list_members(runtime)}


def _in_days(runtime: Runtime, days: int) -> str:
    day: datetime = runtime.clock() + timedelta(days=days)
    return f"{day:%Y-%m-%d}"


def _read_number(text: str) -> int:
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len("1000000")):
        raise InvalidInput("A quota is a whole number of searches.")
    return int(digits)
