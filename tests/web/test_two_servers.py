"""Two real servers on one database keep one quota and one gallery; one of them may be killed, and nothing is lost."""

from __future__ import annotations

import gc
import warnings
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from assent.ledger import EntryKind
from assent.mandates import Role
from assent.services.issue_licence import issue_licence
from assent.services.open_deployment import open_runtime
from assent.services.runtime import Runtime, open_unchecked
from assent.services.show_ledger import list_entries
from assent.services.verify_ledger import verify_ledger
from assent.storage import ledger as stored_ledger
from demo_deployments import CASE, REUNITE, Deployment, act_as, read_picture
from web.servers import RemoteVisit, Server, serve, sign_in

QUOTA, SEARCHES = 5, 12


def issue_small_licence(deployment: Deployment) -> str:
    with open_runtime(deployment.settings) as runtime:
        return issue_licence(
            runtime,
            act_as(runtime, Role.ISSUER),
            holder="searcher",
            purposes=[REUNITE],
            ground="Trial",
            citation="",
            valid_from=None,
            valid_until=datetime.now(UTC) + timedelta(days=1),
            quota=QUOTA,
            is_trial=True,
        ).id


def search(browser: RemoteVisit, licence: str, photo: bytes) -> httpx.Response:
    fields = {
        "licence": licence,
        "case": CASE,
        "purpose": "reunite",
        "source": "given-by-family",
        "justification": "The family asked where they are.",
    }
    return browser.post_form("/searches", fields, files={"photo": ("p.jpg", photo, "image/jpeg")})


def search_of(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removeprefix("/searches/")


def searches_with(runtime: Runtime, kind: EntryKind) -> set[str]:
    entries = [indexed.entry for indexed in list_entries(runtime)]
    return {str(entry.fields["search"]) for entry in entries if entry.kind is kind}


def candidates_of(runtime: Runtime, search_id: str) -> int:
    entries = [indexed.entry for indexed in list_entries(runtime)]
    (found,) = (
        entry.fields["candidates"]
        for entry in entries
        if entry.kind is EntryKind.SEARCH_FINISHED and entry.fields["search"] == search_id
    )
    assert isinstance(found, int)
    return found


@pytest.mark.slow
def test_two_servers_work_as_one(enrolled_on_either: Deployment) -> None:
    deployment = enrolled_on_either
    licence = issue_small_licence(deployment)
    searcher, steward = sign_in(deployment, Role.SEARCHER, Role.STEWARD)
    with serve(deployment) as one, serve(deployment) as other:
        keep_one_quota(one, other, searcher, licence)
        withdraw_at(other, steward, searcher, one, deployment)
        acknowledged = kill_while_searching(one, other, searcher, deployment)

        # The one that lives serves on, and a new one takes the place of the other.
        with other.visit(searcher) as browser:
            acknowledged.add(search_of(search(browser, deployment.licence, read_picture("003", 3))))
        with serve(deployment) as again, again.visit(searcher) as browser:
            acknowledged.add(search_of(search(browser, deployment.licence, read_picture("003", 3))))
            assert browser.get("/readyz").json() == {"database": True, "keys": True, "ledger": True, "pack": True}
            assert again.stop() == 0
        assert other.stop() == 0

    runtime = open_unchecked(deployment.settings)
    try:
        with runtime.database.snapshot() as view:
            last = stored_ledger.load_last_checkpoint(view)
            assert last is not None
            assert last[0] == stored_ledger.read_size(view), "stopping signs what was written"
        assert acknowledged <= searches_with(runtime, EntryKind.SEARCH_FINISHED)
        verify_ledger(runtime)
    finally:
        runtime.close()


def keep_one_quota(one: Server, other: Server, searcher: str, licence: str) -> None:
    photo = read_picture("001", 3)

    def search_at(server: Server) -> int:
        with server.visit(searcher) as browser:
            return search(browser, licence, photo).status_code

    with ThreadPoolExecutor(SEARCHES) as pool:
        statuses = list(pool.map(search_at, [one, other] * (SEARCHES // 2)))

    assert sorted(statuses) == [303] * QUOTA + [403] * (SEARCHES - QUOTA)


def withdraw_at(other: Server, steward: str, searcher: str, one: Server, deployment: Deployment) -> None:
    person, photo = deployment.people["002"], read_picture("002", 3)
    with one.visit(searcher) as browser, other.visit(steward) as desk:
        before = search_of(search(browser, deployment.licence, photo))
        answer = desk.post_form(f"/people/{person}/withdraw", {"everything": "yes"})
        assert answer.status_code == 303, answer.text
        after = search_of(search(browser, deployment.licence, photo))
    runtime = open_unchecked(deployment.settings)
    try:
        assert candidates_of(runtime, before) == candidates_of(runtime, after) + 1
    finally:
        runtime.close()


def kill_while_searching(one: Server, other: Server, searcher: str, deployment: Deployment) -> set[str]:
    """Kill one of two servers as soon as the first search came back; gives what was acknowledged by either."""
    photo, acknowledged = read_picture("004", 3), set()

    def search_at(server: Server) -> str | None:
        try:
            with server.visit(searcher) as browser:
                return search_of(search(browser, deployment.licence, photo))
        except httpx.TransportError:
            assert server is one
            return None

    # httpcore leaves the socket of a refused connection to the garbage collector, which warns of it.
    with warnings.catch_warnings(action="ignore", category=ResourceWarning), ThreadPoolExecutor(SEARCHES) as pool:
        at_both = [pool.submit(search_at, server) for server in [one, other] * (SEARCHES // 2)]
        for number, done in enumerate(as_completed(at_both)):
            if number == 0:
                one.kill()
            found = done.result()
            if found is not None:
                acknowledged.add(found)
        gc.collect()
    assert len(acknowledged) >= SEARCHES // 2
    return acknowledged
