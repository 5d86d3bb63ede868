"""Gathering what a refund is settled on: its order, its customer, and what the inspection accepted (rule 12)."""

from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from db import positions
from db.at_once import at_once
from db.read_models import Refund
from db.stored_orders import StoredOrder
from domain import clock
from domain.campaigns.campaign_effects import CustomerPosition
from domain.claims.claims import Claim
from domain.claims.positions import OrderPosition
from domain.claims.reasons import Reason
from domain.policy import Policy
from domain.sale.orders import Order
from domain.settlement.fees import FeeTerms
from domain.settlement.inputs import SettlementInputs
from domain.settlement.settlement import SettledEntitlements, Terms


@dataclass(frozen=True, slots=True)
class AcceptedGoods:
    """How many units of each line passed inspection, None where nothing was inspected; and of those the lesser ones."""

    units: tuple[tuple[str, int], ...] | None
    lesser: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class SettlementPosition:
    """Where a refund's order and customer stand now."""

    order: OrderPosition
    customer: CustomerPosition
    entitlements: SettledEntitlements
    order_version: int


async def position_of(connection: AsyncConnection, refund: Refund, stored: StoredOrder) -> SettlementPosition:
    """Gather what a refund is settled on, as everything is now."""
    merchant_id, but_by = refund.merchant_id, refund.refund_id
    async with at_once(connection) as reads:
        order = reads.begin(positions.of_order, merchant_id, stored)
        customer = reads.begin(
            positions.of_customer,
            merchant_id,
            refund.customer_id,
            refund.currency,
            order_id=refund.order_id,
            but_by=but_by,
        )
        entitlements = reads.begin(positions.entitlements_of, merchant_id, stored.order, but_by=but_by)
    return SettlementPosition(order.result(), customer.result(), entitlements.result(), stored.version)


def inputs_of(
    refund: Refund, known: SettlementPosition, accepted: AcceptedGoods, quoted: Policy, asked: Terms
) -> SettlementInputs:
    """Put together what a refund is settled on; `quoted` is the policy that the customer agreed to.

    `asked` is what was asked for, and was known of the order then.
    """
    refund_id = refund.refund_id
    own = tuple(claim for each in known.order.refunds if each.refund_id == refund_id for claim in each.claims)
    position = known.order.without(refund_id)
    return SettlementInputs(
        refunds=position.refunds,
        claims=_accepted(position, own, accepted.units),
        terms=_terms(refund, accepted, quoted, asked),
        customer=known.customer,
        entitlements=known.entitlements,
        order_version=known.order_version,
    )


async def with_tier(
    connection: AsyncConnection, merchant_id: str, basis: SettlementInputs, order: Order, policy: Policy
) -> SettlementInputs:
    """Add what counts towards the customer's tier under a policy; without tiers there is nothing to look at."""
    for_tier = await positions.for_tier(connection, merchant_id, order, policy, basis.terms.at)
    return replace(basis, customer=replace(basis.customer, for_tier=for_tier))


def _terms(refund: Refund, accepted: AcceptedGoods, quoted: Policy, asked: Terms) -> Terms:
    return Terms(
        reason=Reason(refund.reason),
        include_shipping=refund.include_shipping,
        at=clock.now(),
        goods_come_back=refund.goods_come_back,
        lesser=accepted.lesser,
        agreed_fees=FeeTerms.of(quoted, refund.currency),
        line_reasons=refund.given.stands_for,
        extras=asked.extras,
        was_sent=asked.was_sent,
        shipments=asked.shipments,
        shipping_amount=asked.shipping_amount,
        refund_to=asked.refund_to,
        beneficiary=asked.beneficiary,
        agreed_bonus_bp=quoted.store_credit_bonus_bp,
        paid_after_all=asked.paid_after_all,
        paid_less=asked.paid_less,
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
