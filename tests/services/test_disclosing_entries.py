"""One entry proved, one field of it opened: for those entitled, recorded, and never again after an erasure."""

from __future__ import annotations

import pytest

from assent.errors import InvalidInput, NotFound, RoleMissing, SignatureInvalid
from assent.ledger import (
    CosignerKey,
    EntryKind,
    NoteSignature,
    SignedNote,
    VerificationKey,
    add_cosignatures,
    check_commitment,
)
from assent.mandates import Role
from assent.services.add_member import add_member
from assent.services.open_commitment import OpenedEntry, open_commitment
from assent.services.open_deployment import open_runtime
from assent.services.prove_entry import prove_entry
from assent.services.runtime import Runtime
from assent.services.show_ledger import list_entries
from assent.services.sign_checkpoint import sign_checkpoint
from assent.services.verify_ledger import verify_ledger
from assent.services.verify_published import read_trust, verify_proof
from assent.services.withdraw_person import withdraw_person
from assent.storage import ledger as stored_ledger
from demo_deployments import Deployment, act_as, read_picture, search

JUSTIFICATION = b"The family asked where they are."


def find_last(runtime: Runtime, kind: EntryKind) -> int:
    return max(item.index for item in list_entries(runtime) if item.entry.kind is kind)


def count_entries(runtime: Runtime) -> int:
    return len(list_entries(runtime))


def open_as(runtime: Runtime, role: Role, index: int, **options: str) -> OpenedEntry:
    return open_commitment(runtime, act_as(runtime, role), index, **options)


