"""`init` and `status`: setting a deployment up, and how it is."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

from typing import Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.rendering import count_people, make_facts, make_table

topic = typer.Typer()

FIRST_ADMINISTRATOR = "admin"


@command(topic, "init", example="assent init --administrator admin")
def init(
    invocation: Invocation,
    administrator: Annotated[str, typer.Option(help="Handle of the first administrator.")] = FIRST_ADMINISTRATOR,
    unit: Annotated[str, typer.Option(help="The administrator's unit.")] = "administration",
    origin: Annotated[str | None, typer.Option(help="Name of the ledger, as its checkpoints bear it.")] = None,
) -> Answer:
    """Set up a deployment: data folder, keys folder, ledger, first administrator."""
    from assent.services.create_deployment import create_deployment

    settings = invocation.settings
    made = create_deployment(settings, administrator=administrator, unit=unit, origin=origin)
    document = {
        "deployment": made.deployment,
        "administrator": made.administrator,
        "vkey": made.vkey,
        "data_folder": str(settings.data_folder),
        "keys_folder": str(settings.keys_folder),
    }
    facts = make_facts(
        [
            ("Deployment", made.deployment.id),
            ("Data folder", settings.data_folder),
            ("Keys folder", settings.keys_folder),
            ("Administrator", made.administrator.handle),
            ("Ledger's key", made.vkey),
        ]
    )
    backup = "Back up the two folders, and keep the two backups apart."
    hint = f"Next: assent member add HANDLE --role steward --as {made.administrator.handle}"
    return Answer(document, [facts, backup, hint])


@command(topic, "status", example="assent status")
def status(invocation: Invocation) -> Answer:
    """Show how many people, searches and ledger entries there are, and which pack is in use."""
    from assent.services.show_status import show_status

    with invocation.open() as runtime:
        found = show_status(runtime)
    facts = make_facts(
        [
            ("Deployment", found.deployment),
            ("Ledger", f"{found.ledger_size} entries, {found.signed_size} signed, origin {found.origin}"),
            ("Ledger's key", found.vkey),
            ("Pack", f"{found.pack_id}: {found.pack_statement}"),
            ("Threshold", f"{found.threshold:.2f}: {found.threshold_basis}"),
            ("People", f"{count_people(found.people)} with {found.references} references"),
            ("Of other packs", f"{found.references_of_other_packs} references, never compared"),
            ("Without a key", count_people(found.people_without_key)),
        ]
    )
    purposes = make_table(["Purpose", "People findable"], found.people_by_purpose.items(), nothing="No purposes yet.")
    searches = make_table(["Searches", "Number"], found.searches_by_state.items(), nothing="No searches yet.")
    return Answer(found, [facts, purposes, searches])
