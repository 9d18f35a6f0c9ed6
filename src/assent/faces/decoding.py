"""Turns the bytes of one JPEG, PNG or WebP file into upright RGB pixels within set limits, and pixels into JPEG bytes.

Headers are read before any pixel is: WebP as in RFC 9649, the other two through Pillow, which is lazy about them.
"""

from __future__ import annotations

import struct
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import UnidentifiedImageError

from assent.errors import ImageTooLarge, UnreadableImage

Image: TypeAlias = NDArray[np.uint8]
"""Upright RGB pixels, shape (height, width, 3), dtype uint8."""

READ_FORMATS: Final = ("JPEG", "PNG", "WEBP")
EXIF_ORIENTATION_TAG: Final = 0x0112
JPEG_QUALITY: Final = 92
# A camera's JPEG may carry a second picture (stereo, gain map) behind the first; Pillow then calls the format MPO.
CAMERA_JPEG_FORMAT: Final = "MPO"

_WEBP_ANIMATION_FLAG: Final = 0x02
_WEBP_HEADER_BYTES: Final = 30
_EXIF_TRANSPOSES: Final = {
    2: PillowImage.Transpose.FLIP_LEFT_RIGHT,
    3: PillowImage.Transpose.ROTATE_180,
    4: PillowImage.Transpose.FLIP_TOP_BOTTOM,
    5: PillowImage.Transpose.TRANSPOSE,
    6: PillowImage.Transpose.ROTATE_270,
    7: PillowImage.Transpose.TRANSVERSE,
    8: PillowImage.Transpose.ROTATE_90,
}

# Set once, at import, because switching warnings around each call is not safe between threads. The check against
# ImageLimits stands on its own; this is the second lock on the same door.
warnings.filterwarnings("error", category=PillowImage.DecompressionBombWarning)
# Damaged EXIF beside sound pixels is common and harmless: the picture is then taken as it lies.
warnings.filterwarnings("ignore", message="Corrupt EXIF data", category=UserWarning)


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """How large a picture may be before it is refused, and the longest side to which larger ones are reduced.

    `max_side_px` refuses nothing: a picture within the other limits is reduced to it while decoding (None: never).
    Pillow's own limit of 89 million pixels holds in any case.
    """

    max_image_bytes: int = 25 * 1024 * 1024
    max_image_pixels: int = 50_000_000
    max_side_px: int | None = None


DEFAULT_LIMITS: Final = ImageLimits()


def check_image_header(data: bytes, limits: ImageLimits = DEFAULT_LIMITS) -> tuple[int, int]:
    """Return the stored (width, height) in pixels of one still image, without decoding a pixel.

    The two change places in the decoded picture where the file asks to be turned by a quarter.

    Raises UnreadableImage (not JPEG, PNG or WebP; animated; damaged header) and ImageTooLarge.
    """
    with _open_checked(data, limits) as picture:
        return picture.size


