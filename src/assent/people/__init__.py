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
from assent.people.enrolment import Enrolment, check_enrolment, grant_consents
from assent.people.erasure import ErasureCause, choose_consents_to_withdraw, must_erase
from assent.people.identifiers import ConsentId, PersonId, ReferenceId, is_identifier, make_identifier
from assent.people.paper_forms import FormRow, PaperForm, parse_day, parse_end, parse_form, read_rows
from assent.people.person import Person, PersonState

__all__ = [
    "Basis",
    "Consent",
    "ConsentId",
    "Enrolment",
    "ErasureCause",
    "FormRow",
    "PaperForm",
    "Person",
    "PersonId",
    "PersonState",
    "Purpose",
    "PurposeSlug",
    "ReferenceId",
    "check_consent_terms",
    "check_enrolment",
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
]
