"""Refunds by the rules alone: the functions of the quote and of the refund, without a database or a workflow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from pydantic import ValidationError

from api.schemas.orders import OrderBody
from domain.campaigns.campaign_effects import CustomerPosition
from domain.campaigns.campaigns import GoodsRefund, Purchase, Wallet
from domain.claims.claims import ClaimState
from domain.claims.positions import LineRequest, OrderPosition
from domain.claims.reasons import Reason
from domain.entitlements.coupons import CouponOutcome, UsedCoupon
from domain.explain.explanations import Figure
from domain.money.amounts import Money
from domain.policy import Policy
from domain.refusals import RefundRejected
from domain.sale.orders import DiscountSource, Order
from domain.sale.sales import Sale, book
from domain.settlement.settle import settle, work_out
from domain.settlement.settlement import SettledEntitlements, Settlement, Terms
from proof.arithmetic import work_out as calculate
from proof.baskets.ways import Parts
from tools.client import Json

REASON = Reason.QUALITY_ISSUE
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Refused:
    """The order can't be taken: a code of the API, and in which words."""

    code: str
    because: str


@dataclass(frozen=True, slots=True)
class Came:
    """What one basket came to in one way, in cents: each refund's total, and where figures are apart."""

    totals: tuple[int, ...]
    apart: int
    explained: int


def sell(order_id: str, body: Json) -> tuple[Order, Sale] | Refused:
    """Read an order as the API does, and book it."""
    try:
        order = OrderBody.model_validate(body).to_domain(order_id)
        return order, book(order)
    except ValidationError as wrong:
        return Refused("validation_failed", wrong.errors()[0]["msg"])
    except RefundRejected as refused:
        return Refused(refused.code, str(refused))


def take_back(order: Order, sale: Sale, parts: Parts, policy: Policy) -> Came:
    """Refund these parts one after the other; everything together is to be what was paid, and each its explanation."""
    counter = _Counter(order, sale, policy)
    for part in parts:
        counter.refund(part)
    totals = tuple(each.total.minor_units for each in counter.settled)
    return Came(totals, counter.apart + _apart_at_the_end(counter), counter.explained)


class _Counter:
    """Where a basket's refunds are asked for, settled and paid, each before the next one."""

    def __init__(self, order: Order, sale: Sale, policy: Policy) -> None:
        self.position = OrderPosition(order, sale, ())
        self.settled: list[Settlement] = []
        self.apart = 0
        self.explained = 0
        self._policy = policy

    def refund(self, lines: Sequence[LineRequest]) -> None:
        """Quote, then settle what was claimed, as it is claimed again once the refund is approved; and pay it."""
        position, paid_at = self.position, self.position.order.paid_at
        assert paid_at is not None
        terms, given = Terms(REASON, None, paid_at + A_DAY), (self._policy, self._customer(), self._entitlements())
        claims = position.claim(lines, REASON)
        quote = settle(position, claims, terms, *given)
        again = tuple(position.line(claim.line_id).claim_again(claim, claim.units.count) for claim in claims)
        refund = work_out(position, again, terms, *given)
        self.apart += abs(quote.total.minor_units - refund.total.minor_units)
        self.apart += int(replace(quote, explanations=()) != refund) + _wrongly_explained(quote, refund)
        self.explained += len(quote.explanations)
        paid = tuple(replace(claim, state=ClaimState.PAID) for claim in refund.claims)
        payouts = tuple((each.payment.payment_id, each.amount) for each in refund.payouts)
        live = refund.as_live(f"r{len(self.settled)}", paid, payouts)
        self.position = replace(position, refunds=(*position.refunds, live))
        self.settled.append(refund)

    def _customer(self) -> CustomerPosition:
        order, sale, position = self.position.order, self.position.sale, self.position
        assert order.paid_at is not None
        before = (GoodsRefund(order.paid_at, position.goods_refunded),) if position.goods_refunded else ()
        this = Purchase(order.order_id, order.paid_at, sale.goods_paid, before, position.is_fully_returned(), ())
        return CustomerPosition((this,), (), (), Wallet(0, Money.zero(order.currency)))

    def _entitlements(self) -> SettledEntitlements:
        names = self.position.order.names(DiscountSource.COUPON)
        return SettledEntitlements(tuple(UsedCoupon(name, True, False, None, False) for name in names))


def _wrongly_explained(quote: Settlement, refund: Settlement) -> int:
    """How far formulas are from their figures, and the explained figures from what is refunded, in cents."""
    apart = 0
    explained = {(each.figure, each.subject): each for each in quote.explanations}
    for each in quote.explanations:
        if each.formula:
            apart += abs(calculate(each.formula, {one.name: one.value for one in each.inputs}) - each.result)
    apart += abs(explained[Figure.TOTAL, ""].result - refund.total.minor_units)
    for claim in refund.claims:
        apart += abs(explained[Figure.LINE, claim.line_id].result - claim.amount.minor_units)
    for tender in refund.payouts:
        apart += abs(explained[Figure.PAYOUT, tender.payment.payment_id].result - tender.amount.minor_units)
    return apart


def _apart_at_the_end(counter: _Counter) -> int:
    """By line, by payment, in all; and each coupon is back once, with the last unit (rule 13)."""
    position, settled = counter.position, counter.settled
    apart = sum(abs(left.minor_units) for _, left in position.payments_left)
    for line in position.sale.lines:
        back = sum(claim.amount.minor_units for one in settled for claim in one.claims if claim.line_id == line.line_id)
        apart += abs(line.paid.minor_units - back)
    apart += abs(position.order.captured.minor_units - sum(one.total.minor_units for one in settled))
    back_at = [
        (place, each.coupon_id)
        for place, one in enumerate(settled, 1)
        for each in one.coupons
        if each.outcome is CouponOutcome.REINSTATED
    ]
    names = position.order.names(DiscountSource.COUPON)
    return apart + int(back_at != [(len(settled), name) for name in names]) + int(not position.is_fully_returned())
