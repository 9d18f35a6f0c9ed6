"""Packs: the default one, those that an operator added, and which is in use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assent.errors import InvalidInput
from assent.faces import PackManifest, add_pack, load_pack
from assent.ledger import EntryKind, digest_public_text
from assent.mandates import Actor, Role
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime, open_pack
from assent.storage import deployments as stored_deployments
from assent.storage import people as stored_people


@dataclass(frozen=True, slots=True)
class InstalledPack:
    """A pack that is here."""

    pack_id: str
    manifest: PackManifest
    is_in_use: bool


def list_packs(runtime: Runtime) -> list[InstalledPack]:
    """List the default pack and those that were added, their files' digests checked."""
    default = open_pack(runtime.settings)
    packs = [default]
    folder = runtime.settings.data_folder / "packs"
    if folder.is_dir():
        packs += [load_pack(path) for path in sorted(folder.iterdir()) if path.is_dir() and path.name[0] != "."]
    in_use = runtime.deployment.pack_id
    return [InstalledPack(pack.pack_id, pack.manifest, pack.pack_id == in_use) for pack in packs]


def install_pack(runtime: Runtime, actor: Actor, source: Path, *, use: bool = False) -> InstalledPack:
    """Check and add a pack from a folder; takes an administrator. With `use` it becomes the pack in use.

    Raises RoleMissing, InvalidPack, DigestMismatch; InvalidInput if people are enrolled with the pack in use.
    """
    actor.require_role(Role.ADMINISTRATOR)
    if use:
        with runtime.database.snapshot() as view:
            _require_empty_gallery(stored_people.count_people(view)[0])
    pack_id = add_pack(source, runtime.settings.data_folder / "packs")
    manifest = open_pack(runtime.settings, pack_id).manifest
    at = runtime.clock()
    with runtime.database.transaction() as transaction:
        fields = {"pack": str(pack_id), "change": "added", "manifest": digest_public_text(manifest.to_json())}
        record_entry(runtime, transaction, EntryKind.PACK_CHANGED, actor=actor, at=at, fields=fields)
        if use:
            _require_empty_gallery(stored_people.count_people(transaction)[0])
            stored_deployments.record_pack_choice(transaction, pack_id)
            taken = fields | {"change": "taken-into-use", "previous": runtime.deployment.pack_id}
            record_entry(runtime, transaction, EntryKind.PACK_CHANGED, actor=actor, at=at, fields=taken)
    return InstalledPack(pack_id, manifest, use)


def _require_empty_gallery(people: int) -> None:
    if people:
        raise InvalidInput(
            f"{people} people are enrolled with the pack in use, and templates of different packs cannot be compared; "
            "set up a new deployment for another pack."
        )
