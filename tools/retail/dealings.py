"""Dealing with the shop's lines over HTTP: an invoice, a return from request to its end, an odd line."""

from collections.abc import Sequence

from domain.rights.risk import HIGH_RISK
from tools.client import Broken, Json, NotInTime, Refused
from tools.retail.answers import BROKEN, COMPLETED, STUCK, Asked
from tools.retail.data import Line, Return
from tools.retail.requests import OddKind, odd_attempt, order_of, refund_of
from tools.retail.shop import RetailShop

WITHIN_S = 120.0
LOOK_AFTER_S = 0.5
"""The replay is bound by the two cores it shares with the stack: a look that comes too early only costs time."""


async def sell(shop: RetailShop, lines: Sequence[Line]) -> str:
    """Push an invoice as an order; return nothing, or which one was not taken and why."""
    first = lines[0]
    try:
        await shop.merchant.put(f"/v1/orders/{first.invoice}", order_of(lines, first.customer_id))
    except (Refused, Broken, NotInTime) as error:
        return f"{first.invoice}: {error}"
    return ""


async def ask_for(shop: RetailShop, wanted: Return) -> Asked:
    """Ask for one refund and see it through; a refusal is an outcome like any other."""
    try:
        accepted = await shop.merchant.post("/v1/refunds", refund_of(wanted))
        return await _see_through(shop, wanted, accepted["refund_id"])
    except Refused as refused:
        return Asked(wanted, refused.code)
    except NotInTime:
        return Asked(wanted, STUCK)
    except Broken:
        return Asked(wanted, BROKEN)


async def _see_through(shop: RetailShop, wanted: Return, refund_id: str) -> Asked:
    """Wait for the end of a refund, as the reviewer where it waits for one."""
    refund = await shop.merchant.wait_until(
        refund_id, is_done_or_waits_for_reviewer, within_s=WITHIN_S, first_look_s=LOOK_AFTER_S
    )
    was_reviewed = refund["status"] != COMPLETED
    if was_reviewed:
        await shop.reviewer.post(f"/v1/refunds/{refund_id}/review", {"decision": "approve", "note": "replayed"})
        refund = await shop.merchant.wait_for(refund_id, {COMPLETED}, within_s=WITHIN_S)
    return Asked(wanted, refund["status"], refund, was_reviewed)


def is_done_or_waits_for_reviewer(refund: Json) -> bool:
    return refund["status"] == COMPLETED or waits_for_reviewer(refund)


def waits_for_reviewer(refund: Json) -> bool:
    """Under the replay's policy nothing but a high risk keeps a refund in review."""
    risk = refund["risk"]
    return bool(refund["status"] == "in_review" and risk is not None and risk["score"] >= HIGH_RISK)


async def attempt(shop: RetailShop, line: Line) -> tuple[OddKind, str]:
    """Push an odd line; return what is odd about it, and `accepted` or the code it was refused with."""
    made = odd_attempt(line)
    try:
        if made.order_id is None:
            await shop.merchant.post("/v1/refunds", made.body)
        else:
            await shop.merchant.put(f"/v1/orders/{made.order_id}", made.body)
    except Refused as refused:
        return made.kind, refused.code
    except (Broken, NotInTime):
        return made.kind, BROKEN
    return made.kind, "accepted"
