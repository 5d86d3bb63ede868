"""Pictures as cameras make them, drawn by lot from a seed: shapes, shades and grain."""

import random
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw, ImageFilter

EXIF_ORIENTATION, EXIF_MAKE, EXIF_GPS = 0x0112, 0x010F, 0x8825


def photograph(seed: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Draw some things on a shaded ground, out of focus and with grain."""
    dice = random.Random(seed)
    width, height = size
    corners = Image.new("RGB", (3, 3))
    corners.putdata([(dice.randrange(256), dice.randrange(256), dice.randrange(256)) for _ in range(9)])
    picture = corners.resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for _ in range(dice.randrange(6, 16)):
        x, y = dice.randrange(width), dice.randrange(height)
        across, down = dice.randrange(width // 12, width // 2), dice.randrange(height // 12, height // 2)
        colour = (dice.randrange(256), dice.randrange(256), dice.randrange(256))
        shape = draw.ellipse if dice.random() < 0.5 else draw.rectangle
        shape((x - across // 2, y - down // 2, x + across // 2, y + down // 2), fill=colour)
    picture = picture.filter(ImageFilter.GaussianBlur(dice.uniform(0.5, 3)))
    grain = Image.frombytes("L", size, dice.randbytes(width * height)).convert("RGB")
    return Image.blend(picture, grain, 0.08)


def as_file(picture: Image.Image, kind: str = "JPEG", **how: Any) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **how)
    return file.getvalue()


def with_a_past(picture: Image.Image, *, turned: int = 1) -> bytes:
    """As a phone writes it: which camera it was, where, and which way it was held."""
    exif = Image.Exif()
    exif[EXIF_ORIENTATION], exif[EXIF_MAKE] = turned, "a camera of somebody"
    exif.get_ifd(EXIF_GPS).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return as_file(picture, exif=exif, comment=b"said beside the picture")


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))
