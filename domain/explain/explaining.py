"""Explains the money of a settlement; tests work every formula out again, so none can say otherwise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.claims.claims import Claim
from domain.claims.extras import ExtraBack, ExtraDecision
from domain.claims.positions import OrderPosition
from domain.claims.shipping import ShippingBack
from domain.explain.explaining_currencies import explain_conversions
from domain.explain.explaining_effects import explain_effects
from domain.explain.explaining_owed import explain_beside_the_price, explain_lessened
from domain.explain.explaining_shipping import ShippingGrounds, explain_shipping
from domain.explain.explanations import (
    BASIS_POINTS,
    POINTS,
    THOUSANDTHS,
    UNITS,
    Explanation,
    Figure,
    Input,
    Part,
    Phrase,
    added_up,
)
from domain.payout.choice import RefundTo
from domain.payout.limits import Limit
from domain.payout.tenders import with_interest
from domain.policy import DeclinedTender, Policy, TenderOrder
from domain.sale.orders import Discount, DiscountSource
from domain.sale.sales import SoldLine
from domain.settlement.bonus import bonus_rate_bp, credited
from domain.settlement.deductions import NOT_A_RECEIVERS, DeductionKind
from domain.settlement.extras import goods_with, share_returned
from domain.settlement.fees import Fee, FeeKind, FeeTerms, lesser_goods
from domain.settlement.settlement import Settlement, Terms


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a settlement was worked out from, beside its claims."""

    position: OrderPosition
    terms: Terms
    policy: Policy
    shipping: tuple[ShippingBack, ...]
    fees: FeeTerms


def explain(settlement: Settlement, grounds: Grounds) -> tuple[Explanation, ...]:
    """Explain every line, the shipping, every fee, deduction and payout, the total, and every other effect."""
    return (
        *(_line(claim, grounds) for claim in settlement.claims),
        *explain_shipping(settlement, _of_shipping(grounds)),
        *_extras(settlement, grounds),
        *explain_beside_the_price(settlement, grounds.position, grounds.terms.external),
        *_fees(settlement, grounds),
        *_deductions_returned(settlement),
        *_deductions(settlement, grounds),
        *explain_lessened(settlement, grounds.position),
        _total(settlement),
        *_payouts(settlement, grounds),
        *explain_conversions(settlement, grounds.position, grounds.terms.external),
        *_credit_bonus(settlement, grounds),
        *explain_effects(settlement, grounds.position, grounds.policy),
    )


# Lines (rules 4, 5 and 7)

_PARTS = {
    DiscountSource.COUPON: Part.COUPON_SHARE,
    DiscountSource.POINTS: Part.POINTS_SHARE,
    DiscountSource.CAMPAIGN: Part.CAMPAIGN_SHARE,
    DiscountSource.EXCLUSIVE_DISCOUNT: Part.EXCLUSIVE_SHARE,
    DiscountSource.OTHER: Part.OTHER_SHARE,
}

_NAMED_DISCOUNTS = 10
"""So many discounts of a line are explained one by one, in the order in which they were given; the rest as one sum."""


def _line(claim: Claim, grounds: Grounds) -> Explanation:
    line, currency = grounds.position.sale.line(claim.line_id), claim.amount.currency
    if claim.is_adjustment:
        rule, said = (52, Phrase.LINE_LOST) if claim.is_loss else (5, Phrase.ADJUSTMENT)
        return Explanation(
            Figure.LINE,
            claim.line_id,
            rule,
            said,
            claim.amount.minor_units,
            currency,
            "asked",
            (Input("asked", claim.amount.minor_units, currency),),
        )
    gross = Input("gross", line.gross_of(claim.units).minor_units, currency)
    less = _taken_off(line, claim, grounds)
    repriced = claim.amount.minor_units - gross.value + sum(each.value for each in less)
    rule, phrase = (7, Phrase.LINE_REPRICED) if repriced else _as_sold(line, is_reduced=bool(less))
    plus = [Input("repriced", repriced, currency, Part.REPRICED_PLUS)] if repriced > 0 else []
    less += [Input("repriced", -repriced, currency, Part.REPRICED_LESS)] if repriced < 0 else []
    return Explanation(
        Figure.LINE,
        claim.line_id,
        rule,
        phrase,
        claim.amount.minor_units,
        currency,
        added_up([gross, *plus], less),
        (gross, *less, *plus, *_measured(line, claim)),
    )


