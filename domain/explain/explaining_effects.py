"""Explains what a settlement does beside the money: points, coupons, campaigns, gifts and tiers."""

from collections.abc import Iterator

from domain.campaigns.campaigns import CampaignEffect
from domain.claims.positions import OrderPosition
from domain.entitlements.coupons import CouponEffect, CouponOutcome
from domain.entitlements.exclusive_discounts import ExclusiveOutcome
from domain.entitlements.gifts import GiftEffect, GiftOutcome
from domain.entitlements.grants import GrantEffect, as_coupon
from domain.entitlements.points import earned_by_returned_goods
from domain.entitlements.tiers import TierEffect
from domain.explain.explanations import POINTS, THOUSANDTHS, UNITS, Explanation, Figure, Input, Part, Phrase, added_up
from domain.money.amounts import Money
from domain.policy import EarnedPoints, Policy
from domain.settlement.settlement import Settlement


def explain_effects(settlement: Settlement, position: OrderPosition, policy: Policy) -> Iterator[Explanation]:
    """Explain every effect that the refund has or could have had."""
    yield from _points(settlement, position, policy)
    for coupon in settlement.coupons:
        yield _used_coupon(coupon)
    for grant in settlement.grants:
        if grant.grant.is_coupon and not grant.grant.customer_id:
            yield _granted_coupon(grant)
    for campaign in settlement.campaigns:
        yield _campaign(campaign, settlement.goods)
    for discount in settlement.exclusive_discounts:
        is_back = discount.outcome is ExclusiveOutcome.REINSTATED
        rule, phrase = 26, Phrase.EXCLUSIVE_REINSTATED if is_back else Phrase.EXCLUSIVE_KEPT
        if discount.used_elsewhere:
            rule, phrase = 43, Phrase.EXCLUSIVE_KEPT_ELSEWHERE
        yield Explanation(Figure.EXCLUSIVE_DISCOUNT, discount.discount_id, rule, phrase, 0, UNITS)
    for gift in settlement.gifts:
        yield _gift(gift, position)
    if settlement.tier is not None:
        yield _tier(settlement.tier)


# Points (rules 18 to 20)


def _points(settlement: Settlement, position: OrderPosition, policy: Policy) -> Iterator[Explanation]:
    effect = settlement.points
    if position.order.points_spent:
        spent_on = [(each.line_id, each.points) for each in settlement.claims]
        spent_on += [(each.line_id, each.points) for each in settlement.extras]
        lines = tuple(
            Input(f"points_{place}", points, POINTS, Part.OF_LINE, line_id)
            for place, (line_id, points) in enumerate(spent_on, 1)
            if points
        )
        if settlement.shipping_points:
            lines += (Input("points_shipping", settlement.shipping_points, POINTS, Part.SHIPPING),)
        yield Explanation(
            Figure.POINTS_RESTORED, "", 18, Phrase.POINTS_RESTORED, effect.restored, POINTS, added_up(lines), lines
        )
    if position.order.points_earned:
        yield _clawed_back(settlement, position, policy)
    if effect.deducted or effect.forgiven:
        phrase = Phrase.POINTS_DEDUCTED if effect.deducted else Phrase.POINTS_FORGIVEN
        inputs = (
            Input("clawed_back", effect.clawed_back, POINTS),
            Input("restored", effect.restored, POINTS),
            Input("balance", effect.from_balance - effect.restored, POINTS),
        )
        short = effect.deducted + effect.forgiven
        yield Explanation(
            Figure.POINTS_SHORTFALL, "", 20, phrase, short, POINTS, "clawed_back - restored - balance", inputs
        )


def _clawed_back(settlement: Settlement, position: OrderPosition, policy: Policy) -> Explanation:
    """In proportion to the goods returned so far, less what earlier refunds took; a full return takes the rest."""
    result = settlement.points.clawed_back
    earned = Input("earned", position.order.points_earned, POINTS)
    before = Input("before", position.points_clawed_back, POINTS)
    if policy.earned_points is EarnedPoints.KEEP:
        return Explanation(Figure.POINTS_CLAWED_BACK, "", 19, Phrase.POINTS_KEPT, result, POINTS, "0", (earned,))
    if not position.undoes_more(settlement.claims):
        phrase = Phrase.POINTS_CLAWED_BACK_NONE
        return Explanation(Figure.POINTS_CLAWED_BACK, "", 19, phrase, result, POINTS, "0", (earned,))
    if position.order.earned_lots:
        return _clawed_back_by_lots(settlement, position, before)
    if settlement.completes_order:
        phrase, formula = Phrase.POINTS_CLAWED_BACK_LAST, "max(earned - before, 0)"
        return Explanation(Figure.POINTS_CLAWED_BACK, "", 19, phrase, result, POINTS, formula, (earned, before))
    (goods,) = earned_by_returned_goods(position, settlement.claims)
    currency = position.sale.currency
    inputs = (earned, Input("returned", goods.part, currency), Input("sold", goods.whole, currency), before)
    formula = "max(earned * returned // sold - before, 0)" if goods.whole else "0"
    return Explanation(Figure.POINTS_CLAWED_BACK, "", 19, Phrase.POINTS_CLAWED_BACK, result, POINTS, formula, inputs)


