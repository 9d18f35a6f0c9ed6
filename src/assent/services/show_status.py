"""Show the state of a deployment in a few numbers."""

from __future__ import annotations

from dataclasses import dataclass

from assent.services.runtime import Runtime
from assent.storage import ledger as stored_ledger
from assent.storage import people as stored_people
from assent.storage import searches as stored_searches


@dataclass(frozen=True, slots=True)
class Status:
    """What is here."""

    deployment: str
    origin: str
    vkey: str
    pack_id: str
    pack_statement: str
    threshold: float
    threshold_basis: str
    people: int
    references: int
    references_of_other_packs: int
    people_without_key: int
    people_by_purpose: dict[str, int]
    searches_by_state: dict[str, int]
    ledger_size: int
    signed_size: int


def show_status(runtime: Runtime) -> Status:
    """Count what is here; a person without a key means that the keyring is older than the data."""
    at = runtime.clock()
    manifest = runtime.pack.manifest
    with runtime.database.snapshot() as view:
        people, references = stored_people.count_people(view)
        terms = stored_people.load_consent_terms(view)
        by_purpose = dict.fromkeys(stored_people.load_purposes(view), 0)
        for consents in terms.values():
            for purpose in {consent.purpose for consent in consents if consent.is_in_force(at)}:
                by_purpose[purpose] = by_purpose.get(purpose, 0) + 1
        last = stored_ledger.load_last_checkpoint(view)
        return Status(
            deployment=runtime.deployment.id,
            origin=runtime.deployment.origin,
            vkey=runtime.signing_key.vkey,
            pack_id=runtime.deployment.pack_id,
            pack_statement=manifest.training_data,
            threshold=manifest.default_threshold,
            threshold_basis=manifest.threshold_basis,
            people=people,
            references=references,
            references_of_other_packs=stored_people.count_other_packs(view, runtime.deployment.pack_id),
            people_without_key=len(stored_people.list_person_ids(view) - runtime.vault.list_subjects()),
            people_by_purpose={str(slug): count for slug, count in by_purpose.items()},
            searches_by_state=stored_searches.count_searches_by_state(view),
            ledger_size=stored_ledger.read_size(view),
            signed_size=last[0] if last else 0,
        )
