"""The words of licences and of the steward's desk for what the domain calls by slugs, translated when shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from assent.mandates import ChangeKind, LicenceState
from assent.people import Basis, Bearer, InvitationState, PersonState, Told
from assent.web.navigation import N_

LICENCE_STATES: Final[Mapping[LicenceState, str]] = {
    LicenceState.IN_FORCE: N_("in force"),
    LicenceState.NOT_YET: N_("starts later"),
    LicenceState.USED_UP: N_("used up"),
    LicenceState.SUSPENDED: N_("suspended"),
    LicenceState.EXPIRED: N_("ended"),
    LicenceState.REVOKED: N_("revoked"),
}
LICENCE_CHANGES: Final[Mapping[str, str]] = {
    "issued": N_("issued"),
    ChangeKind.EXTENDED: N_("extended"),
    ChangeKind.SUSPENDED: N_("suspended"),
    ChangeKind.LIFTED: N_("suspension lifted"),
    ChangeKind.REVOKED: N_("revoked"),
}
BASES: Final[Mapping[str, str]] = {
    Basis.CONSENT: N_("own consent"),
    Basis.NEXT_OF_KIN: N_("registered by next of kin"),
    Basis.GUARDIAN: N_("consent by a guardian"),
}
PERSON_STATES: Final[Mapping[str, str]] = {
    PersonState.ENROLLED: N_("findable"),
    PersonState.PENDING: N_("waits to be checked"),
    PersonState.WITHDRAWING: N_("being erased"),
}
IMPORT_STATES: Final[Mapping[str, str]] = {"running": N_("running"), "finished": N_("finished"), "failed": N_("failed")}
BEARERS: Final[Mapping[Bearer, str]] = {
    Bearer.SELF: N_("the person themselves"),
    Bearer.GUARDIAN: N_("a guardian, for somebody who cannot decide alone"),
    Bearer.NEXT_OF_KIN: N_("next of kin, for somebody missing"),
}
INVITATION_STATES: Final[Mapping[InvitationState, str]] = {
    InvitationState.OPEN: N_("open"),
    InvitationState.USED: N_("used"),
    InvitationState.REVOKED: N_("taken back"),
    InvitationState.EXPIRED: N_("ended"),
}
TOLD: Final[Mapping[Told, str]] = {
    Told.NOTHING: N_("nothing"),
    Told.ALIVE: N_("that they are alive"),
    Told.MESSAGE: N_("that they are alive, and a message"),
    Told.CONTACT: N_("that they are alive, and how to reach them"),
}
LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "nl": "Nederlands", "fr": "Français"}
