"""Enrols, imports, searches and withdraws without end, and says each thing it was told is done; a test kills it.

Usage: work_until_killed.py DATA_FOLDER LICENCE CASE ROUND; one JSON line for each acknowledged step.
"""

import hashlib
import itertools
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import demo_deployments
from assent.mandates import ProbeSource, Role, SearchRequest
from assent.people import Enrolment, PurposeSlug
from assent.services.enrol_person import enrol_person
from assent.services.import_people import import_people
from assent.services.open_deployment import open_runtime
from assent.services.run_search import run_search
from assent.services.withdraw_person import withdraw_person
from assent.settings import Settings
from demo_deployments import PICTURES, act_as, read_picture, write_table


def say(step: str, *values: object) -> None:
    print(json.dumps([step, *values]), flush=True)  # noqa: T201 - the test reads it


def main() -> None:
    data, licence, case, turn = sys.argv[1:]
    request = SearchRequest(licence, case, PurposeSlug("reunite"), ProbeSource.FAMILY, "Until somebody kills me.")
    composites = demo_deployments.list_composites()
    with open_runtime(Settings.from_environment(data_folder=Path(data))) as runtime:
        steward, searcher = act_as(runtime, Role.STEWARD), act_as(runtime, Role.SEARCHER)
        runtime.faces.embed_many([])
        say("ready")
        for step in itertools.count():
            number = composites[step % len(composites)]
            enrolment = Enrolment(
                name=f"Person {turn} {step}",
                photos=(read_picture(number, 1),),
                purposes=(PurposeSlug("reunite"),),
                text_version="v1",
                evidence_digest=hashlib.sha256(f"{turn} {step}".encode()).hexdigest(),
                valid_from=datetime(2026, 1, 1, tzinfo=UTC),
            )
            person = enrol_person(runtime, steward, enrolment).person
            say("enrolled", person)
            result = run_search(runtime, searcher, request, read_picture(number, 3))
            say("shown", result.permit.search, [shown.candidate.person for shown in result.candidates])
            if step % 2:
                withdraw_person(runtime, steward, person)
                say("withdrawn", person)
            table = write_table([(f"{turn}-{step}-{part}", [f"{number}/2.jpg"]) for part in range(2)])
            report = import_people(runtime, steward, table, PICTURES)
            for _, imported in report.enrolled:
                say("enrolled", imported)
            assert replace(report, enrolled=()).refused == ()


if __name__ == "__main__":
    main()
