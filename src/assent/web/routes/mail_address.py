"""For every member: the address at which they hear that something waits."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from assent.errors import InvalidInput
from assent.services.notify import read_mail_address, set_mail_address
from assent.web.acting import AnyMember, RuntimeHere
from assent.web.errors import say_error
from assent.web.pages import redirect, render
from assent.web.words import _

router = APIRouter()


@router.get("/account/mail")
def show_address(request: Request, runtime: RuntimeHere, member: AnyMember) -> Response:
    """Show one's own address."""
    return _show(request, member_address=read_mail_address(runtime, member.actor), is_on=_is_on(runtime))


@router.post("/account/mail")
def change_address(
    request: Request, runtime: RuntimeHere, member: AnyMember, address: Annotated[str, Form()] = ""
) -> Response:
    """Keep another address, or none."""
    try:
        set_mail_address(runtime, member.actor, address)
    except InvalidInput as error:
        return _show(request, member_address=address, is_on=_is_on(runtime), error=say_error(error))
    return redirect(
        request, "/account/mail", _("The address is kept.") if address.strip() else _("No address is kept.")
    )


def _is_on(runtime: RuntimeHere) -> bool:
    return bool(runtime.settings.mail_host)


def _show(request: Request, *, member_address: str, is_on: bool, error: str = "") -> Response:
    return render(
        request, "mail/address.html", 422 if error else 200, member_address=member_address, is_on=is_on, error=error
    )
