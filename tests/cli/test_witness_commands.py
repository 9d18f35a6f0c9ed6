"""`assent witness` from a new witness to a published checkpoint that it cosigned, as an oversight body would do it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assent.ledger import CHECKPOINT_PATH, parse_policy
from cli.command_line import ENVIRONMENT, Outcome, run
from demo_deployments import Deployment

NAME = "board.example/w1"


def make_witness(folder: Path) -> str:
    """Set up a witness from the command line; its Ed25519 key comes back."""
    done = run("witness", "init", folder, "--name", NAME, "--json")
    assert done.exit_code == 0
    return str(done.document["vkeys"][0]["vkey"])


@contextmanager
def a_serving_process(folder: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start `assent witness serve` on a free port; its address and the process come back."""
    environment = {name: value for name, value in os.environ.items() if name not in ENVIRONMENT}
    command = [sys.executable, "-m", "assent", "witness", "serve", str(folder), "--port", "0", *options]
    with subprocess.Popen(
        command, env=environment | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            port = line.split("port ")[1].split(";")[0]
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.kill()


def publish(deployment: Deployment, folder: Path, policy: Path, *options: str) -> Outcome:
    return run("ledger", "publish", folder, "--policy", policy, *options, on=deployment)


@pytest.mark.enable_socket
def test_a_witness_is_made_serves_and_cosigns_what_is_published(bare: Deployment, tmp_path: Path) -> None:
    vkey = make_witness(tmp_path / "w")
    ledger = run("ledger", "checkpoint", "--json", on=bare).document["vkey"]
    policy = tmp_path / "policy.txt"

    with a_serving_process(tmp_path / "w", "--log", ledger, "--prefix", "/board") as (address, process):
        policy.write_text(f"log {ledger}\nwitness board {vkey} {address}/board\nquorum board\n")
        published = publish(bare, tmp_path / "public", policy, "--json")
        shown = publish(bare, tmp_path / "public", policy)
        watched = run("witness", "logs", tmp_path / "w", "--json").document
        process.send_signal(signal.SIGINT)
        said, complaint = process.communicate(timeout=20)

    (cosigned,) = published.document["cosigned"]
    checkpoint, _ = parse_policy(policy.read_bytes()).verify((tmp_path / "public" / CHECKPOINT_PATH).read_bytes())
    assert (cosigned["name"], published.document["not_cosigned"]) == (NAME, [])
    assert f"Cosigned by    {NAME}, 20" in shown.stdout
    assert [(log["size"], log["contradictions"]) for log in watched] == [(checkpoint.size, [])]
    assert process.returncode == 0
    assert "Stopped after 1 answers." in said
    assert complaint == ""


def test_a_missing_quorum_is_one_sentence_and_an_exit_code(bare: Deployment, tmp_path: Path) -> None:
    vkey = make_witness(tmp_path / "w")
    ledger = run("ledger", "checkpoint", "--json", on=bare).document["vkey"]
    policy = tmp_path / "policy.txt"
    policy.write_text(f"log {ledger}\nwitness board {vkey}\nquorum board\n")

    done = publish(bare, tmp_path / "public", policy)

    assert done.exit_code == 6
    assert done.stderr == (
        "Verification failed: the quorum board is missing: witness board has not cosigned; "
        "board: the policy gives no address for it\n"
    )
    assert not (tmp_path / "public" / CHECKPOINT_PATH).exists()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        pytest.param(None, "The policy cannot be read", id="absent"),
        pytest.param("quorum board\n", "line 1 of the policy", id="nonsense"),
    ],
)
def test_a_policy_that_cannot_be_read_is_invalid_input(
    content: str | None, word: str, bare: Deployment, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.txt"
    if content is not None:
        policy.write_text(content)

    done = publish(bare, tmp_path / "public", policy)

    assert done.exit_code == 3
    assert word in done.stderr


def test_keys_are_shown_again_and_logs_are_added_once(tmp_path: Path) -> None:
    vkey = make_witness(tmp_path / "w")
    ledger = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

    added = [run("witness", "add-log", tmp_path / "w", ledger) for _ in range(2)]
    logs = run("witness", "logs", tmp_path / "w")
    keys = run("witness", "vkey", tmp_path / "w", "--json").document

    assert [(done.exit_code, done.stdout) for done in added] == [(0, "Watching example.com/foo.\n")] * 2
    assert logs.stdout.count("example.com/foo") == 1
    assert (keys["name"], keys["vkeys"][0]["vkey"]) == (NAME, vkey)


@pytest.mark.parametrize(
    ("arguments", "exit_code", "word"),
    [
        pytest.param("witness init {} --name board.example", 7, "never replaced", id="a witness twice"),
        pytest.param("witness vkey {}/none", 7, "witness init", id="keys of no witness"),
        pytest.param("witness logs {}/none", 7, "witness init", id="logs of no witness"),
        pytest.param("witness serve {}/none", 7, "witness init", id="no witness to serve"),
        pytest.param("witness add-log {} nonsense", 3, "key id", id="no key"),
        pytest.param("witness serve {} --log nonsense", 3, "key id", id="serving no log"),
        pytest.param("witness serve {} --prefix board", 3, "begins with a slash", id="prefix"),
        pytest.param("witness serve {} --port 70000", 2, "65535", id="port"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments: str, exit_code: int, word: str, tmp_path: Path) -> None:
    make_witness(tmp_path / "w")

    done = run(*arguments.format(tmp_path / "w").split())

    assert done.exit_code == exit_code
    assert word in done.stderr
