import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assent.ledger import EntryKind
from assent.mandates import Role
from assent.search import ReviewState
from assent.services.open_deployment import open_runtime
from assent.services.review_candidates import show_review
from assent.services.show_ledger import list_entries
from assent.services.verify_ledger import verify_ledger
from demo_deployments import Deployment, act_as
from services.review_builders import a_search_with_lookalikes


@pytest.mark.parametrize(
    "handles",
    [
        pytest.param(["rob", "rob"], id="one reviewer in two processes"),
        pytest.param(["rob", "rita"], id="two reviewers"),
        pytest.param(["rob", "rita", "rob", "rita"], id="both, twice each"),
    ],
)
def test_reviewing_at_once_loses_nothing_and_records_nothing_twice(
    bare: Deployment, tmp_path: Path, handles: list[str]
) -> None:
    with open_runtime(bare.settings) as runtime:
        found = a_search_with_lookalikes(runtime, bare).permit.search
    start = tmp_path / "start"
    script = str(Path(__file__).with_name("review_at_once.py"))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    children = [
        subprocess.Popen(
            [sys.executable, script, str(bare.settings.data_folder), found, handle, str(start)],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for handle in handles
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"

    start.touch()
    done = [
        (handle, json.loads(child.communicate(timeout=60)[0])) for handle, child in zip(handles, children, strict=True)
    ]

    with open_runtime(bare.settings) as runtime:
        shown = show_review(runtime, act_as(runtime, Role.OVERSEER), found)
        reviewed = [item.entry for item in list_entries(runtime) if item.entry.kind is EntryKind.CANDIDATE_REVIEWED]
        verify_ledger(runtime)
    for handle in set(handles):
        acknowledged = sorted(step for who, steps in done if who == handle for step in steps if step != "refused")
        assert acknowledged == ["A", "B", "C", "concluded"]
    assert len(reviewed) == len(shown.reviews) == len(set(handles))
    assert all(len(observations) == 3 for observations in shown.observations.values())
    assert shown.outcome.state is (ReviewState.NOBODY if "rita" in handles else ReviewState.ONE_REVIEW)
