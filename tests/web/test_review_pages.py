"""Blind second review in the browser: observe first, then distances and names, then conclude."""

from __future__ import annotations

import re

import pytest

from assent.mandates import Role
from services.review_builders import a_search_with_lookalikes
from web.search_forms import add_named
from web.sites import Site, Visit

JPEG_START = b"\xff\xd8\xff"
LABELS = ("A", "B", "C")


@pytest.fixture
def review(bare_site: Site) -> str:
    """The path of a search with three candidates and the reviewers rob, rita and ruth."""
    return f"/reviews/{a_search_with_lookalikes(bare_site.runtime, bare_site.deployment).permit.search}"


def observe(browser: Visit, review: str, text: str = "The same fold.") -> None:
    """Record something about every candidate."""
    seen = {f"{label}.nose": "similar" for label in LABELS} | {"A.text": text}
    assert browser.post_form(f"{review}/observations", seen).status_code == 303


def conclude(browser: Visit, review: str, conclusion: str) -> None:
    """Observe and conclude."""
    observe(browser, review)
    assert browser.post_form(f"{review}/conclusion", {"conclusion": conclusion}).status_code == 303


def label_of_nearest(browser: Visit, review: str) -> str:
    """The label of the first candidate that is revealed; the nearest comes first."""
    observe(browser, review)
    found = re.search(r"Candidate ([A-Z]): Person", browser.get(review).text)
    assert found is not None
    return found.group(1)


def test_reviewer_sees_neither_distance_nor_name_before_observing(bare_site: Site, review: str) -> None:
    rob = bare_site.as_member("rob")

    queue = rob.get("/reviews").text
    blind = rob.get(review).text
    early = rob.post_form(f"{review}/conclusion", {"conclusion": "nobody"})
    observe(rob, review)
    revealed = rob.get(review).text

    assert review in queue
    assert "Distance" not in blind
    assert "Person of form" not in blind
    assert rob.get(f"{review}/probe.jpg").content.startswith(JPEG_START)
    assert rob.get(f"{review}/candidates/B.jpg").content.startswith(JPEG_START)
    assert rob.get(f"{review}/eyes/B").json()["probe"] is not None
    assert early.status_code == 422
    assert "Distance" in revealed
    assert "Person of form L1" in revealed
    assert "The same fold." in revealed


def test_what_was_recorded_cannot_be_changed(bare_site: Site, review: str) -> None:
    rob = bare_site.as_member("rob")
    observe(rob, review)

    again = rob.post_form(f"{review}/observations", {"A.nose": "different"})

    assert again.status_code in {303, 422}
    assert "different" not in rob.get(review).text


def test_something_has_to_be_seen_in_every_candidate_and_what_was_typed_is_kept(bare_site: Site, review: str) -> None:
    rob = bare_site.as_member("rob")

    answer = rob.post_form(f"{review}/observations", {"A.nose": "similar", "A.text": 'A "fold" <b>here</b>'})

    assert answer.status_code == 422
    assert "A &#34;fold&#34; &lt;b&gt;here&lt;/b&gt;" in answer.text
    assert "at least one feature" in answer.text


def test_two_who_agree_confirm_and_the_searcher_sees_it(bare_site: Site, review: str) -> None:
    rob, rita = bare_site.as_member("rob"), bare_site.as_member("rita")
    for browser in (rob, rita):
        nearest = label_of_nearest(browser, review)
        browser.post_form(f"{review}/conclusion", {"conclusion": nearest})

    outcome = rob.get(f"{review}/outcome").text
    page = bare_site.as_role("searcher").get(review.replace("/reviews/", "/searches/")).text

    assert "Two reviewers confirm one candidate" in outcome
    assert "Reviewer 1" in outcome
    assert "two reviewers confirm one candidate" in page
    assert bare_site.as_role("searcher").get(f"{review}/outcome").status_code == 200
    assert review not in bare_site.as_member("ruth").get("/reviews").text


def test_second_reviewer_sees_nothing_of_the_first(bare_site: Site, review: str) -> None:
    conclude(bare_site.as_member("rob"), review, "nobody")
    rita = bare_site.as_member("rita")

    pages = [rita.get("/reviews").text, rita.get(review).text]

    assert rita.get(f"{review}/outcome").status_code == 403
    assert all("Nobody on the list" not in page and "The same fold." not in page for page in pages)


def test_disagreement_is_shown(bare_site: Site, review: str) -> None:
    conclude(bare_site.as_member("rob"), review, "nobody")
    conclude(bare_site.as_member("rita"), review, "inconclusive")

    outcome = bare_site.as_member("rita").get(f"{review}/outcome").text

    assert "The reviewers disagree" in outcome
    assert "that stays on record" in outcome
    assert "Nobody on the list" in outcome
    assert "Not possible to say" in outcome


def test_whoever_searched_does_not_review_and_strangers_to_it_neither(bare_site: Site, review: str) -> None:
    searcher, steward = bare_site.as_role("searcher"), bare_site.as_role("steward")

    assert searcher.get(f"{review}/probe.jpg").status_code == 403
    assert searcher.post_form(f"{review}/observations", {"A.nose": "similar"}).status_code == 403
    assert [steward.get(path).status_code for path in ("/reviews", review, f"{review}/candidates/A.jpg")] == [403] * 3


def test_a_review_that_does_not_exist_is_not_found(bare_site: Site) -> None:
    add_named(bare_site, "approver", Role.APPROVER)
    approver = bare_site.as_role("approver")

    assert approver.get("/reviews/s_aaaaaaaaaaaaaaaa").status_code == 404
    assert "Nothing waits for you." in approver.get("/reviews").text