def _as_sold(line: SoldLine, *, is_reduced: bool) -> tuple[int, Phrase]:
    if line.measure is not None:
        return 48, Phrase.LINE_MEASURED if is_reduced else Phrase.LINE_MEASURED_NOTHING_OFF
    return 4, Phrase.LINE if is_reduced else Phrase.LINE_NOTHING_OFF


def _measured(line: SoldLine, claim: Claim) -> list[Input]:
    """How much it is of how much, where it was measured."""
    if line.measure is None:
        return []
    quantities = (("measured", claim.units.count), ("sold", line.quantity))
    return [Input(name, count, THOUSANDTHS, about=line.measure.unit) for name, count in quantities]


def _taken_off(line: SoldLine, claim: Claim, grounds: Grounds) -> list[Input]:
    """What each discount took off these units, and the adjustments that they make good."""
    discounts, currency = grounds.position.order.discounts, claim.amount.currency
    shares = [share for share in line.shares_of(claim.units) if share.amount]
    taken = [
        Input(f"discount_{share.discount + 1}", share.amount.minor_units, currency, *_called(share.discount, discounts))
        for share in shares[:_NAMED_DISCOUNTS]
    ]
    if more := shares[_NAMED_DISCOUNTS:]:
        off = sum(share.amount.minor_units for share in more)
        taken.append(Input("more_discounts", off, currency, Part.MORE_SHARES, str(len(more))))
    if claim.absorbed:
        taken.append(Input("adjusted", claim.absorbed.minor_units, currency, Part.ADJUSTED))
    return taken


def _called(place: int, discounts: Sequence[Discount]) -> tuple[Part, str]:
    """How a sentence speaks of a discount; a line below zero is like one without a name."""
    if place >= len(discounts):
        return Part.OTHER_SHARE, ""
    return _PARTS[discounts[place].source], discounts[place].source_id or ""


# Extras (rule 47)


def _extras(settlement: Settlement, grounds: Grounds) -> Iterator[Explanation]:
    extras = zip(settlement.extras, grounds.position.sale.extras, strict=True)
    for back, line in extras:
        formula, inputs = _extra_inputs(back, line, settlement, grounds)
        amount, phrase = back.amount, Phrase(f"extra.{back.decision}")
        rule = 51 if back.decision is ExtraDecision.EXTERNAL else 47
        yield Explanation(
            Figure.EXTRA, back.line_id, rule, phrase, amount.minor_units, amount.currency, formula, inputs
        )


def _extra_inputs(
    back: ExtraBack, line: SoldLine, settlement: Settlement, grounds: Grounds
) -> tuple[str, tuple[Input, ...]]:
    currency, before = back.amount.currency, line.paid - grounds.position.extra_left(line).amount
    inputs = (
        Input("paid", line.paid.minor_units, currency),
        Input("refunded_before", before.minor_units, currency),
    )
    if back.decision in (ExtraDecision.GIVEN, ExtraDecision.EXTERNAL):
        return "asked", (*inputs, Input("asked", back.amount.minor_units, currency))
    if back.decision is ExtraDecision.IN_PROPORTION:
        goods = goods_with(line.bundle_id, grounds.position.sale)
        share = share_returned(grounds.position, settlement.claims, goods)
        shares = Input("returned", share.part, currency), Input("sold", share.whole, currency)
        return "max(paid * returned // sold - refunded_before, 0)", (*inputs, *shares)
    return ("paid - refunded_before" if back.decision.takes_the_rest else "0"), inputs


# Shipping, fees, deductions, total (rules 8 to 10)


def _of_shipping(grounds: Grounds) -> ShippingGrounds:
    return ShippingGrounds(grounds.position, grounds.terms, grounds.policy, grounds.shipping)


def _fees(settlement: Settlement, grounds: Grounds) -> Iterator[Explanation]:
    due = (settlement.goods + settlement.extras_paid + settlement.shipping).minor_units
    for fee in settlement.fees:
        yield _fee(fee, settlement, grounds, due)
        due -= fee.amount.minor_units