def _clawed_back_by_lots(settlement: Settlement, position: OrderPosition, before: Input) -> Explanation:
    """Each lot by its own lines, less what of it ran out; a lot of which all goods are undone goes whole."""
    lots = earned_by_returned_goods(position, settlement.claims, settlement.points.ran_out)
    inputs, terms, currency = [before], list[str](), position.sale.currency
    for place, each in enumerate(lots, 1):
        if not each.due:
            continue
        inputs.append(Input(f"earned_{place}", each.lot.points, POINTS))
        term = f"earned_{place}"
        if each.share != each.lot.points:
            term = f"earned_{place} * returned_{place} // sold_{place}"
            inputs += [Input(f"returned_{place}", each.part, currency), Input(f"sold_{place}", each.whole, currency)]
        if each.ran_out:
            term = f"max({term} - ran_out_{place}, 0)"
            inputs.append(Input(f"ran_out_{place}", each.ran_out, POINTS))
        terms.append(term)
    phrase, result = Phrase.POINTS_CLAWED_BACK_LOTS, settlement.points.clawed_back
    formula = f"max({' + '.join(terms)} - before, 0)" if terms else "0"
    return Explanation(Figure.POINTS_CLAWED_BACK, "", 19, phrase, result, POINTS, formula, tuple(inputs))


# Coupons (rules 13, 15, 16 and 45)


def _used_coupon(effect: CouponEffect) -> Explanation:
    amount = Input("share", effect.amount.minor_units, effect.amount.currency)
    rule, phrase = 15 if effect.amount else 13, Phrase(f"coupon.{effect.outcome}")
    if effect.used_elsewhere:
        rule, phrase = 43, Phrase.COUPON_KEPT_ELSEWHERE
    elif effect.counts_uses and effect.outcome is CouponOutcome.REINSTATED:
        phrase = Phrase.COUPON_USE_REINSTATED
    return Explanation(Figure.COUPON, effect.coupon_id, rule, phrase, amount.value, amount.unit, "share", (amount,))


def _granted_coupon(grant: GrantEffect) -> Explanation:
    effect = as_coupon(grant)
    value = Input("value", effect.amount.minor_units, effect.amount.currency)
    is_part = effect.outcome is CouponOutcome.KEPT and bool(effect.amount)
    phrase = Phrase.COUPON_PART_DEDUCTED if is_part else Phrase(f"coupon.{effect.outcome}")
    return Explanation(Figure.COUPON, effect.coupon_id, 16, phrase, value.value, value.unit, "value", (value,))


# Campaigns, gifts, tiers (rules 23, 27 and 28)


def _campaign(effect: CampaignEffect, goods: Money) -> Explanation:
    currency = goods.currency
    inputs = (
        Input("spend_before", effect.spend_before.minor_units, currency),
        Input("refunded", (effect.spend_before - effect.spend_after).minor_units, currency),
    )
    return Explanation(
        Figure.CAMPAIGN,
        effect.campaign_id,
        23,
        _standing_phrase(effect),
        effect.spend_after.minor_units,
        currency,
        added_up(inputs[:1], inputs[1:]),
        inputs,
    )


def _standing_phrase(effect: CampaignEffect) -> Phrase:
    if effect.qualified_before and not effect.qualified_after:
        return Phrase.CAMPAIGN_WITHDRAWN
    if effect.participation_restored:
        return Phrase.CAMPAIGN_CONFIRMED if effect.qualified_before else Phrase.CAMPAIGN_REOPENED
    return Phrase.CAMPAIGN_UNCHANGED


def _gift(effect: GiftEffect, position: OrderPosition) -> Explanation:
    line, currency = position.sale.line(effect.line_id), effect.value.currency
    is_of_each = line.gift_value is not None and line.measure is None
    value = line.gift_value if line.gift_value is not None and is_of_each else line.worth_of(effect.units)
    unit, about = (UNITS, "") if line.measure is None else (THOUSANDTHS, line.measure.unit)
    inputs = (
        Input("value", value.minor_units, currency),
        Input("quantity", effect.units.count, unit, about=about),
        Input("paid", line.price_of(effect.units).minor_units, currency),
    )
    is_deducted = effect.outcome is GiftOutcome.VALUE_DEDUCTED
    worth = "value * quantity" if is_of_each else "value"
    formula = f"max({worth} - paid, 0)" if is_deducted else "0"
    phrase = Phrase(f"gift.{effect.outcome}")
    return Explanation(Figure.GIFT, effect.line_id, 27, phrase, effect.value.minor_units, currency, formula, inputs)


def _tier(effect: TierEffect) -> Explanation:
    phrase = Phrase.TIER_SAME if effect.before == effect.after else Phrase.TIER_FALLS
    if effect.falls_at is not None:
        phrase = Phrase.TIER_FALLS_LATER
    last = effect.after if effect.falls_at is None else effect.becomes
    subject = f"{effect.before or '–'} → {last or '–'}"
    about = effect.falls_at.date().isoformat() if effect.falls_at else ""
    return Explanation(Figure.TIER, subject, 28, phrase, 0, UNITS, about=about)
