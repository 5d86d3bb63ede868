"""Payments in another currency than their order's, over HTTP (rule 53)."""

from db.ledger import Account, balances
from tests.shop import Shop, a_line, a_payment, days_ago
from tools.client import Json

DOLLARS = {**a_payment("p1", 1_82, "pi_1"), "currency": "USD", "rate": "7.1234", "order_amount": 12_96}
THREE = [a_line("l1", quantity=3, unit_price=4_32)]


def one() -> list[Json]:
    return [{"line_id": "l1", "quantity": 1}]


def paid(refund: Json) -> list[tuple[int, str, int]]:
    return [(each["amount"], each["currency"], each["order_amount"]) for each in refund["payouts"]]


async def test_parts_go_back_in_dollars_and_come_to_what_was_captured(shop: Shop) -> None:
    pushed = await shop.order(lines=THREE, payments=[DOLLARS])

    quoted = await shop.quote(lines=one())
    parts = [await shop.approved_refund(lines=one()) for _ in range(3)]

    assert {name: pushed["payments"][0][name] for name in ("currency", "rate", "order_amount")} == {
        "currency": "USD",
        "rate": "7.1234",
        "order_amount": 12_96,
    }
    assert paid(quoted) == paid(parts[0]) == [(60, "USD", 4_32)]
    assert [each for part in parts for each in paid(part)] == [(60, "USD", 4_32), (61, "USD", 4_32), (61, "USD", 4_32)]
    assert [part["total"] for part in parts] == [4_32, 4_32, 4_32]
    assert any(each["figure"] == "converted" and "0.60 USD" in each["text"] for each in parts[0]["explanations"])
    told = [each["body"] for each in (await shop.merchant.get("/v1/customers/lilei/inbox"))["items"]]
    assert any("0.61 USD" in body for body in told)
    async with shop.engine.connect() as connection:
        left = [
            await balances(connection, shop.merchant_id, account, owner)
            for account, owner in ((Account.EXCHANGE, "o1"), (Account.PAYMENT, "o1/p1"), (Account.SALE, "o1"))
        ]
    assert left == [{}, {}, {}]
    assert (await shop.ops.get("/v1/operations/reconciliation"))["payouts"] == []


async def test_a_share_of_less_than_a_cent_is_asked_of_nobody(shop: Shop) -> None:
    cent = {**a_payment("p1", 1, "pi_1"), "currency": "USD", "order_amount": 8}
    await shop.order(lines=[a_line("l1", quantity=4, unit_price=2)], payments=[cent])

    parts = [await shop.approved_refund(lines=one()) for _ in range(4)]

    assert [paid(part) for part in parts] == [[(0, "USD", 2)]] * 3 + [[(1, "USD", 2)]]
    assert (await shop.ops.get("/v1/operations/reconciliation"))["payouts"] == []


async def test_the_rate_alone_or_the_share_alone_says_what_a_payment_is_worth(shop: Shop) -> None:
    by_rate = {name: value for name, value in DOLLARS.items() if name != "order_amount"}
    by_share = {name: value for name, value in DOLLARS.items() if name != "rate"}

    first = await shop.order("o1", lines=THREE, payments=[by_rate])
    second = await shop.order("o2", lines=THREE, payments=[{**by_share, "gateway_ref": "pi_2"}])
    again = await shop.order("o1", lines=THREE, payments=first["payments"])

    assert first["payments"][0]["order_amount"] == 12_96
    assert "rate" not in second["payments"][0]
    assert again["version"] == 1


async def test_an_order_paid_in_dollars_with_interest_changes_after_a_refund_of_it(shop: Shop) -> None:
    dollars = {**a_payment("p1", 2_00, "pi_1"), "currency": "USD", "order_amount": 14_00, "interest": 20}
    lines = [a_line("l1", quantity=2, unit_price=6_30)]
    await shop.order(lines=lines, payments=[dollars])
    first = await shop.approved_refund(lines=one(), reason="quality_issue")

    more: Json = {"lines": [*lines, a_line("l2", unit_price=5_00)], "owed": 2_00}
    changed = await shop.order(**more, payments=[dollars, a_payment("p2", 3_00, "ch_2")], updated_at=days_ago(9))
    rest = await shop.approved_refund(reason="quality_issue")

    assert changed["version"] == 2
    assert paid(first) == [(1_00, "USD", 7_00)]
    assert paid(rest) == [(1_00, "USD", 7_00), (3_00, "CNY", 3_00)]
    assert [each["amount"] for each in rest["lessened"]] == [2_00]
    async with shop.engine.connect() as connection:
        owners = (
            (Account.EXCHANGE, "o1"),
            (Account.SALE, "o1"),
            (Account.NOT_PAID_YET, "o1"),
            (Account.PAYMENT, "o1/p1"),
        )
        left = [await balances(connection, shop.merchant_id, account, owner) for account, owner in owners]
    assert left == [{}, {}, {}, {}]
