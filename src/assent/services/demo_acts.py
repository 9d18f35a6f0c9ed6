"""The acts of the demonstration, each an ordinary use of the services by somebody with the right role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from assent.errors import ConsentMissing, NotFound
from assent.ledger import CHECKPOINT_PATH, EntryKind
from assent.people import PersonId, PurposeSlug
from assent.services.add_member import add_member, list_members
from assent.services.define_purpose import define_purpose
from assent.services.demo_cast import (
    ADMINISTRATOR,
    DEMONSTRATION,
    ISSUER,
    MEMBERS,
    PURPOSES,
    REUNITE,
    SEARCHER,
    STEWARD,
    TEXT_VERSION,
    CastMember,
    write_forms,
)
from assent.services.demo_entries import tell_entries
from assent.services.demo_ledger import recount_published
from assent.services.demo_script import plan_withdrawal
from assent.services.demo_searches import SearchDesk
from assent.services.demo_story import (
    Claim,
    Event,
    LedgerAccount,
    PeopleEnrolled,
    Remark,
    Say,
    StepStarted,
    StepTime,
    ToldSearch,
    TrialTerms,
)
from assent.services.import_people import import_people
from assent.services.issue_licence import issue_licence
from assent.services.open_case import open_case
from assent.services.publish_ledger import publish_ledger
from assent.services.runtime import Runtime
from assent.services.show_ledger import IndexedEntry, count_all_searches, list_entries
from assent.services.show_person import show_person
from assent.services.verify_ledger import verify_ledger
from assent.services.withdraw_person import withdraw_person

CHANNEL = "cli"
TRIAL_DAYS = 14
TRIAL_QUOTA = 25
CASE_NUMBER = "R-017"
GROUND = "Agreement on tracing people who lost contact in the flood; the data protection officer has reviewed it."
CITATION = "Tracing agreement, section 2"
DAYS_SINCE_CONSENT = 30


@dataclass(slots=True)
class Stage:
    """What a running demonstration remembers: its claims, how long its steps took, and who listens."""

    say: Say
    claims: list[Claim] = field(default_factory=list)
    steps: list[StepTime] = field(default_factory=list)

    def tell(self, event: Event) -> None:
        """Pass an event on; a claim is kept as well."""
        if isinstance(event, Claim):
            self.claims.append(event)
        self.say(event)

    def remark(self, text: str) -> None:
        """Say one sentence."""
        self.tell(Remark(text))

    def claim(self, text: str, *, holds: bool) -> None:
        """State something that must have come true."""
        self.tell(Claim(text, holds))

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step and time it."""
        number = len(self.steps) + 1
        self.tell(StepStarted(number, title))
        begun = perf_counter()
        yield
        self.steps.append(StepTime(number, title, perf_counter() - begun))


def add_everyone(stage: Stage, runtime: Runtime) -> None:
    """Add the members, each with one role, and define the purposes."""
    administrator = runtime.find_actor(ADMINISTRATOR, CHANNEL)
    for handle, role, what in MEMBERS:
        add_member(runtime, administrator, handle=handle, roles=[role], unit="tracing")
        stage.remark(f"The {handle} {what}.")
    for slug, text in PURPOSES:
        define_purpose(runtime, administrator, slug=slug, text=text, text_version=TEXT_VERSION)
        stage.remark(f"Purpose {slug}: \N{LEFT DOUBLE QUOTATION MARK}{text}\N{RIGHT DOUBLE QUOTATION MARK}")


def enrol_cast(stage: Stage, runtime: Runtime, cast: Sequence[CastMember]) -> tuple[dict[str, PersonId], str]:
    """Import everyone's form; identifiers by form number come back, and why the one without consent was refused."""
    forms = write_forms(cast, (runtime.clock() - timedelta(days=DAYS_SINCE_CONSENT)).date())

    def show_progress(done: int, total: int) -> None:
        stage.tell(PeopleEnrolled(done, total))

    steward = runtime.find_actor(STEWARD, CHANNEL)
    imported = import_people(runtime, steward, forms, DEMONSTRATION, show_progress)
    stage.claim(f"All {len(cast)} people are enrolled with their consent.", holds=len(imported.enrolled) == len(cast))
    reasons = [row.reason for row in imported.refused]
    stage.claim("The row without a consent is refused.", holds=reasons == [ConsentMissing.reason])
    for row in imported.refused:
        stage.remark(f"Line {row.line}, refused: {row.message}")
    return dict(imported.enrolled), " ".join(row.message for row in imported.refused)


