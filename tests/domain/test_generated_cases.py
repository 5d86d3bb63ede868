"""What properties are tried on: everything that an order, a customer and a merchant can have, each with each."""

import random
from collections.abc import Callable, Iterable
from itertools import combinations

from domain.payout.choice import RefundTo
from domain.policy import PromotionRefund
from domain.sale.bundles import PartsComeBack
from domain.sale.orders import DiscountSource, DiscountTarget, LineKind, Order, OrderStatus, RewardKind
from domain.sale.payments import PaymentMethod, PaymentStatus
from tests.domain.generated_changes import NUMBERS
from tests.domain.playing import (
    Adjust,
    ChangeOrder,
    GiveShipping,
    LoseDispute,
    MoveElsewhere,
    Release,
    Return,
    Settle,
    Spend,
    Step,
    WinDispute,
)
from tests.domain.refund_desk import Desk
from tests.domain.strategies import read_desk, read_history
from tests.domain.tapes import Tape

CASES = 3_000

Has = Callable[[Order], bool]


def _with_an_extra(kind: LineKind) -> Has:
    return lambda order: any(line.kind is kind and not line.is_below_zero for line in order.lines)


def _with_a_discount(source: DiscountSource) -> Has:
    return lambda order: any(each.source is source for each in order.discounts)


LINES: dict[str, Has] = {
    "a unit price": lambda order: any(line.unit_price and line.is_unit for line in order.lines),
    "a total": lambda order: any(line.total and line.is_unit for line in order.lines),
    "what was weighed": lambda order: any(line.measure for line in order.lines),
    "a gift": lambda order: any(line.gift for line in order.lines),
    "a tax": lambda order: any(line.tax for line in order.lines),
    "a service": lambda order: any(line.kind is LineKind.SERVICE and line.is_unit for line in order.lines),
    **{f"a {kind}": _with_an_extra(kind) for kind in LineKind if not kind.is_unit},
    "sold for good": lambda order: any(line.sold_for_good for line in order.lines),
    "below zero": lambda order: any(line.is_below_zero for line in order.lines),
    "below zero with tax": lambda order: any(line.is_below_zero and line.tax for line in order.lines),
    "parts that come back alone": lambda order: any(
        line.bundle_id and line.bundle_id not in order.kept_together for line in order.lines
    ),
    "parts kept together": lambda order: any(each.parts is PartsComeBack.TOGETHER for each in order.bundles),
}

DISCOUNTS: dict[str, Has] = {
    **{f"off by {source}": _with_a_discount(source) for source in DiscountSource},
    "a minimum spend": lambda order: any(each.minimum_spend for each in order.discounts),
    "a percentage with a cap": lambda order: any(
        (each.rate_bp or 0) and each.minimum_spend for each in order.discounts
    ),
    "shares outright": lambda order: any(each.allocations for each in order.discounts),
    "off shipping": lambda order: any(each.target is DiscountTarget.SHIPPING for each in order.discounts),
    "points for shipping": lambda order: any(
        each.target is DiscountTarget.SHIPPING and each.points for each in order.discounts
    ),
}

PARCELS: dict[str, Has] = {
    "parcels": lambda order: bool(order.shipments),
    "a parcel of its own cost": lambda order: any(each.amount for each in order.shipments),
    "a parcel that came": lambda order: any(each.delivered_at for each in order.shipments),
    "a parcel on its way": lambda order: any(each.is_sent and not each.delivered_at for each in order.shipments),
    "a parcel that is lost": lambda order: any(each.is_lost for each in order.shipments),
    "nothing sent": lambda order: not order.is_sent,
    "called off unsent": lambda order: order.status is OrderStatus.CANCELLED and not order.is_sent,
}

PAID: dict[str, Has] = {
    "owed": lambda order: bool(order.not_paid_yet),
    "paid too much": lambda order: bool(order.overpaid),
    "authorized": lambda order: any(each.status is PaymentStatus.AUTHORIZED for each in order.payments),
    "pending": lambda order: any(each.status is PaymentStatus.PENDING for each in order.payments),
    "several payments": lambda order: len(order.payments) > 1,
    "a gift card": lambda order: any(each.method is PaymentMethod.GIFT_CARD for each in order.payments),
    "interest": lambda order: any(each.interest for each in order.payments),
    "another currency": lambda order: any(each.order_amount for each in order.payments),
    "a guest": lambda order: order.guest is not None,
}

