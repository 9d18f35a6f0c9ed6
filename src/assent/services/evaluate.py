"""Evaluate: measure on an operator's own labelled photos how often a search is wrong, and write the report."""

from __future__ import annotations

import csv
import io
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assent.errors import InvalidInput, NotFound
from assent.evaluation.acquisition import PhotoOutcome
from assent.evaluation.fit_calibration import LabelledTemplates, fit_calibration
from assent.evaluation.results import Circumstances, Evaluation, Speed, evaluate_scores
from assent.evaluation.scores import Scores, to_csv
from assent.evaluation.searches import Division, Labelled, LabelledProbe, LabelledReference, make_searches
from assent.evaluation.volunteered import parse_groups
from assent.faces import FacePipeline, ImageLimits, Pack, Template, load_pack
from assent.search import Calibration
from assent.services.evaluation_report import render_report, render_summary
from assent.services.judge_photos import judge_photos, list_outcomes
from assent.services.labelled_photos import LabelledFolder, LabelledPhoto, list_labelled_photos
from assent.services.runtime import Clock, open_pack, read_clock
from assent.settings import Settings
from assent.storage.evaluations import EvaluationProgress

REPORT_PAGE: Final = "report.html"
REPORT_DOCUMENT: Final = "report.json"
SCORES_FILE: Final = "scores.csv"
SUMMARY_PAGE: Final = "summary.html"
FAILURES_FILE: Final = "failures.csv"
CALIBRATION_FILE: Final = "calibration.json"
PRIVATE_MODE: Final = 0o600
LEAST_PEOPLE_TO_CALIBRATE: Final = 30
"""The tail of the distances between fewer people is guesswork."""

Progress = Callable[[str, int, int], None]
"""Called with the step ("photos" or "searches"), how much of it is done and how much there is."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to evaluate: the folder, where the report goes, the table of groups, the pack, how to divide people."""

    photos_folder: Path
    report_folder: Path
    groups_table: bytes | None = None
    pack: str | None = None
    division: Division = field(default_factory=Division)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What was found, the files written, and how many files in the folder were no photos of a person."""

    evaluation: Evaluation
    files: tuple[Path, ...]
    passed_over: int


def evaluate(
    settings: Settings, order: Order, progress: Progress | None = None, clock: Clock = read_clock
) -> Evaluated:
    """Evaluate a folder `person/photo.jpg`; takes no deployment. Begun before in the same report's folder, it goes on.

    Raises InvalidInput for a folder or table that cannot be used and where a report lies already, InvalidTable,
    NotFound for an unknown pack, KeysUnavailable where the key of an evaluation under way is gone.
    """
    show = progress or _show_nothing
    # 1. Everything that can be refused is refused before the first photo is read.
    listed = list_labelled_photos(order.photos_folder)
    people = {photo.person for photo in listed.photos}
    groups = {} if order.groups_table is None else parse_groups(order.groups_table, people)
    _check_report_folder(settings, order)
    pack = _open_chosen_pack(settings, order.pack)
    limits = ImageLimits(max_image_bytes=settings.max_image_bytes, max_image_pixels=settings.max_image_pixels)
    kept = EvaluationProgress.open(
        order.report_folder, settings.keys_folder, _describe_subject(listed, pack, settings.smallest_face_px)
    )
    # 2. Photos to outcomes and templates.
    began = time.perf_counter()
    judged = judge_photos(settings, FacePipeline(pack, limits), listed.photos, kept, partial(show, "photos"))
    photo_seconds = time.perf_counter() - began
    outcomes = list_outcomes(listed.photos, kept)
    # 3. Searches, and everything computed from them.
    began = time.perf_counter()
    scores = search_in_splits(outcomes, kept, groups, order.division, partial(show, "searches"))
    search_seconds = time.perf_counter() - began
    searches = len(scores.mated) + len(scores.non_mated)
    speed = Speed(judged / photo_seconds if judged else None, searches / search_seconds)
    circumstances = _describe_circumstances(settings, order, pack, clock)
    evaluation = evaluate_scores(scores, outcomes, circumstances, speed)
    # 4. The report is whole before what would let a run go on is destroyed.
    texts = {
        REPORT_PAGE: render_report(evaluation),
        SUMMARY_PAGE: render_summary(evaluation),
        SCORES_FILE: to_csv(scores),
        FAILURES_FILE: _list_failures(listed.photos, outcomes),
    }
    calibration = fit_calibration_of(outcomes, kept, circumstances)
    if calibration is not None:
        texts[CALIBRATION_FILE] = calibration.to_json()
    files = _write_report(order.report_folder, texts | {REPORT_DOCUMENT: evaluation.to_json()})
    kept.close_finished()
    return Evaluated(evaluation, files, listed.passed_over)


def search_in_splits(
    outcomes: Sequence[PhotoOutcome],
    kept: EvaluationProgress,
    groups: Mapping[str, str],
    division: Division,
    count_done: Callable[[int, int], None] | None = None,
) -> Scores:
    """Make the searches with the photos that may be probes, among one reference of everybody who has one."""
    numbers = sorted(kept.templates.keys())
    probes = [LabelledProbe(outcomes[number].person, number, outcomes[number].quality) for number in numbers]
    references = [LabelledReference(outcomes[number].person, number) for number in sorted(kept.references)]
    return make_searches(
        Labelled(probes, _stack(kept.templates), references, _stack(kept.references)), groups, division, count_done
    )


def fit_calibration_of(
    outcomes: Sequence[PhotoOutcome], kept: EvaluationProgress, circumstances: Circumstances
) -> Calibration | None:
    """Fit the pack's calibration to the same templates; None where they are of too few people."""
    probes, references = sorted(kept.templates), sorted(kept.references)
    number_of = {person: number for number, person in enumerate(sorted({outcome.person for outcome in outcomes}))}
    both = {outcomes[number].person for number in probes} & {outcomes[number].person for number in references}
    if len(both) < LEAST_PEOPLE_TO_CALIBRATE:
        return None
    labelled = LabelledTemplates(
        probes=_stack(kept.templates),
        probe_people=np.array([number_of[outcomes[number].person] for number in probes], np.int64),
        probe_pictures=np.array(probes, np.int64),
        qualities=[outcomes[number].quality for number in probes],
        references=_stack(kept.references),
        reference_people=np.array([number_of[outcomes[number].person] for number in references], np.int64),
        reference_pictures=np.array(references, np.int64),
    )
    basis = f"{len(both)} people of the operator's own, evaluated on {circumstances.made_at:%Y-%m-%d}"
    seed = circumstances.division.seed
    return fit_calibration(labelled, circumstances.pack_id, basis=basis, seed=seed)


