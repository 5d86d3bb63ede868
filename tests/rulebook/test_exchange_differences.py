"""What the provider's settlement report says that an exchange cost is the merchant's difference (rule 53)."""

import asyncio
from typing import Any

import pytest

from db.ledger import Account, balances
from tests.api.test_settlement_reports import Report, differences, read
from tests.shop import Shop, a_line, a_payment, days_ago
from tools.client import Api, Json

EUROS = {**a_payment("p1", 90_00, "ch_1"), "currency": "EUR", "order_amount": 100_00}


async def refunded(shop: Shop, **fields: Any) -> Json:
    """Sell something for 100.00 USD that is paid with 90.00 EUR, and pay it back; returns the refund."""
    sold: Json = {"currency": "USD", "lines": [a_line("l1", quantity=2, unit_price=50_00)], "payments": [EUROS]}
    await shop.order(**sold)
    return await shop.approved_refund(**fields)


def settled(report: Report, refund: Json, amount: int, currency: str = "usd", **fields: Any) -> Report:
    """Add the movement of a refund, in the currency of the merchant's balance."""
    payout = refund["payouts"][0]
    report.has(payout["gateway_ref"], payout["amount"], currency="eur", **fields)
    report.lines[-1] |= {"amount": amount, "currency": currency, "fee": 25}
    return report


async def shown(shop: Shop, refund: Json) -> Json:
    payout: Json = (await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}"))["payouts"][0]
    return payout


async def in_books(shop: Shop) -> tuple[dict[str, int], dict[str, int]]:
    """What the merchant's differences come to, and what is left at the order's exchange."""
    async with shop.engine.connect() as connection:
        merchants = await balances(connection, shop.merchant_id, Account.EXCHANGE_DIFFERENCE, shop.merchant_id)
        return merchants, await balances(connection, shop.merchant_id, Account.EXCHANGE, "o1")


@pytest.mark.parametrize(("moved", "cost"), [(-103_00, 3_00), (-98_50, -1_50)])
async def test_what_was_settled_beside_the_rate_of_the_sale_is_booked_once_however_often_it_is_read(
    shop: Shop, moved: int, cost: int
) -> None:
    refund = await refunded(shop)
    report = settled(Report(), refund, moved)
    before = await shown(shop, refund)

    first = await read(shop, report.written)
    again = await read(shop, report.written + b"\n")

    assert (first["matched"], again["matched"], first["report_id"] == again["report_id"]) == (1, 1, False)
    now = await shown(shop, refund)
    assert (before["exchange_difference"], now["exchange_difference"]) == (None, cost)
    assert now["settled_on"] is not None
    assert await in_books(shop) == ({"USD": -cost}, {"USD": cost})
    assert (await shop.ops.get("/v1/operations/reconciliation"))["payouts"] == []
    customer = Api(shop.http, await shop.customer_key("lilei"))
    assert (await customer.get(f"/v1/refunds/{refund['refund_id']}"))["payouts"][0]["exchange_difference"] is None


async def test_of_reports_that_are_read_at_once_one_books_it(shop: Shop) -> None:
    refund = await refunded(shop)
    report = settled(Report(), refund, -103_00).written

    await asyncio.gather(*(read(shop, report + b"\n" * more) for more in range(4)))

    assert (await shown(shop, refund))["exchange_difference"] == 3_00
    assert await in_books(shop) == ({"USD": -3_00}, {"USD": 3_00})


async def test_parts_cost_together_what_the_whole_does(shop: Shop) -> None:
    one = [{"line_id": "l1", "quantity": 1}]
    first = await refunded(shop, lines=one)
    second = await shop.approved_refund(lines=one)
    report = settled(settled(Report(), first, -51_40), second, -51_60)

    await read(shop, report.written)

    parts = [(await shown(shop, each))["exchange_difference"] for each in (first, second)]
    assert parts == [1_40, 1_60]
    assert await in_books(shop) == ({"USD": -3_00}, {"USD": 3_00})


async def test_what_failed_after_all_is_booked_by_what_came_back(shop: Shop) -> None:
    refund = await refunded(shop)
    await shop.behave("ch_1", "fail_after_success")
    report = settled(Report(), refund, -103_00)
    await read(shop, report.written)

    await read(shop, settled(report, refund, 102_00, type="refund_failure").written)
    await shop.until_noticed(refund)

    assert (await shown(shop, refund))["exchange_difference"] == 1_00
    assert await in_books(shop) == ({"USD": -1_00}, {"EUR": 90_00, "USD": -99_00})
    assert (await read(shop, report.written + b"\n"))["matched"] == 1
    assert await in_books(shop) == ({"USD": -1_00}, {"EUR": 90_00, "USD": -99_00})

    by_hand = {"step": "pay_out", "action": "settle", "note": "paid by hand"}
    await shop.ops.post(f"/v1/refunds/{refund['refund_id']}/resolution", by_hand)
    done = await shop.until(refund, "completed")
    payouts = [(each["status"], each["exchange_difference"]) for each in done["payouts"]]
    assert payouts == [("failed", 1_00), ("succeeded", None)]
    assert await in_books(shop) == ({"USD": -1_00}, {"USD": 1_00})


async def test_what_a_later_report_says_of_the_same_movement_counts(shop: Shop) -> None:
    refund = await refunded(shop)

    for moved, cost in ((-103_00, 3_00), (-104_00, 4_00), (-100_00, 0)):
        await read(shop, settled(Report(), refund, moved).written)

        assert (await shown(shop, refund))["exchange_difference"] == cost
        assert await in_books(shop) == (({"USD": -cost}, {"USD": cost}) if cost else ({}, {}))


async def test_what_is_not_settled_for_good_or_in_a_third_currency_is_not_booked(shop: Shop) -> None:
    refund = await refunded(shop)

    await read(shop, settled(Report(), refund, -103_00, status="pending").written)
    early = await shown(shop, refund)
    await read(shop, settled(Report(), refund, -78_00, "gbp").written)
    late = await shown(shop, refund)

    assert (early["settled_on"], early["exchange_difference"]) == (None, None)
    assert late["settled_on"] is not None and late["exchange_difference"] is None
    assert (await differences(shop), await in_books(shop)) == ({}, ({}, {}))


async def test_a_refund_at_the_dashboard_costs_as_well_once_it_is_noted(shop: Shop) -> None:
    await shop.order(currency="USD", lines=[a_line("l1", unit_price=100_00)], payments=[EUROS])
    report = Report().has("re_of_the_dashboard", 90_00, currency="eur")
    report.lines[-1] |= {"amount": -103_00, "currency": "usd"}
    await read(shop, report.written)
    before = await differences(shop), await in_books(shop)

    body = {"external_id": "re_of_the_dashboard", "amount": 100_00, "at": days_ago(1)}
    await shop.until(await shop.merchant.post("/v1/orders/o1/external-refunds", body), "completed")
    await read(shop, report.written + b"\n")

    assert before == ({"re_of_the_dashboard": "missing_here"}, ({}, {"EUR": 90_00, "USD": -100_00}))
    assert (await differences(shop), await in_books(shop)) == ({}, ({"USD": -3_00}, {"USD": 3_00}))
