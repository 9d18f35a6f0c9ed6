"""The steward's and the issuer's main paths in a real browser: enrol, import, look, withdraw; issue, extend, revoke."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe

from browser.served_sites import PATIENCE_MS, ServedSite
from demo_deployments import PICTURES, write_table
from services.test_start_import import FORMS, pack_photos

if TYPE_CHECKING:
    from playwright.sync_api import Page


def require_no_barrier(page: Page) -> None:
    """No violation that axe calls serious or critical, and nothing that has to be scrolled sideways."""
    violations = Axe().run(page).response["violations"]
    assert [found["id"] for found in violations if found["impact"] in {"serious", "critical"}] == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def test_a_steward_imports_enrols_checks_and_withdraws(served: ServedSite, tmp_path: Path) -> None:
    page = served.open_page("steward", width=390)
    table, photos = tmp_path / "forms.csv", tmp_path / "photos.zip"
    table.write_bytes(write_table([*FORMS, ("F-61", ["001/1.jpg"])]))
    photos.write_bytes(pack_photos())

    page.goto("/imports")
    page.set_input_files("#f-table", table)
    page.set_input_files("#f-photos", photos)
    page.get_by_role("button", name="Start the import").click()
    page.get_by_text("This import has ended.").wait_for(timeout=2 * PATIENCE_MS)
    require_no_barrier(page)

    page.goto("/people/new")
    require_no_barrier(page)
    page.fill("#f-name", "Invented Person")
    page.set_input_files("#f-photos", PICTURES / "004" / "1.jpg")
    page.check("#f-purpose-reunite")
    page.set_input_files("#f-evidence_file", table)
    page.get_by_role("button", name="Enrol", exact=True).click()
    page.get_by_role("heading", name="Invented Person").wait_for()
    require_no_barrier(page)
    path = page.url

    page.goto("/people/duplicates")
    page.set_input_files("#f-photo", PICTURES / "004" / "2.jpg")
    page.fill("#f-form_reference", "F-99")
    page.select_option("#f-purpose", "reunite")
    page.get_by_role("button", name="Record and look").click()
    page.get_by_role("link", name="Invented Person").wait_for()
    require_no_barrier(page)

    page.goto(path)
    page.get_by_role("link", name="Withdraw on this person's behalf").click()
    require_no_barrier(page)
    page.get_by_role("button", name="Withdraw everything").click()
    page.get_by_text("Everything held about this person is destroyed.").wait_for()
    require_no_barrier(page)
    for other in ("/people/expiring", "/invitations/new", "/invitations"):
        page.goto(other)
        require_no_barrier(page)


def test_an_issuer_issues_extends_and_revokes_by_keyboard(served: ServedSite) -> None:
    page = served.open_page("issuer", scheme="dark")
    page.goto("/licences/new")
    require_no_barrier(page)

    page.focus("#f-ground")
    page.keyboard.type("Tracing mandate 12")
    page.focus("#f-purpose-reunite")
    page.keyboard.press("Space")
    page.focus("#f-trial-yes")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Issue the licence").focus()
    page.keyboard.press("Enter")
    page.get_by_text("This is a trial.").wait_for()
    require_no_barrier(page)

    page.get_by_role("link", name="Extend").click()
    require_no_barrier(page)
    page.fill("#f-quota", "250")
    page.fill("#f-reason", "The tracing goes on.")
    page.get_by_role("button", name="Extend the licence").click()
    page.get_by_text("The licence was changed.").wait_for()

    page.get_by_role("link", name="Revoke").click()
    page.fill("#f-reason", "The mandate has ended.")
    page.get_by_role("button", name="Revoke the licence").click()
    page.get_by_role("cell", name="The mandate has ended.").wait_for()
    require_no_barrier(page)
    page.goto("/licences")
    require_no_barrier(page)
