"""An answer that would get too long is read in pages, which join to the whole."""

import pytest

from api.paging import MOST_ANSWER_BYTES, Cut, same
from api.schemas.order_answers import OrderCoupon


def entries(name: str, count: int, size: int) -> list[OrderCoupon]:
    return [OrderCoupon(coupon_id=f"{name}-{number}", status="x" * size) for number in range(count)]


@pytest.mark.parametrize(
    "lists",
    [
        [entries("a", 40, 100_000), entries("b", 3, 10)],
        [entries("a", 2, 10), entries("b", 20, 100_000)],
        [entries("a", 0, 0), entries("b", 1, 3_000_000), entries("c", 2, 500_000)],
    ],
)
def test_pages_join_to_the_whole(lists: list[list[OrderCoupon]]) -> None:
    joined: list[list[OrderCoupon]] = [[] for _ in lists]
    cursor: str | None = "0"
    pages = 0
    while cursor is not None:
        cut = Cut(int(cursor))
        shown = [cut.of(each, same) for each in lists]
        one_that_is_long = max(len(each.model_dump_json()) for page in shown for each in page)
        assert (
            sum(len(each.model_dump_json()) for page in shown for each in page) < MOST_ANSWER_BYTES + one_that_is_long
        )
        for whole, page in zip(joined, shown, strict=True):
            whole += page
        cursor, pages = cut.next, pages + 1

    assert joined == lists
    assert pages > 1


def test_what_is_short_is_one_page() -> None:
    cut = Cut()

    assert [cut.of(entries("a", 3, 10), same), cut.of([], same)] == [entries("a", 3, 10), []]
    assert cut.next is None


def test_whoever_is_on_another_page_is_named() -> None:
    skipped: list[str] = []
    cut = Cut(1)

    shown = cut.of(entries("a", 20, 100_000), same, skip=lambda each: skipped.append(each.coupon_id))

    assert len(shown) + len(skipped) == 20
    assert skipped[0] == "a-0" and skipped[1] == f"a-{1 + len(shown)}"


def test_a_cursor_past_the_end_shows_nothing() -> None:
    cut = Cut(10)

    assert (cut.of(entries("a", 3, 10), same), cut.next) == ([], None)
