"""What a call for help is about, and what is shown of it."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from db import payouts
from db.read_models import Refund
from domain.explain.attention import Stuck, answers
from domain.money.amounts import Money


async def what_is_stuck(connection: AsyncConnection, refund: Refund, payment_id: str | None) -> Stuck:
    """Find out what a call for help is about: the share of a payment, or the refund as a whole."""
    refund_id = refund.refund_id
    planned = (await payouts.rows_of(connection, [refund_id]))[refund_id]
    payout = next((row for row in planned if row.payment_id == payment_id), None)
    if payout is not None:
        amount = Money(payout.currency, payout.amount)
        return Stuck(refund_id, refund.order_id, amount, payment_id, payout.gateway_ref or payout.key)
    total = (refund.settlement or refund.quote).read().total
    return Stuck(refund_id, refund.order_id, total, payment_id)


def needs(stuck: Stuck, step: str, reason: str, actions: Sequence[str]) -> dict[str, Any]:
    """What is shown of a refund that needs attention, until somebody answers."""
    return {
        "step": step,
        "reason": reason,
        "actions": list(actions),
        "amount": stuck.amount.minor_units,
        "currency": stuck.amount.currency,
        "payment_id": stuck.payment_id,
        "reference": stuck.reference,
        "answers": [
            {
                "action": each.action,
                "means": each.means,
                "path": each.path,
                "body": json.loads(each.body),
                "update": each.update,
                "input": each.said,
            }
            for each in answers(stuck.refund_id, step, tuple(actions))
        ],
    }
