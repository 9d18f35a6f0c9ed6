"""`packs`: which models turn faces into templates."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.rendering import make_table

if TYPE_CHECKING:
    from assent.services.add_pack import InstalledPack

topic = typer.Typer()
_group = typer.Typer(help="Packs: detector, landmarks and embedder that belong together.", no_args_is_help=True)
topic.add_typer(_group, name="packs")


@command(_group, "list", example="assent packs list")
def list_all(invocation: Invocation) -> Answer:
    """List the packs that are here; the digests of their files are checked."""
    from assent.services.add_pack import list_packs

    with invocation.open() as runtime:
        packs = list_packs(runtime)
    columns = ["Pack", "In use", "Threshold", "Licence", "Trained on"]
    return Answer([_describe(pack) for pack in packs], make_table(columns, map(_row, packs), nothing="No packs."))


@command(_group, "add", example="assent packs add ./my-pack --use --as admin")
def add(
    invocation: Invocation,
    folder: Annotated[Path, typer.Argument(help="A folder with pack.json and the files that it names.")],
    use: Annotated[bool, typer.Option("--use", help="Take it into use; only while nobody is enrolled.")] = False,
) -> Answer:
    """Check a pack and add it; takes an administrator."""
    from assent.services.add_pack import install_pack

    with invocation.act() as (runtime, actor):
        pack = install_pack(runtime, actor, folder, use=use)
    return Answer(_describe(pack), f"Added {pack.pack_id}{', now in use' if pack.is_in_use else ''}.")


def _describe(pack: InstalledPack) -> dict[str, object]:
    manifest = pack.manifest
    return {
        "pack_id": pack.pack_id,
        "is_in_use": pack.is_in_use,
        "name": manifest.name,
        "version": manifest.version,
        "licence": manifest.licence,
        "training_data": manifest.training_data,
        "training_people_consented": manifest.training_people_consented,
        "dimensions": manifest.dimensions,
        "default_threshold": manifest.default_threshold,
        "threshold_basis": manifest.threshold_basis,
        "files": dict(manifest.files),
    }


def _row(pack: InstalledPack) -> list[object]:
    manifest = pack.manifest
    return [pack.pack_id, pack.is_in_use, manifest.default_threshold, manifest.licence, manifest.training_data]
