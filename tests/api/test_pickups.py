"""Returns that are collected from the customer, where the carrier offers it (rule 32)."""

from datetime import datetime, timedelta

import pytest

from tests.shop import ANYTHING, Shop
from tools.client import Json, Refused


async def a_return(shop: Shop, **fields: object) -> Json:
    await shop.policy(auto_approve=ANYTHING, pickup_within="PT6H")
    await shop.order()
    body = {"order_id": "o1", "reason": "quality_issue", "kind": "return", **fields}
    return await shop.until(await shop.merchant.post("/v1/refunds", body), "awaiting_return")


def label_ready(refund: Json) -> Json:
    (event,) = [entry for entry in refund["timeline"] if entry["event"] == "label_ready"]
    found: Json = event
    return found


async def test_the_carrier_collects_the_return_within_the_policys_time(shop: Shop) -> None:
    refund = await a_return(shop, pickup=True)

    pickup_by = datetime.fromisoformat(refund["return"]["pickup_by"])
    issued_at = datetime.fromisoformat(label_ready(refund)["at"])
    assert timedelta(0) <= issued_at + timedelta(hours=6) - pickup_by < timedelta(seconds=10)
    said = f"{pickup_by:%Y-%m-%d %H:%M} UTC"
    assert said in refund["return"]["guide"]
    assert label_ready(refund)["message"].endswith(f"the carrier collects it by {said}")
    inbox = await shop.inbox()
    assert inbox.count(f"The carrier will collect your return of order o1 from you by {said}.") == 1


async def test_where_the_carrier_does_not_collect_the_return_says_so(shop: Shop) -> None:
    await shop.ops.put("/v1/sandbox/carrier", {"pickup": False})

    refund = await a_return(shop, pickup=True)

    assert refund["return"]["pickup_by"] is None and "counter" in refund["return"]["guide"]
    assert label_ready(refund)["message"].endswith("no pick-up, the carrier does not offer it")
    assert not any("collect" in text for text in await shop.inbox())


async def test_nobody_collects_what_the_customer_brings(shop: Shop) -> None:
    refund = await a_return(shop)

    assert refund["return"]["pickup_by"] is None and "collect" not in label_ready(refund)["message"]


async def test_a_refund_without_goods_has_nothing_to_collect(shop: Shop) -> None:
    await shop.order()

    with pytest.raises(Refused, match="422 validation_failed"):
        await shop.refund(kind="refund_only", pickup=True)