EARNED: dict[str, Has] = {
    "points earned": lambda order: order.points_earned > 0,
    "a fixed lot": lambda order: any(lot.is_fixed for lot in order.earned_lots),
    "a lot of lines": lambda order: any(lot.line_ids for lot in order.earned_lots),
    "a lot with an end": lambda order: any(lot.expires_at for lot in order.earned_lots),
    "credit granted": lambda order: any(each.kind is RewardKind.STORE_CREDIT for each in order.rewards),
    "a coupon granted": lambda order: any(each.kind is RewardKind.COUPON for each in order.rewards),
    "granted to another": lambda order: bool(order.rewarded_others),
    "granted with an end": lambda order: any(each.expires_at for each in order.rewards),
}

DESKS: dict[str, Callable[[Desk], bool]] = {
    "promotions recalculated": lambda desk: desk.policy.promotion_refund is PromotionRefund.REPRICE,
    "amounts by currency": lambda desk: isinstance(desk.policy.return_shipping_fee, dict),
    "a point of a ratio": lambda desk: isinstance(desk.policy.point_value, str),
    "business days": lambda desk: desk.policy.country is not None,
    "a time zone": lambda desk: desk.policy.time_zone != "UTC",
    "a bonus": lambda desk: desk.policy.store_credit_bonus_bp > 0,
    "campaigns that count spend": lambda desk: len(desk.shopper.campaigns) > 2,
    "a reward of a campaign": lambda desk: bool(desk.shopper.rewards),
    "a code with several uses": lambda desk: bool(desk.shopper.counting_uses),
    "a coupon used elsewhere": lambda desk: bool(desk.shopper.used_elsewhere),
    "points that ran out": lambda desk: any(desk.shopper.points_ran_out),
}

WAYS_BACK: dict[str, Callable[[Step], bool]] = {
    "units": lambda step: isinstance(step, Return),
    "reasons of lines": lambda step: isinstance(step, Return) and any(step.line_reasons),
    "shipping outright": lambda step: isinstance(step, Return) and step.include_shipping is not None,
    "shipping in part": lambda step: (
        isinstance(step, GiveShipping) or (isinstance(step, Return) and step.shipping_percent is not None)
    ),
    "to credit": lambda step: isinstance(step, Return) and step.refund_to is RefundTo.STORE_CREDIT,
    "to a beneficiary": lambda step: isinstance(step, Return) and step.beneficiary is not None,
    "money alone": lambda step: isinstance(step, Adjust),
    "accepted in part": lambda step: isinstance(step, Settle) and step.accepted_percent < 100,
    "called off": lambda step: isinstance(step, Release),
    "spent meanwhile": lambda step: isinstance(step, Spend),
    "another version": lambda step: isinstance(step, ChangeOrder),
    "money elsewhere": lambda step: isinstance(step, MoveElsewhere),
    "a dispute lost": lambda step: isinstance(step, LoseDispute),
    "a dispute won": lambda step: isinstance(step, WinDispute),
}

NEVER_TOGETHER = {
    frozenset(pair)
    for pair in (
        ("owed", "paid too much"),
        ("called off unsent", "a parcel that came"),
        ("called off unsent", "a parcel on its way"),
        ("called off unsent", "a parcel that is lost"),
        ("nothing sent", "a parcel that came"),
        ("nothing sent", "a parcel on its way"),
        ("nothing sent", "a parcel that is lost"),
    )
}


def test_each_of_what_orders_customers_and_merchants_can_have_is_tried_with_each() -> None:
    dice = random.Random(1)
    met: set[frozenset[str]] = set()
    for _ in range(CASES):
        tape = Tape(dice.randbytes(420 + 12 * NUMBERS))
        desk = read_desk(tape)
        met |= {frozenset(pair) for pair in combinations(_has(desk, read_history(tape)), 2)}

    names = [name for part in (LINES, DISCOUNTS, PARCELS, PAID, EARNED, DESKS, WAYS_BACK) for name in part]
    missing = {frozenset(pair) for pair in combinations(names, 2)} - met - NEVER_TOGETHER
    assert sorted(map(sorted, missing)) == []


def _has(desk: Desk, steps: Iterable[Step]) -> list[str]:
    of_order = (part for part in (LINES, DISCOUNTS, PARCELS, PAID, EARNED))
    has = [name for part in of_order for name, found in part.items() if found(desk.order)]
    has += [name for name, found in DESKS.items() if found(desk)]
    return has + [name for name, found in WAYS_BACK.items() if any(map(found, steps))]
