"""Whatever the figures of a payload are, ours come to the same, to the minor unit."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.money.amounts import Money, split
from domain.sale.sales import book
from importers.amounts import in_units, minor_units
from tests.importers.payloads import (
    back,
    from_shopify,
    from_woocommerce,
    only,
    sale,
    shopify_line,
    shopify_order,
    shopify_refund,
    sold,
    woo_line,
    woo_order,
)


def usd(cents: int) -> str:
    return in_units(cents, "USD")


@st.composite
def lines(draw: st.DrawFn) -> list[dict[str, int]]:
    """Lines with a price, a quantity, what was taken off and the tax of the rest."""
    drawn = []
    for _ in range(draw(st.integers(1, 5))):
        price, quantity = draw(st.integers(0, 50_000)), draw(st.integers(1, 7))
        off = draw(st.integers(0, price * quantity))
        drawn.append({"price": price, "quantity": quantity, "off": off, "tax": draw(st.integers(0, 5_000))})
    return drawn


@given(lines=lines(), shipping=st.integers(0, 3_000), tip=st.integers(0, 999), included=st.booleans())
def test_a_shopify_order_comes_to_its_own_totals(
    lines: list[dict[str, int]], shipping: int, tip: int, included: bool
) -> None:
    items, total, off, tax = [], shipping + tip, 0, 0
    for place, line in enumerate(lines):
        paid = line["price"] * line["quantity"] - line["off"]
        own = min(line["tax"], paid) if included else line["tax"]
        share = [{"amount": usd(line["off"]), "discount_application_index": 0}]
        fields: dict[str, Any] = {"discount_allocations": share}
        items.append(shopify_line(place, usd(line["price"]), line["quantity"], usd(own), **fields))
        total, off, tax = total + paid + (0 if included else own), off + line["off"], tax + own
    order = only(
        from_shopify(
            shopify_order(
                *items,
                total=usd(total),
                taxes_included=included,
                total_tax=usd(tax),
                total_discounts=usd(off),
                total_tip_received=usd(tip),
                discount_applications=[{"type": "discount_code", "code": "C"}],
                shipping_lines=[{"id": 1, "price": usd(shipping), "tax_lines": []}],
            )
        )
    )

    booked = book(sold(order))
    assert sold(order).price == sold(order).captured == Money("USD", total)
    assert sum(line.tax.minor_units for line in booked.lines) == tax
    assert [line.paid.minor_units for line in booked.lines] == [
        line["price"] * line["quantity"] - line["off"] + (0 if included else line["tax"]) for line in lines
    ]


@given(lines=lines(), coupons=st.lists(st.integers(1, 9), max_size=3), fee=st.integers(-500, 500))
def test_a_woocommerce_order_comes_to_its_own_total(lines: list[dict[str, int]], coupons: list[int], fee: int) -> None:
    items, off, total = [], 0, 0
    for place, line in enumerate(lines):
        before = line["price"] * line["quantity"]
        items.append(
            woo_line(
                place + 1,
                usd(before - line["off"]),
                line["quantity"],
                usd(line["tax"]),
                subtotal=usd(before),
                subtotal_tax=usd(line["tax"]),
            )
        )
        off, total = off + line["off"], total + before - line["off"] + line["tax"]
    fee = max(fee, -total)
    amounts = split(off, coupons) if coupons else []
    order = only(
        from_woocommerce(
            woo_order(
                *items,
                total=usd(total + fee),
                coupon_lines=[{"code": f"c{at}", "discount": usd(amount)} for at, amount in enumerate(amounts)],
                fee_lines=[{"id": 1, "name": "fee", "total": usd(fee), "total_tax": "0.00"}],
            )
        )
    )

    assert sold(order).price == sold(order).captured == Money("EUR", total + fee)
    assert [each["amount"] for each in order.body["discounts"]] == ([*amounts] if amounts else [off] if off else [])


@given(quantity=st.integers(2, 9), price=st.integers(1, 9_999), removed=st.integers(1, 8), tax=st.integers(0, 400))
def test_what_was_taken_off_unpaid_and_what_is_left_come_to_the_payload(
    quantity: int, price: int, removed: int, tax: int
) -> None:
    removed = min(removed, quantity - 1)
    gone = tax * removed // quantity
    line = shopify_line(price=usd(price), quantity=quantity, tax=usd(tax))
    edit = shopify_refund("", back(quantity=removed, subtotal=usd(price * removed), tax=usd(gone)))
    total, left = price * quantity + tax, price * (quantity - removed) + tax - gone
    paid = [sale(usd(left))]
    order = only(from_shopify(shopify_order(line, total=usd(total), refunds=[edit], transactions=paid)))

    assert sold(order).price == sold(order).captured == Money("USD", left)


@given(amount=st.integers(-(10**12), 10**12), currency=st.sampled_from(["JPY", "CNY", "KWD", "CLF"]))
def test_an_amount_that_is_written_is_read_as_it_was(amount: int, currency: str) -> None:
    assert minor_units(in_units(amount, currency), currency) == amount


@given(st.permutations([*range(6), *range(6)]))
def test_what_is_of_one_shopify_order_may_come_in_any_order_and_again(places: list[int]) -> None:
    line = shopify_line(price="20.00", quantity=3)
    beside = [
        shopify_refund("20.00", back()),
        shopify_refund(
            "20.00",
            back(),
            id=902,
            created_at="2021-03-06T10:00:00-05:00",
            transactions=[sale("20.00", 602, "refund", parent_id=501)],
        ),
        *(
            {"id": 7, "order_id": 1001, "amount": "20.00", "currency": "USD", "type": "chargeback", **told}
            for told in (
                {"status": "needs_response", "initiated_at": "2021-03-07T10:00:00-05:00"},
                {
                    "status": "won",
                    "initiated_at": "2021-03-07T10:00:00-05:00",
                    "finalized_on": "2021-03-09T10:00:00-05:00",
                },
            )
        ),
    ]
    older = shopify_order(line, total="60.00")
    newer = shopify_order(line, total="60.00", updated_at="2021-03-08T10:00:00-05:00", fulfillment_status="fulfilled")
    documents = [older, newer, *beside]

    order = only(from_shopify(*(documents[place] for place in places)))

    assert order.body["status"] != only(from_shopify(older)).body["status"]
    assert [refund["external_id"] for refund in order.refunds] == ["ch_601", "ch_602"]
    assert list(dict.fromkeys(dispute["status"] for dispute in order.disputes)) == ["opened", "won"]
