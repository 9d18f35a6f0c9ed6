"""A published ledger is checked by a program that shares no code with ours: Go's checksum-database packages."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from assent.ledger import CHECKPOINT_PATH, entries_path, tile_path
from ledger.ledger_builders import ORIGIN, a_signing_key, publish, some_entries

pytestmark = pytest.mark.go

SOURCE = Path(__file__).parents[1] / "go_verifier" / "main.go"
# Where Debian's golang-golang-x-mod-dev puts its source.
DEBIAN_GOPATH = Path("/usr/share/gocode")
KEY = a_signing_key()


@pytest.fixture(scope="session")
def go_verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    go = shutil.which("go")
    if go is None:
        pytest.skip("Go is not installed: apt-get install golang-go golang-golang-x-mod-dev")
    if not (DEBIAN_GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.skip("golang.org/x/mod is not installed: apt-get install golang-golang-x-mod-dev")
    folder = tmp_path_factory.mktemp("go")
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": str(DEBIAN_GOPATH),
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
    }
    program = folder / "verifier"
    subprocess.run([go, "build", "-o", program, SOURCE], env=environment, check=True, timeout=300)
    return program


def run(
    program: Path, folder: Path, vkey: str = KEY.vkey, older: Path | None = None
) -> subprocess.CompletedProcess[str]:
    arguments = [program, folder, vkey, *([older] if older else [])]
    return subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize(
    "size", [0, 1, 255, 256, 257, *(pytest.param(size, marks=pytest.mark.slow) for size in (65_536, 70_000))]
)
def test_go_accepts_what_we_publish(go_verifier: Path, tmp_path: Path, size: int) -> None:
    publish(tmp_path, some_entries(size), KEY)

    verdict = run(go_verifier, tmp_path)

    assert verdict.returncode == 0, verdict.stderr
    assert f"checkpoint of {ORIGIN}: {size} entries" in verdict.stdout
    assert verdict.stdout.endswith("OK\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        *((0, 0), (0, 1), (1, 255), (1, 257), (255, 256), (256, 257), (256, 600), (600, 600)),
        *(pytest.param(*sizes, marks=pytest.mark.slow) for sizes in ((257, 65_536), (65_536, 70_000))),
    ],
)
def test_go_accepts_a_log_that_grew(go_verifier: Path, tmp_path: Path, old: int, new: int) -> None:
    older = tmp_path / "older"
    checkpoints = publish(tmp_path, some_entries(new), KEY, [old, new])
    older.write_bytes(checkpoints[0])

    verdict = run(go_verifier, tmp_path, older=older)

    assert verdict.returncode == 0, verdict.stderr
    assert f"consistent with the checkpoint at {old} entries" in verdict.stdout


def test_go_refuses_a_log_whose_past_was_rewritten(go_verifier: Path, tmp_path: Path) -> None:
    entries = some_entries(300)
    older = tmp_path / "older"
    older.write_bytes(publish(tmp_path / "first", entries, KEY, [280, 300])[0])
    publish(tmp_path / "second", [entries[1], *entries[1:]], KEY)

    verdict = run(go_verifier, tmp_path / "second", older=older)

    assert verdict.returncode == 1
    assert "the older checkpoint is not a prefix" in verdict.stderr


@pytest.mark.parametrize(
    "path",
    [
        tile_path(0, 0),
        tile_path(0, 1),
        tile_path(0, 2, 88),
        tile_path(1, 0, 2),
        entries_path(0),
        entries_path(2, 88),
        CHECKPOINT_PATH,
    ],
)
@pytest.mark.parametrize("place", [0.0, 0.5, 0.999], ids=["first", "middle", "last"])
def test_go_refuses_any_file_with_a_changed_bit(go_verifier: Path, tmp_path: Path, path: str, place: float) -> None:
    publish(tmp_path, some_entries(600), KEY)
    data = bytearray((tmp_path / path).read_bytes())
    data[int(place * len(data))] ^= 4
    (tmp_path / path).write_bytes(data)

    verdict = run(go_verifier, tmp_path)

    assert verdict.returncode == 1
    assert verdict.stderr.startswith("REFUSED:")


def test_go_refuses_a_strange_key(go_verifier: Path, tmp_path: Path) -> None:
    publish(tmp_path, some_entries(3), KEY)

    verdict = run(go_verifier, tmp_path, a_signing_key(seed=2).vkey)

    assert verdict.returncode == 1
    assert "note has no verifiable signatures" in verdict.stderr


@pytest.mark.parametrize("path", [tile_path(0, 1, 44), tile_path(1, 0, 1), entries_path(0), CHECKPOINT_PATH])
def test_go_refuses_a_log_with_a_file_missing(go_verifier: Path, tmp_path: Path, path: str) -> None:
    publish(tmp_path, some_entries(300), KEY)
    (tmp_path / path).unlink()

    verdict = run(go_verifier, tmp_path)

    assert verdict.returncode == 1
    assert "no such file" in verdict.stderr
