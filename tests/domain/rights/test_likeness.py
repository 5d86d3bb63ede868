"""Rule 34: the same picture shown twice speaks against a refund."""

import random
from dataclasses import replace
from math import sin

import pytest

from domain.rights.likeness import QUARTERS, SAME_WITHIN_BITS, SIDE, Looks, edges, likeness, near, quarters
from domain.rights.risk import assess
from tests.domain.rights.test_risk import NOTHING_AGAINST


def shades(seed: int) -> list[int]:
    """Slow waves across and down, as light and things make them."""
    dice = random.Random(seed)
    waves = [
        (dice.uniform(0.05, 0.8), dice.uniform(0.05, 0.8), dice.uniform(0, 6), dice.uniform(5, 30)) for _ in range(9)
    ]
    return [
        min(255, max(0, round(128 + sum(high * sin(x * across + y * down + at) for across, down, at, high in waves))))
        for y in range(SIDE)
        for x in range(SIDE)
    ]


def test_a_picture_that_is_brighter_or_has_more_contrast_looks_the_same() -> None:
    picture = [64 + shade // 2 for shade in shades(1)]

    brighter = likeness([shade + 40 for shade in picture])

    assert (brighter ^ likeness(picture)).bit_count() == 0
    assert likeness(picture).bit_count() == 31  # the middle one of 64 is not stronger than itself


def test_grain_changes_a_few_bits_and_another_picture_about_half() -> None:
    dice = random.Random(3)
    pictures = [shades(seed) for seed in range(40)]
    looks = [likeness(picture) for picture in pictures]

    grained = [likeness([shade + dice.randrange(-6, 7) for shade in picture]) for picture in pictures]

    assert max((one ^ other).bit_count() for one, other in zip(looks, grained, strict=True)) <= SAME_WITHIN_BITS
    apart = [(one ^ other).bit_count() for one in looks for other in looks if one is not other]
    assert min(apart) > SAME_WITHIN_BITS


def test_what_is_the_same_is_found_by_a_quarter_that_differs_in_one_bit_at_most() -> None:
    dice = random.Random(5)
    for _ in range(300):
        one = dice.getrandbits(64)
        other = one
        for bit in dice.sample(range(64), SAME_WITHIN_BITS):
            other ^= 1 << bit

        pairs = zip(quarters(one), quarters(other), strict=True)

        assert any(theirs in near(own) for own, theirs in pairs)


def test_quarters_are_all_of_it() -> None:
    assert quarters(0xFFFF_0000_1234_0001) == (0x0001, 0x1234, 0x0000, 0xFFFF)
    assert len(near(5)) == len(set(near(5))) == 17 and QUARTERS == 4


def test_a_cut_of_this_one_is_compared_with_whole_ones_and_this_one_with_all() -> None:
    looks = Looks(0, (0xFF_FF,))

    assert looks.is_like(0b111_1111, is_whole=True) and not looks.is_like(0xFF, is_whole=False)
    assert looks.is_like(0xFF_F0, is_whole=True) and not looks.is_like(0xFF_F0, is_whole=False)


def test_each_side_may_be_cut_by_a_twentieth() -> None:
    assert {each for cut in edges() for each in cut} == {0, 0.025, 0.05}
    assert len(edges()) == len(set(edges())) == 10


@pytest.mark.parametrize(
    ("refunds", "points"), [((), 0), (("rf_1",), 40), (("rf_1", "rf_2"), 60), (("a", "b", "c"), 60)]
)
def test_a_picture_that_was_shown_before_stands_out_with_the_refund_that_showed_it(
    refunds: tuple[str, ...], points: int
) -> None:
    risk = assess(replace(NOTHING_AGAINST, same_picture_in=refunds))

    assert risk.score == points and all(each in reason.message for each in refunds for reason in risk.reasons)
