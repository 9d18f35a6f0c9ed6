"""Photos are sealed files that are whole or absent, and gone when they are erased."""

from __future__ import annotations

import errno
import fcntl
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assent.errors import KeysUnavailable, NotFound, StorageFull, Unavailable
from assent.storage import PhotoFiles, Vault
from assent.storage.disk import explain_os_error, locked_folder, write_file_durably
from factories import NOW, a_vault, read_all_files

ANNA, BERT = "p_" + "a" * 16, "p_" + "b" * 16
JPEG = b"\xff\xd8 a portrait \xff\xd9" * 50


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with closing(a_vault(tmp_path)) as opened:
        opened.make_key(ANNA)
        opened.make_key(BERT)
        yield opened


@pytest.fixture
def photos(tmp_path: Path, vault: Vault) -> PhotoFiles:
    return PhotoFiles(tmp_path / "data" / "photos", vault)


def list_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_photo_is_read_as_it_was_written_and_lies_sealed(photos: PhotoFiles) -> None:
    photos.write(ANNA, "r_1", JPEG)

    assert photos.read(ANNA, "r_1") == JPEG
    assert b"a portrait" not in read_all_files(photos.folder)
    assert list_names(photos.folder) == ["r_1.sealed"]


def test_photos_and_their_folders_are_private(photos: PhotoFiles) -> None:
    photos.write(ANNA, "r_1", JPEG)

    lying = [photos.folder, photos.folder / ANNA, photos.folder / ANNA / "r_1.sealed"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in lying] == [0o700, 0o700, 0o600]


def test_writing_again_replaces_the_whole_photo(photos: PhotoFiles) -> None:
    photos.write(ANNA, "r_1", JPEG)
    photos.write(ANNA, "r_1", b"short")

    assert photos.read(ANNA, "r_1") == b"short"
    assert list_names(photos.folder) == ["r_1.sealed"]


@pytest.mark.parametrize(("subject", "name"), [(BERT, "r_1"), (ANNA, "r_2")], ids=["another person", "another name"])
def test_a_photo_that_was_moved_does_not_open(photos: PhotoFiles, subject: str, name: str) -> None:
    photos.write(ANNA, "r_1", JPEG)
    (photos.folder / subject).mkdir(exist_ok=True)
    (photos.folder / ANNA / "r_1.sealed").rename(photos.folder / subject / f"{name}.sealed")

    with pytest.raises(KeysUnavailable):
        photos.read(subject, name)


def test_a_photo_that_is_not_there_is_not_found(photos: PhotoFiles) -> None:
    with pytest.raises(NotFound, match=f"no photo r_9 of {ANNA}"):
        photos.read(ANNA, "r_9")


def test_without_the_key_a_photo_that_lingers_cannot_be_read(photos: PhotoFiles, vault: Vault) -> None:
    photos.write(ANNA, "r_1", JPEG)
    vault.destroy_keys([ANNA], NOW)

    with pytest.raises(NotFound):
        photos.read(ANNA, "r_1")


def test_erasing_removes_all_of_one_and_nothing_of_another(photos: PhotoFiles) -> None:
    for subject in (ANNA, BERT):
        photos.write(subject, "r_1", JPEG)
        photos.write(subject, "r_2", JPEG)
    (photos.folder / ANNA / ".r_3.sealed.0000.part").write_bytes(b"left by a crash")

    photos.erase(ANNA)
    photos.erase(ANNA)

    assert photos.list_subjects() == {BERT}
    assert not (photos.folder / ANNA).exists()
    assert photos.read(BERT, "r_2") == JPEG


def test_nobody_has_photos_before_the_first(photos: PhotoFiles) -> None:
    assert photos.list_subjects() == set()


def test_what_somebody_else_put_into_the_folder_is_never_listed_for_erasure(photos: PhotoFiles, tmp_path: Path) -> None:
    photos.write(ANNA, "r_1", JPEG)
    (tmp_path / "holiday").mkdir()
    (photos.folder / "lost+found").mkdir()
    (photos.folder / ".DS_Store").write_bytes(b"")
    (photos.folder / BERT).symlink_to(tmp_path / "holiday")

    assert photos.list_subjects() == {ANNA}


def test_a_photo_that_cannot_be_written_leaves_nothing_behind(photos: PhotoFiles) -> None:
    (photos.folder / ANNA / "r_1.sealed").mkdir(parents=True)

    with pytest.raises(Unavailable) as refused:
        photos.write(ANNA, "r_1", JPEG)

    assert str(photos.folder) not in str(refused.value)
    assert list_names(photos.folder) == []


@pytest.mark.parametrize("action", ["write", "read", "erase"])
def test_a_folder_that_is_no_folder_is_refused_without_its_path(photos: PhotoFiles, action: str) -> None:
    photos.folder.mkdir(parents=True)
    (photos.folder / ANNA).write_bytes(b"a file is in the way")

    with pytest.raises(Unavailable) as refused:
        {
            "write": lambda: photos.write(ANNA, "r_1", JPEG),
            "read": lambda: photos.read(ANNA, "r_1"),
            "erase": lambda: photos.erase(ANNA),
        }[action]()

    assert str(photos.folder) not in str(refused.value)


def test_data_that_is_no_bytes_leaves_no_half_file(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        write_file_durably(tmp_path / "folder" / "file", "text")  # type: ignore[arg-type]

    assert list_names(tmp_path) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_disk_that_takes_no_more_is_told_apart(number: int) -> None:
    error = explain_os_error(OSError(number, "the reason", "/a/path"))

    assert type(error) is StorageFull
    assert "/a/path" not in str(error)


def test_another_failure_gives_the_reason_without_the_path() -> None:
    error = explain_os_error(PermissionError(errno.EACCES, "Permission denied", "/a/path"))

    assert type(error) is Unavailable
    assert "Permission denied" in str(error)
    assert "/a/path" not in str(error)


def test_what_a_crash_left_is_swept_but_never_while_somebody_writes(photos: PhotoFiles) -> None:
    photos.write(ANNA, "r_1", JPEG, is_locked=False)
    left = photos.folder / ".unfinished" / ".r_2.sealed.0a0a0a0a.part"
    left.write_bytes(b"half")

    with locked_folder(photos.folder, fcntl.LOCK_SH):
        photos.erase_unfinished()
        assert left.exists()
    photos.erase_unfinished()

    assert not photos.has_unfinished()
    assert photos.read(ANNA, "r_1") == JPEG
