"""The oversight desk's pages: figures, single searches, proofs, samples, reports, exports, holds."""

from __future__ import annotations

import json
import re

import pytest

from assent.errors import Refused
from assent.ledger import EntryKind, TlogProof
from assent.mandates import Role
from assent.services.run_search import run_search
from assent.services.show_ledger import list_entries
from assent.services.verify_ledger import verify_ledger
from assent.services.withdraw_person import withdraw_person
from demo_deployments import act_as, ask, read_picture, search
from web.sites import Site, Visit

PAGES = (
    "/oversight",
    "/oversight?span=all",
    "/oversight?span=365",
    "/oversight?span=own&from=2026-01-01&until=2026-01-31",
    "/oversight/searches?span=all",
    "/oversight/unusual?span=all&zone=Europe/Brussels",
    "/oversight/samples",
    "/oversight/people",
    "/oversight/reports",
    "/oversight/retention",
    "/oversight/retention?count=true",
    "/oversight/export",
)


@pytest.fixture
def used(site: Site) -> Site:
    """A site on which one search found somebody, one found nobody, and one was refused."""
    search(site.runtime, site.deployment, read_picture("001", 3))
    with pytest.raises(Refused):
        run_search(
            site.runtime,
            act_as(site.runtime, Role.SEARCHER),
            ask(site.deployment, justification=""),
            read_picture("001", 3),
        )
    return site


def find_search(site: Site) -> str:
    entries = list_entries(site.runtime)
    return next(str(at.entry.fields["search"]) for at in entries if at.entry.kind is EntryKind.SEARCH_STARTED)


def count_looks(site: Site) -> int:
    return sum(at.entry.kind is EntryKind.SEARCH_INSPECTED for at in list_entries(site.runtime))


def open_search(site: Site, overseer: Visit) -> str:
    name = find_search(site)
    answer = overseer.post_form(f"/oversight/searches/{name}/open")
    assert answer.headers["location"] == f"/oversight/searches/{name}/opened"
    return name


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_the_desk_opens_for_the_overseer_on_an_unused_site(bare_site: Site, path: str) -> None:
    answer = bare_site.as_role("overseer").get(path, follow_redirects=False)

    assert answer.status_code == 200, answer.text
    assert answer.text.count("<h1") == 1
    assert "style=" not in answer.text


@pytest.mark.parametrize("role", ["steward", "searcher", "approver", "issuer", "administrator"])
def test_desk_is_closed_to_every_other_role(bare_site: Site, role: str) -> None:
    visit = bare_site.as_role(role)

    assert {visit.get(path, follow_redirects=False).status_code for path in PAGES} == {403}


def test_desk_sends_strangers_to_sign_in(bare_site: Site) -> None:
    answer = bare_site.visit().get("/oversight", follow_redirects=False)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


def test_dashboard_shows_exact_counts_with_a_table_beside_each_chart(used: Site) -> None:
    page = used.as_role("overseer").get("/oversight").text

    assert page.count('<svg class="chart"') == page.count("<caption>")
    assert re.search(r"<dt>Searches</dt><dd>2</dd>", page)
    assert re.search(r"<dt>Refused</dt><dd>1</dd>", page)
    assert "justification-missing" in page


def test_period_narrows_the_figures(used: Site) -> None:
    page = used.as_role("overseer").get("/oversight?span=own&from=2020-01-01&until=2020-12-31").text

    assert re.search(r"<dt>Searches</dt><dd>0</dd>", page)


@pytest.mark.parametrize(
    "query",
    ["span=7", "span=own", "span=own&from=2026-02-30&until=2026-03-01", "span=own&from=2026-03-02&until=2026-03-01"],
)
def test_period_that_is_none_is_refused_calmly(bare_site: Site, query: str) -> None:
    assert bare_site.as_role("overseer").get(f"/oversight?{query}").status_code == 422


def test_new_searches_are_counted_at_once(used: Site) -> None:
    overseer = used.as_role("overseer")
    overseer.get("/oversight")

    search(used.runtime, used.deployment, read_picture("002", 3))

    assert re.search(r"<dt>Searches</dt><dd>3</dd>", overseer.get("/oversight").text)


def test_searches_are_listed_and_narrowed(used: Site) -> None:
    overseer = used.as_role("overseer")

    everything = overseer.get("/oversight/searches").text
    refused = overseer.get("/oversight/searches?stage=refused").text

    assert find_search(used) in everything
    assert find_search(used) not in refused
    assert re.search(r"/oversight/searches/entry-\d+", refused)


def test_page_of_a_search_opens_nothing_by_itself(used: Site) -> None:
    overseer, before = used.as_role("overseer"), count_looks(used)

    page = overseer.get(f"/oversight/searches/{find_search(used)}").text

    assert "2026/0117" not in page
    assert "/pictures/" not in page
    assert count_looks(used) == before


def test_opening_a_search_is_recorded_before_it_is_shown(used: Site) -> None:
    overseer, before = used.as_role("overseer"), count_looks(used)

    name = open_search(used, overseer)
    page = overseer.get(f"/oversight/searches/{name}/opened").text
    pictures = re.findall(rf"/oversight/searches/{name}/pictures/[a-z0-9]+", page)

    assert count_looks(used) == before + 1, "one look, however many pictures it has"
    assert "2026/0117" in page
    assert len(pictures) >= 2
    for picture in pictures:
        answer = overseer.get(picture)
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"] == "no-store"
    verify_ledger(used.runtime)