def _fee(fee: Fee, settlement: Settlement, grounds: Grounds, due: int) -> Explanation:
    currency = settlement.total.currency
    at_most, left = Input("at_most", fee.at_most.minor_units, currency), Input("due", due, currency)
    inputs: tuple[Input, ...]
    if fee.kind is FeeKind.WITHHELD:
        moved = Input("moved", (settlement.total - settlement.interest_paid).minor_units, currency)
        result = fee.amount.minor_units
        return Explanation(
            Figure.FEE, fee.kind, 51, Phrase.FEE_WITHHELD, result, currency, "due - moved", (moved, left)
        )
    if fee.kind is FeeKind.RESTOCKING:
        chargeable = grounds.terms.chargeable(settlement.claims)
        lesser = lesser_goods(chargeable, grounds.terms.lesser, currency)
        inputs = (
            Input("lesser_goods", lesser.minor_units, currency),
            Input("rate_bp", grounds.fees.restocking_fee_bp, BASIS_POINTS),
        )
        formula, phrase = "min((2 * lesser_goods * rate_bp + 10000) // 20000, due)", Phrase.FEE_RESTOCKING
    else:
        inputs = (Input("fee", grounds.fees.return_shipping_fee, currency),)
        formula, phrase = "min(fee, due)", Phrase.FEE_RETURN_SHIPPING
    return Explanation(
        Figure.FEE, fee.kind, 9, phrase, fee.amount.minor_units, currency, formula, (*inputs, left, at_most)
    )


def _deductions(settlement: Settlement, grounds: Grounds) -> Iterator[Explanation]:
    currency = settlement.total.currency
    due = settlement.comes_to.minor_units + sum(each.amount.minor_units for each in settlement.deductions)
    due = due if grounds.terms.external is None else 0
    kept = {each.grant.name for each in settlement.grants if each.grant.is_coupon and not each.grant.is_used}
    for each in settlement.deductions:
        is_part = each.kind is DeductionKind.GRANTED_COUPON and each.source_id in kept
        missing = each.amount + each.owed
        is_givers = grounds.terms.beneficiary is not None and each.kind in NOT_A_RECEIVERS
        can_take = 0 if is_givers else due
        inputs: tuple[Input, ...] = Input("missing", missing.minor_units, currency), Input("due", can_take, currency)
        if each.kind is DeductionKind.POINTS_SHORTFALL:
            worth = grounds.policy.point_value_in(currency)
            value = Input("point_value", worth.minor_units, currency)
            inputs = (*inputs, Input("points", settlement.points.deducted, POINTS), value)
            inputs += (Input("for_points", worth.points, POINTS),) if worth.points > 1 else ()
        yield Explanation(
            Figure.DEDUCTION,
            f"{each.kind}/{each.source_id}",
            10,
            Phrase.DEDUCTION_GRANTED_COUPON_PART if is_part else Phrase(f"deduction.{each.kind}"),
            each.amount.minor_units,
            currency,
            "min(missing, due)",
            inputs,
            about=each.source_id,
        )
        due -= each.amount.minor_units


def _deductions_returned(settlement: Settlement) -> Iterator[Explanation]:
    currency = settlement.total.currency
    for each in settlement.deductions_returned:
        inputs = (
            Input("taken_before", (each.amount + each.owed).minor_units, currency),
            Input("no_longer_owed", each.owed.minor_units, currency),
        )
        yield Explanation(
            Figure.DEDUCTION_RETURNED,
            f"{each.kind}/{each.source_id}",
            45,
            Phrase.DEDUCTION_RETURNED,
            each.amount.minor_units,
            currency,
            "taken_before - no_longer_owed",
            inputs,
            about=each.source_id,
        )


def _total(settlement: Settlement) -> Explanation:
    currency = settlement.total.currency
    plus = [Input("goods", settlement.goods.minor_units, currency, Part.GOODS)]
    plus += [
        Input(f"extra_{place}", each.amount.minor_units, currency, Part.OF_LINE, each.line_id)
        for place, each in enumerate(settlement.extras, 1)
        if each.amount
    ]
    if settlement.shipping:
        plus.append(Input("shipping", settlement.shipping.minor_units, currency, Part.SHIPPING))
    if settlement.interest_paid:
        plus.append(Input("interest", settlement.interest_paid.minor_units, currency, Part.INTEREST))
    if settlement.overpaid:
        plus.append(Input("overpaid", settlement.overpaid.minor_units, currency, Part.OVERPAID))
    if settlement.paid_after_all:
        back = settlement.paid_after_all.minor_units
        plus.append(Input("paid_after_all", back, currency, Part.PAID_AFTER_ALL))
    plus += [
        Input(f"returned_{place}", each.amount.minor_units, currency, Part.DEDUCTION_RETURNED, each.source_id)
        for place, each in enumerate(settlement.deductions_returned, 1)
        if each.amount
    ]
    less = [
        Input(f"fee_{place}", fee.amount.minor_units, currency, Part.FEE)
        for place, fee in enumerate(settlement.fees, 1)
        if fee.amount
    ]
    less += [
        Input(f"deduction_{place}", each.amount.minor_units, currency, Part.DEDUCTION, each.source_id)
        for place, each in enumerate(settlement.deductions, 1)
        if each.amount
    ]
    if settlement.lessened:
        less.append(Input("not_paid_yet", settlement.lessened.total.minor_units, currency, Part.NOT_PAID_YET))
    total, formula = settlement.total.minor_units, added_up(plus, less)
    return Explanation(Figure.TOTAL, "", 10, Phrase.TOTAL, total, currency, formula, (*plus, *less))


