"""The program as the shell starts it: quick to help, quiet when interrupted, asking before it destroys."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.command_line import ENVIRONMENT
from demo_deployments import PICTURES, Deployment, list_composites, write_table

ASSENT = (sys.executable, "-m", "assent")
HEAVY = ("faiss", "sqlalchemy", "onnxruntime", "cv2", "numpy", "cryptography", "alembic")


def environment_of(deployment: Deployment) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ENVIRONMENT}
    return kept | {"ASSENT_DATA": str(deployment.settings.data_folder)}


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys\nfrom assent.cli import main\nsys.argv[1:] = ['search', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('heavy:', [name for name in {HEAVY} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.rstrip().endswith("heavy: []")


def test_a_reader_that_stops_reading_is_no_error(enrolled: Deployment) -> None:
    command = f"{sys.executable} -m assent ledger entries --json | head -n 1"

    done = subprocess.run(
        ["sh", "-c", command], env=environment_of(enrolled), capture_output=True, text=True, check=False
    )

    assert done.stdout == "[\n"
    assert done.stderr == ""


def answer_on_terminal(deployment: Deployment, answer: bytes, *arguments: str) -> tuple[int, str]:
    """Run a command whose standard input is a terminal, type the answer, and return exit code and what was said."""
    typist, terminal = pty.openpty()
    with subprocess.Popen(
        [*ASSENT, *arguments],
        env=environment_of(deployment),
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        os.write(typist, answer)
        said, _ = process.communicate(timeout=60)
    os.close(terminal)
    os.close(typist)
    return process.returncode, said.decode()


@pytest.mark.parametrize(
    ("answer", "exit_code", "last"),
    [
        pytest.param(b"n\n", 0, "Nothing was withdrawn.", id="no"),
        pytest.param(b"y\n", 0, "Everything held about them is destroyed.", id="yes"),
    ],
)
def test_a_withdrawal_is_asked_about_on_a_terminal(
    answer: bytes, exit_code: int, last: str, enrolled: Deployment
) -> None:
    person = enrolled.people["001"]

    done = answer_on_terminal(enrolled, answer, "person", "withdraw", person, "--as", "steward")

    assert done[0] == exit_code
    assert person in done[1]
    assert done[1].rstrip().endswith(last)


@pytest.mark.slow
def test_an_import_is_interrupted_cleanly_and_goes_on_later(bare: Deployment, tmp_path: Path) -> None:
    table = tmp_path / "forms.csv"
    people = list_composites()
    table.write_bytes(write_table([(number, [f"{number}/1.jpg"]) for number in people]))
    command = [*ASSENT, "import", str(table), "--photos", str(PICTURES), "--as", "steward", "--json"]

    with subprocess.Popen(command, env=environment_of(bare), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        photos = bare.settings.data_folder / "photos"
        while not (photos.exists() and any(photos.iterdir())) and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        said, complaint = process.communicate(timeout=60)
    again = subprocess.run(command, env=environment_of(bare), capture_output=True, text=True, check=False)

    assert process.returncode == 130
    assert b'"reason": "interrupted"' in said
    assert complaint == b""
    assert again.returncode == 0
    assert '"refused": []' in again.stdout
