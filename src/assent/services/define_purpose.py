"""Define a purpose, or give it a new text: the words that people agree to."""

from __future__ import annotations

from assent.errors import InvalidInput
from assent.ledger import EntryKind, digest_public_text
from assent.mandates import Actor, Role
from assent.people import Purpose, parse_purpose_slug, parse_slug
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.storage import people as stored_people

LONGEST_TEXT = 10_000


def define_purpose(
    runtime: Runtime, actor: Actor, *, slug: str, text: str, text_version: str, language: str = "en"
) -> Purpose:
    """Define a purpose; takes an administrator. Raises RoleMissing or InvalidInput."""
    actor.require_role(Role.ADMINISTRATOR)
    if not 1 <= len(text.strip()) <= LONGEST_TEXT:
        raise InvalidInput("A purpose needs a text that says in plain words what people agree to.")
    at = runtime.clock()
    purpose = Purpose(
        parse_purpose_slug(slug), text.strip(), parse_slug(text_version, "a version of the text"), language, at
    )
    with runtime.database.transaction() as transaction:
        stored_people.record_purpose(transaction, purpose)
        fields = {
            "setting": "purpose",
            "purpose": purpose.slug,
            "text_version": purpose.text_version,
            "text": digest_public_text(purpose.text),
        }
        record_entry(runtime, transaction, EntryKind.SETTINGS_CHANGED, actor=actor, at=at, fields=fields)
    return purpose


def list_purposes(runtime: Runtime) -> list[Purpose]:
    """List all purposes by their short names."""
    with runtime.database.snapshot() as view:
        return list(stored_people.load_purposes(view).values())
