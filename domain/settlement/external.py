"""A refund whose money went back elsewhere: what it is for is fitted to what moved, which is a fact (rule 51)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.claims.claims import Claim, Turns
from domain.claims.extras import ExtraBack
from domain.claims.positions import AS_THEY_COME, LineRequest, OrderPosition
from domain.claims.reasons import Reason
from domain.claims.shipping import ShippingBack
from domain.money.amounts import Money
from domain.payout.external import ExternalPayout
from domain.payout.owed import PaymentPart
from domain.payout.tenders import Tender, spread, with_interest
from domain.policy import Policy, TenderOrder
from domain.refusals import RefundRejected, Refusal
from domain.settlement.deductions import Deduction
from domain.settlement.extras import Named, asked_of, extras_back, lessened
from domain.settlement.fees import Fee, FeeKind
from domain.settlement.owed import overpaid_back
from domain.settlement.repricing import paid_at, priced
from domain.settlement.settlement import Terms
from domain.settlement.shipping import decide_shipping, deciding_reason, is_parted, shipping_back
from domain.settlement.worth import Worth

_FACT = Reason.MERCHANT_BREACH
"""What happened is not refused for what may come back and what may not."""


@dataclass(frozen=True, slots=True)
class ExternalRefund:
    """Money that went back elsewhere, as the merchant tells of it; `lines` None: of everything that is left.

    With `is_loss` the bank took it, and `external_id` is the dispute's (rule 52); `part` counts how often something of
    it was counted, where other refunds had claimed the rest at first. `said_interest` is what the merchant says is
    interest in it, None: nothing. `moved_elsewhere.counted` reads it into the order's currency: then `said` is what was
    said in another one, and `interest` what of which payment's interest is in it.
    """

    external_id: str
    amount: Money
    lines: tuple[LineRequest, ...] | None
    payment_id: str | None
    at: datetime
    note: str = ""
    reason: str = _FACT
    is_loss: bool = False
    said_interest: Money | None = None
    said: Money | None = None
    interest: tuple[PaymentPart, ...] = ()
    part: int = 1

    @property
    def payout(self) -> ExternalPayout:
        return ExternalPayout(self.amount, self.payment_id, self.is_loss, self.interest, self.said)

    @property
    def as_said(self) -> "ExternalRefund":
        """Return it in the words of the merchant, so that the same words are known again."""
        return replace(self, amount=self.said or self.amount, said=None, interest=())


def claim_external(
    position: OrderPosition,
    external: ExternalRefund,
    policy: Policy,
    turns: Mapping[str, Turns] = AS_THEY_COME,
) -> tuple[tuple[Claim, ...], Named]:
    """Claim what an external refund is for, and tell of which lines that are no units.

    `turns` says which units of a line are claimed first, where they came in several parcels (rule 49).

    Without lines it is everything left, if it comes to exactly that; a part of it is money off the lines, by what is
    left of them, then the shipping, then the extras. So is a loss: nothing is returned with it. Raises RefundRejected:
    `line_not_found`, `quantity_not_available`, `amount_not_available`.
    """
    price = external.payout.price
    if external.is_loss:
        claims, named = _off_everything(position, price)
        return tuple(replace(claim, is_loss=True) for claim in claims), named
    if external.lines is None:
        everything = _everything(position, price, policy)
        return everything if everything is not None else _off_everything(position, price)
    claims, named = claim_named(position, external.lines, turns)
    adjusted = _adjusted(claims, price)
    if adjusted.exceeds(price):
        raise not_available(price, f"{adjusted.minor_units} is said to be off its lines")
    return claims, named


def claim_named(
    position: OrderPosition, lines: Sequence[LineRequest], turns: Mapping[str, Turns] = AS_THEY_COME
) -> tuple[tuple[Claim, ...], Named]:
    """Claim lines that are named, and tell of which of them are no units; raises as `claim_external` does."""
    extras = {line.line_id: line for line in position.sale.extras}
    named = tuple(
        (each.line_id, asked_of(position, extras[each.line_id], each)) for each in lines if each.line_id in extras
    )
    units = [each for each in lines if each.line_id not in extras]
    return (position.claim(units, _FACT, turns=turns) if units else ()), named


def fit(position: OrderPosition, claims: tuple[Claim, ...], terms: Terms, policy: Policy) -> Worth:
    """Fit what an external refund claims to what moved: it is worth what one of ours would be (rule 51).

    What moved beyond the goods is for the extras that come with them, then for shipping. Where promotions are
    recalculated, units may have got what was paid for them. What moved less was kept back.

    Raises RefundRejected (`amount_not_available`) where more moved than is left of what is named, or of the payment.
    """
    assert terms.external is not None
    amount, left = terms.external.price, position.shipping_left
    _refuse_beyond_payments(position, terms.external)
    due = priced(position, claims, policy.promotion_refund)
    rest = amount - _worth(due, amount)
    if rest.minor_units < 0:
        return _kept_back(position, due, amount, terms, policy)
    extras: list[ExtraBack] = []
    for each in extras_back(position, claims, terms, policy):
        extras.append(lessened(position, each, each.amount.at_most(rest)))
        rest -= extras[-1].amount
    overpaid = _overpaid(position, claims, terms, rest)
    rest -= overpaid
    shipping = rest.at_most(left)
    rest -= shipping
    if rest:
        due = _paid_in_full(position, claims, due, rest, amount)
    points = _points_of_shipping(position, due, terms, policy, shipping)
    parts = _by_parcel(position, due, terms, policy, shipping)
    tax = Money.total((each.tax for each in parts), amount.currency) if parts else _tax_of_shipping(position, shipping)
    return Worth(due, tuple(extras), shipping, tax, (), overpaid, points, parts)


def spread_external(position: OrderPosition, external: ExternalPayout, order: TenderOrder) -> tuple[Tender, ...]:
    """Say which payment the money went back to; where nobody says, as the policy spreads one of ours (rule 11)."""
    payments_left = with_interest(position.payments_left, external.interest)
    left = [each for each in payments_left if external.payment_id in (None, each[0].payment_id)]
    tenders = spread(external.amount, left, order)
    return tuple(replace(each, converted=external.own) for each in tenders) if external.own else tenders


def let_go(returned: tuple[Deduction, ...]) -> tuple[Deduction, ...]:
    """What earlier refunds had deducted and is not to be any more can't be paid with what moved: it is owed less."""
    return tuple(replace(each, amount=each.amount.like(0), owed=each.amount + each.owed) for each in returned)


