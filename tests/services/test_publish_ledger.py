import shutil
import subprocess
from pathlib import Path

import pytest

from assent.errors import LedgerRolledBack
from assent.ledger import TlogProof, VerificationKey, prove_inclusion, read_nodes_from_tiles
from assent.services.open_deployment import open_runtime
from assent.services.publish_ledger import publish_ledger
from assent.services.runtime import open_unchecked
from assent.services.show_ledger import list_entries
from demo_deployments import Deployment, read_picture, search

GO_VERIFIER = Path(__file__).parents[1] / "go_verifier" / "main.go"
GO_PACKAGES = Path("/usr/share/gocode")


def verify_with_go(folder: Path, vkey: str, older: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = ["go", "run", str(GO_VERIFIER), str(folder), vkey, *([str(older)] if older else [])]
    environment = {
        "GO111MODULE": "off",
        "GOPATH": str(GO_PACKAGES),
        "GOCACHE": "/tmp/go-cache-assent",  # noqa: S108 - a cache
        "PATH": "/usr/bin:/bin",
    }
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


needs_go = pytest.mark.skipif(
    shutil.which("go") is None or not (GO_PACKAGES / "src/golang.org/x/mod/sumdb").is_dir(),
    reason="needs Debian's golang-go and golang-golang-x-mod-dev",
)


@pytest.mark.go
@needs_go
def test_a_verifier_that_nobody_here_wrote_accepts_what_is_published(enrolled: Deployment, tmp_path: Path) -> None:
    folder, older = tmp_path / "public", tmp_path / "older-checkpoint"
    with open_runtime(enrolled.settings) as runtime:
        first = publish_ledger(runtime, folder)
        shutil.copy(folder / "checkpoint", older)
        for number in ("001", "002"):
            search(runtime, enrolled, read_picture(number, 3))
        second = publish_ledger(runtime, folder)

    accepted = verify_with_go(folder, second.vkey, older)
    bundle = next((folder / "tile" / "entries").rglob("000*"))
    bundle = bundle if bundle.is_file() else max(bundle.iterdir(), key=lambda path: int(path.name))
    data = bytearray(bundle.read_bytes())
    data[40] ^= 1
    bundle.write_bytes(bytes(data))
    refused = verify_with_go(folder, second.vkey)

    assert second.checkpoint.size == first.checkpoint.size + 4
    assert accepted.returncode == 0, accepted.stderr
    assert refused.returncode != 0


def test_publishing_again_writes_only_what_is_new(enrolled: Deployment, tmp_path: Path) -> None:
    with open_runtime(enrolled.settings) as runtime:
        publish_ledger(runtime, tmp_path / "public")
        unchanged = publish_ledger(runtime, tmp_path / "public")
        search(runtime, enrolled, read_picture("001", 3))
        grown = publish_ledger(runtime, tmp_path / "public")

    assert unchanged.files_written == 1
    assert 1 < grown.files_written < 6
    assert not [path for path in (tmp_path / "public").rglob("*") if path.name.startswith(".")]


def test_proofs_come_from_the_published_files_alone(enrolled: Deployment, tmp_path: Path) -> None:
    with open_runtime(enrolled.settings) as runtime:
        published = publish_ledger(runtime, tmp_path)
        entries = list_entries(runtime)
    size, note = published.checkpoint.size, (tmp_path / "checkpoint").read_bytes()
    read_node = read_nodes_from_tiles(size, lambda address: (tmp_path / address.path).read_bytes())
    key = VerificationKey.from_vkey(published.vkey)

    for index in (0, size // 2, size - 1):
        proof = TlogProof(index, tuple(prove_inclusion(index, size, read_node)), note)

        assert proof.verify(entries[index].entry.to_bytes(), [key], published.checkpoint.origin).size == size


def test_a_folder_of_another_ledger_is_left_alone(enrolled: Deployment, bare: Deployment, tmp_path: Path) -> None:
    with open_runtime(enrolled.settings) as runtime:
        publish_ledger(runtime, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and "bare" not in path.parts}

    with open_runtime(bare.settings) as runtime, pytest.raises(LedgerRolledBack):
        publish_ledger(runtime, tmp_path)

    assert {path: path.read_bytes() for path in before} == before


def test_two_databases_from_one_backup_never_both_sign(enrolled: Deployment, tmp_path: Path) -> None:
    shutil.copytree(enrolled.settings.data_folder, tmp_path / "backup")
    with open_runtime(enrolled.settings) as runtime:
        search(runtime, enrolled, read_picture("001", 3))
    shutil.rmtree(enrolled.settings.data_folder)
    shutil.copytree(tmp_path / "backup", enrolled.settings.data_folder)

    restored = open_unchecked(enrolled.settings)
    with pytest.raises(LedgerRolledBack, match="older copy"):
        publish_ledger(restored, tmp_path / "public")
    restored.close()

    assert not (tmp_path / "public").exists()
