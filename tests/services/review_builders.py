"""A search with three candidates, and members who may review it."""

from __future__ import annotations

from assent.mandates import Actor, Role
from assent.search import Feature, Finding, Observation, label_candidates
from assent.services.add_member import add_member
from assent.services.review_candidates import open_review, record_observations
from assent.services.run_search import SearchResult
from assent.services.runtime import Runtime
from assent.storage import searches as stored_searches
from demo_deployments import PICTURES, Deployment, act_as, import_table, read_picture, search, write_table

REVIEWERS = ("rob", "rita", "ruth")
LOOKALIKES = [(f"L{picture}", [f"042/{picture}.jpg"]) for picture in (1, 2, 3)]


def a_search_with_lookalikes(runtime: Runtime, deployment: Deployment) -> SearchResult:
    """Enrol one composite person as three people, add three reviewers, and search with the person's photo."""
    import_table(runtime, write_table(LOOKALIKES), PICTURES)
    admin = act_as(runtime, Role.ADMINISTRATOR)
    for handle in REVIEWERS:
        add_member(runtime, admin, handle=handle, roles=[Role.APPROVER], unit="review-desk")
    found = search(runtime, deployment, read_picture("042", 2))
    assert len(found.outcome.candidates) == 3
    return found


def act_as_reviewer(runtime: Runtime, handle: str) -> Actor:
    return runtime.find_actor(handle, "cli")


def an_observation(finding: Finding = Finding.SIMILAR, text: str = "The same fold.") -> Observation:
    return Observation({Feature.NOSE: finding, Feature.EARS: Finding.NOT_VISIBLE}, text)


def observe_all(runtime: Runtime, actor: Actor, search_id: str) -> None:
    """Record something about every candidate that can be seen."""
    there = [found.label for found in open_review(runtime, actor, search_id).candidates if found.portrait is not None]
    record_observations(runtime, actor, search_id, dict.fromkeys(there, an_observation()))


def find_label(runtime: Runtime, actor: Actor, search_id: str, rank: int) -> str:
    """The label under which a reviewer sees the candidate of a rank; for tests that know what reviewers do not."""
    with runtime.database.snapshot() as view:
        found = stored_searches.load_search(view, search_id)
    assert found is not None
    assert found.outcome is not None
    labelled = label_candidates(search_id, actor.member.id, found.outcome.candidates)
    return next(label for label, candidate in labelled.items() if candidate.rank == rank)
