"""What past refunds of an order would have come to under another policy, by the functions that settled them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.claims.claims import Claim, ClaimState
from domain.claims.live_refunds import LiveRefund
from domain.claims.returns import refuse_if_too_late
from domain.deadlines import IsClosed
from domain.policy import Policy
from domain.refusals import RefundRejected, Refusal
from domain.sale.orders import Order
from domain.sale.sales import Sale
from domain.settlement.inputs import SettlementInputs
from domain.settlement.settlement import Settlement


@dataclass(frozen=True, slots=True)
class PastRefund:
    """A settled refund with everything it was settled on; `sold` is its order then, None where that is as it is now."""

    refund_id: str
    asked_at: datetime
    basis: SettlementInputs
    settlement: Settlement
    sold: tuple[Order, Sale] | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a refund came to, and what it would have come to; `refusal` where the policy would have refused it."""

    refund_id: str
    before: Settlement
    after: Settlement | None
    refusal: Refusal | None


def replay(
    order: Order, sale: Sale, refunds: Sequence[PastRefund], policy: Policy, is_closed: IsClosed
) -> Iterator[Replayed]:
    """Settle an order's refunds again, in the order in which they were settled.

    Each builds on what the ones before it would have come to. The customer's other orders, points and store credit
    are as they were. `is_closed` knows the days of the policy's country.
    """
    replayed: dict[str, LiveRefund | None] = {}
    for refund in refunds:
        then, sold = refund.sold or (order, sale)
        refusal = _refusal(replace(then, delivered_at=order.delivered_at), sold, refund, policy, is_closed)
        one = refusal or _settle_again(then, sold, refund, policy, replayed)
        replayed[refund.refund_id] = _as_live(refund, one.after)
        yield one


def _refusal(order: Order, sale: Sale, refund: PastRefund, policy: Policy, is_closed: IsClosed) -> Replayed | None:
    if refund.basis.terms.external is not None:
        return None  # it moved, whatever a policy says
    try:
        as_known = replace(order, shipments=refund.basis.terms.shipments)
        refuse_if_too_late(as_known, sale, policy, refund.asked_at, is_closed, refund.basis.claims)
    except RefundRejected as refused:
        return Replayed(refund.refund_id, refund.settlement, None, refused.code)
    return None


def _settle_again(
    order: Order, sale: Sale, refund: PastRefund, policy: Policy, replayed: dict[str, LiveRefund | None]
) -> Replayed:
    others = (
        _as_then(replayed[each.refund_id], each) if each.refund_id in replayed else each
        for each in refund.basis.refunds
    )
    terms = refund.basis.terms
    as_quoted = replace(terms, agreed_bonus_bp=None, agreed_fees=None)  # by the draft: they would have chosen by it
    basis = replace(refund.basis, refunds=tuple(each for each in others if each is not None), terms=as_quoted)
    try:
        after = basis.work_out(order, sale, policy)
    except RefundRejected:
        after = refund.settlement  # it moved, though under this policy less would have been left
    return Replayed(refund.refund_id, refund.settlement, after, None)


def _as_live(refund: PastRefund, settlement: Settlement | None) -> LiveRefund | None:
    """What the next refund of the order would have found; nothing of one that was refused."""
    if settlement is None:
        return None
    payouts = tuple((tender.payment.payment_id, tender.amount) for tender in settlement.payouts)
    return settlement.as_live(refund.refund_id, tuple(_settled(claim) for claim in settlement.claims), payouts)


def _as_then(replayed: LiveRefund | None, known: LiveRefund) -> LiveRefund | None:
    """It was paid by then, or was not yet, as the one that really was: that decides what comes back of a coupon."""
    if replayed is None or not known.is_paid:
        return replayed
    paid = tuple(replace(claim, state=ClaimState.PAID) for claim in replayed.claims)
    return replace(replayed, claims=paid, is_confirmed=known.is_confirmed)


def _settled(claim: Claim) -> Claim:
    return replace(claim, state=ClaimState.SETTLED)
