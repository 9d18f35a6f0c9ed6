import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assent.ledger import EntryKind
from assent.mandates import Role
from assent.services.issue_licence import issue_licence
from assent.services.open_deployment import open_runtime
from assent.services.show_ledger import count_all_searches, list_entries
from assent.services.verify_ledger import verify_ledger
from demo_deployments import CASE, PICTURES, REUNITE, Deployment, act_as

PROCESSES, THREADS, QUOTA = 5, 10, 20


def test_of_50_searches_at_once_on_a_quota_of_20_exactly_20_run(enrolled: Deployment, tmp_path: Path) -> None:
    with open_runtime(enrolled.settings) as runtime:
        licence = issue_licence(
            runtime,
            act_as(runtime, Role.ISSUER),
            holder="searcher",
            purposes=[REUNITE],
            ground="Trial",
            citation="",
            valid_from=None,
            valid_until=datetime.now(UTC) + timedelta(days=1),
            quota=QUOTA,
            is_trial=True,
        ).id
    start = tmp_path / "start"
    script = Path(__file__).with_name("search_many.py")
    photo = PICTURES / "001" / "3.jpg"
    command = [sys.executable, script, enrolled.settings.data_folder, licence, CASE, photo, THREADS, start]
    children = [
        subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"

    start.touch()
    outcomes = [outcome for child in children for outcome in json.loads(child.communicate(timeout=120)[0])]

    refused = outcomes.count("quota-exhausted")
    assert (len(outcomes) - refused, refused) == (QUOTA, PROCESSES * THREADS - QUOTA)
    with open_runtime(enrolled.settings) as runtime:
        mine = [indexed.entry for indexed in list_entries(runtime) if indexed.entry.fields.get("licence") == licence]
        kinds = Counter(entry.kind for entry in mine)
        assert (kinds[EntryKind.SEARCH_STARTED], kinds[EntryKind.SEARCH_REFUSED]) == (20, 30)
        assert kinds[EntryKind.SEARCH_FINISHED] == QUOTA
        numbers = [
            entry.fields["number"]
            for entry in mine
            if entry.kind in {EntryKind.SEARCH_STARTED, EntryKind.SEARCH_REFUSED}
        ]
        assert numbers == list(range(1, 51))
        assert count_all_searches(runtime).by_licence()[licence].refused == PROCESSES * THREADS - QUOTA
        verify_ledger(runtime)
