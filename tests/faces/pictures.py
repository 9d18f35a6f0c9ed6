"""Pictures for the tests of faces: the composites, patterns that are the same everywhere, and bad files."""

from __future__ import annotations

import hashlib
import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from assent.faces import Image, decode_image

PEOPLE_FOLDER = Path(__file__).parents[2] / "src/assent/services/demonstration/people"
PEOPLE_COUNT = 60


def read_person_bytes(person: int, picture: int) -> bytes:
    return (PEOPLE_FOLDER / f"{person:03d}" / f"{picture}.jpg").read_bytes()


def read_person(person: int, picture: int) -> Image:
    return decode_image(read_person_bytes(person, picture))


def a_pattern(seed: str, height: int, width: int) -> Image:
    """Return smooth patches of colour, the same on every machine and in every version."""
    rows, columns = height // 8 + 2, width // 8 + 2
    noise = hashlib.shake_256(seed.encode()).digest(rows * columns * 3)
    coarse = np.frombuffer(noise, np.uint8).reshape(rows, columns, 3).astype(np.int64)
    fine = np.repeat(np.repeat(coarse, 8, axis=0), 8, axis=1)
    for axis in (0, 1):
        fine = sum(np.roll(fine, shift, axis) for shift in range(8)) // 8
    return fine[8 : 8 + height, 8 : 8 + width].astype(np.uint8)


def quarters(width: int = 64, height: int = 48) -> PillowImage.Image:
    """Return a picture whose four quarters differ, so that every turn and flip shows."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (200, 30, 30)
    pixels[: height // 2, width // 2 :] = (30, 200, 30)
    pixels[height // 2 :, : width // 2] = (30, 30, 200)
    pixels[height // 2 :, width // 2 :] = (200, 200, 30)
    return PillowImage.fromarray(pixels)


def to_bytes(picture: PillowImage.Image, file_format: str, **options: Any) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, format=file_format, **options)
    return buffer.getvalue()


def moving(file_format: str) -> bytes:
    return to_bytes(quarters(), file_format, save_all=True, append_images=[quarters().rotate(90)], duration=100)


def png_header(width: int, height: int) -> bytes:
    """Return a PNG that promises so many pixels and holds almost none."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def webp_header(width: int, height: int) -> bytes:
    """Return the first chunk of an extended WebP that promises so large a canvas."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + size
    return b"RIFF" + struct.pack("<I", len(body)) + body
