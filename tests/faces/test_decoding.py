from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from assent.errors import ImageTooLarge, UnreadableImage
from assent.faces import ImageLimits, check_image_header, decode_image, encode_jpeg
from faces.pictures import moving, png_header, quarters, read_person_bytes, to_bytes, webp_header

SOUND_FILES = {name: to_bytes(quarters(), name) for name in ("JPEG", "PNG", "WEBP")}
BAD_FILES = {
    "zero bytes": (b"", UnreadableImage),
    "text": (b"This is not a picture.\n" * 50, UnreadableImage),
    "truncated JPEG": (to_bytes(quarters(640, 480), "JPEG")[:2500], UnreadableImage),
    "JPEG that ends in its header": (to_bytes(quarters(), "JPEG")[:30], UnreadableImage),
    "truncated PNG": (to_bytes(quarters(), "PNG")[:90], UnreadableImage),
    "truncated WebP": (to_bytes(quarters(640, 480), "WEBP")[:120], UnreadableImage),
    "WebP that ends in its header": (to_bytes(quarters(), "WEBP")[:20], UnreadableImage),
    "WebP with an unknown chunk": (b"RIFF\x20\0\0\0WEBPABCD" + bytes(32), UnreadableImage),
    "GIF": (to_bytes(quarters(), "GIF"), UnreadableImage),
    "moving GIF": (moving("GIF"), UnreadableImage),
    "TIFF": (to_bytes(quarters(), "TIFF"), UnreadableImage),
    "BMP": (to_bytes(quarters(), "BMP"), UnreadableImage),
    "animated WebP": (moving("WEBP"), UnreadableImage),
    "animated PNG": (moving("PNG"), UnreadableImage),
    "PNG of 30,000 x 30,000": (png_header(30_000, 30_000), ImageTooLarge),
    "PNG of 9,500 x 10,000": (png_header(9_500, 10_000), ImageTooLarge),
    "WebP canvas of 16,000 x 16,000": (webp_header(16_000, 16_000), ImageTooLarge),
    "PNG that is only a header": (png_header(40, 40), UnreadableImage),
}