def license_searcher(stage: Stage, runtime: Runtime) -> TrialTerms:
    """Issue a short licence for one purpose, and open the case in which it is used."""
    issuer, searcher = runtime.find_actor(ISSUER, CHANNEL), runtime.find_actor(SEARCHER, CHANNEL)
    licence = issue_licence(
        runtime,
        issuer,
        holder=SEARCHER,
        purposes=[PurposeSlug(REUNITE)],
        ground=GROUND,
        citation=CITATION,
        valid_from=None,
        valid_until=runtime.clock() + timedelta(days=TRIAL_DAYS),
        quota=TRIAL_QUOTA,
        is_trial=True,
    )
    open_case(runtime, searcher, number=CASE_NUMBER, purpose=PurposeSlug(REUNITE))
    stage.remark(f"The {ISSUER} gives the {SEARCHER} {TRIAL_QUOTA} searches for {REUNITE} within {TRIAL_DAYS} days.")
    stage.remark(f"The {SEARCHER} opens case {CASE_NUMBER}.")
    return TrialTerms(
        licence=licence.id,
        holder=SEARCHER,
        issuer=ISSUER,
        purpose=REUNITE,
        ground=licence.ground,
        citation=licence.citation,
        valid_from=licence.valid_from,
        valid_until=licence.valid_until,
        quota=licence.quota,
        case_number=CASE_NUMBER,
    )


def withdraw_somebody(
    stage: Stage, runtime: Runtime, desk: SearchDesk, cast: Sequence[CastMember], ids: Mapping[str, PersonId]
) -> tuple[ToldSearch, ToldSearch]:
    """Search for somebody, let them withdraw, and search again with the same picture."""
    leaving, planned_before, planned_after = plan_withdrawal(cast)
    person, steward = ids[leaving.reference], runtime.find_actor(STEWARD, CHANNEL)
    before = desk.run(planned_before)
    page = show_person(runtime, steward, person)
    stage.claim("Their page shows them the one search that returned them.", holds=len(page.searches) == 1)
    withdrawal = withdraw_person(runtime, steward, person)
    stage.remark(
        f"{leaving.name} withdraws from {' and '.join(withdrawal.purposes)}: key, templates, photos and name are "
        "destroyed."
    )
    after = desk.run(planned_after)
    try:
        show_person(runtime, steward, person)
        is_gone = False
    except NotFound:
        is_gone = withdrawal.is_erased
    stage.claim("Nothing about them is left to show.", holds=is_gone)
    return before, after


def give_account(
    stage: Stage, runtime: Runtime, desk: SearchDesk, terms: TrialTerms, folder: Path
) -> tuple[LedgerAccount, tuple[IndexedEntry, ...]]:
    """Count, verify and publish the ledger, then count again from what was published."""
    account = count_all_searches(runtime)
    counted = account.by_licence()[terms.licence]
    stage.claim(
        f"The ledger counts what was done: {desk.tally.started} started, {desk.tally.refused} refused, none missing.",
        holds=counted == desk.tally == account.total,
    )
    verified = verify_ledger(runtime)
    stage.claim(f"All {verified.size} entries verify.", holds=verified.size == len(list_entries(runtime)))
    published = publish_ledger(runtime, folder)
    recounted = recount_published(folder, published.vkey, runtime.deployment.origin).total
    stage.claim("The published files alone give the same counts.", holds=recounted == desk.tally)
    entries = tuple(list_entries(runtime))
    handles = {str(member.id): member.handle for member in list_members(runtime)}
    sample = next(indexed.entry for indexed in entries if indexed.entry.kind is EntryKind.SEARCH_STARTED)
    told = LedgerAccount(
        done=desk.tally,
        counted=counted,
        recounted=recounted,
        size=published.checkpoint.size,
        files_written=published.files_written,
        checkpoint=(folder / CHECKPOINT_PATH).read_text("utf-8"),
        vkey=published.vkey,
        sample_entry=sample.to_bytes().decode(),
        lines=tell_entries(entries, handles),
    )
    return told, entries
