"""`review`: two people look at candidates, each alone, and say what they see before they see a score."""

# ruff: noqa: PLC0415 (what a command needs is loaded when it runs, so that help comes at once)
from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from assent.cli.commands import Answer, command
from assent.cli.context import Invocation
from assent.cli.pictures import PictureRow
from assent.cli.rarity_words import tell_rarity
from assent.cli.rendering import make_facts, make_table

if TYPE_CHECKING:
    from assent.search import Observation, ReviewOutcome
    from assent.services.review_candidates import OpenedReview, RevealedCandidate, ReviewTask, ShownReview

topic = typer.Typer()
_group = typer.Typer(help="Two people, each alone, decide on candidates.", no_args_is_help=True)
topic.add_typer(_group, name="review")

SearchArgument = Annotated[str, typer.Argument(help="The search, as it was recorded.")]

_WORDS = {
    "open": "Nobody has reviewed it yet.",
    "one-review": "One review; a second person has to look.",
    "confirmed": "Confirmed by two people who decided independently.",
    "nobody": "Two people found nobody on the list.",
    "inconclusive": "Two people could not tell.",
    "disagreement": "The reviewers disagree; another person may settle it.",
}
_OBSERVE = (
    "assent review observe s_q3rjbx2kfzfdvsmu --candidate A --feature nose=similar --feature ears=different "
    '--text "The left ear lies closer." --as rob'
)


@command(_group, "list", example="assent review list --as rob")
def list_all(invocation: Invocation) -> Answer:
    """List searches that await your review, and those that you reviewed; takes a searcher or approver."""
    from assent.services.review_candidates import list_reviews

    with invocation.act() as (runtime, actor):
        tasks = list_reviews(runtime, actor)
    columns = ["Search", "Purpose", "Ended", "Your conclusion", "Outcome"]
    return Answer(tasks, make_table(columns, map(_row, tasks), nothing="Nothing to review."))


def _row(task: ReviewTask) -> list[object]:
    mine = "none" if task.review is None or task.review.conclusion is None else task.review.conclusion
    return [task.search, task.purpose, task.ended_at, mine, task.outcome.state if task.outcome else None]


@command(_group, "open", example="assent review open s_q3rjbx2kfzfdvsmu --as rob")
def open_one(invocation: Invocation, search: SearchArgument) -> Answer:
    """Show probe and candidates, without names, scores or ranks, in an order of your own."""
    from assent.services.review_candidates import open_review

    with invocation.act() as (runtime, actor):
        opened = open_review(runtime, actor, search)
    return Answer(_describe(opened), _show_opened(opened))


def _show_opened(opened: OpenedReview) -> list[object]:
    from assent.search import Feature, Finding

    pairs = [
        PictureRow([("probe", opened.probe_portrait), (f"candidate {found.label}", found.portrait)])
        for found in opened.candidates
        if found.portrait is not None
    ]
    rows = [
        [found.label, "yes" if found.portrait else "gone", "yes" if found.observation else "no"]
        for found in opened.candidates
    ]
    return [
        *pairs,
        make_table(["Candidate", "To be seen", "Recorded"], rows, nothing="No candidates."),
        f"Record what you see in each of them: 'assent review observe {opened.search}'. The scores come after that.",
        f"Features: {', '.join(Feature)}. Each is {', '.join(Finding)}.",
    ]


def _describe(opened: OpenedReview) -> dict[str, object]:
    return {
        "search": opened.search,
        "purpose": opened.purpose,
        "candidates": [
            {
                "label": found.label,
                "is_there": found.portrait is not None,
                "observation": _observation(found.observation),
            }
            for found in opened.candidates
        ],
    }


def _observation(observation: Observation | None) -> dict[str, object] | None:
    if observation is None:
        return None
    return {"features": dict(observation.features), "text": observation.text}


@command(_group, "observe", example=_OBSERVE)
def observe(
    invocation: Invocation,
    search: SearchArgument,
    candidate: Annotated[str, typer.Option(metavar="LABEL", help="The candidate's letter in your own order.")],
    feature: Annotated[list[str], typer.Option(metavar="FEATURE=FINDING", help="What you compared; repeat it.")],
    text: Annotated[str, typer.Option(help="What you see, in your own words.")] = "",
) -> Answer:
    """Record what you see in one candidate, for good, before any score is shown."""
    from assent.search import Observation, parse_feature
    from assent.services.review_candidates import record_observations

    label, observation = candidate.strip().upper(), Observation(dict(map(parse_feature, feature)), text)
    with invocation.act() as (runtime, actor):
        record_observations(runtime, actor, search, {label: observation})
    document = {"search": search, "candidate": label, **(_observation(observation) or {})}
    return Answer(document, f"Recorded what you see in candidate {label} of {search}.")


