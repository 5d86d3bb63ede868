"""The same picture is known again however it was written anew, and another is not taken for it."""

from collections.abc import Callable

import pytest
from PIL import Image

from domain.rights.likeness import Looks
from service.picture_looks import looks_of
from tests.photographs import as_file, opened, photograph

MANY = 50
CUT = 0.05


def without(left: float, above: float, right: float, below: float) -> Callable[[Image.Image], Image.Image]:
    def cut(picture: Image.Image) -> Image.Image:
        width, height = picture.size
        box = (int(width * left), int(height * above), int(width * (1 - right)), int(height * (1 - below)))
        return picture.crop(box)

    return cut


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    return [photograph(seed, (200, 150)) for seed in range(MANY)]


@pytest.fixture(scope="module")
def looks(pictures: list[Image.Image]) -> list[Looks]:
    return [looks_of(each) for each in pictures]


def are_alike(new: Looks, earlier: Looks) -> bool:
    """As the tables are asked."""
    return new.is_like(earlier.whole, is_whole=True) or any(new.is_like(each, is_whole=False) for each in earlier.cut)


@pytest.mark.parametrize(
    "changed",
    [
        lambda picture: opened(as_file(picture, quality=35)),
        lambda picture: picture.resize((83, 71)),
        without(CUT, CUT, CUT, CUT),
        without(CUT / 2, CUT / 2, CUT / 2, CUT / 2),
        without(CUT, 0, 0, 0),
        without(0, 0, 0, CUT),
    ],
    ids=["poor quality", "smaller", "all sides", "half of that", "left", "below"],
)
def test_it_is_known_again_whichever_of_the_two_was_shown_first(
    pictures: list[Image.Image], looks: list[Looks], changed: Callable[[Image.Image], Image.Image]
) -> None:
    assert missed(pictures, looks, changed) == []


def missed(pictures: list[Image.Image], looks: list[Looks], changed: Callable[[Image.Image], Image.Image]) -> list[int]:
    others = [looks_of(opened(as_file(changed(each), quality=70))) for each in pictures]
    pairs = enumerate(zip(looks, others, strict=True))
    return [number for number, (one, other) in pairs if not (are_alike(one, other) and are_alike(other, one))]


def test_cut_by_less_and_by_another_amount_at_each_side_nearly_all_are_known_again(
    pictures: list[Image.Image], looks: list[Looks]
) -> None:
    assert len(missed(pictures, looks, without(0.03, 0.05, 0, 0.01))) <= MANY // 25


def test_another_picture_is_not_taken_for_it(looks: list[Looks]) -> None:
    taken = [
        (one, other)
        for one in range(MANY)
        for other in range(MANY)
        if one != other and are_alike(looks[one], looks[other])
    ]

    assert taken == []
