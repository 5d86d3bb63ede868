"""Real baskets as orders, and back to the cent; the data sets themselves are not needed here."""

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policy import Policy
from proof.baskets import data
from proof.baskets.by_rules import Came, Refused, sell, take_back
from proof.baskets.data import Basket, DataMissing, OffKind, Sold, Source
from proof.baskets.kinds import KINDS, kinds_of
from proof.baskets.orders import order_of
from proof.baskets.ways import Parts, Way, parts_of

NOTHING: Mapping[OffKind, int] = {}


def a_basket(*sold: Sold) -> Basket:
    return Basket(Source.GROCER, "b1", "c1", datetime(2017, 1, 1, 12, tzinfo=UTC), sold)


def sold(
    product: str, gross: int, quantity: int = 1, *, loyalty: int = 0, match: int = 0, coupon: int = 0, name: str = ""
) -> Sold:
    off = {OffKind.LOYALTY: loyalty, OffKind.MATCH: match, OffKind.COUPON: coupon}
    return Sold(product, quantity, gross, off, name)


def came_back(basket: Basket, way: Way) -> Came:
    found = sell(basket.name, order_of(basket, basket.customer))
    assert not isinstance(found, Refused), found
    return take_back(*found, parts_of(found[1], way, Random(1)), Policy())


A_FULL_BASKET = a_basket(
    sold("milk", 2_99, loyalty=50),
    sold("tea", 1_00, 3, coupon=40, match=10, name="51380041013"),
    sold("soap", 89, coupon=1_00),
    sold("coupon", 0, 0, coupon=25),
    sold("nothing", 0, 0),
)


def test_an_order_says_what_the_till_said() -> None:
    order = order_of(A_FULL_BASKET, "c1")

    assert [(line["line_id"], line["quantity"], line["total"]) for line in order["lines"]] == [
        ("milk", 1, 2_99),
        ("tea", 3, 1_00),
        ("soap", 1, 89),
    ]
    assert order["discounts"] == [
        {"source": "other", "amount": 50, "allocations": {"milk": 50}},
        {"source": "other", "amount": 10, "allocations": {"tea": 10}},
        {"source": "other", "amount": 89, "allocations": {"soap": 89}},
        {"source": "coupon", "id": "51380041013", "amount": 40, "allocations": {"tea": 40}},
        {"source": "other", "amount": 36},
    ]
    assert [payment["amount"] for payment in order["payments"]] == [2_63]


def test_what_was_measured_is_sold_and_comes_back_in_thousandths() -> None:
    fuel = a_basket(Sold("gasoline", 12_692, 26_86, NOTHING, unit="gal"), sold("tea", 1_00))

    (line, _) = order_of(fuel, "c1")["lines"]

    assert (line["quantity"], line["unit"], line["total"]) == ("12.692", "gal", 26_86)
    for way in Way:
        assert (sum(came_back(fuel, way).totals), came_back(fuel, way).apart) == (27_86, 0)


@pytest.mark.parametrize("way", Way)
def test_a_basket_comes_back_to_the_cent_in_every_way(way: Way) -> None:
    came = came_back(A_FULL_BASKET, way)

    assert (sum(came.totals), came.apart) == (2_63, 0)
    assert came.explained >= len(came.totals)


def test_every_kind_is_counted() -> None:
    free, measured = a_basket(sold("leaflet", 0)), a_basket(Sold("gasoline", 12_692, 26_86, NOTHING, unit="gal"))

    seen = [set(kinds_of(each, order_of(each, "c1"))) for each in (A_FULL_BASKET, free, measured)]

    assert set().union(*seen) == set(KINDS)
    assert "a measured quantity" in seen[2] and "nothing paid at all" in seen[1]


@pytest.mark.parametrize(
    ("basket", "code"),
    [
        (a_basket(sold("soap", 89, coupon=1_00)), "order_does_not_balance"),
        (a_basket(sold("soap", 89, 0)), "validation_failed"),
    ],
)
def test_what_no_order_can_say_is_refused_with_its_reason(basket: Basket, code: str) -> None:
    refused = sell(basket.name, order_of(basket, "c1"))

    assert isinstance(refused, Refused) and refused.code == code and refused.because


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9_99)), min_size=1, max_size=6),
    st.sampled_from(Way),
    st.randoms(use_true_random=False),
)
def test_each_way_asks_for_every_unit_once(lines: list[tuple[int, int]], way: Way, dice: Random) -> None:
    basket = a_basket(*(sold(f"p{place}", gross, quantity) for place, (quantity, gross) in enumerate(lines)))
    found = sell("b1", order_of(basket, "c1"))
    assert not isinstance(found, Refused)

    parts = parts_of(found[1], way, dice)

    assert all(parts)
    assert _asked_for(parts) == {line.line_id: line.quantity for line in found[1].lines}


def _asked_for(parts: Parts) -> dict[str, int]:
    asked: dict[str, int] = {}
    for each in (one for part in parts for one in part):
        asked[each.line_id] = asked.get(each.line_id, 0) + (each.quantity or 0)
    return asked


def test_a_purchase_of_the_music_shop_is_one_line_at_what_it_came_to() -> None:
    text = " customer_id date number_of_cds  dollar_value\n 00001 19970101  1   11.77\n 00002 19970112  5   77.00\n"

    first, second = data.purchases(text)

    assert (first.name, first.customer, first.sold) == ("cdnow-2", "00001", (Sold("discs", 1, 11_77, {}),))
    assert (second.at, second.sold[0].quantity, second.sold[0].gross) == (datetime(1997, 1, 12, tzinfo=UTC), 5, 77_00)


def test_without_a_data_set_it_is_said_which_one_and_how_to_get_it() -> None:
    with pytest.raises(DataMissing, match="makewhole_has_no_such is not installed: `make baskets` installs it"):
        data.folder_of("makewhole_has_no_such")
