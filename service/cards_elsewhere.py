"""Gift cards that live in another system of the merchant's, as a gateway: what is paid back to one is done there."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from db import payouts, refunds
from db.engine import snapshots
from domain.entitlements.elsewhere import GiftCardMoved, Instruction
from gateways.entitlements.contract import AnswerBody, State
from gateways.ports import GatewayRefund, GatewayStatus, RefundInstruction, Reported
from service.entitlement_systems import EntitlementSystems


class CardsElsewhere:
    """The gift cards of one system; a payout's key is the instruction's id. It is never undone: it is money."""

    def __init__(self, engine: AsyncEngine, systems: EntitlementSystems, system_id: str) -> None:
        self._engine = engine
        self._systems = systems
        self._system_id = system_id

    async def refund(self, instruction: RefundInstruction) -> GatewayRefund:
        system = await self._systems.opened(instruction.merchant_id, self._system_id)
        return _as_paid(instruction, await system.do(await self._told(instruction)))

    async def look_up(self, instruction: RefundInstruction) -> GatewayRefund | None:
        system = await self._systems.opened(instruction.merchant_id, self._system_id)
        known = await system.look_up(await self._told(instruction))
        return _as_paid(instruction, known) if known.state is State.DONE else None

    async def refunds_of(self, merchant_id: str, charge_ref: str) -> Sequence[Reported]:  # noqa: ARG002
        """The contract has no list: what somebody else puts on a card is not for us to judge."""
        return ()

    async def report(self, merchant_id: str, since: datetime) -> Sequence[Reported]:  # noqa: ARG002
        return ()

    async def _told(self, instruction: RefundInstruction) -> Instruction:
        async with snapshots(self._engine).connect() as connection:
            payout = await payouts.by_key(connection, instruction.key)
            assert payout is not None
            refund = await refunds.get(connection, payout.refund_id)
        amount = instruction.amount
        moved = GiftCardMoved(payout.payment_id, instruction.charge_ref, amount.minor_units, amount.currency)
        return Instruction(
            instruction.key, instruction.merchant_id, refund.refund_id, refund.order_id, refund.customer_id, moved
        )


def _as_paid(instruction: RefundInstruction, answer: AnswerBody) -> GatewayRefund:
    return GatewayRefund(answer.reference or instruction.key, GatewayStatus.SUCCEEDED)
