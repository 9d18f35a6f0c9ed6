"""The desks in a real browser: issuer, steward, overseer, administrator."""

from __future__ import annotations

import re

import pyotp
import pytest

from browser.served_sites import ServedSite
from demo_deployments import PICTURES, search

LANGUAGES = ["en-GB", "nl-BE", "fr-BE"]
PASSWORD = "a-long-pass-phrase-for-tests"  # noqa: S105 (made up here)


@pytest.mark.parametrize("language", LANGUAGES)
def test_issuer_issues_extends_and_revokes(served: ServedSite, language: str) -> None:
    page = served.open_page("issuer", language=language)
    page.goto("/licences/new")
    page.select_option("[name=holder]", index=0)
    page.check("[name=purpose][value=reunite]")
    page.fill("[name=ground]", "Tracing after the flood")
    page.fill("[name=valid_until]", "2030-01-31")
    page.fill("[name=quota]", "12")
    page.check("[name=trial]")
    page.click("form[action='/licences'] button")
    page.wait_for_url("**/licences/l_*")
    licence = page.url
    page.goto(f"{licence}/extend")
    page.fill("[name=quota]", "20")
    page.fill("[name=reason]", "More families asked for help.")
    page.click("main form.stack button")
    page.wait_for_url(licence)
    page.goto(f"{licence}/revoke")
    page.fill("[name=reason]", "The agreement has ended.")
    page.click("main form.stack button")
    page.wait_for_url(licence)

    assert page.locator("main .badge").count() >= 2
    assert "More families asked for help." in page.locator("main").inner_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_steward_renews_a_link_and_withdraws_somebody(served: ServedSite, language: str) -> None:
    page = served.open_page("steward", language=language)
    page.goto("/people")
    page.click("main table tbody a")
    page.wait_for_url("**/people/p_*")
    person = page.url
    assert page.locator("main img").count() >= 1
    page.click("main form[action$='/link'] button")
    page.wait_for_selector("main :text('/p/')")
    page.goto(f"{person}/withdraw")
    page.click("main form[action$='/withdraw'] button")
    page.wait_for_load_state()
    answer = page.goto(person)

    assert answer is not None
    assert answer.status == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_overseer_goes_from_the_chart_to_the_proof(served: ServedSite, language: str) -> None:
    search(served.site.runtime, served.site.deployment, (PICTURES / "023" / "3.jpg").read_bytes())
    page = served.open_page("overseer", language=language)
    page.goto("/oversight")
    assert page.locator("main svg.chart").count() >= 2
    page.goto("/oversight/searches")
    page.click("main table tbody a")
    page.wait_for_load_state()
    proofs = page.locator("main a[href*='proof']").evaluate_all("all => all.map(one => one.href)")

    assert proofs
    assert page.request.get(proofs[0]).text().startswith("c2sp.org/tlog-proof@v1")


@pytest.mark.parametrize("language", LANGUAGES)
def test_new_member_is_added_and_signs_in_with_two_factors(served: ServedSite, language: str) -> None:
    page = served.open_page("admin", language=language)
    page.goto("/administration/accounts/new")
    page.fill("[name=handle]", "newcomer")
    page.fill("[name=unit]", "desk")
    page.check("[name=roles][value=steward]")
    page.click("main form.stack button")
    page.wait_for_selector("main .panel code")
    link = page.locator("main .panel code").first.inner_text().strip()

    newcomer = served.open_page(language=language)
    newcomer.goto(link)
    newcomer.fill("[name=password]", PASSWORD)
    newcomer.fill("[name=repeated]", PASSWORD)
    newcomer.click("main form.stack button")
    newcomer.wait_for_selector("main .qr")
    secret = newcomer.locator("main details code").text_content()
    assert secret is not None
    newcomer.fill("[name=code]", pyotp.TOTP(re.sub(r"\s", "", secret)).now())
    newcomer.click("form[action='/sign-in/enrol'] button")
    newcomer.wait_for_selector("main a.button")
    newcomer.goto("/people")
    assert newcomer.locator("main table tbody tr").count() > 5
