"""Orders, disputes and changes that can't be are answered with what is wrong and what would be right."""

from typing import Any

import pytest

from db.api_keys import Role
from tests.shop import Shop, a_line, a_payment, days_ago
from tools.client import Json

DOLLARS = {**a_payment("p1", 120_000, "ch"), "currency": "USD"}
PARCELS = [{"shipment_id": name, "lines": [{"line_id": "l1", "quantity": 2}]} for name in ("s1", "s2")]


def one_line(**fields: Any) -> Json:
    return {"lines": [{**a_line("l1"), **fields}]}


@pytest.mark.parametrize(
    ("fields", "pointer", "told"),
    [
        (one_line(quantity="0.0001", unit="kg"), "/lines/0/quantity", "at most three decimals"),
        (one_line(bundle_id="l1"), "/", "can't contain itself: l1; name it by an id that is no line's"),
        ({"lines": [a_line("l1", bundle_id="l2"), a_line("l2", bundle_id="l1")]}, "/", "say all parts in one bundle"),
        ({"shipments": PARCELS}, "/", "4 of line 'l1' are in shipments, and 2 were bought"),
        ({"payments": [{**DOLLARS, "rate": "0"}]}, "/payments/0/rate", 'a decimal above zero, in a text: "7.1234"'),
        ({"payments": [{**DOLLARS, "rate": 0}]}, "/payments/0/rate", 'a decimal above zero, in a text: "7.1234"'),
        ({"payments": [DOLLARS]}, "/", "say the rate, or its share of the order in order_amount"),
    ],
)
async def test_an_order_that_can_not_be_is_told_what_would_be_right(
    shop: Shop, fields: Json, pointer: str, told: str
) -> None:
    answer = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", json={**shop.order_body(), **fields})

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed"), answer.text
    (error,) = answer.json()["errors"]
    assert error["pointer"] == pointer and told in error["detail"]


async def test_what_contradicts_an_order_that_is_known_is_told_what_would_be_right(shop: Shop) -> None:
    """Disputes and external refunds beyond a payment, fractions, changes of what is claimed, one time said twice."""
    await shop.order(updated_at=days_ago(3))
    await shop.policy(auto_approve={"max_amount": 0})
    refund = await shop.refund(lines=[{"line_id": "l1", "quantity": 2}])
    dispute = {"dispute_id": "dp_1", "payment_id": "p1", "status": "opened", "amount": 120_001, "at": days_ago(2)}
    elsewhere = {"external_id": "re_1", "amount": 120_001, "at": days_ago(2)}
    finer = {"order_id": "o1", "reason": "changed_mind", "lines": [{"line_id": "l1", "quantity": "0.0001"}]}
    known: Json = shop.order_body(updated_at=days_ago(3))
    fewer: Json = shop.order_body(lines=[a_line("l1", unit_price=600_00)], updated_at=days_ago(2))

    for method, path, body, status, told in (
        ("POST", "/v1/orders/o1/disputes", dispute, 422, "it was of 120000 (CNY minor units)"),
        ("POST", "/v1/orders/o1/external-refunds", elsewhere, 422, "120000 is left on its payments"),
        ("POST", "/v1/refunds", finer, 422, "at most three decimals"),
        ("PUT", "/v1/orders/o1", fewer, 409, f"Refund {refund['refund_id']} stands in the way"),
        ("PUT", "/v1/orders/o1", {**known, "metadata": {"shop": "7"}}, 409, "say a newer updated_at"),
    ):
        answer = await shop.raw(Role.MERCHANT, method, path, json=body)
        assert answer.status_code == status and told in answer.json()["detail"], answer.text
    assert (await shop.order(updated_at=days_ago(3)))["version"] == 1
