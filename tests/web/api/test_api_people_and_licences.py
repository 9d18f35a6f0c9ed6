"""Stewards, issuers and overseers through the API."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from assent.ledger import TlogProof
from assent.mandates import Role
from assent.services.verify_ledger import verify_ledger
from demo_deployments import read_picture
from web.api.api_clients import as_program, reason_of
from web.sites import Site


def test_person_is_enrolled_shown_and_withdrawn(bare_site: Site) -> None:
    steward = as_program(bare_site, Role.STEWARD)
    sent = {
        "name": "Composite Person",
        "purposes": ["reunite"],
        "text_version": "v1",
        "evidence_digest": hashlib.sha256(b"a signed form").hexdigest(),
        "valid_from": "2026-01-01T00:00:00Z",
    }
    photos = [("photos", (f"{number}.jpg", read_picture("001", number), "image/jpeg")) for number in (1, 2)]

    enrolled = steward.post("/people", data=sent, files=photos)

    assert enrolled.status_code == 201, enrolled.text
    person, references = enrolled.json()["person"], enrolled.json()["references"]
    shown = steward.get(f"/people/{person}").json()
    assert shown["name"] == "Composite Person"
    assert sorted(shown["references"]) == sorted(references)
    assert steward.get("/people").json()["total"] == 1
    portrait = steward.get(f"/people/{person}/references/{references[0]}/portrait")
    assert portrait.content.startswith(b"\xff\xd8")
    assert steward.post(f"/people/{person}/withdraw", json={}).json()["is_erased"] is True
    assert steward.get(f"/people/{person}").status_code == 404
    verify_ledger(bare_site.runtime)


def test_only_stewards_see_people(site: Site) -> None:
    person = site.deployment.people["001"]
    for role in (Role.SEARCHER, Role.ISSUER, Role.OVERSEER, Role.ADMINISTRATOR):
        client = as_program(site, role)
        assert client.get("/people").status_code == 403
        assert client.get(f"/people/{person}").status_code == 403


def test_invitation_is_made_listed_and_taken_back(bare_site: Site) -> None:
    steward = as_program(bare_site, Role.STEWARD)

    made = steward.post("/invitations", json={"purposes": ["reunite"], "note": "row 7"})
    listed = steward.get("/invitations").json()

    assert made.status_code == 201, made.text
    assert "/i/" in made.json()["link"]
    assert [shown["note"] for shown in listed] == ["row 7"]
    token = made.json()["link"].rsplit("/", 1)[1]
    assert token not in steward.get("/invitations").text, "the link is told once"
    assert steward.delete(f"/invitations/{made.json()['id']}").status_code == 204
    assert steward.get("/invitations").json()[0]["state"] == "revoked"


def test_licence_is_issued_changed_and_shown_to_its_holder(bare_site: Site) -> None:
    issuer, searcher = as_program(bare_site, Role.ISSUER), as_program(bare_site, Role.SEARCHER)
    until = (bare_site.runtime.clock() + timedelta(days=10)).isoformat()
    sent = {"holder": "searcher", "purposes": ["reunite"], "ground": "Agreement", "valid_until": until, "quota": 5}

    issued = issuer.post("/licences", json=sent)
    licence = issued.json()["id"]
    held = issuer.post(f"/licences/{licence}/changes", json={"change": "suspended", "reason": "Under inquiry"})

    assert issued.status_code == 201, issued.text
    assert held.json()["state"] == "suspended"
    assert searcher.get(f"/licences/{licence}").json()["state"] == "suspended"
    assert reason_of(searcher.post("/licences", json=sent)) == "scope-missing"


def test_licence_of_somebody_else_is_not_there(bare_site: Site) -> None:
    from assent.mandates.api_token import Scope  # noqa: PLC0415
    from assent.services.add_member import add_member  # noqa: PLC0415
    from assent.services.api_tokens import make_token  # noqa: PLC0415
    from demo_deployments import act_as  # noqa: PLC0415
    from web.api.api_clients import bring  # noqa: PLC0415

    runtime = bare_site.runtime
    add_member(runtime, act_as(runtime, Role.ADMINISTRATOR), handle="second", roles=[Role.SEARCHER], unit="desk")
    actor = runtime.find_actor("second", "web")
    other = bring(bare_site, make_token(runtime, actor, label="other", scopes=[Scope.LICENCES_READ]).text)

    assert other.get("/licences").json() == []
    assert other.get(f"/licences/{bare_site.deployment.licence}").status_code == 404


def test_overseer_counts_exactly_and_proves_entries(bare_site: Site) -> None:
    overseer = as_program(bare_site, Role.OVERSEER)
    checkpoint = overseer.get("/ledger/checkpoint").json()

    counts = overseer.get("/oversight/counts").json()
    entries = overseer.get("/ledger/entries", params={"start": 2, "limit": 3}).json()
    proof = TlogProof.from_bytes(overseer.get("/ledger/entries/2/proof").content)

    assert counts["total"]["asked"] == 0
    assert overseer.get("/oversight/findings").json() == []
    assert [entry["index"] for entry in entries] == [2, 3, 4]
    assert overseer.get("/ledger/entries/2").json() == entries[0]
    proof.verify(
        entries[0]["canonical"].encode(), [bare_site.runtime.signing_key.verification_key], checkpoint["origin"]
    )
    assert overseer.get("/ledger/entries/99999").status_code == 404
    assert overseer.get("/oversight/counts", params={"from": "2026-03-02", "until": "2026-03-01"}).status_code == 422


def test_counts_are_for_overseers_only(bare_site: Site) -> None:
    for role in (Role.STEWARD, Role.SEARCHER, Role.ISSUER, Role.ADMINISTRATOR):
        assert as_program(bare_site, role).get("/oversight/counts").status_code == 403


def test_path_that_is_not_there_is_a_problem_too(bare_site: Site) -> None:
    client = as_program(bare_site, Role.SEARCHER)

    assert reason_of(client.get("/nowhere")) == "not-found"
    assert reason_of(client.delete("/me")) == "method-not-allowed"
    assert reason_of(client.get("/searches/not-an-id")) == "invalid-input"
