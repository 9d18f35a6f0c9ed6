"""`people` once more: invitations and links, registrations by next of kin, and who is told what and when."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

from typing import Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.people_lists import group
from assent.cli.rendering import make_table, show_end
from assent.people import USUAL_DAYS, Bearer, Told, parse_end, parse_purpose_slug

topic = typer.Typer()
PersonArgument = Annotated[str, typer.Argument(help="The person's id.")]


@command(group, "invite", example="assent people invite --purpose reunite --language nl --as steward")
def invite(
    invocation: Invocation,
    *,
    purpose: Annotated[list[str], typer.Option(help="What is offered; may be given again.")],
    bearer: Annotated[Bearer, typer.Option(help="Who gets the link.")] = Bearer.SELF,
    language: Annotated[str, typer.Option(help="Language of the page: en, nl or fr.")] = "en",
    days: Annotated[int, typer.Option(help="How many days the link works.")] = USUAL_DAYS,
    consent_days: Annotated[int | None, typer.Option(help="How many days consent holds; next of kin need it.")] = None,
    note: Annotated[str, typer.Option(help="For yourself; sealed, and gone with the invitation.")] = "",
) -> Answer:
    """Invite somebody to enrol themselves, a ward or a missing relative; the link is told once. Takes a steward."""
    from assent.services.invite_person import invite_person

    with invocation.act() as (runtime, actor):
        invited = invite_person(
            runtime,
            actor,
            bearer=bearer,
            purposes=[parse_purpose_slug(slug) for slug in purpose],
            language=language,
            note=note,
            days=days,
            consent_days=consent_days,
        )
    document = {"invitation": invited.invitation.id, "path": f"/i/{invited.token}"}
    return Answer(document, f"Invited: {document['path']} works once, until {invited.invitation.expires_at:%Y-%m-%d}.")


@command(group, "invitations", example="assent people invitations --as steward")
def invitations(invocation: Invocation) -> Answer:
    """List invitations, the newest first; takes a steward."""
    from assent.services.invite_person import list_invitations

    with invocation.act() as (runtime, actor):
        listed = list_invitations(runtime, actor)
    rows = [
        [one.invitation.id, one.invitation.bearer, one.invitation.purposes, one.state, one.invitation.expires_at]
        for one in listed
    ]
    columns = ["Invitation", "For", "Purposes", "State", "Works until"]
    return Answer(listed, make_table(columns, rows, nothing="Nobody was invited yet."))


@command(group, "uninvite", example="assent people uninvite v_bjzwpxlj2qy4utms --as steward")
def uninvite(invocation: Invocation, invitation: Annotated[str, typer.Argument(help="The invitation's id.")]) -> Answer:
    """Take an invitation back; takes a steward."""
    from assent.services.invite_person import revoke_invitation

    with invocation.act() as (runtime, actor):
        revoke_invitation(runtime, actor, invitation)
    return Answer({"invitation": invitation}, f"Took back {invitation}; its link opens nothing any more.")


@command(group, "link", example="assent people link p_bjzwpxlj2qy4utms --as steward")
def link(invocation: Invocation, person: PersonArgument) -> Answer:
    """Make a personal link, or a new one for a lost one, told this once; the old one is dead. Takes a steward."""
    from assent.services.renew_personal_link import renew_personal_link

    with invocation.act() as (runtime, actor):
        path = f"/p/{renew_personal_link(runtime, actor, person)}"
    return Answer({"person": person, "path": path}, f"The link to the page of {person}: {path}")


@command(group, "waiting", example="assent people waiting --as steward")
def waiting(invocation: Invocation) -> Answer:
    """List registrations by next of kin that nobody has checked yet; takes a steward."""
    from assent.services.check_registration import list_pending

    with invocation.act() as (runtime, actor):
        listed = list_pending(runtime, actor)
    rows = [[one.person, one.registered_by or "-", one.registered_at, show_end(one.ends_at)] for one in listed]
    columns = ["Person", "Registered by", "When", "Until"]
    return Answer(listed, make_table(columns, rows, nothing="Nothing waits to be checked."))


@command(group, "confirm", example="assent people confirm p_bjzwpxlj2qy4utms --as steward")
def confirm(invocation: Invocation, person: PersonArgument) -> Answer:
    """Make somebody findable whose registration was checked; takes a steward."""
    from assent.services.check_registration import confirm_registration

    with invocation.act() as (runtime, actor):
        confirm_registration(runtime, actor, person)
    return Answer({"person": person}, f"Confirmed {person}, who can be found now.")


@command(group, "renew", example="assent people renew p_bjzwpxlj2qy4utms --until 2027-05-31 --as steward")
def renew(
    invocation: Invocation,
    person: PersonArgument,
    *,
    until: Annotated[str, typer.Option(metavar="DATE", help="New last day covered, in UTC.")],
) -> Answer:
    """Let a registration that was reviewed hold until another day; takes a steward."""
    from assent.services.check_registration import renew_registration

    end = parse_end(until)
    with invocation.act() as (runtime, actor):
        renew_registration(runtime, actor, person, end)
    return Answer({"person": person, "until": end}, f"The registration of {person} holds {show_end(end)}.")


@command(group, "inform-kin", example="assent people inform-kin p_bjzwpxlj2qy4utms --told alive --as steward")
def tell_kin(
    invocation: Invocation,
    person: PersonArgument,
    *,
    told: Annotated[Told, typer.Option(help="What the found person agreed that the family learns.")],
    text: Annotated[str, typer.Option(help="The message, or how to reach them.")] = "",
) -> Answer:
    """Record what somebody who was found agreed that their family learns; takes a steward."""
    from assent.services.inform_kin import inform_kin

    with invocation.act() as (runtime, actor):
        wish = inform_kin(runtime, actor, person, told, text)
    return Answer({"person": person, "told": wish.told}, f"The family of {person} learns: {wish.told}.")


@command(
    group,
    "delay",
    example='assent people delay s_bjzwpxlj2qy4utms --until 2026-06-30 --reason "It would warn." --as steward',
)
def delay(
    invocation: Invocation,
    search: Annotated[str, typer.Argument(help="The search's id.")],
    *,
    until: Annotated[str, typer.Option(metavar="DATE", help="Last day on which people are not told.")],
    reason: Annotated[str, typer.Option(help="Why; the ledger keeps a commitment to it.")],
) -> Answer:
    """Tell the people whom a search returned later; takes a steward or an overseer."""
    from assent.services.delay_disclosure import delay_disclosure

    end = parse_end(until)
    with invocation.act() as (runtime, actor):
        delay_disclosure(runtime, actor, search, until=end, reason=reason)
    return Answer({"search": search, "until": end}, f"Search {search} is told from {end:%Y-%m-%d} on.")
