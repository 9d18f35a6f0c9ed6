"""Settings and kinds of records in words, as docs/settings.md has them."""

from __future__ import annotations

from assent.mandates import RecordKind
from assent.web.navigation import N_
from assent.web.words import _

NAMES = {
    "idle_minutes": N_("Minutes without use"),
    "session_hours": N_("Hours in all"),
    "confirmed_minutes": N_("Minutes after confirming"),
    "link_hours": N_("Hours of a link"),
    "needs_second_factor": N_("Second factor needed"),
}
MEANINGS = {
    "idle_minutes": N_("After how many minutes without use a session ends."),
    "session_hours": N_("After how many hours a session ends in any case."),
    "confirmed_minutes": N_("How long a confirmation counts for exports, licences and role changes."),
    "link_hours": N_("How long a one-time link to set a password works."),
    "needs_second_factor": N_("1: a password alone opens nothing. 0: it does; only where nobody real is enrolled."),
    "data_folder": N_("Where the database and the photos lie."),
    "keys_folder": N_("Where the keys lie; never inside the data folder."),
    "cache_folder": N_("Where converted packs are kept; may be deleted at any time."),
    "max_image_bytes": N_("Larger files are refused before they are decoded."),
    "max_image_pixels": N_("Larger pictures are refused before they are decoded."),
    "smallest_face_px": N_("Faces smaller than this many pixels are not looked for."),
    "candidates_limit": N_("How many people one search returns at most."),
    "worker_threads": N_("How many threads bulk work uses."),
    "public_url": N_("The address under which people reach this site; links and passkeys are bound to it."),
    "provider_issuer": N_("The identity provider; none means that nobody signs in through one."),
    "provider_roles_claim": N_("The claim whose values vouch for roles."),
    "mail_host": N_("The mail server; none means that no mail is sent."),
}
RECORDS = {
    RecordKind.PROBE_WITHOUT_CANDIDATES: N_("Probes of searches that found nobody"),
    RecordKind.PROBE_WITH_CANDIDATES: N_("Probes of searches with candidates"),
    RecordKind.CANDIDATES: N_("Lists of candidates"),
    RecordKind.CASE_NUMBER: N_("Numbers of closed cases"),
    RecordKind.REQUEST_PHOTO: N_("Photos of requests"),
}


def name_setting(name: str) -> str:
    """Name a setting; one that has no words is named as in the documentation."""
    return _(NAMES[name]) if name in NAMES else name


def explain_setting(name: str) -> str:
    """Say what a setting means; nothing where its name says it."""
    return _(MEANINGS[name]) if name in MEANINGS else ""


def name_record(kind: RecordKind) -> str:
    """Name a kind of record."""
    return _(RECORDS[kind]) if kind in RECORDS else str(kind)
