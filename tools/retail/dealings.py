"""Dealing with the shop's lines over HTTP: an invoice, a return from request to its end, an odd line."""

from collections.abc import Sequence

from domain.rights.risk import HIGH_RISK
from tools.client import Broken, Json, NotInTime, Refused
from tools.retail.answers import BROKEN, COMPLETED, STUCK, Asked
from tools.retail.data import Line, Return
from tools.retail.requests import OddKind, odd_attempt, order_of, refund_of
from tools.retail.shop import RetailShop

WITHIN_S = 180.0
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
        refund, was_reviewed = await seen_until(shop, accepted["refund_id"], COMPLETED)
    except NO_REFUND as no:
        return Asked(wanted, answer_of(no))
    return Asked(wanted, refund["status"], refund, was_reviewed)


NO_REFUND = (Refused, NotInTime, Broken)


def answer_of(no: Exception) -> str:
    """Say in a word what one of NO_REFUND was: the code of a refusal, or that nothing came of it."""
    if isinstance(no, Refused):
        return no.code
    return STUCK if isinstance(no, NotInTime) else BROKEN


async def seen_until(shop: RetailShop, refund_id: str, status: str) -> tuple[Json, bool]:
    """Wait for a status, as the reviewer where one is waited for before; tell whether one was."""

    def is_there_or_waits(refund: Json) -> bool:
        return refund["status"] == status or _waits_for_reviewer(refund)

    refund = await shop.merchant.wait_until(refund_id, is_there_or_waits, within_s=WITHIN_S, first_look_s=LOOK_AFTER_S)
    was_reviewed = refund["status"] != status
    if was_reviewed:
        await shop.reviewer.post(f"/v1/refunds/{refund_id}/review", {"decision": "approve", "note": "replayed"})
        refund = await shop.merchant.wait_for(refund_id, {status}, within_s=WITHIN_S)
    return refund, was_reviewed


def _waits_for_reviewer(refund: Json) -> bool:
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
