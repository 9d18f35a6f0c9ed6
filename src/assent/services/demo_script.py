"""Which searches the demonstration runs, and what must come of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assent.errors import CaseUnknown, JustificationMissing, PurposeNotLicensed, RoleMissing, SeveralFacesFound
from assent.services.demo_cast import REUNITE, SEND_PHOTOS, STRANGER, CastMember, read_group
from assent.services.demo_searches import PlannedSearch
from assent.services.demo_story import SearchEnding

HARD_PICTURES_OF = ("023", "029", "044", "019", "053", "013")
GROUP = "g7.jpg"
CHOSEN_FACE = 2
ONLY_FOR_PHOTOS = "060"
LEAVING = "031"
MISTYPED_CASE_NUMBER = "R-071"
HARD_PICTURE = 3


def plan_searches(cast: Sequence[CastMember]) -> tuple[PlannedSearch, ...]:
    """Plan the searches that are allowed: hard pictures, a group, a stranger, and somebody who agreed otherwise."""
    people = {person.number: person for person in cast}
    group, standing = read_group(GROUP)
    chosen = people[standing[CHOSEN_FACE - 1]]
    elsewhere = people[ONLY_FOR_PHOTOS]
    return (
        *(_plan_hard_picture(people[number]) for number in HARD_PICTURES_OF),
        PlannedSearch(
            title="A group, nobody chosen",
            ending=SearchEnding.FAILED,
            picture=group,
            picture_text=f"Group picture of {len(standing)} composite people",
            is_group=True,
            expects=SeveralFacesFound.reason,
        ),
        PlannedSearch(
            title=f"The same group, face {CHOSEN_FACE} chosen",
            ending=SearchEnding.FOUND,
            picture=group,
            picture_text=f"Group picture of {len(standing)} composite people",
            is_group=True,
            expects=chosen.name,
            face_number=CHOSEN_FACE,
        ),
        PlannedSearch(
            title="A stranger",
            ending=SearchEnding.NOBODY,
            picture=STRANGER.read_bytes(),
            picture_text="Portrait of a composite person who is not enrolled",
        ),
        PlannedSearch(
            title=f"Somebody who agreed to {SEND_PHOTOS} only",
            ending=SearchEnding.NOBODY,
            picture=elsewhere.read_picture(HARD_PICTURE),
            picture_text=f"Hard picture of composite person {elsewhere.number}",
        ),
    )


def plan_refusals(cast: Sequence[CastMember]) -> tuple[PlannedSearch, ...]:
    """Plan the searches that are not allowed; the last is tried by the issuer."""
    picture = cast[0].read_picture(HARD_PICTURE)

    allowed = PlannedSearch("", SearchEnding.REFUSED, picture, "")
    return (
        replace(allowed, title="For another purpose", purpose=SEND_PHOTOS, expects=PurposeNotLicensed.reason),
        replace(
            allowed, title="In a case that does not exist", case_number=MISTYPED_CASE_NUMBER, expects=CaseUnknown.reason
        ),
        replace(allowed, title="Without saying why", justification="?", expects=JustificationMissing.reason),
        replace(allowed, title="By the issuer", expects=RoleMissing.reason),
    )


def plan_withdrawal(cast: Sequence[CastMember]) -> tuple[CastMember, PlannedSearch, PlannedSearch]:
    """Plan who leaves, the search before and the same search after."""
    (leaving,) = (person for person in cast if person.number == LEAVING)
    before = _plan_hard_picture(leaving)
    after = PlannedSearch(
        title="The same picture after the withdrawal",
        ending=SearchEnding.NOBODY,
        picture=before.picture,
        picture_text=before.picture_text,
    )
    return leaving, before, after


def _plan_hard_picture(person: CastMember) -> PlannedSearch:
    return PlannedSearch(
        title=f"Looking for {person.name}",
        ending=SearchEnding.FOUND,
        picture=person.read_picture(HARD_PICTURE),
        picture_text=f"Hard picture of composite person {person.number}: turned, small, dark, soft",
        expects=person.name,
        purpose=REUNITE,
    )
