"""The administrator's other pages: settings, purposes, packs, retention, health."""

from __future__ import annotations

from dataclasses import fields, replace
from email.message import EmailMessage

import pytest

from assent.errors import InvalidInput
from assent.ledger import EntryKind
from assent.mandates import Role
from assent.services.define_purpose import list_purposes
from assent.services.notify import set_mail_address
from assent.services.send_test_mail import send_test_mail
from assent.services.show_ledger import list_entries
from assent.settings import Settings
from demo_deployments import act_as
from web.sign_in.doors import is_signed_in, stop_clock
from web.sites import Site


def last_setting(site: Site) -> dict[str, object]:
    entries = [indexed.entry for indexed in list_entries(site.runtime)]
    return dict([entry for entry in entries if entry.kind is EntryKind.SETTINGS_CHANGED][-1].fields)


def test_every_setting_is_shown(bare_site: Site) -> None:
    page = bare_site.as_role("administrator").get("/administration/settings").text

    assert [field.name for field in fields(Settings) if field.name not in page] == []


def test_no_page_shows_where_a_secret_lies(bare_site: Site) -> None:
    page = bare_site.as_role("administrator").get("/administration/settings").text

    assert str(bare_site.runtime.settings.keys_folder.parent) not in page


def test_changed_setting_holds_at_once_and_stands_in_the_ledger(bare_site: Site) -> None:
    clock = stop_clock(bare_site)
    browser, steward = bare_site.as_role("administrator"), bare_site.as_role("steward")
    browser.post_form("/administration/settings", {"name": "idle_minutes", "value": "5"})

    clock.move(minutes=5)

    assert not is_signed_in(steward)
    assert (last_setting(bare_site)["setting"], last_setting(bare_site)["value"]) == ("idle-minutes", 5)


@pytest.mark.parametrize(
    ("name", "value"),
    [("idle_minutes", "100000"), ("session_hours", "0"), ("keys_folder", "1"), ("needs_second_factor", "2")],
)
def test_setting_beyond_its_limits_or_not_for_change_stays(bare_site: Site, name: str, value: str) -> None:
    browser = bare_site.as_role("administrator")

    assert browser.post_form("/administration/settings", {"name": name, "value": value}).status_code == 422


def test_purpose_is_defined_and_translated(bare_site: Site) -> None:
    browser = bare_site.as_role("administrator")
    text = {"slug": "festival", "text": "So that I find my photos.", "text_version": "v1", "language": "en"}

    defined = browser.post_form("/administration/purposes", text)
    translated = browser.post_form(
        "/administration/purposes/translations", text | {"text": "Om mijn foto's te vinden.", "language": "nl"}
    )

    assert (defined.status_code, translated.status_code) == (303, 303)
    assert "festival" in {purpose.slug for purpose in list_purposes(bare_site.runtime)}
    assert "Om mijn foto" in browser.get("/administration/purposes").text


def test_purpose_that_cannot_be_is_shown_again_with_what_was_typed(bare_site: Site) -> None:
    data = {"slug": "Not A Slug", "text": "So that it is kept.", "text_version": "v1"}

    answer = bare_site.as_role("administrator").post_form("/administration/purposes", data)

    assert answer.status_code == 422
    assert "So that it is kept." in answer.text


def test_retention_rule_is_changed(bare_site: Site) -> None:
    browser = bare_site.as_role("administrator")

    answer = browser.post_form("/administration/retention", {"kind": "case-number", "days": "400"})

    assert answer.status_code == 303
    assert 'value="400"' in browser.get("/administration/retention").text


@pytest.mark.parametrize(("path", "word"), [("packs", "Trained on"), ("health", "Verification key")])
def test_packs_and_health_are_shown(bare_site: Site, path: str, word: str) -> None:
    answer = bare_site.as_role("administrator").get(f"/administration/{path}")

    assert answer.status_code == 200
    assert word in answer.text


def test_mail_is_tried_to_the_administrators_own_address(bare_site: Site) -> None:
    runtime, admin = bare_site.runtime, act_as(bare_site.runtime, Role.ADMINISTRATOR)
    runtime.settings = replace(runtime.settings, mail_host="mail.example.org", mail_sender="assent@example.org")
    set_mail_address(runtime, admin, "ines@example.org")
    sent: list[EmailMessage] = []

    send_test_mail(runtime, admin, "https://assent.example/", lambda _settings, message: sent.append(message))

    assert [message["To"] for message in sent] == ["ines@example.org"]


def test_mail_without_a_server_says_what_is_missing(bare_site: Site) -> None:
    with pytest.raises(InvalidInput, match="ASSENT_MAIL_HOST"):
        send_test_mail(bare_site.runtime, act_as(bare_site.runtime, Role.ADMINISTRATOR), "https://assent.example/")