# Payouts (rules 11 and 54)


def _payouts(settlement: Settlement, grounds: Grounds) -> Iterator[Explanation]:
    payments_left = with_interest(grounds.position.payments_left, settlement.interest)
    left = {payment.payment_id: amount.minor_units for payment, amount in payments_left}
    total, currency = settlement.total.minor_units, settlement.total.currency
    backwards = grounds.policy.tender_order is TenderOrder.REVERSE_ORDER
    paid_before = 0
    inputs: tuple[Input, ...]
    for tender in reversed(settlement.payouts) if backwards else settlement.payouts:
        share, on_payment = tender.amount.minor_units, left[tender.payment.payment_id]
        if grounds.policy.tender_order is TenderOrder.PROPORTIONAL:
            phrase, formula = Phrase.PAYOUT_PROPORTIONAL, "total * left // all_left + rounding"
            rounding = share - total * on_payment // sum(left.values())
            inputs = Input("all_left", sum(left.values()), currency), Input("rounding", rounding, currency)
        else:
            phrase, formula = Phrase.PAYOUT_IN_ORDER, "min(total - paid_before, left)"
            inputs = (Input("paid_before", paid_before, currency),)
        rule, external = 11, grounds.terms.external
        if external is not None and external.payment_id is not None:
            rule, phrase, formula, inputs = 51, Phrase.PAYOUT_EXTERNAL, "total", ()
            if external.is_loss:
                rule, phrase = 52, Phrase.PAYOUT_LOST
        elif grounds.terms.beneficiary is not None:
            rule, phrase = 56, Phrase.PAYOUT_TO_RECEIVER
        elif tender.goes_to is not RefundTo.ORIGINAL:
            rule, phrase = 54, _CHOSEN[tender.goes_to]
        elif tender.barred is not None:
            phrase = _BARRED[tender.barred.limit, tender.barred.instead]
            inputs = (*inputs, Input("at_most", tender.barred.at_most, UNITS))
        given = Input("total", total, currency), Input("left", on_payment, currency)
        yield Explanation(
            Figure.PAYOUT,
            tender.payment.payment_id,
            rule,
            phrase,
            share,
            currency,
            formula,
            (*given, *inputs),
            about=tender.payment.method,
        )
        paid_before += share


_CHOSEN = {
    RefundTo.STORE_CREDIT: Phrase.PAYOUT_TO_CREDIT,
    RefundTo.BANK_TRANSFER: Phrase.PAYOUT_TO_ACCOUNT,
}


_BARRED = {
    (Limit.AGE, DeclinedTender.STORE_CREDIT): Phrase.PAYOUT_TOO_OLD_CREDIT,
    (Limit.AGE, DeclinedTender.HOLD): Phrase.PAYOUT_TOO_OLD_HOLD,
    (Limit.COUNT, DeclinedTender.STORE_CREDIT): Phrase.PAYOUT_TOO_MANY_CREDIT,
    (Limit.COUNT, DeclinedTender.HOLD): Phrase.PAYOUT_TOO_MANY_HOLD,
}


def _credit_bonus(settlement: Settlement, grounds: Grounds) -> Iterator[Explanation]:
    if settlement.credit_bonus:
        currency, figure = settlement.total.currency, Figure.STORE_CREDIT_BONUS
        inputs = (
            Input("credited", credited(settlement.payouts, currency).minor_units, currency),
            Input("rate_bp", bonus_rate_bp(grounds.terms, grounds.policy), BASIS_POINTS),
        )
        bonus, formula = settlement.credit_bonus.minor_units, "credited * rate_bp // 10000"
        yield Explanation(figure, "", 54, Phrase.STORE_CREDIT_BONUS, bonus, currency, formula, inputs)