def test_every_entry_of_a_deployment_is_proved_to_an_outsider(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        for item in list_entries(runtime):
            proved = prove_entry(runtime, item.index)

            report = verify_proof(proved.proof.to_bytes(), read_trust(proved.vkey, None))

            assert (report.index, report.entry) == (item.index, item.entry)


def test_a_proof_is_made_under_the_checkpoint_that_is_asked_for(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime:
        note = sign_checkpoint(runtime)
        size = count_entries(runtime)
        add_member(runtime, act_as(runtime, Role.ADMINISTRATOR), handle="more", roles=[Role.SEARCHER], unit="desk")
        proved = prove_entry(runtime, 2, note)

        key = VerificationKey.from_vkey(proved.vkey)
        assert proved.proof.verify(proved.entry.to_bytes(), [key], runtime.deployment.origin).size == size
        with pytest.raises(NotFound, match=f"its {size} entries"):
            prove_entry(runtime, size, note)
        assert prove_entry(runtime, size).index == size


def test_a_proof_carries_witnesses_where_they_cosigned(bare: Deployment) -> None:
    witness = CosignerKey.generate("witness.example")
    with open_runtime(bare.settings) as runtime:
        note, size = sign_checkpoint(runtime), count_entries(runtime)
        line = witness.cosign(SignedNote.from_bytes(note).text, runtime.clock())
        cosigned = add_cosignatures(note, [NoteSignature.from_line(line.rstrip("\n"))])
        with runtime.database.transaction() as transaction:
            stored_ledger.replace_checkpoint(transaction, size, cosigned)
        add_member(runtime, act_as(runtime, Role.ADMINISTRATOR), handle="more", roles=[Role.SEARCHER], unit="desk")
        proved, too_new = prove_entry(runtime, 2), prove_entry(runtime, size)
    policy = f"log {proved.vkey}\nwitness w {witness.vkey}\nquorum w\n".encode()

    assert verify_proof(proved.proof.to_bytes(), read_trust(None, policy)).witnesses == ("witness.example",)
    with pytest.raises(SignatureInvalid, match="quorum"):
        verify_proof(too_new.proof.to_bytes(), read_trust(None, policy))


def test_an_entry_that_does_not_exist_is_not_proved(bare: Deployment) -> None:
    with open_runtime(bare.settings) as runtime, pytest.raises(NotFound, match="counted from 0"):
        prove_entry(runtime, 1_000)


def test_holders_open_their_own_justification_without_a_record(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        search(runtime, enrolled, read_picture("001", 3))
        index, before = find_last(runtime, EntryKind.SEARCH_STARTED), count_entries(runtime)

        opened = open_as(runtime, Role.SEARCHER, index)

        assert [opening.field for opening in opened.openings] == ["justification"]
        opening = opened.openings[0]
        assert opening.value == JUSTIFICATION
        check_commitment(str(opened.entry.fields["justification"]), opening.salt, opening.value)
        assert opened.disclosures == ()
        assert count_entries(runtime) == before


def test_an_overseer_opens_everything_and_each_opening_is_recorded(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        search(runtime, enrolled, read_picture("001", 3))
        index = find_last(runtime, EntryKind.SEARCH_STARTED)

        opened = open_as(runtime, Role.OVERSEER, index, ground="Inspection 12")

        assert {opening.field for opening in opened.openings} == {"justification", "probe"}
        records = [item.entry for item in list_entries(runtime, start=index + 1) if item.index in opened.disclosures]
        assert [record.fields["subject"] for record in records] == ["justification", "probe"]
        for record in records:
            assert record.kind is EntryKind.DISCLOSURE
            assert record.fields["entry"] == index
            assert record.fields["search"] == opened.entry.fields["search"]
            assert record.fields["recipient_kind"] == "overseer"
        ground = open_as(runtime, Role.OVERSEER, opened.disclosures[0], field="ground", ground="Inspection 13")
        assert ground.openings[0].value == b"Inspection 12"
        assert verify_ledger(runtime).size == count_entries(runtime)


def test_a_steward_opens_the_evidence_of_a_consent(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        index = find_last(runtime, EntryKind.CONSENT_GIVEN)

        opened = open_as(runtime, Role.STEWARD, index, ground="Shown to the person")

        assert [opening.field for opening in opened.openings] == ["evidence"]
        assert len(opened.disclosures) == 1


@pytest.mark.parametrize(
    ("role", "kind", "field"),
    [
        (Role.SEARCHER, EntryKind.SEARCH_STARTED, "probe"),
        (Role.STEWARD, EntryKind.SEARCH_STARTED, "justification"),
        (Role.ISSUER, EntryKind.LICENCE_ISSUED, "ground"),
        (Role.SEARCHER, EntryKind.CONSENT_GIVEN, "evidence"),
        (Role.ADMINISTRATOR, EntryKind.CASE_OPENED, "number"),
    ],
)
def test_nobody_else_opens_anything(enrolled: Deployment, role: Role, kind: EntryKind, field: str) -> None:
    with open_runtime(enrolled.settings) as runtime:
        search(runtime, enrolled, read_picture("001", 3))
        index, before = find_last(runtime, kind), count_entries(runtime)

        with pytest.raises(RoleMissing):
            open_as(runtime, role, index, field=field, ground="Curious")

        assert count_entries(runtime) == before


def test_another_searcher_does_not_open_a_justification(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        search(runtime, enrolled, read_picture("001", 3))
        add_member(runtime, act_as(runtime, Role.ADMINISTRATOR), handle="other", roles=[Role.SEARCHER], unit="desk")

        with pytest.raises(RoleMissing):
            open_commitment(runtime, runtime.find_actor("other", "cli"), find_last(runtime, EntryKind.SEARCH_STARTED))


def test_what_is_somebody_elses_is_not_opened_without_a_ground(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        before = count_entries(runtime)

        with pytest.raises(InvalidInput, match="--ground"):
            open_as(runtime, Role.OVERSEER, find_last(runtime, EntryKind.CONSENT_GIVEN), ground="  ")

        assert count_entries(runtime) == before


def test_after_an_erasure_it_cannot_be_opened_any_more(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime:
        index = find_last(runtime, EntryKind.CONSENT_GIVEN)
        person = next(item.entry.fields["person"] for item in list_entries(runtime) if item.index == index)
        withdraw_person(runtime, act_as(runtime, Role.STEWARD), person)
        before = count_entries(runtime)

        with pytest.raises(NotFound, match="cannot be opened any more"):
            open_as(runtime, Role.OVERSEER, index, ground="Court order 7")

        assert count_entries(runtime) == before


@pytest.mark.parametrize(
    ("index", "options", "expected", "said"),
    [
        (0, {}, InvalidInput, "it hides nothing"),
        (-1, {}, NotFound, "not in the ledger"),
        (10_000, {}, NotFound, "not in the ledger"),
    ],
)
def test_what_is_not_there_is_not_opened(
    bare: Deployment, index: int, options: dict[str, str], expected: type[Exception], said: str
) -> None:
    with open_runtime(bare.settings) as runtime, pytest.raises(expected, match=said):
        open_as(runtime, Role.OVERSEER, index, **options)


def test_a_field_that_is_not_hidden_is_named(enrolled: Deployment) -> None:
    with open_runtime(enrolled.settings) as runtime, pytest.raises(InvalidInput, match="it hides evidence"):
        open_as(runtime, Role.OVERSEER, find_last(runtime, EntryKind.CONSENT_GIVEN), field="person", ground="g")
