"""The ZIP file of an import's photos: read in memory, and not trusted."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Callable

import pytest

from assent.errors import InvalidInput
from assent.people import PhotoArchive, photo_archive

MOST = 1_000
PHOTO = b"\xff\xd8 a photo"


def pack(*entries: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression) as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return data.getvalue()


def test_a_photo_is_found_by_its_place_with_and_without_the_folder_that_was_packed() -> None:
    flat = PhotoArchive(pack(("F-1/front.jpg", PHOTO), ("F-2.jpg", b"other")))
    folder = PhotoArchive(pack(("photos/F-1/front.jpg", PHOTO), ("photos/F-2.jpg", b"other")))

    for archive in (flat, folder):
        assert archive.read("F-1/front.jpg", MOST) == archive.read("./F-1//front.jpg", MOST) == PHOTO
    assert folder.read("photos/F-2.jpg", MOST) == b"other"


def test_at_most_one_byte_beyond_the_limit_is_read() -> None:
    assert len(PhotoArchive(pack(("a.jpg", bytes(50)))).read("a.jpg", 10)) == 11


@pytest.mark.parametrize("name", ["gone.jpg", "", "..", "/etc/passwd", "../a.jpg", "a.jpg\0", "A.JPG"])
def test_what_is_not_in_the_archive_is_not_read(name: str) -> None:
    with pytest.raises(InvalidInput, match="not in the ZIP"):
        PhotoArchive(pack(("a.jpg", PHOTO), ("b/c.jpg", PHOTO))).read(name, MOST)


def a_link() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        entry = zipfile.ZipInfo("a.jpg")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return data.getvalue()


def protected() -> bytes:
    data = bytearray(pack(("a.jpg", PHOTO)))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + place] |= 1
    return bytes(data)


def declaring(size: int) -> bytes:
    data = bytearray(pack(("a.jpg", PHOTO)))
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, size)
    return bytes(data)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: b"", id="nothing"),
        pytest.param(lambda: b"PK\x03\x04 no more", id="torn off"),
        pytest.param(lambda: PHOTO, id="a photo"),
        pytest.param(lambda: pack(("a.jpg", PHOTO))[:-30], id="without its list"),
        pytest.param(lambda: pack(("../a.jpg", PHOTO)), id="a place above"),
        pytest.param(lambda: pack(("x/../../a.jpg", PHOTO)), id="a place above, from within"),
        pytest.param(lambda: pack(("/etc/a.jpg", PHOTO)), id="an absolute place"),
        pytest.param(lambda: pack(("..\\a.jpg", PHOTO)), id="a place above on another system"),
        pytest.param(lambda: pack(("C:/a.jpg", PHOTO)), id="a drive"),
        pytest.param(lambda: pack(("a.jpg", PHOTO), ("./a.jpg", PHOTO)), id="two of one name"),
        pytest.param(a_link, id="a link"),
        pytest.param(protected, id="protected by a password"),
        pytest.param(lambda: pack(("a.jpg", bytes(9_000_000)), compression=zipfile.ZIP_DEFLATED), id="made to burst"),
        pytest.param(lambda: declaring(2**32 - 2), id="says that it is larger than it can be"),
    ],
)
def test_an_archive_that_is_not_to_be_trusted_is_not_opened(make: Callable[[], bytes]) -> None:
    with pytest.raises(InvalidInput, match="ZIP file"):
        PhotoArchive(make())


def test_too_many_files_are_refused_by_their_number() -> None:
    entries = [(f"{number}", b"") for number in range(photo_archive.MOST_ENTRIES + 1)]

    with pytest.raises(InvalidInput, match="split it"):
        PhotoArchive(pack(*entries))


def test_a_damaged_photo_is_said_to_be_damaged() -> None:
    data = bytearray(pack(("a.jpg", PHOTO), ("b.jpg", b"fine")))
    data[data.index(PHOTO) + 3] ^= 1
    archive = PhotoArchive(bytes(data))

    with pytest.raises(InvalidInput, match="damaged"):
        archive.read("a.jpg", MOST)
    assert archive.read("b.jpg", MOST) == b"fine"


def test_an_entry_that_is_longer_than_it_says_is_not_read_beyond_that() -> None:
    data = pack(("a.jpg", bytes(500)), compression=zipfile.ZIP_DEFLATED)
    shrunk = bytearray(data)
    struct.pack_into("<I", shrunk, shrunk.index(b"PK\x01\x02") + 24, 5)

    with pytest.raises(InvalidInput, match="damaged"):
        PhotoArchive(bytes(shrunk)).read("a.jpg", MOST)
