"""A picture that somebody sent is read with suspicion, and its pixels alone are written anew."""

import warnings
from dataclasses import dataclass
from io import BytesIO

from PIL import ExifTags, Image

from domain.rights.likeness import Looks
from service.picture_looks import looks_of

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 50_000_000
"""As many as the cameras of phones have; decoded they take 150 to 200 MB."""

LONGEST_SIDE = 3_072
"""Larger ones are made smaller: it is enough to look at a scratch."""

warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # what is too large is refused here, by its size

_FORMATS = ("JPEG", "PNG", "WEBP")
_SCAN = b"\xff\xda"
_MOST_SCANS = 40
"""A progressive JPEG has some ten; one of thousands takes minutes to decode."""

_QUALITY = 90

_TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF's number for it, how a picture is turned upright."""


class NotAPicture(Exception):
    """It can't be read as a picture of a kind and size that is taken; the message says why."""


@dataclass(frozen=True, slots=True)
class CleanPicture:
    """A JPEG without anything but pixels, upright."""

    content: bytes
    width: int
    height: int
    looks: Looks


def made_anew(sent: bytes) -> CleanPicture:
    """Read a JPEG, PNG or WebP by what is in it, whatever it is said to be, and write its pixels anew.

    It takes a core for up to some seconds. Raises NotAPicture.
    """
    if sent.count(_SCAN) > _MOST_SCANS:
        raise NotAPicture("it is a JPEG of too many scans")
    try:
        with Image.open(BytesIO(sent), formats=_FORMATS) as picture:
            _refuse_too_large(picture.size)
            return _written(_upright(picture))
    except NotAPicture:
        raise
    except Exception as trouble:  # decoders raise whatever they like of bytes that a stranger made
        raise NotAPicture("it can't be read as JPEG, PNG or WebP") from trouble


def _refuse_too_large(size: tuple[int, int]) -> None:
    """Only the header is read yet."""
    width, height = size
    if width * height > MOST_PIXELS:
        raise NotAPicture(f"it has {width} × {height} pixels, {MOST_PIXELS} is the most")


def _upright(picture: Image.Image) -> Image.Image:
    turned = _TURNED.get(_orientation(picture))
    pixels = _in_colours(picture)
    pixels.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return pixels if turned is None else pixels.transpose(turned)


def _orientation(picture: Image.Image) -> int:
    """What can't be read is upright."""
    try:
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:
        return 1


def _in_colours(picture: Image.Image) -> Image.Image:
    """What can be seen through is seen on white."""
    if picture.mode.startswith("I"):  # 16 bits of grey
        return picture.convert("I").point(lambda grey: grey * (1 / 256)).convert("L").convert("RGB")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    clear = picture.convert("RGBA")
    white = Image.new("RGB", clear.size, "white")
    white.paste(clear, mask=clear.getchannel("A"))
    return white


def _written(pixels: Image.Image) -> CleanPicture:
    """Into a new picture: nothing that was said beside the pixels comes along."""
    clean, file = Image.new("RGB", pixels.size), BytesIO()
    clean.paste(pixels)
    clean.save(file, "JPEG", quality=_QUALITY)
    return CleanPicture(file.getvalue(), *clean.size, looks_of(clean))
