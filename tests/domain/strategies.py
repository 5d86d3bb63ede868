"""Whole orders, policies, customers and histories of refunds, for Hypothesis."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from hypothesis import strategies as st

from domain.claims.reasons import Reason
from domain.payout.choice import RefundTo
from domain.payout.limits import PaymentAtProvider, RefundLimits
from domain.policy import Policy, PromotionRefund, ShippingRefund
from domain.sale.disputes import DisputeStatus
from domain.sale.orders import Order
from domain.sale.payments import Payment
from tests.domain.generated_changes import NUMBERS
from tests.domain.generated_customers import read_policy, read_shopper, rewards_of
from tests.domain.generated_orders import read_order
from tests.domain.playing import (
    Adjust,
    ChangeOrder,
    ChangePolicy,
    GiveShipping,
    LoseDispute,
    MoveElsewhere,
    OpenDispute,
    Pay,
    Release,
    Return,
    Settle,
    Spend,
    Step,
    UseCoupon,
    WinDispute,
)
from tests.domain.refund_desk import Desk
from tests.domain.tapes import Tape, read_by

currencies = st.sampled_from(["CNY", "JPY", "KWD"])
reasons = st.sampled_from(Reason)
prices = st.integers(0, 600).map(lambda number: number**3 // 1_000)
"""Minor units from nothing to 216,000, a good part of them only a few."""


def orders() -> st.SearchStrategy[Order]:
    """An order with gifts, discounts of every kind, taxes, and none to three payments; it always balances."""
    return read_by(read_order, 260)


def policies(shipping: ShippingRefund | None = None) -> st.SearchStrategy[Policy]:
    """A policy with every field varied, but for this word on shipping."""
    everything = read_by(read_policy, 59)
    if shipping is None:
        return everything
    return everything.map(lambda policy: replace(policy, shipping_refund=dict.fromkeys(Reason, shipping)))


def desks(promotions: PromotionRefund | None = None) -> st.SearchStrategy[Desk]:
    """An order, a policy and a customer; or with promotions refunded this way."""

    def read(tape: Tape) -> Desk:
        desk = read_desk(tape)
        desk.policy = replace(desk.policy, promotion_refund=promotions or desk.policy.promotion_refund)
        return desk

    return read_by(read, 420)


def desks_without_gifts() -> st.SearchStrategy[Desk]:
    return read_by(lambda tape: read_desk(tape, gift_one_in=0), 420)


def read_desk(tape: Tape, gift_one_in: int = 4) -> Desk:
    order, policy = read_order(tape, gift_one_in=gift_one_in), read_policy(tape)
    shopper = read_shopper(tape, order)
    return Desk(replace(order, rewards=rewards_of(shopper)), policy, shopper)


def read_at_provider(tape: Tape, payment: Payment) -> PaymentAtProvider:
    """A provider that takes so many refunds, or refunds of so many days, and may have had as many."""
    days, most = tape.pick([None, 0, 30, 365]), tape.pick([None, 1, 2, 50])
    return PaymentAtProvider(payment.payment_id, RefundLimits(days, most, tape.pick([None, 60])), tape.up_to(2))


# Histories

StepReader = Callable[[Tape], Step]


def returns(tape: Tape) -> Step:
    """Some units of some lines, with the shipping as the policy says."""
    return Return(_quantities(tape), tape.pick(list(Reason)))


def adjustments(tape: Tape) -> Step:
    return Adjust(tape.up_to(11), max(tape.percent(), 1))


def settlements(tape: Tape) -> Step:
    """Everything that is settled was accepted."""
    return Settle(tape.up_to(11))


def payments(tape: Tape) -> Step:
    return Pay(tape.up_to(11))


def anything_returned(tape: Tape) -> Return:
    shipping, goods_come_back = tape.pick([None, None, None, True, False]), tape.is_one_in(2)
    quantities, reason = _quantities(tape), tape.pick(list(Reason))
    own = tuple(tape.pick([None, *Reason]) for _ in quantities) if tape.is_one_in(3) else ()
    percent = tape.percent() if shipping is None and tape.is_one_in(4) else None
    refund_to = tape.pick([RefundTo.STORE_CREDIT, RefundTo.BANK_TRANSFER, *[RefundTo.ORIGINAL] * 6])
    beneficiary = "receiver" if tape.is_one_in(6) else None
    return Return(quantities, reason, shipping, goods_come_back, own, percent, refund_to, beneficiary)


def _shipping_given(tape: Tape) -> Step:
    return GiveShipping(tape.percent())


def _inspections(tape: Tape) -> Step:
    return Settle(tape.up_to(11), tape.percent(), tape.percent())


def releases(tape: Tape) -> Step:
    return Release(tape.up_to(11))


def _spending(tape: Tape) -> Step:
    return Spend(tape.percent())


def _uses_of_coupons(tape: Tape) -> Step:
    return UseCoupon(tape.up_to(5))


def money_elsewhere(tape: Tape) -> Step:
    """Mostly exactly what one of ours would come to, else less, and now and then more."""
    quantities = _quantities(tape) if tape.is_one_in(2) else ()
    percent = tape.pick([100, 100, 100, max(tape.percent(), 1), 101 + tape.percent()])
    if tape.is_one_in(2):
        return MoveElsewhere(quantities, percent, None)
    interest = tape.percent() if tape.is_one_in(3) else None
    return MoveElsewhere(quantities, percent, tape.up_to(3), tape.is_one_in(2), interest)


def lost_disputes(tape: Tape) -> Step:
    return LoseDispute(tape.up_to(3), max(tape.percent(), 1), tape.is_one_in(2))


def opened_disputes(tape: Tape) -> Step:
    return OpenDispute(tape.up_to(3), max(tape.percent(), 1), tape.pick([DisputeStatus.OPENED, DisputeStatus.WARNING]))


def won_disputes(tape: Tape) -> Step:
    return WinDispute(tape.up_to(3))


def changes_of_order(tape: Tape) -> Step:
    return ChangeOrder(bytes(tape.up_to(255) for _ in range(NUMBERS)))


def changes_of_policy(tape: Tape) -> Step:
    return ChangePolicy(tape.pick(list(PromotionRefund)))


def _quantities(tape: Tape) -> tuple[int, ...]:
    return tuple(tape.up_to(6) for _ in range(4))


AS_SOLD: tuple[StepReader, ...] = (
    anything_returned,
    adjustments,
    _shipping_given,
    settlements,
    _inspections,
    payments,
    releases,
    _spending,
    _uses_of_coupons,
    money_elsewhere,
    lost_disputes,
    won_disputes,
)
UNDER_ONE_POLICY: tuple[StepReader, ...] = (*AS_SOLD, *(changes_of_order,) * 3)
ANYTHING: tuple[StepReader, ...] = (*UNDER_ONE_POLICY, changes_of_policy)


def read_history(tape: Tape, kinds: Sequence[StepReader] = ANYTHING) -> list[Step]:
    """An order that can change does so most often before anything is asked for: then all of it may be another."""
    changes = tape.several(2, changes_of_order) if changes_of_order in kinds else []
    return [*changes, *tape.several(12, lambda tape: tape.pick(kinds)(tape))]


def returns_of_anything() -> st.SearchStrategy[Return]:
    """A request for some units, in any way."""
    return read_by(anything_returned, 20)


def histories(*kinds: StepReader) -> st.SearchStrategy[list[Step]]:
    """Anything that can happen to an order, in any order; or only these kinds of steps."""
    return read_by(lambda tape: read_history(tape, kinds or ANYTHING), 150)
