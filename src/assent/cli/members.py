"""`member`: who has an account, and in which roles."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

from typing import Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.rendering import make_table
from assent.mandates import Member, Role

topic = typer.Typer()
_group = typer.Typer(help="Members and their roles.", no_args_is_help=True)
topic.add_typer(_group, name="member")


@command(_group, "add", example="assent member add searcher --role searcher --unit tracing --as admin")
def add(
    invocation: Invocation,
    handle: Annotated[str, typer.Argument(help="Short name: letters, digits, dots, hyphens.")],
    role: Annotated[list[Role], typer.Option(help="What the member may do; may be given again.")],
    unit: Annotated[str, typer.Option(help="Where the member works.")] = "desk",
) -> Answer:
    """Add a member; takes an administrator."""
    from assent.services.add_member import add_member

    with invocation.act() as (runtime, actor):
        member = add_member(runtime, actor, handle=handle, roles=role, unit=unit)
    return Answer(member, f"Added {member.handle} ({member.id}): {', '.join(sorted(member.roles))}.")


@command(_group, "link", example="assent member link searcher p_bjzwpxlj2qy4utms --as admin")
def link(
    invocation: Invocation,
    handle: Annotated[str, typer.Argument(help="The member's handle or id.")],
    person: Annotated[str | None, typer.Argument(help="The person's id; none ends the link.")] = None,
) -> Answer:
    """Say which person of the gallery a member is, for the oversight desk; takes an administrator."""
    from assent.services.link_member import link_member

    with invocation.act() as (runtime, actor):
        member = link_member(runtime, actor, handle=handle, person=person)
    linked = "is linked to nobody" if person is None else f"is linked to {person}"
    return Answer({"member": member.id, "person": person}, f"{member.handle} ({member.id}) {linked}.")


@command(_group, "invite", example="assent member invite searcher --as admin")
def invite(
    invocation: Invocation,
    handle: Annotated[str, typer.Argument(help="The member's handle or id.")],
) -> Answer:
    """Print the one-time link by which a member sets their first password; takes an administrator."""
    from assent.services.manage_members import invite_member

    with invocation.act() as (runtime, actor):
        link = f"{runtime.settings.public_url.rstrip('/')}{invite_member(runtime, actor, handle)}"
    return Answer({"link": link}, f"Give this to the member and to nobody else; it works once:\n{link}")


@command(_group, "suspend", example="assent member suspend searcher --as admin")
def suspend(
    invocation: Invocation,
    handle: Annotated[str, typer.Argument(help="The member's handle or id.")],
) -> Answer:
    """Suspend a member, who neither signs in nor acts from then on; takes an administrator."""
    from assent.services.manage_members import suspend_member

    with invocation.act() as (runtime, actor):
        member = suspend_member(runtime, actor, handle)
    return Answer(member, f"{member.handle} ({member.id}) is suspended.")


@command(_group, "reactivate", example="assent member reactivate searcher --as admin")
def reactivate(
    invocation: Invocation,
    handle: Annotated[str, typer.Argument(help="The member's handle or id.")],
) -> Answer:
    """Let a suspended member in again; takes an administrator."""
    from assent.services.manage_members import reactivate_member

    with invocation.act() as (runtime, actor):
        member = reactivate_member(runtime, actor, handle)
    return Answer(member, f"{member.handle} ({member.id}) is active again.")


@command(_group, "list", example="assent member list")
def list_all(invocation: Invocation) -> Answer:
    """List the members."""
    from assent.services.add_member import list_members

    with invocation.open() as runtime:
        members = list_members(runtime)
    return Answer(members, make_table(["Handle", "Id", "Roles", "Unit", "Since"], map(_row, members), nothing="None."))


def _row(member: Member) -> list[object]:
    return [member.handle, member.id, member.roles, member.unit, member.created_at]