def left_on(position: OrderPosition, payment_id: str) -> Money:
    """Return what is left on a payment; nothing where it was not captured."""
    left = (left for payment, left in position.payments_left if payment.payment_id == payment_id)
    return Money.total(left, position.sale.currency)


def countable(position: OrderPosition, amount: Money, payment_id: str) -> Money:
    """Return what of a loss the order was for: no more than is left of that, and of the payment."""
    on_payment = left_on(position, payment_id)
    payable = _payable(position) + position.shipping_left
    extras = (position.extra_left(line).amount for line in position.sale.extras)
    return amount.at_most(on_payment).at_most(payable + Money.total(extras, amount.currency))


def _everything(position: OrderPosition, amount: Money, policy: Policy) -> tuple[tuple[Claim, ...], Named] | None:
    """Claim everything that is left, if it comes to this amount."""
    rest = tuple(claim for line in position.sale.lines for claim in position.line(line.line_id).claim_rest())
    extras = tuple((line.line_id, position.extra_left(line).amount) for line in position.sale.extras)
    beside = position.shipping_left + Money.total((left for _, left in extras), amount.currency)
    everything = _worth(priced(position, rest, policy.promotion_refund), amount) + beside
    return (rest, extras) if amount in (everything, everything + position.overpaid_left) else None


def _off_everything(position: OrderPosition, amount: Money) -> tuple[tuple[Claim, ...], Named]:
    """Take an amount off the lines, by what is left of them; what goes beyond is for the shipping, then the extras."""
    lines = [position.line(line.line_id) for line in position.sale.lines]
    off = amount.at_most(_payable(position))
    shares = off.allocate([line.left.minor_units for line in lines]) if off else []
    claims = tuple(line.claim_amount(share) for line, share in zip(lines, shares, strict=False) if share)
    more = (amount - off - position.shipping_left).not_below_zero()
    named: list[tuple[str, Money]] = []
    for line in position.sale.extras:
        named.append((line.line_id, position.extra_left(line).amount.at_most(more)))
        more -= named[-1][1]
    return claims, tuple(each for each in named if each[1])


