"""Who may be found: persons, their consents, how they come in and how they leave."""

from assent.people.consent import (
    Basis,
    Consent,
    Purpose,
    PurposeSlug,
    check_consent_terms,
    parse_evidence_digest,
    parse_purpose_slug,
    parse_slug,
)
from assent.people.consent_record import (
    RECEIPT_PREFIX,
    RECORD_PREFIX,
    ConsentRecord,
    ConsentState,
    RecordId,
    RecordTerms,
    write_record,
)
from assent.people.controller import Controller, check_controller
from assent.people.enrolment import LONGEST_NAME, MOST_PHOTOS, Enrolment, check_enrolment, check_name, grant_consents
from assent.people.erasure import ErasureCause, choose_consents_to_withdraw, must_erase
from assent.people.identifiers import ConsentId, PersonId, ReferenceId, is_identifier, make_identifier
from assent.people.invitation import (
    INVITATION_PREFIX,
    LONGEST_NOTE,
    MOST_DAYS,
    USUAL_DAYS,
    Bearer,
    Invitation,
    InvitationId,
    InvitationState,
    check_invitation,
)
from assent.people.kin import LONGEST_MESSAGE, KinWish, Told, check_wish
from assent.people.paper_forms import FormRow, PaperForm, parse_day, parse_end, parse_form, read_rows
from assent.people.person import Person, PersonState
from assent.people.photo_archive import PhotoArchive

__all__ = [
    "INVITATION_PREFIX",
    "LONGEST_MESSAGE",
    "LONGEST_NAME",
    "LONGEST_NOTE",
    "MOST_DAYS",
    "MOST_PHOTOS",
    "RECEIPT_PREFIX",
    "RECORD_PREFIX",
    "USUAL_DAYS",
    "Basis",
    "Bearer",
    "Consent",
    "ConsentId",
    "ConsentRecord",
    "ConsentState",
    "Controller",
    "Enrolment",
    "ErasureCause",
    "FormRow",
    "Invitation",
    "InvitationId",
    "InvitationState",
    "KinWish",
    "PaperForm",
    "Person",
    "PersonId",
    "PersonState",
    "PhotoArchive",
    "Purpose",
    "PurposeSlug",
    "RecordId",
    "RecordTerms",
    "ReferenceId",
    "Told",
    "check_consent_terms",
    "check_controller",
    "check_enrolment",
    "check_invitation",
    "check_name",
    "check_wish",
    "choose_consents_to_withdraw",
    "grant_consents",
    "is_identifier",
    "make_identifier",
    "must_erase",
    "parse_day",
    "parse_end",
    "parse_evidence_digest",
    "parse_form",
    "parse_purpose_slug",
    "parse_slug",
    "read_rows",
    "write_record",
]