def _stack(templates: Mapping[int, bytes]) -> NDArray[np.float32]:
    vectors = [Template.from_bytes(templates[number]).vector for number in sorted(templates)]
    return np.stack(vectors) if vectors else np.empty((0, 1), np.float32)


def _show_nothing(_step: str, _done: int, _total: int) -> None:
    """Take the place of a progress that nobody looks at."""


def _check_report_folder(settings: Settings, order: Order) -> None:
    if (order.report_folder / REPORT_DOCUMENT).exists():
        EvaluationProgress.discard(order.report_folder, settings.keys_folder)
        raise InvalidInput("That folder holds the report of an evaluation that is finished; choose another with --out.")
    photos, report = (Path(os.path.realpath(folder)) for folder in (order.photos_folder, order.report_folder))
    if report.is_relative_to(photos):
        raise InvalidInput("The report's folder lies within the folder of photos; choose one beside it with --out.")
    try:
        order.report_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise InvalidInput(f"The report's folder cannot be made: {error.strerror}.") from None


def _open_chosen_pack(settings: Settings, pack: str | None) -> Pack:
    """Open a pack by its folder or its id; the default one if none is chosen."""
    if pack is not None and Path(pack).is_dir():
        return load_pack(Path(pack))
    if pack is not None and (os.sep in pack or pack in {"", ".", ".."}):
        raise NotFound("There is no pack in that folder; --pack takes a pack's id or its folder.")
    return open_pack(settings, pack)


def _describe_subject(listed: LabelledFolder, pack: Pack, smallest_face_px: int) -> dict[str, object]:
    return {"photos": len(listed.photos), "digest": listed.digest, "pack": pack.pack_id, "face_px": smallest_face_px}


def _describe_circumstances(settings: Settings, order: Order, pack: Pack, clock: Clock) -> Circumstances:
    manifest = pack.manifest
    return Circumstances(
        made_at=clock(),
        pack_id=pack.pack_id,
        pack_name=f"{manifest.name} {manifest.version}",
        pack_licence=manifest.licence,
        training_data=manifest.training_data,
        training_people_consented=manifest.training_people_consented,
        default_threshold=manifest.default_threshold,
        division=order.division,
        shortlist=settings.candidates_limit,
    )


def _list_failures(photos: Sequence[LabelledPhoto], outcomes: Sequence[PhotoOutcome]) -> str:
    """List the photos that may be no reference or no probe; the only file that names people, by their folders."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["person", "photo", "against_enrolment", "against_search"])
    writer.writerows(
        [photo.person, photo.path.name, " ".join(outcome.against_enrolment), " ".join(outcome.against_search)]
        for photo, outcome in zip(photos, outcomes, strict=True)
        if not (outcome.may_enrol and outcome.may_search)
    )
    return text.getvalue()


def _write_report(folder: Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    """Write all files, the document last: where it lies, the report is whole."""
    try:
        for name, text in files.items():
            opener = partial(os.open, mode=PRIVATE_MODE)
            with open(
                folder / f"{name}.part", "w", encoding="utf-8", errors="replace", newline="", opener=opener
            ) as file:
                file.write(text)
            (folder / f"{name}.part").replace(folder / name)
    except OSError as error:
        raise InvalidInput(f"The report cannot be written there: {error.strerror}.") from None
    return tuple(folder / name for name in files)
