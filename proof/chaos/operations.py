"""The people of operations: they look up at the provider what our books don't know of, as docs/operations.md says."""

import asyncio
from collections import Counter
from contextlib import suppress

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from proof.chaos.board import Board
from tools.client import Api, Json, Refused

_LOOK_EVERY_S = 1.0
_PAID_BACK = """
select amount, status, turns_at from sandbox.refunds
where merchant_id = :merchant_id and charge_ref = :charge_ref and status <> 'failed' and key not like :own
"""


class Operations:
    """`answers` counts what they said: a share was settled by hand, or is to be tried again."""

    def __init__(self, ops: Api, merchant: Api, board: Board, provider: AsyncEngine, merchant_id: str) -> None:
        self.answers: Counter[str] = Counter()
        self._ops = ops
        self._merchant = merchant
        self._board = board
        self._provider = provider
        self._merchant_id = merchant_id

    async def run(self) -> None:
        while True:
            for refund in self._board.refunds.values():
                if has_paid_unknown(refund):
                    with suppress(Refused, SQLAlchemyError, OSError):  # gone, or the server is: they look again
                        await self.look_into(refund["refund_id"])
            await asyncio.sleep(_LOOK_EVERY_S)

    async def look_into(self, refund_id: str) -> None:
        """Do what docs/operations.md says of what a refund asks; nothing where it is no plain case."""
        refund = await self._merchant.get(f"/v1/refunds/{refund_id}")
        if has_paid_unknown(refund) and (action := await self._found(refund)):
            answer = {"step": "pay_out", "action": action, "note": "looked up at the provider"}
            await self._ops.post(f"/v1/refunds/{refund_id}/resolution", answer)
            self.answers[action] += 1

    async def _found(self, refund: Json) -> str | None:
        """What to answer; None while the provider has not decided, or where it is no plain case."""
        needs = refund["needs_attention"]
        order = await self._merchant.get(f"/v1/orders/{refund['order_id']}")
        (payment,) = (each for each in order["payments"] if each["payment_id"] == needs["payment_id"])
        own = f"{refund['refund_id']}-%"
        of_payment = {"merchant_id": self._merchant_id, "charge_ref": payment["gateway_ref"], "own": own}
        async with self._provider.connect() as pages:
            paid = list(await pages.execute(text(_PAID_BACK), of_payment))
        if any(each.status != "succeeded" or each.turns_at is not None for each in paid):
            return None
        if not paid:
            return "retry"
        return "settle" if [each.amount for each in paid] == [needs["amount"]] else None


def has_paid_unknown(refund: Json) -> bool:
    """Whether a refund stops because the provider has paid what we don't know of."""
    needs = refund["needs_attention"]
    return bool(needs) and needs["step"] == "pay_out" and "unknown_refund" in needs["reason"]
