"""The keys folder: made once, private, and refused with the reason where it is not the right one."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from assent.errors import AssentError, DeploymentExists, KeysUnavailable, Unavailable
from assent.storage import Vault
from factories import DEPLOYMENT, NOW, a_vault

ANNA = "p_" + "a" * 16


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.iterdir()]}


def test_folder_and_files_are_private(tmp_path: Path) -> None:
    with closing(a_vault(tmp_path)) as vault:
        vault.make_key(ANNA)

    assert modes(tmp_path / "keys") == {"keys": 0o700, "keyring.db": 0o600, "master.key": 0o600}


def test_a_folder_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o755)

    a_vault(tmp_path).close()

    assert modes(tmp_path / "keys")["keys"] == 0o700


def test_what_a_set_up_that_crashed_left_is_replaced(tmp_path: Path) -> None:
    with closing(a_vault(tmp_path, "d_first")) as left_over:
        left_over.make_key(ANNA)

    with closing(a_vault(tmp_path)) as vault:
        assert vault.list_subjects() == set()
    Vault.open(tmp_path / "keys", DEPLOYMENT).close()


@pytest.mark.parametrize("left", ["keyring.db", "keyring.db-journal"])
def test_a_set_up_that_crashed_before_the_master_key_can_be_repeated(tmp_path: Path, left: str) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / left).write_bytes(b"half written")

    with closing(a_vault(tmp_path)) as vault:
        vault.make_key(ANNA)

    with closing(Vault.open(tmp_path / "keys", DEPLOYMENT)) as again:
        assert again.list_subjects() == {ANNA}


def signed_once(folder: Path) -> None:
    with closing(Vault.open(folder, DEPLOYMENT)) as vault:
        assert vault.move_anchor(None, 1, bytes(32))


def lost_keyring(folder: Path) -> None:
    (folder / "keyring.db").unlink()


def garbage_keyring(folder: Path) -> None:
    (folder / "keyring.db").write_bytes(b"no database at all" * 100)


@pytest.mark.parametrize("arrange", [signed_once, lost_keyring, garbage_keyring])
def test_keys_that_may_be_in_use_are_never_overwritten(tmp_path: Path, arrange: Callable[[Path], None]) -> None:
    a_vault(tmp_path).close()
    arrange(tmp_path / "keys")
    before = (tmp_path / "keys" / "master.key").read_bytes()

    with pytest.raises(DeploymentExists, match="never overwritten"):
        a_vault(tmp_path)

    assert (tmp_path / "keys" / "master.key").read_bytes() == before


def no_folder(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))


def no_master_key(folder: Path) -> None:
    (folder / "master.key").unlink()


def readable_by_others(folder: Path) -> None:
    (folder / "master.key").chmod(0o644)


def damaged_master_key(folder: Path) -> None:
    path = folder / "master.key"
    path.write_bytes(path.read_bytes()[:-9])


def master_key_without_header(folder: Path) -> None:
    path = folder / "master.key"
    path.write_bytes(path.read_bytes().removeprefix(b"assent-master-key-v1 "))


def master_key_not_ascii(folder: Path) -> None:
    (folder / "master.key").write_bytes(b"\xff" * 60)


def another_master_key(folder: Path) -> None:
    with closing(a_vault(folder / "second")):
        (folder / "second" / "keys" / "master.key").rename(folder / "master.key")


def empty_keyring(folder: Path) -> None:
    (folder / "keyring.db").write_bytes(b"")


def newer_keyring(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "keyring.db")) as keyring, keyring:
        keyring.execute("UPDATE meta SET value = '2' WHERE name = 'format'")


def another_deployment(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "keyring.db")) as keyring, keyring:
        keyring.execute("UPDATE meta SET value = 'd_other' WHERE name = 'deployment'")


UNUSABLE = [
    pytest.param(no_folder, "cannot be read; set ASSENT_KEYS", id="no folder"),
    pytest.param(no_master_key, "cannot be read; set ASSENT_KEYS", id="no master key"),
    pytest.param(readable_by_others, "chmod 600", id="readable by others"),
    pytest.param(damaged_master_key, "damaged", id="master key cut short"),
    pytest.param(master_key_without_header, "damaged", id="master key without its header"),
    pytest.param(master_key_not_ascii, "cannot be read", id="master key of noise"),
    pytest.param(another_master_key, "not the one that this keyring was made with", id="another master key"),
    pytest.param(lost_keyring, "has no keyring", id="no keyring"),
    pytest.param(empty_keyring, "cannot be read", id="empty keyring"),
    pytest.param(garbage_keyring, "restore keyring.db", id="keyring of noise"),
    pytest.param(newer_keyring, "another version", id="keyring of a newer version"),
    pytest.param(another_deployment, "belongs to another deployment", id="keys of another deployment"),
]


@pytest.mark.parametrize(("spoil", "message"), UNUSABLE)
def test_keys_that_cannot_be_used_are_refused_with_the_reason_and_left_as_they_are(
    tmp_path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    folder = tmp_path / "keys"
    a_vault(tmp_path).close()
    spoil(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    with pytest.raises(KeysUnavailable, match=message) as refused:
        Vault.open(folder, DEPLOYMENT)

    assert str(tmp_path) not in str(refused.value)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_the_right_keys_open_again_with_everything_in_them(tmp_path: Path) -> None:
    with closing(a_vault(tmp_path)) as vault:
        vault.make_key(ANNA)
        sealed, tag = vault.seal(ANNA, "name", b"somebody"), vault.tag("handle", "anna")
        vault.destroy_keys(["p_gone"], NOW)

    with closing(Vault.open(tmp_path / "keys", DEPLOYMENT)) as again:
        assert again.unseal(ANNA, "name", sealed) == b"somebody"
        assert again.tag("handle", "anna") == tag
        assert again.list_destroyed() == {"p_gone"}


def test_a_keyring_damaged_while_open_is_said_to_be_unusable(tmp_path: Path) -> None:
    with closing(a_vault(tmp_path)) as vault:
        vault.make_key(ANNA)
        (tmp_path / "keys" / "keyring.db").write_bytes(b"noise" * 5_000)

        with pytest.raises(KeysUnavailable):
            vault.list_subjects()


def test_a_keys_folder_that_cannot_be_made_is_refused_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "keys").write_bytes(b"a file is in the way")

    with pytest.raises(AssentError) as refused:
        a_vault(tmp_path)

    assert type(refused.value) is Unavailable
    assert str(tmp_path) not in str(refused.value)
