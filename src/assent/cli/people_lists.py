"""`people`: whose consent is about to end, and whether somebody is enrolled already."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.inputs import read_bounded
from assent.cli.rendering import make_table, show_end

topic = typer.Typer()
group = typer.Typer(help="Lists of people for the steward.", no_args_is_help=True)
topic.add_typer(group, name="people")

USUAL_DAYS = 30


@command(group, "expiring", example="assent people expiring --days 60 --as steward")
def expiring(
    invocation: Invocation,
    *,
    days: Annotated[int, typer.Option(help="How far to look ahead.")] = USUAL_DAYS,
    page: Annotated[int, typer.Option(min=1, max=1_000_000, help="Which page of the list.")] = 1,
) -> Answer:
    """List consents and registrations that end soon with nothing that follows them; takes a steward."""
    from assent.services.list_people import list_expiring

    with invocation.act() as (runtime, actor):
        listed = list_expiring(runtime, actor, days=days, page=page)
    rows = [
        [person.id, person.file_reference or "-", consent.purpose, consent.basis, show_end(consent.valid_until)]
        for consent, person in listed.consents
    ]
    document = {
        "days": days,
        "page": listed.page,
        "pages": listed.pages,
        "total": listed.total,
        "expiring": [consent for consent, _ in listed.consents],
    }
    table = make_table(["Person", "Reference", "Purpose", "Basis", "Until"], rows, nothing="Nothing ends in that time.")
    return Answer(document, [table, f"Page {listed.page} of {listed.pages}."] if listed.pages > 1 else table)


@command(
    group,
    "duplicates",
    example="assent people duplicates front.jpg --purpose reunite --form F-0017 --as steward",
)
def duplicates(
    invocation: Invocation,
    photo: Annotated[Path, typer.Argument(help="A photo of the person alone, good enough to enrol.")],
    *,
    purpose: Annotated[str, typer.Option(help="Asked only among those who consented to it.")],
    form: Annotated[str, typer.Option(help="Number of the form that this person has signed.")],
) -> Answer:
    """Ask whether somebody is enrolled already; recorded before the look. Takes a steward."""
    from assent.services.check_duplicates import check_duplicates

    with invocation.act() as (runtime, actor):
        content = read_bounded(photo, runtime.settings.max_image_bytes, "The photo")
        checked = check_duplicates(runtime, actor, content, purpose=purpose, form_reference=form)
    rows = [[one.person.id, one.person.file_reference or "-", one.distance] for one in checked.named if one.person]
    document = {
        "check": checked.check.id,
        "purpose": checked.check.purpose,
        "gallery_size": checked.check.gallery_size,
        "threshold": checked.threshold,
        "named": [{"person": one.person.id, "distance": one.distance} for one in checked.named if one.person],
    }
    nothing = f"Nobody is named among {checked.check.gallery_size} people who consented."
    return Answer(document, make_table(["Person", "Reference", "Distance"], rows, nothing=nothing))
