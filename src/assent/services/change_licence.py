"""Change a licence after it was issued: extend, suspend, lift or revoke it, each with a reason that is recorded."""

from __future__ import annotations

from assent.ledger import EntryKind, JsonValue, format_time
from assent.mandates import Actor, ChangeKind, Licence, LicenceChange, Role, apply_change
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.storage import mandates as stored_mandates


def change_licence(runtime: Runtime, actor: Actor, licence: str, change: LicenceChange) -> Licence:
    """Change a licence at once, for every process; takes an issuer.

    What the change says is public in the ledger, why it is made only as a commitment. A search that is authorised is
    carried to its end. Raises RoleMissing, NotFound, and InvalidInput for a change that cannot be made.
    """
    actor.require_role(Role.ISSUER)
    with runtime.database.transaction() as transaction:
        at = runtime.clock()
        before = stored_mandates.require_licence(transaction, licence)
        after = apply_change(before, change, at)
        stored_mandates.record_licence_change(transaction, after)
        fields: dict[str, JsonValue] = {"licence": after.id, "change": change.kind.value}
        if change.kind is ChangeKind.EXTENDED:
            fields |= {"until": format_time(after.valid_until), "quota": after.quota}
        record_entry(
            runtime,
            transaction,
            EntryKind.LICENCE_CHANGED,
            actor=actor,
            at=at,
            fields=fields,
            subject=after.id,
            committed={"change_reason": change.reason.strip().encode()},
        )
    return after