def decode_image(data: bytes, limits: ImageLimits = DEFAULT_LIMITS) -> Image:
    """Return the upright RGB pixels, shape (height, width, 3), dtype uint8; metadata stay behind.

    Orientation is applied, transparency laid on white, 16-bit greys are scaled to 8 bits, CMYK and palettes converted.
    Colour profiles are not applied. Of a camera's JPEG with several pictures only the first is read.

    Raises UnreadableImage (not JPEG, PNG or WebP; animated; truncated or damaged) and ImageTooLarge.
    """
    with _open_checked(data, limits) as picture:
        if limits.max_side_px is not None:
            # JPEG decodes straight to 1/2, 1/4 or 1/8, never below the size asked for; other formats ignore this.
            picture.draft(None, _reduced_size(picture.size, limits.max_side_px))
        try:
            picture.load()
            upright = _turn_upright(_convert_to_rgb(picture), picture)
        except MemoryError:
            raise
        except Exception as error:  # Pillow's readers raise a dozen kinds on damaged data.
            raise UnreadableImage("The image is damaged or incomplete.") from error
    pixels: Image = np.array(upright, dtype=np.uint8)
    if limits.max_side_px is not None and max(pixels.shape[:2]) > limits.max_side_px:
        target = _reduced_size((pixels.shape[1], pixels.shape[0]), limits.max_side_px)
        pixels = cv2.resize(pixels, target, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(pixels)


def encode_jpeg(image: Image, quality: int = JPEG_QUALITY) -> bytes:
    """Return the pixels, shape (height, width, 3), as a JPEG file that carries no metadata."""
    buffer = BytesIO()
    PillowImage.fromarray(image).save(buffer, format="JPEG", quality=quality)
    return buffer.getvalue()


def _open_checked(data: bytes, limits: ImageLimits) -> PillowImage.Image:
    if not data:
        raise UnreadableImage("The image is empty (0 bytes).")
    if len(data) > limits.max_image_bytes:
        raise ImageTooLarge(f"The image has {len(data):,} bytes; at most {limits.max_image_bytes:,} are read.")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        # Pillow's WebP reader reserves memory for the whole canvas on opening, so the size is checked before that.
        _check_pixel_count(_read_webp_size(data), limits)
    try:
        picture = PillowImage.open(BytesIO(data), formats=READ_FORMATS)
    except (PillowImage.DecompressionBombError, PillowImage.DecompressionBombWarning) as error:
        raise ImageTooLarge("The image has more pixels than are ever read.") from error
    except UnidentifiedImageError as error:
        raise UnreadableImage("This is not a JPEG, PNG or WebP image.") from error
    except MemoryError:
        raise
    except Exception as error:  # As in decode_image.
        raise UnreadableImage("The image's header is damaged.") from error
    try:
        _check_opened(picture, limits)
    except UnreadableImage:
        picture.close()
        raise
    return picture


def _check_opened(picture: PillowImage.Image, limits: ImageLimits) -> None:
    _check_pixel_count(picture.size, limits)
    if picture.format != CAMERA_JPEG_FORMAT and getattr(picture, "n_frames", 1) > 1:
        raise UnreadableImage("The image is animated or has several frames; only still images are read.")


def _check_pixel_count(size: tuple[int, int], limits: ImageLimits) -> None:
    width, height = size
    if width * height > limits.max_image_pixels:
        raise ImageTooLarge(
            f"The image has {width:,} x {height:,} pixels; at most {limits.max_image_pixels:,} in all are read."
        )


def _read_webp_size(data: bytes) -> tuple[int, int]:
    """Return width and height from the first chunk of a WebP file (RFC 9649, sections 2.5 to 2.7)."""
    if len(data) < _WEBP_HEADER_BYTES:
        raise UnreadableImage("The image's header is damaged.")
    chunk = data[12:16]
    if chunk == b"VP8X":
        if data[20] & _WEBP_ANIMATION_FLAG:
            raise UnreadableImage("The image is animated or has several frames; only still images are read.")
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + ((bits >> 14) & 0x3FFF)
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise UnreadableImage("The image's header is damaged.")


def _reduced_size(size: tuple[int, int], max_side_px: int) -> tuple[int, int]:
    scale = min(1.0, max_side_px / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _convert_to_rgb(picture: PillowImage.Image) -> PillowImage.Image:
    if picture.mode == "I" or picture.mode.startswith("I;16"):
        # Pillow would clip 16-bit greys to white; 65535 / 257 = 255.
        greys = np.clip(np.asarray(picture).astype(np.int64) // 257, 0, 255).astype(np.uint8)
        return PillowImage.fromarray(greys).convert("RGB")
    if picture.has_transparency_data:
        over = picture.convert("RGBA")
        white = PillowImage.new("RGBA", over.size, (255, 255, 255, 255))
        return PillowImage.alpha_composite(white, over).convert("RGB")
    return picture.convert("RGB")


def _turn_upright(rgb: PillowImage.Image, source: PillowImage.Image) -> PillowImage.Image:
    try:
        orientation = source.getexif().get(EXIF_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - as above: damaged EXIF does no harm
        return rgb
    transpose = _EXIF_TRANSPOSES.get(orientation)
    return rgb if transpose is None else rgb.transpose(transpose)
