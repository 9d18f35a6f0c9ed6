"""`person`: what is held about somebody, and how they leave."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.pictures import PictureRow
from assent.cli.rendering import make_facts, make_table, show_end
from assent.people import Consent, PersonId, parse_purpose_slug

if TYPE_CHECKING:
    from assent.search import Search

topic = typer.Typer()
_group = typer.Typer(help="People in the gallery.", no_args_is_help=True)
topic.add_typer(_group, name="person")


@command(_group, "show", example="assent person show p_bjzwpxlj2qy4utms --as steward")
def show_one(invocation: Invocation, person: Annotated[str, typer.Argument(help="The person's id.")]) -> Answer:
    """Show what is held about a person, and which searches returned them; takes a steward."""
    from assent.services.show_person import show_person

    with invocation.act() as (runtime, actor):
        page = show_person(runtime, actor, PersonId(person))
    found = page.person
    facts = [
        ("Name", found.name),
        ("Id", found.id),
        ("Basis", found.basis),
        ("Registered by", found.registered_by),
        ("Reference", found.file_reference),
        ("Enrolled", found.enrolled_at),
    ]
    consents = make_table(
        ["Purpose", "Text", "From", "Until", "Withdrawn"], map(_consent_row, found.consents), nothing="No consents."
    )
    searches = make_table(
        ["Search", "When", "Licence", "Number", "Purpose", "Holder"],
        map(_search_row, page.searches),
        nothing="No search returned this person.",
    )
    pictures = PictureRow([(f"photo {number}", photo) for number, photo in enumerate(page.portraits, start=1)])
    document = {"person": found, "searches": [_describe_search(search) for search in page.searches]}
    return Answer(document, [make_facts(facts), pictures, consents, searches])


@command(_group, "withdraw", example="assent person withdraw p_bjzwpxlj2qy4utms --yes --as steward")
def withdraw(
    invocation: Invocation,
    person: Annotated[str, typer.Argument(help="The person's id.")],
    purpose: Annotated[list[str] | None, typer.Option(help="Only this purpose; may be given again.")] = None,
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> Answer:
    """Withdraw a person's consent; without --purpose all of it, and everything held is destroyed. Takes a steward."""
    from assent.services.withdraw_person import withdraw_person

    purposes = [parse_purpose_slug(slug) for slug in purpose] if purpose else None
    if not is_sure and not _ask(invocation, person, purposes):
        return Answer({"person": person, "purposes": [], "is_erased": False}, "Nothing was withdrawn.")
    with invocation.act() as (runtime, actor):
        done = withdraw_person(runtime, actor, PersonId(person), purposes)
    ended = ", ".join(done.purposes) or "nothing that was still in force"
    rest = "Everything held about them is destroyed." if done.is_erased else "Other consents remain."
    return Answer(done, f"Withdrawn for {done.person}: {ended}. {rest}")


def _ask(invocation: Invocation, person: str, purposes: Sequence[str] | None) -> bool:
    if invocation.is_json or not sys.stdin.isatty():
        raise typer.BadParameter(
            "Withdrawal cannot be undone; say --yes where nobody can be asked.", param_hint="--yes"
        )
    what = f"consent to {', '.join(purposes)}" if purposes else "all consent"
    question = f"Withdraw {what} of {person}? What no consent covers any more is destroyed for good."
    return typer.confirm(question, err=True)


def _consent_row(consent: Consent) -> list[object]:
    until = show_end(consent.valid_until)
    return [consent.purpose, consent.text_version, consent.valid_from, until, consent.withdrawn_at]


def _describe_search(search: Search) -> dict[str, object]:
    """Say who looked and when; the other people whom the search returned are nobody's business here."""
    return {
        "search": search.id,
        "licence": search.licence,
        "number": search.number,
        "holder": search.holder,
        "case": search.case,
        "purpose": search.purpose,
        "probe_source": search.probe_source,
        "started_at": search.started_at,
    }


def _search_row(search: Search) -> list[object]:
    return [search.id, search.started_at, search.licence, search.number, search.purpose, search.holder]
