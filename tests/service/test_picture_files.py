"""A picture that somebody sent: what is kept of it, and what is refused before it is decoded."""

import importlib
import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from service.picture_files import LONGEST_SIDE, MOST_PIXELS, NotAPicture, made_anew
from tests.photographs import as_file, opened, photograph, with_a_past


def test_nothing_but_the_pixels_is_kept() -> None:
    sent = with_a_past(photograph(1))
    assert opened(sent).getexif() and b"a camera of somebody" in sent

    kept = made_anew(sent)

    picture = opened(kept.content)
    assert (picture.format, picture.size) == ("JPEG", (kept.width, kept.height)) == ("JPEG", (640, 480))
    assert not picture.getexif() and not {"exif", "comment", "icc_profile", "xmp"} & set(picture.info)
    assert b"a camera of somebody" not in kept.content and b"said beside" not in kept.content


@pytest.mark.parametrize("turned", range(1, 9))
def test_whichever_way_the_camera_was_held_it_is_kept_upright(turned: int) -> None:
    upright = Image.new("RGB", (60, 40), "blue")
    upright.paste("red", (0, 0, 30, 20))
    undo: dict[int, Callable[[Image.Image], Image.Image]] = {
        1: lambda each: each,
        2: lambda each: each.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: lambda each: each.transpose(Image.Transpose.ROTATE_180),
        4: lambda each: each.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: lambda each: each.transpose(Image.Transpose.TRANSPOSE),
        6: lambda each: each.transpose(Image.Transpose.ROTATE_90),
        7: lambda each: each.transpose(Image.Transpose.TRANSVERSE),
        8: lambda each: each.transpose(Image.Transpose.ROTATE_270),
    }

    kept = made_anew(with_a_past(undo[turned](upright), turned=turned))

    red, _, blue = opened(kept.content).getpixel((10, 10))  # type: ignore[misc]
    assert (kept.width, kept.height) == (60, 40) and red > 200 > 60 > blue


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("PNG", "I;16"), ("PNG", "1"), ("WEBP", "RGBA"), ("JPEG", "CMYK")]
)
def test_every_kind_that_phones_and_screens_make_is_taken(kind: str, mode: str) -> None:
    grey = Image.new("L", (64, 48), 128)
    sent = Image.new("I;16", grey.size, 128 * 256) if mode == "I;16" else grey.convert("RGB").convert(mode)

    kept = made_anew(as_file(sent, kind))

    shade = opened(kept.content).convert("L").resize((1, 1)).getpixel((0, 0))
    assert (kept.width, kept.height) == (64, 48) and shade == pytest.approx(128, abs=4)


def test_what_can_be_seen_through_is_seen_on_white() -> None:
    kept = made_anew(as_file(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG"))

    assert min(opened(kept.content).getpixel((5, 5))) > 250  # type: ignore[arg-type]


def test_a_large_one_is_made_smaller() -> None:
    kept = made_anew(as_file(Image.new("RGB", (4_000, 1_000), "green")))

    assert (kept.width, kept.height) == (LONGEST_SIDE, LONGEST_SIDE // 4)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def bomb(side: int) -> bytes:
    """A few bytes that say they are a very large picture."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = chunk(b"IDAT", zlib.compress(bytes(100_000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + rows + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [7_100, 12_000, 60_000])
def test_one_that_would_need_a_lot_of_memory_is_refused_before_it_is_decoded(side: int) -> None:
    assert side**2 > MOST_PIXELS

    with pytest.raises(NotAPicture) as refused:
        made_anew(bomb(side))

    assert not isinstance(refused.value.__cause__, MemoryError)


def test_a_jpeg_of_very_many_scans_is_refused_before_it_is_decoded() -> None:
    sent = as_file(photograph(1), progressive=True)
    assert made_anew(sent)

    with pytest.raises(NotAPicture, match="too many scans"):
        made_anew(sent + b"\xff\xda" * 100)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        as_file(photograph(1), "GIF"),
        as_file(photograph(1), "TIFF"),
        as_file(photograph(1))[:5_000],
        as_file(photograph(1), "PNG")[:-40],
        b"\x89PNG\r\n\x1a\n" + bytes(64),
    ],
)
def test_what_is_no_whole_picture_of_these_kinds_is_refused(sent: bytes) -> None:
    with pytest.raises(NotAPicture):
        made_anew(sent)


@pytest.mark.parametrize("sent", [as_file(photograph(1))[:5_000], as_file(photograph(1), "PNG")[:-40]])
def test_what_breaks_off_is_refused_also_where_carriers_are_asked_by_karrio(sent: bytes) -> None:
    importlib.import_module("gateways.karrio.calls")

    with pytest.raises(NotAPicture):
        made_anew(sent)