@pytest.mark.parametrize(("data", "error"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_bad_file_is_refused_with_one_sentence(data: bytes, error: type[UnreadableImage]) -> None:
    with pytest.raises(error) as caught:
        decode_image(data)

    assert type(caught.value) is error
    message = str(caught.value)
    assert message.endswith(".")
    assert "/" not in message
    assert "BytesIO" not in message


@pytest.mark.parametrize("pixels", [99_999_999, 400_000_000], ids=["above the warning", "above the error"])
def test_pillows_own_limit_holds_beside_a_generous_one(pixels: int) -> None:
    generous = ImageLimits(max_image_pixels=10**9)
    data = png_header(10_000, pixels // 10_000)

    with pytest.raises(ImageTooLarge):
        check_image_header(data, generous)


def test_a_file_over_the_byte_limit_is_refused_before_it_is_opened() -> None:
    with pytest.raises(ImageTooLarge, match="at most 100 are read"):
        decode_image(b"x" * 101, ImageLimits(max_image_bytes=100))


def test_a_file_at_the_limits_is_read() -> None:
    data = to_bytes(quarters(64, 48), "PNG")
    limits = ImageLimits(max_image_bytes=len(data), max_image_pixels=64 * 48)

    assert decode_image(data, limits).shape == (48, 64, 3)


def test_a_header_is_checked_without_the_pixels() -> None:
    whole = to_bytes(quarters(640, 480), "JPEG")
    header_only = whole[:1500]

    assert check_image_header(header_only) == (640, 480)
    with pytest.raises(UnreadableImage):
        decode_image(header_only)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_the_three_formats_give_the_same_pixels(file_format: str) -> None:
    image = decode_image(to_bytes(quarters(), file_format, quality=95))

    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert np.abs(image.astype(int) - np.asarray(quarters()).astype(int)).mean() < 6


@pytest.mark.parametrize(
    "options", [{"lossless": True}, {"lossless": False}, {"lossless": True, "exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}]
)
def test_every_kind_of_still_webp_says_its_size(options: dict[str, object]) -> None:
    assert check_image_header(to_bytes(quarters(61, 43), "WEBP", **options)) == (61, 43)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_a_turned_photo_comes_out_upright(orientation: int, file_format: str) -> None:
    upright = np.asarray(quarters())
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    data = to_bytes(PillowImage.fromarray(np.ascontiguousarray(stored)), file_format, exif=exif.tobytes())

    image = decode_image(data)

    assert image.shape == upright.shape
    assert np.abs(image.astype(int) - upright.astype(int)).mean() < 6


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # the module's own filter; pytest puts it aside
def test_damaged_exif_beside_sound_pixels_does_no_harm() -> None:
    data = to_bytes(quarters(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")

    assert decode_image(data).shape == (48, 64, 3)


def test_transparency_is_laid_on_white() -> None:
    clear = PillowImage.new("RGBA", (8, 8), (0, 0, 0, 0))
    palette = quarters(8, 8).quantize(4)
    palette.info["transparency"] = bytes(4)
    grey = PillowImage.new("LA", (8, 8), (0, 0))

    for picture in (clear, palette, grey):
        assert (decode_image(to_bytes(picture, "PNG")) == 255).all()


def test_sixteen_bit_greys_are_scaled_and_not_clipped() -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (4, 1))

    image = decode_image(to_bytes(PillowImage.fromarray(ramp), "PNG"))

    assert (image[0, :, 0] == np.arange(256)).all()


@pytest.mark.parametrize("mode", ["CMYK", "L", "1", "P"])
def test_other_colour_modes_become_rgb(mode: str) -> None:
    file_format = "JPEG" if mode == "CMYK" else "PNG"
    white = PillowImage.new("RGB", (16, 16), "white").convert(mode)

    image = decode_image(to_bytes(white, file_format))

    assert image.shape == (16, 16, 3)
    assert image.min() > 250


def test_of_a_cameras_double_jpeg_the_first_picture_is_read() -> None:
    data = to_bytes(quarters(), "MPO", save_all=True, append_images=[PillowImage.new("RGB", (64, 48), "black")])

    image = decode_image(data)

    assert np.abs(image.astype(int) - np.asarray(quarters()).astype(int)).mean() < 6


@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
def test_a_longer_side_than_asked_for_is_reduced(file_format: str) -> None:
    data = to_bytes(quarters(1600, 1200), file_format)

    image = decode_image(data, ImageLimits(max_side_px=500))

    assert image.shape == (375, 500, 3)
    assert np.abs(image[10, 10].astype(int) - (200, 30, 30)).max() < 6


@settings(deadline=None)
@given(
    st.sampled_from(["JPEG", "PNG", "WEBP"]),
    st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=8),
    st.floats(0.5, 1),
)
@pytest.mark.filterwarnings("ignore")  # readers may warn about damaged bytes; what counts is what they raise
def test_damaged_bytes_give_pixels_or_an_error_of_ours(
    file_format: str, changes: list[tuple[float, int]], kept: float
) -> None:
    data = bytearray(SOUND_FILES[file_format])
    for place, value in changes:
        data[int(place * len(data))] = value

    try:
        image = decode_image(bytes(data[: int(kept * len(data))]), ImageLimits(max_image_pixels=1_000_000))
    except UnreadableImage:
        return

    assert image.ndim == 3
    assert image.dtype == np.uint8


def test_no_metadata_survive_the_way_through_pixels() -> None:
    exif = PillowImage.Exif()
    exif[0x010E] = "taken at home"
    data = to_bytes(quarters(), "JPEG", exif=exif.tobytes(), comment=b"secret place")

    again = encode_jpeg(decode_image(data))

    assert b"taken at home" not in again
    assert b"secret place" not in again
    assert not PillowImage.open(BytesIO(again)).getexif()


def test_a_composite_survives_being_stored_as_jpeg() -> None:
    image = decode_image(read_person_bytes(1, 1))

    again = decode_image(encode_jpeg(image))

    assert np.abs(again.astype(int) - image.astype(int)).mean() < 3
