"""What a picture looks like, as it is and with its edges cut off."""

from PIL import Image

from domain.rights.likeness import SIDE, Edges, Looks, edges, likeness


def looks_of(picture: Image.Image) -> Looks:
    grey = picture.convert("L")
    return Looks(_likeness(grey), tuple(_likeness(_without(grey, cut)) for cut in edges()))


def _likeness(grey: Image.Image) -> int:
    return likeness(grey.resize((SIDE, SIDE), Image.Resampling.LANCZOS).tobytes())


def _without(grey: Image.Image, cut: Edges) -> Image.Image:
    """Cut the edges off; of a picture of a few pixels nothing is."""
    left, above, right, below = cut
    width, height = grey.size
    box = (round(width * left), round(height * above), round(width * (1 - right)), round(height * (1 - below)))
    return grey.crop(box) if box[0] < box[2] and box[1] < box[3] else grey