def _payable(position: OrderPosition) -> Money:
    """What of the goods' price can go back without units."""
    left = (position.line(line.line_id).left for line in position.sale.lines)
    return Money.total(left, position.sale.currency).at_most(position.goods_payable(()))


def _refuse_beyond_payments(position: OrderPosition, external: ExternalPayout) -> None:
    payments = [left for each, left in position.payments_left if external.payment_id in (None, each.payment_id)]
    left = Money.total(payments, external.amount.currency)
    if external.price.exceeds(left):
        where = "its payments" if external.payment_id is None else f"payment {external.payment_id!r}"
        raise not_available(external.price, f"{left.minor_units} is left on {where} beside interest")


def _kept_back(position: OrderPosition, due: tuple[Claim, ...], amount: Money, terms: Terms, policy: Policy) -> Worth:
    nothing, fee = amount.like(0), _worth(due, amount) - amount
    extras = (lessened(position, each, nothing) for each in extras_back(position, due, terms, policy))
    points = _points_of_shipping(position, due, terms, policy, nothing)
    return Worth(due, tuple(extras), nothing, nothing, (Fee(FeeKind.WITHHELD, fee, fee),), nothing, points)


def _paid_in_full(
    position: OrderPosition, claims: tuple[Claim, ...], due: tuple[Claim, ...], rest: Money, amount: Money
) -> tuple[Claim, ...]:
    goods = _worth(due, amount)
    most = _worth(claims, amount).at_most(position.goods_payable(claims))
    if (goods + rest).exceeds(most):
        most = most if most.exceeds(goods) else goods
        raise not_available(amount, f"{(amount - goods - rest + most).minor_units} is left of what it is for")
    return paid_at(position, claims, goods + rest)


def _points_of_shipping(
    position: OrderPosition, claims: tuple[Claim, ...], terms: Terms, policy: Policy, shipping: Money
) -> int:
    """The points that paid for shipping come back with all that is left of it, or where it would for the units."""
    is_loss = terms.external is not None and terms.external.is_loss
    if shipping != position.shipping_left or is_loss:
        return 0
    moved = [claim for claim in claims if not claim.is_adjustment]
    decision = decide_shipping(
        policy,
        deciding_reason(policy, terms.reasons_of(moved)),
        include_shipping=None,
        moves_units=bool(moved),
        completes_order=position.is_fully_returned(claims),
    )
    return position.shipping_points_left if shipping or decision.is_due else 0


def _overpaid(position: OrderPosition, claims: tuple[Claim, ...], terms: Terms, rest: Money) -> Money:
    """The cents paid too much that are in what is left beside goods and extras: a bank takes them last."""
    if terms.external is not None and terms.external.is_loss:
        return (rest - position.shipping_left).not_below_zero().at_most(position.overpaid_left)
    return overpaid_back(position, completes_order=position.is_fully_returned(claims)).at_most(rest)


def _by_parcel(
    position: OrderPosition, claims: tuple[Claim, ...], terms: Terms, policy: Policy, shipping: Money
) -> tuple[ShippingBack, ...]:
    """Part the shipping over the parcels: first over those of which units moved, then over the others (rule 49).

    Nothing where nobody tells what each parcel cost.
    """
    if not terms.shipments:
        return ()
    parts = shipping_back(position, claims, replace(terms, shipping_amount=shipping), policy)
    return parts if is_parted(parts) else ()


def _tax_of_shipping(position: OrderPosition, shipping: Money) -> Money:
    return position.shipping_tax_left.portion(shipping, position.shipping_left)


def _worth(claims: tuple[Claim, ...], amount: Money) -> Money:
    return Money.total((claim.amount for claim in claims), amount.currency)


def _adjusted(claims: tuple[Claim, ...], amount: Money) -> Money:
    return Money.total((claim.amount for claim in claims if claim.is_adjustment), amount.currency)


def not_available(amount: Money, why: str) -> RefundRejected:
    return RefundRejected(
        Refusal.AMOUNT_NOT_AVAILABLE,
        f"{amount.minor_units} ({amount.currency} minor units) is said to have gone back, {why}",
    )
