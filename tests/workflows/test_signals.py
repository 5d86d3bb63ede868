"""What a signal at Temporal may approve: it is marked as such, and counts up to what the policy says (rule 33)."""

from typing import Any

import pytest

from tests.shop import Shop
from tools.client import Json

APPROVE = {"decision": "approve", "by": "nobody you know", "note": "fine"}


async def signalled(shop: Shop, refund: Json, **said: Any) -> None:
    await shop.workflow(refund).signal("decide", {**APPROVE, **said})


async def asked(shop: Shop, units: int, order_id: str = "o1") -> Json:
    lines = [{"line_id": "l1", "quantity": units}]
    return await shop.until_judged(await shop.refund(order_id, reason="changed_mind", lines=lines))


async def refused(shop: Shop, refund: Json) -> str:
    shown = await shop.until_event(refund, "not_understood")
    assert (shown["status"], shown["review"]) == ("in_review", None)
    (sentence,) = [each["message"] for each in shown["timeline"] if each["event"] == "not_understood"]
    return str(sentence)


async def test_a_signal_approves_200_of_an_order_by_default_and_says_so_beyond(shop: Shop) -> None:
    await shop.order()
    refund = await asked(shop, 1)

    await signalled(shop, refund)

    assert "would be approved by signal, and the policy allows ¥200.00" in await refused(shop, refund)


async def test_what_a_signal_approves_is_marked_in_the_timeline_and_in_the_audit(shop: Shop) -> None:
    await shop.policy(approval_from_temporal={"allowed": True, "up_to": 60_000})
    await shop.order()
    refund = await asked(shop, 1)

    await signalled(shop, refund)
    done = await shop.until(refund, "completed", "awaiting_return")

    assert done["review"]["by"] == "temporal:nobody you know"
    trail = (await shop.ops.get("/v1/audit", order_id="o1"))["items"]
    marked = {entry["action"]: entry["actor"] for entry in trail if entry["actor"].startswith("temporal:")}
    assert marked == dict.fromkeys(("approval_by_signal", "approved"), "temporal:nobody you know")


async def test_two_refunds_of_an_order_are_judged_together(shop: Shop) -> None:
    await shop.policy(approval_from_temporal={"allowed": True, "up_to": 60_000})
    await shop.order()
    first, second = await asked(shop, 1), await asked(shop, 1)

    await signalled(shop, first)
    await shop.until(first, "completed", "awaiting_return")
    await signalled(shop, second)

    assert "of the order would be approved by signal" in await refused(shop, second)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"allowed": False}, "the policy lets nobody approve by signal"),
        ({"up_to": {"USD": 1_000_000}}, "the policy names no amount in CNY"),
    ],
)
async def test_a_policy_may_let_no_signal_approve_and_any_reject(shop: Shop, rule: Json, why: str) -> None:
    await shop.policy(approval_from_temporal=rule)
    await shop.order()
    refund = await asked(shop, 1)

    await signalled(shop, refund)
    sentence = await refused(shop, refund)
    await signalled(shop, refund, decision="reject")

    assert why in sentence
    assert (await shop.until(refund, "rejected"))["review"]["by"] == "temporal:nobody you know"
