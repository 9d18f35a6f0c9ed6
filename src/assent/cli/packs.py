"""`packs`: which models turn faces into templates."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.inputs import read_bounded
from assent.cli.rendering import count_people, make_facts, make_table

if TYPE_CHECKING:
    from assent.services.add_pack import InstalledPack
    from assent.services.show_pack import PackCard

topic = typer.Typer()
_MOST_CALIBRATION_BYTES = 16 * 1024 * 1024
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


@command(_group, "show", example="assent packs show")
def show_card(
    invocation: Invocation,
    pack: Annotated[str | None, typer.Argument(metavar="PACK", help="A pack's id; else the one in use.")] = None,
) -> Answer:
    """Show a pack's card: origin, licence, training data and consent, known gaps, calibration."""
    from assent.services.show_pack import show_pack

    with invocation.open() as runtime:
        card = show_pack(runtime, pack)
    return Answer(_describe_card(card), _show_card(card))


@command(_group, "calibrate", example="assent packs calibrate ./accuracy/calibration.json --as admin")
def calibrate(
    invocation: Invocation,
    file: Annotated[Path, typer.Argument(help="The calibration.json that 'assent evaluate' wrote.")],
) -> Answer:
    """Take into use what an evaluation measured with the pack in use; takes an administrator."""
    from assent.services.calibrate_pack import calibrate_pack

    with invocation.act() as (runtime, actor):
        known = calibrate_pack(runtime, actor, read_bounded(file, _MOST_CALIBRATION_BYTES, "The calibration"))
    found = known.calibration
    people = count_people(found.people)
    document = {"pack_id": found.pack_id, "people": found.people, "pictures": found.pictures, "digest": known.digest}
    return Answer(document, f"Calibrated {found.pack_id} on {people}; the next search of each purpose goes by it.")


@command(_group, "promise", example="assent packs promise reunite --fpir 0.003 --as admin")
def promise(
    invocation: Invocation,
    purpose: Annotated[str, typer.Argument(metavar="PURPOSE", help="The purpose whose searches it is about.")],
    fpir: Annotated[float, typer.Option(help="Which share of searches for people not enrolled may return somebody.")],
) -> Answer:
    """Choose how often a search for somebody who is not enrolled may return a stranger; takes an administrator."""
    from assent.people import parse_purpose_slug
    from assent.services.calibrate_pack import choose_promise

    with invocation.act() as (runtime, actor):
        chosen = choose_promise(runtime, actor, parse_purpose_slug(purpose), fpir)
    size = count_people(chosen.gallery_size)
    return Answer(chosen, f"Threshold {chosen.distance:.3f} for {chosen.purpose}, for galleries of up to {size}.")


def _describe_card(card: PackCard) -> dict[str, object]:
    manifest, known = card.manifest, card.calibration
    return {
        "pack_id": card.pack_id,
        "is_in_use": card.is_in_use,
        "origin": manifest.origin,
        "licence": manifest.licence,
        "training_data": manifest.training_data,
        "training_people_consented": manifest.training_people_consented,
        "known_gaps": manifest.known_gaps,
        "is_calibrated_here": card.is_calibrated_here,
        "calibration": known
        and {"people": known.people, "pictures": known.pictures, "basis": known.basis, "genuine": list(known.genuine)},
        "thresholds": list(card.thresholds),
    }


def _show_card(card: PackCard) -> list[object]:
    manifest, known = card.manifest, card.calibration
    facts: list[tuple[str, object]] = [
        ("Pack", card.pack_id),
        ("In use", card.is_in_use),
        ("Origin", manifest.origin or "(not said)"),
        ("Licence", manifest.licence),
        ("Trained on", manifest.training_data),
        ("People consented", manifest.training_people_consented),
        ("Known gaps", manifest.known_gaps or "(not said)"),
        ("Calibrated on", f"{count_people(known.people)}: {known.basis}" if known else "nobody; it does not search"),
    ]
    rows = [
        [f"{found.gallery_size:,}", f"{found.distance:.3f}", "yes" if found.is_supported else "no, extrapolated"]
        for found in card.thresholds
    ]
    table = make_table(["Gallery", "Threshold for FPIR 1 %", "Seen in the calibration"], rows, nothing="")
    return [make_facts(facts), *([table] if rows else [])]


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
