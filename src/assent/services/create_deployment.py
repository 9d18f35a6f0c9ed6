"""Set up a deployment: keys, database, ledger, and the first administrator."""

from __future__ import annotations

from dataclasses import dataclass

from assent.errors import InvalidInput
from assent.ledger import EntryKind, SigningKey
from assent.mandates import Actor, Member, MemberId, Role, check_roles, parse_handle
from assent.people import make_identifier, parse_slug
from assent.services.accounting import record_entry
from assent.services.runtime import LEDGER_KEY, Clock, Runtime, find_database, open_pack, read_clock
from assent.services.sign_checkpoint import sign_checkpoint
from assent.settings import Settings
from assent.storage import Vault, open_database
from assent.storage import deployments as stored_deployments
from assent.storage import ledger as stored_ledger
from assent.storage import mandates as stored_mandates
from assent.storage.deployments import Deployment


@dataclass(frozen=True, slots=True)
class NewDeployment:
    """What the set-up made."""

    deployment: Deployment
    administrator: Member
    vkey: str


def create_deployment(
    settings: Settings,
    *,
    administrator: str,
    unit: str = "administration",
    origin: str | None = None,
    pack_id: str | None = None,
    clock: Clock = read_clock,
) -> NewDeployment:
    """Set up the folders of the settings. Repeating a set-up that crashed is fine; one that finished is refused.

    Raises DeploymentExists, InvalidInput for a bad handle, NotFound for an unknown pack.
    """
    if settings.keys_folder.is_relative_to(settings.data_folder):
        raise InvalidInput("The keys folder lies inside the data folder, so a copy of the data would hold the keys.")
    handle, roles = parse_handle(administrator), check_roles([Role.ADMINISTRATOR])
    unit = parse_slug(unit, "a unit")
    pack = open_pack(settings, pack_id)
    at = clock()
    identifier = make_identifier("d")
    deployment = Deployment(identifier, origin or f"assent/{identifier}", pack.pack_id, at)
    signing_key = SigningKey.generate(deployment.origin)
    database = open_database(find_database(settings), create=True)
    try:
        with database.transaction() as transaction:
            stored_deployments.record_deployment(transaction, deployment)
            vault = Vault.create(settings.keys_folder, deployment.id)
            vault.keep_secret(LEDGER_KEY, signing_key.to_private_bytes())
            runtime = Runtime(settings, database, vault, deployment, clock)
            stored_ledger.record_empty_ledger(transaction)
            member = Member(MemberId(make_identifier("m")), handle, roles, unit, at)
            vault.make_key(member.id)
            stored_mandates.record_member(transaction, vault, member)
            fields = {"member": member.id, "change": "created", "roles": sorted(roles), "unit": unit}
            actor = Actor(member, "cli")
            record_entry(runtime, transaction, EntryKind.MEMBER_CHANGED, actor=actor, at=at, fields=fields)
        sign_checkpoint(runtime)
        vault.close()
    finally:
        database.close()
    return NewDeployment(deployment, member, signing_key.vkey)
