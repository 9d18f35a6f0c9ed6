"""What the oversight desk's slugs are called on its pages; in English here, translated when shown."""

from __future__ import annotations

from assent.ledger import Rule
from assent.ledger.search_records import SearchStage
from assent.web.navigation import N_

NOT_NAMED = N_("not named")

STAGES = {
    SearchStage.FINISHED: N_("finished"),
    SearchStage.FAILED: N_("failed"),
    SearchStage.UNFINISHED: N_("result unknown"),
    SearchStage.REFUSED: N_("refused"),
    SearchStage.REQUESTED: N_("waits for approval"),
}

RULES = {
    Rule.VOLUME: N_("More searches than usual"),
    Rule.HOURS: N_("Nights and weekends"),
    Rule.NO_REVIEW: N_("Candidates without review"),
    Rule.LICENCE_USED_UP: N_("Licence used up"),
    Rule.URGENT: N_("Urgent, before approval"),
    Rule.OWN_FACE: N_("Searched for themselves"),
    Rule.SAME_PHOTO: N_("Same photo in several cases"),
    Rule.SAME_FACE: N_("Same face in several cases"),
    Rule.OTHER_FACES: N_("Other faces under one case"),
    Rule.COLLEAGUE: N_("A colleague was returned"),
}
