"""The administrator's accounts: who has one, in which roles, and how they come in; no face and no person's name."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Request, Response

from assent.errors import AssentError
from assent.mandates import Role
from assent.services.add_member import add_member
from assent.services.manage_members import (
    change_roles,
    end_member_sessions,
    invite_member,
    reactivate_member,
    reset_member,
    show_account,
    show_accounts,
    suspend_member,
)
from assent.services.runtime import Runtime
from assent.services.sessions import SignedIn
from assent.web.acting import Administrator, ConfirmedAdministrator, RuntimeHere
from assent.web.pages import absolute_url, redirect, render
from assent.web.signing import show_again
from assent.web.words import _

router = APIRouter(prefix="/administration")

MemberPath = Annotated[str, Path(pattern=r"^m_[a-z2-7]{16}$")]
RoleNames = Annotated[list[Role], Form(default_factory=list)]
Typed = Annotated[str, Form(max_length=200)]


@router.get("")
def show_administration(request: Request, runtime: RuntimeHere, signed_in: Administrator) -> Response:
    """List the accounts, and where else an administrator goes."""
    return render(request, "administration/accounts.html", **_list(runtime, signed_in))


@router.get("/accounts/new")
def show_new_account(request: Request, _signed_in: Administrator) -> Response:
    """Ask for a new member's handle, unit and roles."""
    return render(request, "administration/new_account.html", error="", handle="", unit="", chosen=[], roles=list(Role))


@router.post("/accounts")
def add_account(
    request: Request,
    runtime: RuntimeHere,
    signed_in: ConfirmedAdministrator,
    handle: Typed,
    unit: Typed,
    roles: RoleNames,
) -> Response:
    """Add a member, and show the link by which they set their password."""
    try:
        member = add_member(runtime, signed_in.actor, handle=handle.strip().lower(), roles=roles, unit=unit)
    except AssentError as error:
        typed = {"handle": handle, "unit": unit, "chosen": roles, "roles": list(Role)}
        return show_again(request, "administration/new_account.html", error, **typed)
    return _show_link(request, runtime, signed_in, member.id, invite_member(runtime, signed_in.actor, member.id))


@router.get("/accounts/{member}")
def show_one_account(request: Request, runtime: RuntimeHere, signed_in: Administrator, member: MemberPath) -> Response:
    """Show one account."""
    return render(request, "administration/account.html", error="", **_describe(runtime, signed_in, member))


@router.post("/accounts/{member}/roles")
def set_roles(
    request: Request, runtime: RuntimeHere, signed_in: ConfirmedAdministrator, member: MemberPath, roles: RoleNames
) -> Response:
    """Give a member other roles."""
    try:
        change_roles(runtime, signed_in.actor, member, roles)
    except AssentError as error:
        return _again(request, runtime, signed_in, member, error)
    return redirect(request, _path(member), _("The roles are changed, and the member's sessions are ended."))


@router.post("/accounts/{member}/link")
def make_first_link(
    request: Request, runtime: RuntimeHere, signed_in: ConfirmedAdministrator, member: MemberPath
) -> Response:
    """Make the link by which a member sets their first password."""
    try:
        return _show_link(request, runtime, signed_in, member, invite_member(runtime, signed_in.actor, member))
    except AssentError as error:
        return _again(request, runtime, signed_in, member, error)


@router.post("/accounts/{member}/reset")
def make_reset_link(
    request: Request,
    runtime: RuntimeHere,
    signed_in: ConfirmedAdministrator,
    member: MemberPath,
    factors: Typed = "",
) -> Response:
    """Make the link by which a member sets a new password, with the second factor kept or removed."""
    try:
        path = reset_member(runtime, signed_in.actor, member, loses_factors=bool(factors))
    except AssentError as error:
        return _again(request, runtime, signed_in, member, error)
    return _show_link(request, runtime, signed_in, member, path)


@router.post("/accounts/{member}/suspend")
def suspend(request: Request, runtime: RuntimeHere, signed_in: ConfirmedAdministrator, member: MemberPath) -> Response:
    """Suspend a member."""
    try:
        suspend_member(runtime, signed_in.actor, member)
    except AssentError as error:
        return _again(request, runtime, signed_in, member, error)
    return redirect(request, _path(member), _("The member is suspended."))


@router.post("/accounts/{member}/reactivate")
def reactivate(
    request: Request, runtime: RuntimeHere, signed_in: ConfirmedAdministrator, member: MemberPath
) -> Response:
    """Let a suspended member in again."""
    try:
        reactivate_member(runtime, signed_in.actor, member)
    except AssentError as error:
        return _again(request, runtime, signed_in, member, error)
    return redirect(request, _path(member), _("The member may sign in again."))


@router.post("/accounts/{member}/sessions/end")
def end_sessions(request: Request, runtime: RuntimeHere, signed_in: Administrator, member: MemberPath) -> Response:
    """End a member's sessions."""
    end_member_sessions(runtime, signed_in.actor, member)
    return redirect(request, _path(member), _("The member's sessions are ended."))


def _path(member: str) -> str:
    return f"/administration/accounts/{member}"


def _list(runtime: Runtime, signed_in: SignedIn) -> dict[str, Any]:
    return {"accounts": show_accounts(runtime, signed_in.actor), "own": signed_in.actor.member.id}


def _describe(runtime: Runtime, signed_in: SignedIn, member: str) -> dict[str, Any]:
    return {
        "account": show_account(runtime, signed_in.actor, member),
        "own": signed_in.actor.member.id,
        "roles": list(Role),
    }


def _again(request: Request, runtime: Runtime, signed_in: SignedIn, member: str, error: AssentError) -> Response:
    return show_again(request, "administration/account.html", error, **_describe(runtime, signed_in, member))


def _show_link(request: Request, runtime: Runtime, signed_in: SignedIn, member: str, path: str) -> Response:
    # Rendered, not redirected to: the link stands in no address and no log, and is shown this once.
    described = _describe(runtime, signed_in, member)
    return render(request, "administration/link.html", link=absolute_url(request, path), **described)
