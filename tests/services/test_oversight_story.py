"""What took an oversight body months: how often, by whom, and which searches had nothing to do with their case."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from datetime import UTC
from typing import Any

import pytest

from assent.ledger import Rule
from assent.mandates import Role
from assent.services.find_unusual_use import find_unusual_use
from assent.services.open_deployment import open_runtime
from assent.services.verify_ledger import verify_ledger
from demo_deployments import Deployment, act_as
from services.oversight_story import Story, tell_story

SECONDS = 1.0


@pytest.fixture(scope="module")
def story(bare_original: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("story")
    return tell_story(bare_original.copy_to(folder / "deployment"), folder / "public")


def run_assent(*arguments: object) -> tuple[dict[str, Any], float]:
    """Run a command in a process of its own; return its document and the processor seconds it took, start included.

    It runs in one thread, so on an idle machine they are the seconds that somebody waits; here others may run too.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ASSENT_")}
    begin = read_children_seconds()
    done = subprocess.run(
        [sys.executable, "-m", "assent", *map(str, arguments), "--json"],
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    )
    return json.loads(done.stdout), read_children_seconds() - begin


def read_children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_count_says_78_and_12_from_the_published_files_alone_in_under_a_second(story: Story) -> None:
    runs = [run_assent("oversight", "count", "--from", story.folder, "--key", story.vkey) for _ in range(3)]

    counted, _ = runs[0]
    assert counted["total"] == {
        "searches": 78,
        "started": 66,
        "finished": 66,
        "failed": 0,
        "unfinished": 0,
        "refused": 12,
        "sealed": 0,
    }
    assert set(counted["by_holder"]) == set(story.members.values())
    assert set(counted["by_licence"]) == set(story.licences)
    assert min(seconds for _, seconds in runs) < SECONDS


def test_database_and_published_files_count_the_same(story: Story) -> None:
    data = story.deployment.settings.data_folder
    compared, _ = run_assent(
        "oversight", "count", "--from", story.folder, "--key", story.vkey, "--compare", "--data", data
    )

    assert compared["published"] == compared["database"]
    assert compared["published"]["searches"] == 78


def test_unusual_lists_exactly_the_five_that_have_nothing_to_do_with_their_case(story: Story) -> None:
    with open_runtime(story.deployment.settings) as runtime:
        use = find_unusual_use(runtime, act_as(runtime, Role.OVERSEER), zone=UTC)
        verify_ledger(runtime)

    listed = [finding.searches for finding in use.findings if finding.rule is Rule.OTHER_FACES]
    assert listed == [tuple(story.private)]
    assert use.compared == use.searches == 66


def test_other_rules_name_what_else_there_is_to_ask_about(story: Story) -> None:
    found, _ = run_assent("oversight", "unusual", "--as", "overseer", "--data", story.deployment.settings.data_folder)

    by_rule = {finding["rule"]: finding for finding in found["findings"]}
    assert by_rule[Rule.COLLEAGUE]["searches"] == story.of_colleague
    assert by_rule[Rule.LICENCE_USED_UP]["subject"] == story.licences[2]
    assert Rule.SAME_FACE not in by_rule
    assert Rule.SAME_PHOTO not in by_rule
    assert found["names"][story.members["ben"]] == "ben"


def test_published_files_alone_open_no_probe_and_resolve_no_name(story: Story) -> None:
    found, _ = run_assent("oversight", "unusual", "--from", story.folder, "--key", story.vkey)

    assert {finding["rule"] for finding in found["findings"]} == {Rule.LICENCE_USED_UP, Rule.NO_REVIEW}
    assert found["compared"] is None
    assert found["names"] == {}
