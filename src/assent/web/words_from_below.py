"""Words that parts below the pages hand up in English, marked here for the catalogues and translated when shown."""

from __future__ import annotations

from assent.web.navigation import N_

ROLES = (
    N_("searcher"),
    N_("approver"),
    N_("issuer"),
    N_("steward"),
    N_("overseer"),
    N_("administrator"),
)

SAMPLES = (
    N_("A group: choose one of the faces."),
    N_("A turned, small, dark picture of somebody enrolled."),
    N_("Somebody who is in no gallery: nobody is found, which is the normal outcome."),
)

LINKS = (
    N_("The page of somebody whom two searches returned"),
    N_("An invitation to be enrolled, with photos or a camera"),
)
