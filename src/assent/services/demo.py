"""The demonstration: sixty composite people enrolled, searched, withdrawn and accounted for, which checks itself."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import perf_counter

from assent import __version__
from assent.errors import DeploymentExists, InvalidInput
from assent.ledger import CHECKPOINT_PATH
from assent.people import make_identifier
from assent.services.create_deployment import create_deployment
from assent.services.demo_acts import (
    CHANNEL,
    Stage,
    add_everyone,
    enrol_cast,
    give_account,
    license_searcher,
    withdraw_somebody,
)
from assent.services.demo_cast import (
    ADMINISTRATOR,
    ISSUER,
    PURPOSES,
    SEARCHER,
    CastMember,
    load_cast,
    make_face,
    read_attribution,
)
from assent.services.demo_ledger import tamper_with_copies
from assent.services.demo_report import render_report
from assent.services.demo_script import plan_refusals, plan_searches
from assent.services.demo_searches import SearchDesk
from assent.services.demo_story import DemoResult, DemoStory, LedgerAccount, Say, Tampering, ToldSearch, TrialTerms
from assent.services.open_deployment import open_runtime
from assent.services.runtime import Runtime
from assent.services.show_ledger import IndexedEntry
from assent.settings import Settings

REPORT_FILE = "assent-demo.html"
LEDGER_FOLDER = "ledger"
KEPT_DATA = Path("deployment") / "data"
ORIGIN = "assent-demo/"


@dataclass(frozen=True, slots=True)
class _Scenes:
    """What the steps within the open deployment produced."""

    at: datetime
    terms: TrialTerms
    threshold: float
    threshold_basis: str
    refused_row: str
    searches: tuple[ToldSearch, ...]
    before_withdrawal: ToldSearch
    after_withdrawal: ToldSearch
    account: LedgerAccount
    entries: tuple[IndexedEntry, ...]


def run_demo(settings: Settings, output: Path, say: Say, *, keep_at: Path | None = None) -> DemoResult:
    """Play the whole story in a deployment of its own and write one HTML report.

    Of the settings only the limits and the cache are used, never the data or keys folder. The deployment stays if
    `keep_at` names a data folder for it. Raises DeploymentExists if that exists already, InvalidInput if the output
    folder cannot be used.
    """
    begun = perf_counter()
    stage, cast, ledger = Stage(say), load_cast(), output / LEDGER_FOLDER
    _prepare_output(output, ledger, keep_at)
    with tempfile.TemporaryDirectory(prefix="assent-demo-") as temporary:
        data = (keep_at or Path(temporary) / KEPT_DATA).absolute()
        own = replace(settings, database_url="", data_folder=data, keys_folder=data.with_name(data.name + ".keys"))
        scenes = _play(stage, own, cast, ledger)
        tamperings = _tamper(stage, own, scenes.entries, Path(temporary) / "copies")
    seconds = perf_counter() - begun
    story = _tell_story(stage, cast, scenes, tamperings, seconds)
    report = output / REPORT_FILE
    report.write_text(render_report(story), "utf-8")
    return DemoResult(report, ledger, keep_at, story, tuple(stage.steps), perf_counter() - begun)


def _prepare_output(output: Path, ledger: Path, keep_at: Path | None) -> None:
    if keep_at is not None and keep_at.exists():
        raise DeploymentExists(
            "The folder in which to keep the demonstration exists already; name another with --data."
        )
    if ledger.exists():
        # Only what an earlier demonstration published is ever removed.
        checkpoint = ledger / CHECKPOINT_PATH
        if not (checkpoint.is_file() and checkpoint.read_bytes().startswith(ORIGIN.encode())):
            raise InvalidInput(
                f"The output folder holds a folder {LEDGER_FOLDER!r} that is not from a demonstration; name another."
            )
        shutil.rmtree(ledger)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"The output folder cannot be made: {error.strerror}.") from None


def _play(stage: Stage, settings: Settings, cast: Sequence[CastMember], ledger: Path) -> _Scenes:
    with stage.step("Set up a deployment, its members and its purposes"):
        create_deployment(settings, administrator=ADMINISTRATOR, origin=ORIGIN + make_identifier("d"))
        with open_runtime(settings) as runtime:
            add_everyone(stage, runtime)
    with open_runtime(settings) as runtime:
        return _play_open(stage, runtime, cast, ledger)


def _play_open(stage: Stage, runtime: Runtime, cast: Sequence[CastMember], ledger: Path) -> _Scenes:
    with stage.step(f"Enrol {len(cast)} people from their signed forms"):
        ids, refused_row = enrol_cast(stage, runtime, cast)
    with stage.step("Issue a trial licence and open a case"):
        terms = license_searcher(stage, runtime)
    desk = SearchDesk(runtime, runtime.find_actor(SEARCHER, CHANNEL), terms.licence, terms.case_number, stage.tell)
    with stage.step("Search"):
        found = [desk.run(planned) for planned in plan_searches(cast)]
    with stage.step("Try searches that are not allowed"):
        *by_searcher, by_issuer = plan_refusals(cast)
        refused = [desk.run(planned) for planned in by_searcher]
        refused.append(desk.run(by_issuer, actor=runtime.find_actor(ISSUER, CHANNEL)))
    with stage.step("Withdraw"):
        before, after = withdraw_somebody(stage, runtime, desk, cast, ids)
    with stage.step("Account for every look"):
        account, entries = give_account(stage, runtime, desk, terms, ledger)
    return _Scenes(
        at=runtime.clock(),
        terms=terms,
        threshold=runtime.pack.manifest.default_threshold,
        threshold_basis=desk.basis,
        refused_row=refused_row,
        searches=(*found, *refused),
        before_withdrawal=before,
        after_withdrawal=after,
        account=account,
        entries=entries,
    )


def _tamper(stage: Stage, settings: Settings, entries: Sequence[IndexedEntry], copies: Path) -> tuple[Tampering, ...]:
    with stage.step("Tamper with copies of the ledger"):
        tamperings = tamper_with_copies(settings, entries, copies)
        for tampering in tamperings:
            stage.remark(f"{tampering.title}. {tampering.deed}")
            stage.claim(f"Found at entry {tampering.expected_index}.", holds=tampering.is_found)
    return tamperings


def _tell_story(
    stage: Stage,
    cast: Sequence[CastMember],
    scenes: _Scenes,
    tamperings: tuple[Tampering, ...],
    seconds: float,
) -> DemoStory:
    return DemoStory(
        made_at=scenes.at,
        seconds=seconds,
        version=__version__,
        purposes=PURPOSES,
        faces=tuple(make_face(person) for person in cast),
        refused_row=scenes.refused_row,
        terms=scenes.terms,
        threshold=scenes.threshold,
        threshold_basis=scenes.threshold_basis,
        searches=scenes.searches,
        before_withdrawal=scenes.before_withdrawal,
        after_withdrawal=scenes.after_withdrawal,
        account=scenes.account,
        tamperings=tamperings,
        claims=tuple(stage.claims),
        attribution=read_attribution(),
    )
