"""The real order of a scenario: what the model's refunds are of, with everything a refund gives back or takes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from db import campaigns, coupons, orders, policies
from domain.campaigns.campaigns import Campaign, CampaignKind, Reward
from domain.durations import IsoDuration
from domain.money.amounts import Money
from domain.payout.choice import RefundTo
from domain.payout.keys import POCKETS, joined
from domain.policy import AutoApprove, AutoApprovePerCustomer, Policy, RefundLimit, Tier
from domain.sale.orders import (
    Discount,
    DiscountSource,
    DiscountTarget,
    Order,
    OrderLine,
    OrderReward,
    OrderStatus,
    RewardKind,
    Shipping,
)
from domain.sale.payments import Payment, PaymentMethod, PaymentStatus
from gateways.sandbox import gateway
from gateways.sandbox.behaviours import Behaviour
from proof.simulation.conformance.lines import bundles_of, kinds_back, lines_of, shipments_of
from proof.simulation.figures import BONUS_BP, COUPON_GRANTED, GIFT_VALUE, GRANT, REWARD, SPENT_MEANWHILE
from proof.simulation.parcels import Came
from proof.simulation.payments import RATE, Paid
from proof.simulation.scenario import ProviderBehaviour, Scenario
from proof.simulation.wares import COUPON_OFF, DISCOUNT_OFF, GIFT, POINTS_SPENT, SHARE, Wares

ORDER, CUSTOMER, COUPON, CAMPAIGN, CURRENCY = "o1", "lilei", "SUMMER", "spend-and-save", "CNY"
FRIEND, GRANTED = "hanmei", "THANKS"
"""Whom a rich order may grant credit to beside who bought, and the coupon that it granted."""

_BEHAVIOURS = {
    ProviderBehaviour.PAYS: Behaviour.SUCCEED,
    ProviderBehaviour.DECLINES: Behaviour.DECLINE,
    ProviderBehaviour.DECLINES_ONCE: Behaviour.DECLINE,  # until it has declined (`gateway.py`)
    ProviderBehaviour.DISPUTED: Behaviour.DISPUTE,
    ProviderBehaviour.PENDING_THEN_PAYS: Behaviour.PENDING,
    ProviderBehaviour.PENDING_THEN_FAILS: Behaviour.PENDING,
    ProviderBehaviour.SHORT_THEN_PAYS: Behaviour.BALANCE_TOO_LOW,
    ProviderBehaviour.PAYS_THEN_FAILS: Behaviour.SUCCEED,  # until the schedule takes it back
}
_WITHOUT_END = IsoDuration("P3650D")
_A_DAY = IsoDuration("P1D")
_NO_LIMIT = 10**12
_PAID_NOW = (Paid.IN_FULL, Paid.WITH_INTEREST)


async def sell(connection: AsyncConnection, merchant_id: str, scenario: Scenario, at: datetime) -> None:
    """Book the order of a scenario for a merchant of its own, and tell the sandbox how its charges behave."""
    order = order_of(scenario, at)
    await policies.save(connection, merchant_id, policy_of(scenario))
    await campaigns.put(connection, merchant_id, _campaign(scenario, at))
    await coupons.put(connection, merchant_id, _coupon(at))
    await coupons.put(connection, merchant_id, _GRANTED)
    await orders.put(connection, merchant_id, order)
    for payment, behaviour in zip(order.payments, scenario.behaviours, strict=True):
        if payment.is_captured:
            await _capture(connection, merchant_id, order.order_id, payment)
            await gateway.behave(connection, merchant_id, payment.gateway_ref, _BEHAVIOURS[behaviour])


async def capture_more(connection: AsyncConnection, merchant_id: str, order: Order, scenario: Scenario) -> None:
    """Have the sandbox capture what was paid since: with payments that are new, or were not captured."""
    known = len(scenario.behaviours)
    for payment in order.payments[known:]:
        await _capture(connection, merchant_id, order.order_id, payment)
    if scenario.kind.paid is Paid.NOT_CAPTURED and order.payments[1].is_captured:
        payment, behaviour = order.payments[1], scenario.behaviours[1]
        await _capture(connection, merchant_id, order.order_id, payment)
        await gateway.behave(connection, merchant_id, payment.gateway_ref, _BEHAVIOURS[behaviour])


async def _capture(connection: AsyncConnection, merchant_id: str, order_id: str, payment: Payment) -> None:
    key = joined(order_id, payment.payment_id, by=POCKETS)
    await gateway.capture(connection, merchant_id, payment.gateway_ref, key, payment.amount)


async def buy_with_points(connection: AsyncConnection, merchant_id: str, order_id: str, at: datetime) -> None:
    """Book an order that is paid in points as far as they go."""
    off = SPENT_MEANWHILE
    await _buy(connection, merchant_id, order_id, at, _discount(DiscountSource.POINTS, None, off, points=off))


async def buy_with_coupon(connection: AsyncConnection, merchant_id: str, order_id: str, at: datetime) -> None:
    """Book an order that uses the coupon which the first one granted."""
    await _buy(connection, merchant_id, order_id, at, _discount(DiscountSource.COUPON, GRANTED, COUPON_GRANTED))


async def _buy(connection: AsyncConnection, merchant_id: str, order_id: str, at: datetime, discount: Discount) -> None:
    """Book an order that the campaign does not count and no refund is asked for."""
    price = 100
    order = Order(
        order_id=order_id,
        customer_id=CUSTOMER,
        currency=CURRENCY,
        status=OrderStatus.PAID,
        placed_at=at - timedelta(days=300),
        paid_at=at - timedelta(days=300),
        delivered_at=None,
        lines=(OrderLine("l1", "sku", "small", 1, _cny(price), _cny(0), False),),
        shipping=Shipping(_cny(0), _cny(0)),
        discounts=(discount,),
        payments=(
            Payment("p0", PaymentMethod.CARD, "sandbox", f"ch-{order_id}", _cny(price - discount.amount.minor_units)),
        ),
        points_earned=0,
    )
    await orders.put(connection, merchant_id, order)


def policy_of(scenario: Scenario) -> Policy:
    reasons = (scenario.kind.reason,) if scenario.is_by_rule else ()
    return Policy(
        declined_tender=scenario.declined_tender,
        review_timeout=scenario.review_timeout,
        auto_approve=AutoApprove(reasons, _NO_LIMIT, 100),
        auto_approve_per_customer=AutoApprovePerCustomer(_NO_LIMIT, _WITHOUT_END),
        refund_limit=RefundLimit(1_000),
        return_window=_A_DAY if scenario.kind.came is Came.TOO_LONG_AGO else _WITHOUT_END,
        line_kind_refund=kinds_back(),
        refund_to_allowed=(RefundTo.STORE_CREDIT, RefundTo.BANK_TRANSFER),
        store_credit_bonus_bp=BONUS_BP if scenario.is_to_credit else 0,
        tiers=(Tier("gold", SHARE * len(scenario.behaviours) * scenario.refunds),) if scenario.is_rich else (),
    )


def order_of(scenario: Scenario, at: datetime, found_at: datetime | None = None, sold: Wares | None = None) -> Order:
    """What a scenario's refunds are of, of which each payment has its share; `found_at`: a lost parcel came then.

    `sold` is what is sold now, where it is not what it was.
    """
    bought, sold = at - timedelta(days=3), sold or scenario.wares
    lines = [each.line_id for each in sold.units.values() if each.points]
    return Order(
        order_id=ORDER,
        customer_id=CUSTOMER,
        currency=CURRENCY,
        status=OrderStatus.SHIPPED if scenario.kind.came else OrderStatus.DELIVERED,
        placed_at=bought,
        paid_at=bought,
        delivered_at=None if sold.parcels else at - timedelta(days=1),
        lines=(
            *lines_of(scenario, sold),
            *(_GIFTS if scenario.is_rich else ()),
        ),
        shipping=Shipping(_cny(sum(each.cost for each in sold.parcels)), _cny(0)),
        discounts=(
            *(_exclusive(line, at) for line in lines if scenario.is_rich),
            _off_each(DiscountSource.COUPON, COUPON, COUPON_OFF, lines),
            _off_each(DiscountSource.POINTS, None, POINTS_SPENT, lines, points=POINTS_SPENT * len(lines)),
        ),
        payments=tuple(_payment(scenario, sold, place) for place, _ in enumerate(sold.payments.worth)),
        owed=_cny(sold.payments.owed - sold.payments.overpaid) if scenario.kind.paid not in _PAID_NOW else None,
        points_earned=sold.earned,
        rewards=_granted(scenario, lines) if scenario.is_rich else (),
        bundles=bundles_of(scenario),
        shipments=shipments_of(scenario, sold.parcels, at, found_at),
    )


def _payment(scenario: Scenario, sold: Wares, place: int) -> Payment:
    """One in another currency says what it is worth; one that is not captured is what it is to bring."""
    known = sold.payments
    is_captured = place != 1 or not known.promised
    own = Money(known.currency(place), known.own[place] if is_captured else known.promised)
    method = scenario.others_paid_with if place else PaymentMethod.CARD
    payment = Payment(f"p{place}", method, "sandbox", f"ch-{place}", own)
    if known.interest:
        payment = replace(payment, interest=_cny(known.interest[place]))
    if known.currency(place) != CURRENCY:
        payment = replace(payment, order_amount=_cny(known.worth[place]), rate=RATE)
    return payment if is_captured else replace(payment, status=PaymentStatus.AUTHORIZED)


def _granted(scenario: Scenario, lines: Sequence[str]) -> tuple[OrderReward, ...]:
    """Store credit for each line, perhaps a friend's, and a coupon for all of them."""
    whose = FRIEND if scenario.grants_a_friend else ""
    credit = (OrderReward(RewardKind.STORE_CREDIT, None, _cny(GRANT), (line,), whose) for line in lines)
    return (*credit, OrderReward(RewardKind.COUPON, GRANTED, _cny(COUPON_GRANTED)))