def test_what_one_overseer_opened_is_not_open_to_another(used: Site) -> None:
    name = open_search(used, used.as_role("overseer"))
    from assent.services.add_member import add_member  # noqa: PLC0415

    admin = act_as(used.runtime, Role.ADMINISTRATOR)
    add_member(used.runtime, admin, handle="second", roles=[Role.OVERSEER], unit="audit")
    other = used.as_member("second")

    assert other.get(f"/oversight/searches/{name}/pictures/probe").status_code == 404
    assert other.get(f"/oversight/searches/{name}/opened", follow_redirects=False).status_code == 303


def test_withdrawn_candidate_is_not_shown(used: Site) -> None:
    overseer = used.as_role("overseer")
    name = open_search(used, overseer)
    withdraw_person(used.runtime, act_as(used.runtime, Role.STEWARD), used.deployment.people["001"])

    page = overseer.get(f"/oversight/searches/{name}/opened").text

    assert "Person of form" not in page or "withdrawn" in page or "No candidates" in page
    assert overseer.get(f"/oversight/searches/{name}/pictures/1").status_code == 404


@pytest.mark.parametrize("name", ["s_aaaaaaaaaaaaaaaa", "entry-0", "entry-999999"])
def test_search_that_is_not_there_is_not_found(bare_site: Site, name: str) -> None:
    assert bare_site.as_role("overseer").get(f"/oversight/searches/{name}").status_code == 404


def test_proof_of_an_entry_verifies_offline(used: Site) -> None:
    key = used.runtime.signing_key.verification_key

    answer = used.as_role("overseer").get("/oversight/entries/3/proof")

    proof = TlogProof.from_bytes(answer.content)
    assert "entry-3.tlog-proof" in answer.headers["content-disposition"]
    assert proof.extra is not None
    proof.verify(proof.extra, [key], used.runtime.deployment.origin)
    assert used.as_role("overseer").get("/oversight/entries/99999/proof").status_code == 404


def test_sample_says_how_it_was_drawn_or_why_it_cannot_be_yet(used: Site) -> None:
    overseer = used.as_role("overseer")
    day = used.runtime.clock().date()

    future = overseer.get(f"/oversight/samples?period={day.year}")
    past = overseer.get(f"/oversight/samples?period={day.year - 1}")
    wrong = overseer.get("/oversight/samples?period=yesterday")

    assert (future.status_code, past.status_code, wrong.status_code) == (404, 200, 422)
    assert re.search(r"<code>[0-9a-f]{64}</code>", past.text)


def test_searches_of_a_person_are_listed_by_identifier(used: Site) -> None:
    overseer, person = used.as_role("overseer"), used.deployment.people["001"]

    assert find_search(used) in overseer.get(f"/oversight/people?person={person}").text
    assert overseer.get("/oversight/people?person=p_aaaaaaaaaaaaaaaa").status_code == 404


def test_annual_report_runs_only_its_own_style(used: Site) -> None:
    overseer, year = used.as_role("overseer"), used.runtime.clock().year

    public = overseer.get(f"/oversight/reports/{year}")
    named = overseer.get(f"/oversight/reports/{year}?public=false")
    table = overseer.get(f"/oversight/reports/{year}/purposes.csv")

    assert "style-src 'sha256-" in public.headers["content-security-policy"]
    assert "unsafe-inline" not in public.headers["content-security-policy"]
    assert "style=" not in public.text
    assert "searcher" not in public.text.split("</style>")[1].split("<main")[-1] or "searcher (m_" in named.text
    assert table.text.startswith("purpose,asked")
    assert overseer.get(f"/oversight/reports/{year}/nothing.csv").status_code == 404


@pytest.mark.parametrize("form", ["csv", "json"])
def test_export_is_handed_out_and_recorded_with_its_ground(used: Site, form: str) -> None:
    day = str(used.runtime.clock().date())
    given = {"from": day, "until": day, "form": form, "ground": "Request of the regulator"}

    answer = used.as_role("overseer").post_form("/oversight/export", given)

    assert answer.status_code == 200
    assert find_search(used) in answer.text
    if form == "json":
        assert any(entry["kind"] == "disclosure" for entry in json.loads(answer.text))
    assert list_entries(used.runtime)[-1].entry.fields["subject"] == "ledger-entries"
    verify_ledger(used.runtime)


def test_export_without_a_ground_is_refused_and_keeps_what_was_typed(bare_site: Site) -> None:
    given = {"from": "2026-01-01", "until": "2026-12-31", "form": "csv", "ground": "short"}

    answer = bare_site.as_role("overseer").post_form("/oversight/export", given)

    assert answer.status_code == 422
    assert ">short</textarea>" in answer.text


def test_hold_is_placed_and_lifted(used: Site) -> None:
    overseer = used.as_role("overseer")

    placed = overseer.post_form("/oversight/holds", {"subject": find_search(used), "reason": "A complaint is pending"})
    hold = re.search(r"h_[a-z2-7]{16}", overseer.get("/oversight/retention").text)

    assert placed.status_code == 303
    assert hold is not None
    assert overseer.post_form(f"/oversight/holds/{hold[0]}/release").status_code == 303
    assert overseer.post_form(f"/oversight/holds/{hold[0]}/release").status_code == 422
    assert (
        overseer.post_form(
            "/oversight/holds", {"subject": "s_aaaaaaaaaaaaaaaa", "reason": "A complaint is"}
        ).status_code
        == 422
    )


def test_probes_are_compared_only_on_demand_and_on_record(used: Site) -> None:
    overseer, before = used.as_role("overseer"), count_looks(used)

    overseer.get("/oversight/unusual")
    assert count_looks(used) == before

    page = overseer.post_form("/oversight/unusual").text
    assert count_looks(used) == before + 1
    assert "1 of 1 probes were compared" in page
