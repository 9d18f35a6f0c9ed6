"""Asking for approval, deciding, and running what was approved; in the browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from assent.ledger import EntryKind
from assent.mandates import Role
from assent.services.open_deployment import open_runtime
from demo_deployments import Deployment
from services.approval_desks import DAY, Clock, demand_approval
from web.search_forms import GROUP, add_named, bring, entries_of, mandate, path_of, search_at_once
from web.sites import Site, open_site

JPEG_START = b"\xff\xd8\xff"


@pytest.fixture
def desk(bare: Deployment) -> Iterator[Site]:
    """A site whose licence demands approval and allows urgent searches; nobody is enrolled."""
    prepared = demand_approval(bare)
    with open_runtime(prepared.settings, Clock()) as runtime:
        site = open_site(prepared, runtime)
        add_named(site, "approver", Role.APPROVER)
        yield site


def ask_for(site: Site, **changes: str) -> str:
    """Ask for a search; its path under /searches comes back."""
    return path_of(search_at_once(site, site.as_role("searcher"), **changes))


def test_request_is_shown_with_all_it_takes_approved_and_run_once(desk: Site) -> None:
    searcher, approver = desk.as_role("searcher"), desk.as_role("approver")
    path = ask_for(desk)
    request = path.replace("/searches/", "/approvals/")

    waiting = searcher.get(path).text
    queue = approver.get("/approvals").text
    page = approver.get(request).text
    pictures = [approver.get(f"{request}/{name}.jpg").content for name in ("photo", "face")]
    decided = approver.post_form(f"{request}/approve")
    approved = searcher.get(path).text
    run = searcher.post_form(f"{path}/run")

    assert "Waits for approval" in waiting
    assert "Run now" not in waiting
    assert request in queue
    assert all(
        word in page for word in ("2026/0117", "The family asked where they are.", "Court order 4/26", "reunite")
    )
    assert all(picture.startswith(JPEG_START) for picture in pictures)
    assert decided.headers["location"] == "/approvals"
    assert "Run now" in approved
    assert run.headers["location"] == path
    assert "Nobody found" in searcher.get(path).text
    assert searcher.post_form(f"{path}/run").status_code == 403


def test_face_chosen_on_a_group_photo_is_the_one_shown_and_searched(desk: Site) -> None:
    searcher, approver = desk.as_role("searcher"), desk.as_role("approver")
    bring(searcher, GROUP.read_bytes())
    path = path_of(searcher.post_form("/searches", mandate(desk, face="2")))
    request = path.replace("/searches/", "/approvals/")

    assert "Face 2, which is asked for" in approver.get(request).text
    assert approver.get(f"{request}/face.jpg").content.startswith(JPEG_START)
    approver.post_form(f"{request}/approve")
    searcher.post_form(f"{path}/run")
    assert "Nobody found" in searcher.get(path).text


def test_refusal_needs_a_reason_is_counted_and_shown(desk: Site) -> None:
    searcher, approver = desk.as_role("searcher"), desk.as_role("approver")
    path = ask_for(desk)
    request = path.replace("/searches/", "/approvals/")

    short = approver.post_form(f"{request}/refuse", {"reason": "no"})
    refused = approver.post_form(f"{request}/refuse", {"reason": "Nothing in this case speaks of her."})
    again = approver.post_form(f"{request}/approve")

    assert short.status_code == 422
    assert "reason of at least" in short.text
    assert refused.status_code == 303
    assert again.status_code == 422
    assert "A second person refused this search" in searcher.get(path).text
    assert "refused" in searcher.get("/searches").text
    assert searcher.post_form(f"{path}/run").status_code == 403
    assert entries_of(desk, EntryKind.SEARCH_REFUSED)[0].fields["cause"] == "approval-refused"


def test_nobody_decides_on_their_own_request(desk: Site) -> None:
    add_named(desk, "both", Role.SEARCHER, Role.APPROVER)
    own = demand_approval(desk.deployment, holder="both")
    both = desk.as_member("both")
    path = path_of(search_at_once(replace(desk, deployment=own), both))
    request = path.replace("/searches/", "/approvals/")

    page = both.get(request).text

    assert "your own" in page
    assert f'action="{request}/approve"' not in page
    assert both.post_form(f"{request}/approve").status_code == 403


def test_urgent_search_runs_first_and_is_sealed_when_refused(desk: Site) -> None:
    searcher, approver = desk.as_role("searcher"), desk.as_role("approver")
    path = ask_for(desk, urgent="yes")
    request = path.replace("/searches/", "/approvals/")

    ran = searcher.get(path).text
    page = approver.get(request).text
    approver.post_form(f"{request}/refuse", {"reason": "This was not urgent at all."})
    sealed = searcher.get(path).text

    assert "ran before it was approved" in ran
    assert "has run already" in page
    assert "The result was sealed" in sealed
    assert searcher.get(f"{path}/probe.jpg").status_code == 404


def test_request_that_ran_out_says_so(desk: Site) -> None:
    path = ask_for(desk)
    assert isinstance(desk.runtime.clock, Clock)

    desk.runtime.clock.ahead = 15 * DAY
    searcher, approver = desk.as_role("searcher"), desk.as_role("approver")

    assert "Ran out" in searcher.get(path).text
    assert "ran out" in approver.get("/approvals").text
    assert approver.post_form(path.replace("/searches/", "/approvals/") + "/approve").status_code == 403


def test_deciding_takes_the_role_and_a_request_that_exists(desk: Site) -> None:
    path = ask_for(desk).replace("/searches/", "/approvals/")
    searcher, approver = desk.as_role("searcher"), desk.as_role("approver")

    refused = [searcher.get(f"{path}{part}").status_code for part in ("", "/photo.jpg", "/face.jpg")]

    assert refused == [403] * 3
    assert searcher.get("/approvals").status_code == 403
    assert searcher.post_form(f"{path}/approve").status_code == 403
    assert approver.get("/approvals/s_aaaaaaaaaaaaaaaa").status_code == 404
    assert approver.get("/approvals/nonsense").status_code == 422


def test_justification_never_becomes_markup(desk: Site) -> None:
    path = ask_for(desk, justification="Because of <script>alert(1)</script>").replace("/searches/", "/approvals/")

    page = desk.as_role("approver").get(path).text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
