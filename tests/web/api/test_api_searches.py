"""Searches, approvals and reviews through the API: the same rules as everywhere, in JSON."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assent.ledger import EntryKind
from assent.mandates import Role
from assent.people import PurposeSlug
from assent.services.add_member import add_member
from assent.services.issue_licence import issue_licence
from assent.services.show_ledger import list_entries
from assent.services.verify_ledger import verify_ledger
from demo_deployments import REUNITE, act_as, read_picture
from web.api.api_clients import as_program, bring, find_member, reason_of, search_with
from web.sites import Site


def a_licence_with_approval(site: Site) -> str:
    issuer = act_as(site.runtime, Role.ISSUER)
    until = site.runtime.clock() + timedelta(days=30)
    return issue_licence(
        site.runtime,
        issuer,
        holder="searcher",
        purposes=[PurposeSlug(REUNITE)],
        ground="Agreement with the tracing desk",
        citation="",
        valid_from=None,
        valid_until=until,
        quota=10,
        needs_approval=True,
    ).id


def test_search_returns_candidates_and_stands_in_the_ledger_with_its_channel(site: Site) -> None:
    client = as_program(site, Role.SEARCHER)

    answer = search_with(client, site, read_picture("001", 3))

    found = answer.json()
    assert answer.status_code == 201, answer.text
    assert found["candidates"][0]["person"] == site.deployment.people["001"]
    assert client.get(f"/searches/{found['id']}").json() == found
    assert [past["id"] for past in client.get("/searches").json()] == [found["id"]]
    started = [at.entry for at in list_entries(site.runtime) if at.entry.kind is EntryKind.SEARCH_STARTED]
    assert [entry.fields["channel"] for entry in started] == ["api"]
    for path in ("probe", "candidates/1/portrait"):
        picture = client.get(f"/searches/{found['id']}/{path}")
        assert picture.headers["content-type"] == "image/jpeg"
        assert picture.content.startswith(b"\xff\xd8")
    verify_ledger(site.runtime)


def test_refused_search_is_counted_and_says_why(bare_site: Site) -> None:
    client = as_program(bare_site, Role.SEARCHER)

    answer = search_with(client, bare_site, read_picture("001", 1), licence="l_aaaaaaaaaaaaaaaa")

    assert answer.status_code == 403
    assert reason_of(answer) == "licence-unknown"
    assert [past["state"] for past in client.get("/searches").json()] == ["refused"]


@pytest.mark.parametrize(
    ("changes", "photo"),
    [
        ({}, b"no picture"),
        ({"probe_source": "from-the-web"}, b"x"),
        ({"face_number": "0"}, b"x"),
        ({"extra": "1"}, b"x"),
    ],
    ids=["no picture", "unknown source", "face 0", "unknown field"],
)
def test_what_cannot_be_used_costs_nothing(bare_site: Site, changes: dict[str, str], photo: bytes) -> None:
    client = as_program(bare_site, Role.SEARCHER)

    answer = search_with(client, bare_site, photo, **changes)

    assert answer.status_code == 422
    assert reason_of(answer)
    assert client.get("/searches").json() == []


def test_search_of_somebody_else_is_not_there(site: Site) -> None:
    name = search_with(as_program(site, Role.SEARCHER), site, read_picture("001", 3)).json()["id"]
    admin = act_as(site.runtime, Role.ADMINISTRATOR)
    add_member(site.runtime, admin, handle="second", roles=[Role.SEARCHER], unit="tracing-desk")
    from assent.mandates.api_token import Scope  # noqa: PLC0415
    from assent.services.api_tokens import make_token  # noqa: PLC0415

    actor = site.runtime.find_actor("second", "web")
    scopes = [Scope.SEARCHES_READ, Scope.SEARCHES_WRITE]
    other = bring(site, make_token(site.runtime, actor, label="other", scopes=scopes).text)

    assert other.get("/searches").json() == []
    for path in ("", "/probe", "/candidates/1/portrait"):
        assert other.get(f"/searches/{name}{path}").status_code == 404
    assert other.post(f"/searches/{name}/run").status_code == 404


@pytest.mark.parametrize("role", [Role.OVERSEER, Role.STEWARD, Role.APPROVER])
def test_whoever_is_no_searcher_searches_nothing(bare_site: Site, role: Role) -> None:
    answer = search_with(as_program(bare_site, role), bare_site, read_picture("001", 1))

    assert answer.status_code == 403


def test_approval_by_a_second_person_through_the_api(site: Site) -> None:
    licence = a_licence_with_approval(site)
    searcher, approver = as_program(site, Role.SEARCHER), as_program(site, Role.APPROVER)

    asked = search_with(searcher, site, read_picture("001", 3), licence=licence)
    name = asked.json()["id"]
    assert (asked.status_code, asked.json()["state"]) == (202, "pending")
    assert reason_of(searcher.post(f"/searches/{name}/run")) == "approval-pending"
    assert [request["search"] for request in approver.get("/requests").json()] == [name]
    assert approver.get(f"/requests/{name}").json()["case_number"] == "2026/0117"
    assert approver.get(f"/requests/{name}/photo").content.startswith(b"\xff\xd8")
    assert searcher.get("/requests").status_code == 403
    assert approver.post(f"/requests/{name}/approve").json()["state"] == "approved"

    assert searcher.post(f"/searches/{name}/run").json()["candidates"][0]["person"] == site.deployment.people["001"]


def test_review_is_blind_until_everything_is_observed(site: Site) -> None:
    name = search_with(as_program(site, Role.SEARCHER), site, read_picture("001", 3)).json()["id"]
    find_member(site, Role.APPROVER)
    reviewer = as_program(site, Role.APPROVER)

    opened = reviewer.get(f"/reviews/{name}").json()
    assert [task["search"] for task in reviewer.get("/reviews").json()] == [name]
    assert set(opened["candidates"][0]) == {"label", "has_portrait", "observation"}
    assert reviewer.get(f"/reviews/{name}/scores").status_code == 422
    for candidate in opened["candidates"]:
        label = candidate["label"]
        assert reviewer.get(f"/reviews/{name}/candidates/{label}/portrait").content.startswith(b"\xff\xd8")
        observed = {"features": {"nose": "similar"}, "text": "Same shape"}
        assert reviewer.put(f"/reviews/{name}/observations/{label}", json=observed).status_code == 204
    scores = reviewer.get(f"/reviews/{name}/scores").json()
    concluded = reviewer.post(
        f"/reviews/{name}/conclusion", json={"conclusion": "same-person", "label": scores[0]["label"]}
    )

    assert concluded.json()["state"] == "one-review"
    assert reviewer.get(f"/reviews/{name}/outcome").json()["outcome"]["conclusions"] == 1
    assert reviewer.get(f"/reviews/{name}/probe").content.startswith(b"\xff\xd8")


def test_cases_are_opened_listed_and_closed(bare_site: Site) -> None:
    client = as_program(bare_site, Role.SEARCHER)

    opened = client.post("/cases", json={"number": "2026/0999", "purpose": "reunite"})
    closed = client.post("/cases/close", json={"number": "2026/0999"})

    assert opened.status_code == 201
    assert opened.json()["id"] in {case["id"] for case in client.get("/cases").json()}
    assert closed.json()["closed_at"] is not None
    assert client.post("/cases/close", json={"number": "none"}).status_code == 404
    assert "reunite" in {purpose["slug"] for purpose in client.get("/purposes").json()}
