"""Gathering what a refund is settled on: its order, its customer, and what the inspection accepted (rule 12)."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from db import positions
from db.orders import StoredOrder
from db.read_models import Refund
from domain import clock
from domain.claims.claims import Claim
from domain.claims.positions import OrderPosition
from domain.claims.reasons import Reason
from domain.policy import Policy
from domain.settlement.fees import FeeTerms
from domain.settlement.inputs import SettlementInputs
from domain.settlement.settlement import Terms


@dataclass(frozen=True, slots=True)
class AcceptedGoods:
    """How many units of each line passed inspection, None where nothing was inspected; and of those the lesser ones."""

    units: tuple[tuple[str, int], ...] | None
    lesser: tuple[tuple[str, int], ...]


async def inputs_of(
    connection: AsyncConnection, refund: Refund, stored: StoredOrder, accepted: AcceptedGoods, quoted: Policy
) -> SettlementInputs:
    """Gather what a refund is settled on, as everything is now; `quoted` is the policy the customer agreed to."""
    merchant_id, refund_id = refund.merchant_id, refund.refund_id
    position = await positions.of_order(connection, merchant_id, stored)
    own = tuple(claim for each in position.refunds if each.refund_id == refund_id for claim in each.claims)
    position = position.without(refund_id)
    return SettlementInputs(
        refunds=position.refunds,
        claims=_accepted(position, own, accepted.units),
        terms=_terms(refund, accepted, quoted),
        customer=await positions.of_customer(
            connection, merchant_id, refund.customer_id, refund.currency, but_by=refund_id
        ),
        entitlements=await positions.entitlements_of(connection, merchant_id, refund.order_id),
    )


def _terms(refund: Refund, accepted: AcceptedGoods, quoted: Policy) -> Terms:
    return Terms(
        reason=Reason(refund.reason),
        include_shipping=refund.include_shipping,
        at=clock.now(),
        goods_come_back=refund.goods_come_back,
        lesser=accepted.lesser,
        agreed_fees=FeeTerms.of(quoted, refund.currency),
    )


def _accepted(
    position: OrderPosition, own: tuple[Claim, ...], accepted: tuple[tuple[str, int], ...] | None
) -> tuple[Claim, ...]:
    """Claim again what was accepted, at what it is worth now; nothing inspected means all of it."""
    by_line = dict(accepted or ())
    return tuple(
        position.line(claim.line_id).claim_again(
            claim, claim.units.count if accepted is None else by_line.get(claim.line_id, 0)
        )
        for claim in own
    )