@command(_group, "reveal", example="assent review reveal s_q3rjbx2kfzfdvsmu --as rob")
def reveal(invocation: Invocation, search: SearchArgument) -> Answer:
    """Show scores, ranks and names, once you have recorded what you see in every candidate."""
    from assent.services.review_candidates import reveal_scores

    with invocation.act() as (runtime, actor):
        revealed = reveal_scores(runtime, actor, search)
    document = [
        {
            "label": found.label,
            "rank": found.candidate.rank,
            "person": found.candidate.person,
            "name": found.name,
            "distance": float(found.candidate.distance),
            "rarity": found.rarity,
        }
        for found in revealed
    ]
    columns = ["Candidate", "Rank", "Distance", "Name", "Person"]
    table = make_table(columns, map(_score_row, revealed), nothing="No candidates.")
    return Answer(document, [table, *(f"{found.label}: {tell_rarity(found.rarity)}" for found in revealed)])


def _score_row(found: RevealedCandidate) -> list[object]:
    candidate = found.candidate
    return [found.label, candidate.rank, float(candidate.distance), found.name or "(gone)", candidate.person]


@command(_group, "conclude", example="assent review conclude s_q3rjbx2kfzfdvsmu --same A --as rob")
def conclude(
    invocation: Invocation,
    search: SearchArgument,
    same: Annotated[str | None, typer.Option(metavar="LABEL", help="This candidate is the probe's person.")] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="The probe's person is not on the list.")] = False,
    inconclusive: Annotated[bool, typer.Option("--inconclusive", help="The pictures do not allow to tell.")] = False,
) -> Answer:
    """Conclude your review, for good; it takes two who agree to settle anything."""
    from assent.search import Conclusion
    from assent.services.review_candidates import record_conclusion

    if [same is not None, nobody, inconclusive].count(True) != 1:
        raise typer.BadParameter("Say exactly one of --same LABEL, --nobody, --inconclusive.")
    conclusion = Conclusion.NOBODY if nobody else Conclusion.INCONCLUSIVE if inconclusive else Conclusion.SAME_PERSON
    label = None if same is None else same.strip().upper()
    with invocation.act() as (runtime, actor):
        outcome = record_conclusion(runtime, actor, search, conclusion, label=label)
    document = {"search": search, "conclusion": conclusion, "outcome": outcome}
    return Answer(document, [f"Recorded: {conclusion}.", *_tell(outcome)])


@command(_group, "show", example="assent review show s_q3rjbx2kfzfdvsmu --as sam")
def show(invocation: Invocation, search: SearchArgument) -> Answer:
    """Show what the reviews add up to: to the holder, to overseers, to reviewers who have concluded."""
    from assent.services.review_candidates import show_review

    with invocation.act() as (runtime, actor):
        shown = show_review(runtime, actor, search)
    return Answer(shown, _show_outcome(shown))


def _show_outcome(shown: ShownReview) -> list[object]:
    from assent.search import ReviewState

    facts: list[tuple[str, object]] = [("Search", shown.search), ("Outcome", shown.outcome.state)]
    if shown.outcome.state is ReviewState.CONFIRMED:
        facts += [("Person", shown.person or "(no longer kept)"), ("Name", shown.name or "(gone)")]
    rows = [[review.reviewer, review.conclusion, review.rank, review.decided_at] for review in shown.reviews]
    observed = [
        [reviewer, rank, ", ".join(f"{name}: {finding}" for name, finding in found.features.items()), found.text]
        for reviewer, observations in shown.observations.items()
        for rank, found in sorted(observations.items())
    ]
    return [
        make_facts(facts),
        *_tell(shown.outcome),
        make_table(["Reviewer", "Conclusion", "Rank", "At"], rows, nothing="No conclusions."),
        *([make_table(["Reviewer", "Rank", "Features", "In words"], observed, nothing="")] if observed else []),
    ]


def _tell(outcome: ReviewOutcome) -> list[str]:
    disputed = outcome.is_disputed and outcome.is_settled
    return [_WORDS[outcome.state], *(["Not all reviewers concluded the same."] if disputed else [])]
