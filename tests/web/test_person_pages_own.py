"""People see on their own page what is held of them, change it, and end it with no more clicks than giving took."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from httpx import Response

from assent.ledger import EntryKind
from assent.mandates import Role
from assent.people import Bearer
from assent.services.renew_personal_link import renew_personal_link
from assent.services.show_ledger import list_entries
from assent.services.show_own_page import show_own_page
from assent.services.verify_ledger import verify_ledger
from assent.web import cookies
from demo_deployments import REUNITE, act_as, find_first, read_picture, search
from web.person_visits import PHOTOS, enrol, follow, hand_over, invite, person_of, post_on_page, visitor_of
from web.sites import Site

RECEIPT = re.compile(r"/me/receipts/(e_[a-z2-7]{16})\.json")


def photos_of(answer: Response) -> list[str]:
    return re.findall(r'src="(/me/photos/r_[a-z2-7]{16})"', answer.text)


def test_the_page_shows_photos_purposes_and_receipts(bare_site: Site) -> None:
    browser, _ = enrol(bare_site)

    page = browser.get("/me")

    assert len(photos_of(page)) == 2
    photo = browser.get(photos_of(page)[0])
    assert (photo.headers["content-type"], photo.content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert "So that my family finds me." in page.text
    assert len(RECEIPT.findall(page.text)) == 1
    assert "Noor of the Tests" not in re.search(r"<title>.*</title>", page.text).group()  # type: ignore[union-attr]


def test_nobody_sees_anybody_elses_photos_or_receipts(bare_site: Site) -> None:
    mine, _ = enrol(bare_site, number="001")
    others, _ = enrol(bare_site, number="002")
    page = others.get("/me")
    paths = [photos_of(page)[0], RECEIPT.search(page.text).group(), RECEIPT.search(page.text).group()[:-4] + "pdf"]  # type: ignore[union-attr]

    assert [others.get(path).status_code for path in paths] == [200, 200, 200]
    assert [mine.get(path).status_code for path in paths] == [404, 404, 404]
    assert [bare_site.visit().get(path).status_code for path in paths] == [404, 404, 404]


def test_members_have_no_way_in_without_the_link(bare_site: Site) -> None:
    enrol(bare_site)

    for role in Role:
        assert bare_site.as_role(role.value).get("/me").status_code == 404


def test_a_search_that_returned_somebody_stands_on_their_page(bare_site: Site) -> None:
    browser, _ = enrol(bare_site)
    found = search(bare_site.runtime, bare_site.deployment, read_picture("001", 3))
    assert find_first(found) == person_of(bare_site, browser)

    page = browser.get("/me").text

    row = re.search(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    assert row is not None
    for said in ("reunite", "searcher", "tracing-desk", "Not yet concluded"):
        assert said in row.group(1)


def test_a_corrected_name_replaces_the_old_one(bare_site: Site) -> None:
    browser, _ = enrol(bare_site)

    answer = post_on_page(browser, "/me/name", {"name": "  Noor <i>of</i> the Trials "})

    assert answer.status_code == 303
    page = browser.get("/me").text
    assert 'value="Noor &lt;i&gt;of&lt;/i&gt; the Trials"' in page
    assert "of the Tests" not in page
    (entry,) = [e.entry for e in list_entries(bare_site.runtime) if e.entry.kind is EntryKind.PERSON_CORRECTED]
    assert (entry.fields["actor"], entry.fields["what"]) == ("self", "name")


@pytest.mark.parametrize("name", ["", "\x1b[31m", "x" * 201])
def test_a_name_that_cannot_be_kept_is_refused_and_shown_again(bare_site: Site, name: str) -> None:
    browser, _ = enrol(bare_site)

    assert post_on_page(browser, "/me/name", {"name": name}).status_code == 422


def test_one_more_purpose_is_given_and_withdrawn_again(bare_site: Site) -> None:
    browser, _ = enrol(bare_site)

    given = post_on_page(browser, "/me/purposes", {"purpose": PHOTOS})
    both = show_own_page(bare_site.runtime, visitor_of(bare_site, browser), language="en")
    withdrawn = post_on_page(browser, "/me/withdraw", {"purpose": REUNITE})
    left = show_own_page(bare_site.runtime, visitor_of(bare_site, browser), language="en")

    assert (given.status_code, withdrawn.status_code) == (303, 303)
    assert {consent.purpose for consent in both.consents_in_force} == {REUNITE, PHOTOS}
    assert [consent.purpose for consent in left.consents_in_force] == [PHOTOS]
    assert len(left.records) == 3
    assert left.records[0].document["events"][0]["state"] == "withdrawn"
    assert find_first(search(bare_site.runtime, bare_site.deployment, read_picture("001", 3))) is None
    verify_ledger(bare_site.runtime)


@pytest.mark.parametrize("purpose", [[], ["nothing-such"], [REUNITE]])
def test_a_purpose_that_cannot_be_given_is_refused(bare_site: Site, purpose: list[str]) -> None:
    browser, _ = enrol(bare_site)

    assert post_on_page(browser, "/me/purposes", {"purpose": purpose}).status_code == 422


def test_a_consent_that_ends_soon_is_told_and_given_again_with_one_click(bare_site: Site) -> None:
    browser = follow(bare_site, f"/i/{invite(bare_site, consent_days=20).token}")
    hand_over(browser, photos=[read_picture("001", 1)])
    before = show_own_page(bare_site.runtime, visitor_of(bare_site, browser), language="en")
    now = bare_site.runtime.clock()
    bare_site.runtime.clock = lambda: now + timedelta(minutes=10)
    assert "ends on" in browser.get("/me").text

    answer = post_on_page(browser, "/me/purposes", {"purpose": REUNITE})

    after = show_own_page(bare_site.runtime, visitor_of(bare_site, browser), language="en")
    assert answer.status_code == 303
    assert after.consents_in_force[0].valid_until > before.consents_in_force[0].valid_until  # type: ignore[operator]
    assert after.records[0].document["events"][0]["state"] == "re-confirmed"


def test_everything_is_in_the_download(bare_site: Site) -> None:
    browser, _ = enrol(bare_site)
    search(bare_site.runtime, bare_site.deployment, read_picture("001", 3))

    answer = browser.get("/me/download")

    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        names = packed.namelist()
        document = json.loads(packed.read("assent.json"))
        assert packed.read("photos/1.jpg")[:2] == b"\xff\xd8"
    assert {name.split("/")[0] for name in names} == {"assent.json", "photos", "receipts"}
    assert document["person"]["name"] == "Noor of the Tests"
    assert len(document["templates"]["base64"]) == 2
    assert [s["by_role"] for s in document["searches"]] == [["searcher"]]
    assert [consent["purpose"] for consent in document["consents"]] == [REUNITE]


def test_a_lost_link_is_renewed_and_the_old_one_shuts_at_once(bare_site: Site) -> None:
    browser, link = enrol(bare_site)
    person = person_of(bare_site, browser)

    token = renew_personal_link(bare_site.runtime, act_as(bare_site.runtime, Role.STEWARD), person)

    assert browser.get("/me").status_code == 404
    assert bare_site.visit().get(link, follow_redirects=False).status_code == 404
    assert person_of(bare_site, follow(bare_site, f"/p/{token}")) == person
    verify_ledger(bare_site.runtime)


def test_a_page_closes_when_it_is_left_alone_or_closed(bare_site: Site) -> None:
    browser, link = enrol(bare_site)
    closing = follow(bare_site, link)
    assert post_on_page(closing, "/me/close").status_code == 303
    now = bare_site.runtime.clock()
    bare_site.runtime.clock = lambda: now + timedelta(minutes=31)

    assert closing.get("/me").status_code == 404
    assert browser.get("/me").status_code == 404
    assert person_of(bare_site, follow(bare_site, link))


def test_withdrawing_takes_no_more_clicks_than_giving(bare_site: Site) -> None:
    asked = follow(bare_site, f"/i/{invite(bare_site).token}").get("/i").text
    browser, _ = enrol(bare_site)
    page = browser.get("/me").text

    # Giving: a box to tick, a photo to choose, a name to type, a button. No box counts as ticked, so it is a click.
    form = asked[asked.index('action="/i"') : asked.index("</form>", asked.index('action="/i"'))]
    giving = sum(('type="checkbox"' in form, 'type="file"' in form, 'name="name"' in form, "<button" in form))
    leaving = page[page.index('id="leave"') :]
    leaving = leaving[: leaving.index("</section>")]
    withdrawing = leaving.count("<summary") + leaving.count("<button")

    assert withdrawing <= 2 < giving
    assert 'type="checkbox"' not in leaving
    assert 'type="password"' not in leaving
    # One more purpose takes a tick and a button; one purpose less takes a button.
    post_on_page(browser, "/me/purposes", {"purpose": PHOTOS})
    (single,) = re.findall(rf'action="/me/withdraw">.*?value="{REUNITE}".*?</form>', browser.get("/me").text)
    assert single.count("<button") == 1


def test_after_withdrawing_the_page_says_what_was_destroyed_and_nothing_is_left(bare_site: Site) -> None:
    browser, link = enrol(bare_site)
    person = person_of(bare_site, browser)
    settings = bare_site.runtime.settings

    answer = post_on_page(browser, "/me/withdraw")

    assert answer.status_code == 200
    assert "2 photos" in answer.text
    assert cookies.PERSON not in browser.cookies
    assert browser.get("/me").status_code == 404
    assert bare_site.visit().get(link, follow_redirects=False).status_code == 404
    assert not (bare_site.runtime.photos.folder / person).exists()
    assert person not in bare_site.runtime.vault.list_subjects()
    name = b"Noor of the Tests"
    for folder in (settings.data_folder, settings.keys_folder):
        assert not [path for path in folder.rglob("*") if path.is_file() and name in path.read_bytes()]
    with bare_site.runtime.database.snapshot() as view:
        for table in ("personal_links", "consent_records", "kin_wishes", "consents", "person_references"):
            assert view.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE person_id = '{person}'").scalar() == 0  # noqa: S608
        sessions = view.exec_driver_sql("SELECT count(*) FROM person_sessions").scalar()
    assert sessions == 0
    verify_ledger(bare_site.runtime)


def test_somebody_enrolled_on_paper_gets_a_page_by_a_link_from_the_steward(site: Site) -> None:
    person = site.deployment.people["003"]
    steward = act_as(site.runtime, Role.STEWARD)

    browser = follow(site, f"/p/{renew_personal_link(site.runtime, steward, person)}")

    page = browser.get("/me").text
    assert "The consent was given on paper" in page
    assert visitor_of(site, browser).bearer is Bearer.SELF
    assert post_on_page(browser, "/me/withdraw").status_code == 200