def _discount(source: DiscountSource, source_id: str | None, amount: int, points: int = 0) -> Discount:
    return Discount(source, source_id, _cny(amount), points, (), DiscountTarget.LINES, (), None, None)


def _off_each(
    source: DiscountSource, source_id: str | None, amount: int, lines: Sequence[str], points: int = 0
) -> Discount:
    """So much off each of these lines, whatever else the order has."""
    shares = tuple((line, _cny(amount)) for line in lines)
    whole = _cny(amount * len(lines))
    return Discount(source, source_id, whole, points, (), DiscountTarget.LINES, shares, None, None)


def _exclusive(line: str, at: datetime) -> Discount:
    until = at + timedelta(days=20)
    source, off = DiscountSource.EXCLUSIVE_DISCOUNT, _cny(DISCOUNT_OFF)
    return Discount(source, f"X-{line}", off, 0, (line,), DiscountTarget.LINES, (), None, None, valid_until=until)


def _campaign(scenario: Scenario, at: datetime) -> Campaign:
    """Whoever sends anything back is below its threshold."""
    month = timedelta(days=30)
    return Campaign(
        CAMPAIGN,
        "Spend and save",
        CampaignKind.SPEND_THRESHOLD,
        at - month,
        at + month,
        threshold=scenario.wares.goods,
        reward=Reward(RewardKind.STORE_CREDIT, REWARD),
    )


def _coupon(at: datetime) -> coupons.Coupon:
    return coupons.Coupon(COUPON, CUSTOMER, "Summer", 10_000, CURRENCY, 0, None, at + timedelta(days=20), True)


def _cny(amount: int) -> Money:
    return Money(CURRENCY, amount)


_GIFTS = (OrderLine(GIFT, "sku-gift", "gift", 1, _cny(0), _cny(0), True, gift_value=_cny(GIFT_VALUE)),)
_GRANTED = coupons.Coupon(GRANTED, CUSTOMER, "Thanks", COUPON_GRANTED, CURRENCY, 0, None, None, True)


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
