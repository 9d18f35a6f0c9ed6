import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assent.services.open_deployment import open_runtime
from assent.services.verify_ledger import verify_ledger
from demo_deployments import Deployment

MEGABYTES = 2
FILL = """
import hashlib, json, sys
from datetime import UTC, datetime
from pathlib import Path
from demo_deployments import read_picture, act_as, list_composites
from assent.errors import AssentError
from assent.mandates import Role
from assent.people import Enrolment
from assent.services.enrol_person import enrol_person
from assent.services.open_deployment import open_runtime
from assent.settings import Settings

enrolled = []
try:
    with open_runtime(Settings.from_environment(data_folder=Path(sys.argv[1]))) as runtime:
        steward = act_as(runtime, Role.STEWARD)
        for number in list_composites() * 5:
            evidence = hashlib.sha256(f"{len(enrolled)}".encode()).hexdigest()
            enrolled.append(enrol_person(runtime, steward, Enrolment(
                "Somebody", (read_picture(number, 1),), ("reunite",), "v1", evidence, datetime(2026, 1, 1, tzinfo=UTC)
            )).person)
    print(json.dumps([enrolled, None, None]))
except AssentError as error:
    print(json.dumps([enrolled, error.reason, str(error)]))
"""


def can_mount(folder: Path) -> bool:
    probe = ["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    return (
        shutil.which("unshare") is not None and subprocess.run(probe, check=False, capture_output=True).returncode == 0
    )


@pytest.mark.parametrize("full", ["data", "keys"])
def test_a_full_disk_is_one_clear_sentence_and_loses_nothing(bare: Deployment, tmp_path: Path, full: str) -> None:
    if not can_mount(tmp_path):
        pytest.skip("this machine lets nobody mount a small disk of their own")
    (disk := tmp_path / "disk").mkdir()
    source = bare.settings.data_folder if full == "data" else bare.settings.keys_folder
    size = f"{MEGABYTES}m" if full == "data" else "64k"
    # The small disk lives in a mount namespace of the child, so what is on it is copied out before the child ends.
    script = f"""
        mount -t tmpfs -o size={size} tmpfs {disk}
        cp -r {source} {disk}/folder
        {sys.executable} -c "$FILL" {disk / "folder" if full == "data" else bare.settings.data_folder}
        cp -r {disk}/folder {tmp_path}/after
    """
    keys = bare.settings.keys_folder if full == "data" else disk / "folder"
    environment = {
        **os.environ,
        "FILL": FILL,
        "ASSENT_KEYS": str(keys),
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }

    child = subprocess.run(
        ["unshare", "-rm", "sh", "-ec", script], env=environment, capture_output=True, text=True, check=False
    )

    assert child.returncode == 0, child.stderr
    enrolled, reason, message = json.loads(child.stdout)
    assert reason == "storage-full"
    assert "was changed. Make room and try again." in message
    assert message.count("\n") == 0
    shutil.rmtree(source)
    shutil.copytree(tmp_path / "after", source)
    with open_runtime(bare.settings) as runtime:
        verify_ledger(runtime)
        assert runtime.gallery.count("reunite", runtime.clock())[0] == len(enrolled) > 0
