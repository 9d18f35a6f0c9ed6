"""Describe who answers for what is held here, and put the purposes into more languages."""

from __future__ import annotations

from collections.abc import Mapping

from assent.errors import InvalidInput, NotFound
from assent.ledger import TRANSLATION_SETTING, EntryKind, digest_public_text
from assent.mandates import Actor, Role
from assent.people import Controller, Purpose, PurposeSlug, check_controller, parse_slug
from assent.services.accounting import record_entry
from assent.services.define_purpose import LONGEST_TEXT
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import people as stored_people
from assent.storage import person_pages as stored_pages

CONTROLLER_SETTING = "controller"


def describe_controller(runtime: Runtime, actor: Actor, controller: Controller) -> Controller:
    """Say who runs this deployment, for receipts and pages; takes an administrator. Raises InvalidInput."""
    actor.require_role(Role.ADMINISTRATOR)
    checked, at = check_controller(controller), runtime.clock()
    with runtime.database.transaction() as transaction:
        stored_pages.record_controller(transaction, checked, at)
        fields = {"setting": CONTROLLER_SETTING, "text": digest_public_text(checked.to_bytes().decode())}
        record_entry(runtime, transaction, EntryKind.SETTINGS_CHANGED, actor=actor, at=at, fields=fields)
    return checked


def show_controller(runtime: Runtime) -> Controller:
    """Show who runs this deployment; its origin stands in for a name that nobody gave yet."""
    with runtime.database.snapshot() as view:
        return read_controller(runtime, view)


def read_controller(runtime: Runtime, view: Connection) -> Controller:
    """Read who runs this deployment, in the caller's view."""
    return stored_pages.load_controller(view) or Controller(name=runtime.deployment.origin)


def translate_purpose(
    runtime: Runtime, actor: Actor, *, slug: str, language: str, text: str, text_version: str
) -> Purpose:
    """Put a purpose's text into one more language; takes an administrator. Raises NotFound or InvalidInput."""
    actor.require_role(Role.ADMINISTRATOR)
    if not 1 <= len(text.strip()) <= LONGEST_TEXT:
        raise InvalidInput("A purpose needs a text that says in plain words what people agree to.")
    parse_slug(language, "a language")
    at = runtime.clock()
    with runtime.database.transaction() as transaction:
        if slug not in stored_people.load_purposes(transaction):
            raise NotFound("There is no such purpose to translate.")
        version = parse_slug(text_version, "a version of the text")
        purpose = Purpose(PurposeSlug(slug), text.strip(), version, language, at)
        stored_pages.record_purpose_text(transaction, purpose)
        fields = {
            "setting": TRANSLATION_SETTING,
            "purpose": purpose.slug,
            "language": language,
            "text_version": version,
            "text": digest_public_text(purpose.text),
        }
        record_entry(runtime, transaction, EntryKind.SETTINGS_CHANGED, actor=actor, at=at, fields=fields)
    return purpose


def read_purpose_texts(view: Connection, language: str) -> Mapping[PurposeSlug, Purpose]:
    """Read all purposes, each in the reader's language where it has that, else as it was defined."""
    texts = stored_people.load_purposes(view)
    for translated in stored_pages.load_purpose_texts(view):
        # A translation of an older wording is not what people are asked to agree to any more.
        if translated.language == language and translated.text_version == texts[translated.slug].text_version:
            texts[translated.slug] = translated
    return texts


def list_purposes_in(runtime: Runtime, language: str) -> Mapping[PurposeSlug, Purpose]:
    """List all purposes in the reader's language, by their short names."""
    with runtime.database.snapshot() as view:
        return read_purpose_texts(view, language)
