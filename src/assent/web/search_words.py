"""What the slugs on the pages of searches, approvals and reviews are called; in English here, translated when shown."""

from __future__ import annotations

from assent.errors import (
    ApprovalExpired,
    ApprovalMissing,
    ApprovalPending,
    ApprovalRefused,
    ApprovalUsed,
    CaseClosed,
    CasePurposeMismatch,
    CaseUnknown,
    FaceUnfit,
    ImageTooLarge,
    JustificationMissing,
    LicenceExpired,
    LicenceNotHeld,
    LicenceNotYetValid,
    LicenceRevoked,
    LicenceSuspended,
    LicenceUnknown,
    NoFaceFound,
    OwnRequest,
    PurposeNotLicensed,
    QuotaExhausted,
    RoleMissing,
    SeveralFacesFound,
    UnreadableImage,
    UrgentNotAllowed,
)
from assent.faces import QualityReason
from assent.mandates import LicenceState, ProbeSource, RequestState
from assent.search import Conclusion, Feature, Finding, ReviewState, SearchState
from assent.web.navigation import N_

SOURCES = {
    ProbeSource.FAMILY: N_("given by the family"),
    ProbeSource.PATIENT: N_("taken of the patient"),
    ProbeSource.FOUND: N_("found with the person"),
    ProbeSource.CASE_FILE: N_("from the case file"),
    ProbeSource.OWN_PHOTOS: N_("from our own photos"),
    ProbeSource.SELF: N_("of myself"),
    ProbeSource.OTHER: N_("other"),
}

# States of searches and of requests share one column of the history.
STATES = {
    SearchState.STARTED.value: N_("result unknown"),
    SearchState.FINISHED.value: N_("finished"),
    SearchState.FAILED.value: N_("failed"),
    SearchState.SEALED.value: N_("sealed"),
    RequestState.PENDING.value: N_("waits for approval"),
    RequestState.APPROVED.value: N_("approved, can run"),
    RequestState.REFUSED.value: N_("refused"),
    RequestState.USED.value: N_("has run"),
    RequestState.EXPIRED.value: N_("ran out"),
}

BADGES = {
    SearchState.FINISHED.value: "good",
    SearchState.FAILED.value: "warn",
    SearchState.SEALED.value: "bad",
    RequestState.PENDING.value: "warn",
    RequestState.APPROVED.value: "good",
    RequestState.REFUSED.value: "bad",
}

LICENCE_STATES = {
    LicenceState.IN_FORCE: N_("in force"),
    LicenceState.NOT_YET: N_("starts later"),
    LicenceState.USED_UP: N_("used up"),
    LicenceState.SUSPENDED: N_("suspended"),
    LicenceState.EXPIRED: N_("ended"),
    LicenceState.REVOKED: N_("revoked"),
}

CAUSES = {
    RoleMissing.reason: N_("the role is missing"),
    LicenceUnknown.reason: N_("no such licence"),
    LicenceNotHeld.reason: N_("the licence is another's"),
    LicenceNotYetValid.reason: N_("the licence starts later"),
    LicenceExpired.reason: N_("the licence has ended"),
    LicenceRevoked.reason: N_("the licence was revoked"),
    LicenceSuspended.reason: N_("the licence is suspended"),
    PurposeNotLicensed.reason: N_("the licence does not cover the purpose"),
    QuotaExhausted.reason: N_("the licence is used up"),
    CaseUnknown.reason: N_("no such case"),
    CaseClosed.reason: N_("the case is closed"),
    CasePurposeMismatch.reason: N_("the case is for another purpose"),
    JustificationMissing.reason: N_("the justification is missing"),
    ApprovalMissing.reason: N_("not approved by a second person"),
    ApprovalPending.reason: N_("nobody has decided yet"),
    ApprovalRefused.reason: N_("a second person refused it"),
    ApprovalExpired.reason: N_("the approval ran out"),
    ApprovalUsed.reason: N_("the approval was used"),
    OwnRequest.reason: N_("nobody decides on their own request"),
    UrgentNotAllowed.reason: N_("the licence allows no urgent search"),
    NoFaceFound.reason: N_("no face was found"),
    SeveralFacesFound.reason: N_("several faces, and none was chosen"),
    FaceUnfit.reason: N_("the face is too poor"),
    UnreadableImage.reason: N_("the picture cannot be read"),
    ImageTooLarge.reason: N_("the picture is too large"),
    "crashed": N_("it was interrupted"),
}

QUALITY = {
    QualityReason.TOO_SMALL: N_("The face is too small; use a picture taken closer or in higher resolution."),
    QualityReason.TOO_BLURRED: N_("The face is blurred; use a sharper picture."),
    QualityReason.TOO_DARK: N_("The face is too dark; use a picture with more light on the face."),
    QualityReason.TOO_BRIGHT: N_("The face is too bright; use a picture without glare on the face."),
    QualityReason.TURNED_AWAY: N_("The face is turned away; use a picture that shows it from the front."),
    QualityReason.UNCERTAIN_FACE: N_("It is not certain that this is a face; use another picture."),
    QualityReason.SEVERAL_FACES: N_("Another face overlaps this one; use a picture of the person alone."),
}

FEATURES = {
    Feature.SKIN: N_("Skin"),
    Feature.OUTLINE: N_("Outline of the face"),
    Feature.COMPOSITION: N_("Composition of the face"),
    Feature.HAIRLINE: N_("Hairline"),
    Feature.FOREHEAD: N_("Forehead"),
    Feature.EYEBROWS: N_("Eyebrows"),
    Feature.EYES: N_("Eyes"),
    Feature.CHEEKS: N_("Cheeks"),
    Feature.NOSE: N_("Nose"),
    Feature.EARS: N_("Ears"),
    Feature.MOUTH: N_("Mouth"),
    Feature.CHIN: N_("Chin and jawline"),
    Feature.NECK: N_("Neck"),
    Feature.FACIAL_HAIR: N_("Facial hair"),
    Feature.LINES: N_("Lines"),
    Feature.SCARS: N_("Scars"),
    Feature.MARKS: N_("Marks"),
    Feature.ALTERATIONS: N_("Alterations"),
}

FINDINGS = {
    Finding.SIMILAR: N_("similar"),
    Finding.DIFFERENT: N_("different"),
    Finding.NOT_VISIBLE: N_("not visible"),
}

CONCLUSIONS = {
    Conclusion.SAME_PERSON: N_("The same person as one on the list"),
    Conclusion.NOBODY: N_("Nobody on the list"),
    Conclusion.INCONCLUSIVE: N_("Not possible to say"),
}

REVIEW_STATES = {
    ReviewState.OPEN: N_("nobody has reviewed it yet"),
    ReviewState.ONE_REVIEW: N_("one reviewer has concluded; a second has to"),
    ReviewState.CONFIRMED: N_("two reviewers confirm one candidate"),
    ReviewState.NOBODY: N_("two reviewers say: nobody on the list"),
    ReviewState.INCONCLUSIVE: N_("two reviewers say: not possible to tell"),
    ReviewState.DISAGREEMENT: N_("the reviewers disagree"),
}
