"""How a figure came about: the rule, what went into it, and the arithmetic."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

POINTS = "points"
UNITS = "units"
THOUSANDTHS = "thousandths"
"""Steps of what is measured; `about` of the input says in which unit (rule 48)."""

BASIS_POINTS = "bp"


class Figure(StrEnum):
    """What is explained; `subject` of the explanation says which one."""

    LINE = "line"
    SHIPPING = "shipping"
    SHIPPING_TAX = "shipping_tax"
    SHIPMENT = "shipment"
    FEE = "fee"
    EXTRA = "extra"
    DEDUCTION = "deduction"
    DEDUCTION_RETURNED = "deduction_returned"
    INTEREST = "interest"
    OVERPAID = "overpaid"
    PAID_AFTER_ALL = "paid_after_all"
    OWED = "owed"
    RELEASED = "released"
    TOTAL = "total"
    PAYOUT = "payout"
    CONVERTED = "converted"
    STORE_CREDIT_BONUS = "store_credit_bonus"
    POINTS_RESTORED = "points_restored"
    POINTS_CLAWED_BACK = "points_clawed_back"
    POINTS_SHORTFALL = "points_shortfall"
    COUPON = "coupon"
    CAMPAIGN = "campaign"
    EXCLUSIVE_DISCOUNT = "exclusive_discount"
    GIFT = "gift"
    TIER = "tier"


class Phrase(StrEnum):
    """One sentence each; a language is a file with a text for every phrase."""

    LINE = "line"
    LINE_REPRICED = "line_repriced"
    LINE_NOTHING_OFF = "line_nothing_off"
    LINE_MEASURED = "line_measured"
    LINE_MEASURED_NOTHING_OFF = "line_measured_nothing_off"
    ADJUSTMENT = "adjustment"
    LINE_LOST = "line_lost"
    SHIPPING_INCLUDED = "shipping.merchant_includes_it"
    SHIPPING_GIVEN = "shipping.given"
    SHIPPING_BY_PARCEL = "shipping.by_parcel"
    SHIPPING_OF_NO_PARCEL = "shipping.of_no_parcel"
    SHIPPING_FIRST_UNITS = "shipping.first_units"
    SHIPPING_FULL_RETURN = "shipping.full_return"
    SHIPPING_LEFT_OUT = "shipping.merchant_leaves_it_out"
    SHIPPING_NO_UNITS = "shipping.no_units"
    SHIPPING_NOT_COMPLETE = "shipping.not_complete"
    SHIPPING_NEVER = "shipping.never"
    SHIPPING_EXTERNAL = "shipping.external"
    SHIPPING_TAX = "shipping_tax"
    SHIPMENT_INCLUDED = "shipment.merchant_includes_it"
    SHIPMENT_GIVEN = "shipment.given"
    SHIPMENT_FIRST_UNITS = "shipment.first_units"
    SHIPMENT_FULL_RETURN = "shipment.full_return"
    SHIPMENT_LEFT_OUT = "shipment.merchant_leaves_it_out"
    SHIPMENT_NO_UNITS = "shipment.no_units"
    SHIPMENT_NOT_COMPLETE = "shipment.not_complete"
    SHIPMENT_NEVER = "shipment.never"
    EXTRA_GIVEN = "extra.given"
    EXTRA_ALWAYS = "extra.always"
    EXTRA_MERCHANT_FAULT = "extra.merchant_fault"
    EXTRA_UNSHIPPED = "extra.unshipped"
    EXTRA_IN_PROPORTION = "extra.in_proportion"
    EXTRA_LAST_GOODS = "extra.last_goods"
    EXTRA_NO_GOODS = "extra.no_goods"
    EXTRA_NOT_AT_FAULT = "extra.not_at_fault"
    EXTRA_SHIPPED = "extra.shipped"
    EXTRA_NEVER = "extra.never"
    EXTRA_EXTERNAL = "extra.external"
    FEE_RESTOCKING = "fee.restocking"
    FEE_RETURN_SHIPPING = "fee.return_shipping"
    FEE_WITHHELD = "fee.withheld"
    DEDUCTION_CAMPAIGN_REWARD = "deduction.campaign_reward"
    DEDUCTION_GRANTED_COUPON = "deduction.granted_coupon"
    DEDUCTION_GRANTED_COUPON_PART = "deduction.granted_coupon_part"
    DEDUCTION_GRANTED_CREDIT = "deduction.granted_credit"
    DEDUCTION_POINTS_SHORTFALL = "deduction.points_shortfall"
    DEDUCTION_MISSING_GIFT = "deduction.missing_gift"
    DEDUCTION_RETURNED = "deduction_returned"
    INTEREST = "interest"
    INTEREST_EXTERNAL = "interest_external"
    OVERPAID = "overpaid"
    PAID_AFTER_ALL = "paid_after_all"
    OWED = "owed"
    RELEASED = "released"
    TOTAL = "total"
    PAYOUT_PROPORTIONAL = "payout.proportional"
    PAYOUT_IN_ORDER = "payout.in_order"
    PAYOUT_TO_CREDIT = "payout.to_credit"
    PAYOUT_TO_ACCOUNT = "payout.to_account"
    PAYOUT_TO_RECEIVER = "payout.to_receiver"
    PAYOUT_EXTERNAL = "payout.external"
    PAYOUT_LOST = "payout.lost"
    PAYOUT_TOO_OLD_CREDIT = "payout.too_old_credit"
    PAYOUT_TOO_OLD_HOLD = "payout.too_old_hold"
    PAYOUT_TOO_MANY_CREDIT = "payout.too_many_credit"
    PAYOUT_TOO_MANY_HOLD = "payout.too_many_hold"
    CONVERTED = "converted"
    STORE_CREDIT_BONUS = "store_credit_bonus"
    CONVERTED_EXTERNAL = "converted_external"
    POINTS_RESTORED = "points_restored"
    POINTS_CLAWED_BACK = "points_clawed_back"
    POINTS_CLAWED_BACK_LOTS = "points_clawed_back_lots"
    POINTS_CLAWED_BACK_LAST = "points_clawed_back_last"
    POINTS_CLAWED_BACK_NONE = "points_clawed_back_none"
    POINTS_KEPT = "points_kept"
    POINTS_DEDUCTED = "points_deducted"
    POINTS_FORGIVEN = "points_forgiven"
    COUPON_REINSTATED = "coupon.reinstated"
    COUPON_USE_REINSTATED = "coupon.use_reinstated"
    COUPON_RESIDUAL = "coupon.residual"
    COUPON_KEPT = "coupon.kept"
    COUPON_KEPT_ELSEWHERE = "coupon.kept_elsewhere"
    COUPON_REVOKED = "coupon.revoked"
    COUPON_VALUE_DEDUCTED = "coupon.value_deducted"
    COUPON_PART_DEDUCTED = "coupon.part_deducted"
    CAMPAIGN_CONFIRMED = "campaign.confirmed"
    CAMPAIGN_REOPENED = "campaign.reopened"
    CAMPAIGN_WITHDRAWN = "campaign.withdrawn"
    CAMPAIGN_UNCHANGED = "campaign.unchanged"
    EXCLUSIVE_REINSTATED = "exclusive_discount.reinstated"
    EXCLUSIVE_KEPT = "exclusive_discount.kept"
    EXCLUSIVE_KEPT_ELSEWHERE = "exclusive_discount.kept_elsewhere"
    GIFT_KEPT = "gift.kept"
    GIFT_RETURNED = "gift.returned"
    GIFT_VALUE_DEDUCTED = "gift.value_deducted"
    GIFT_FORGIVEN = "gift.forgiven"
    TIER_SAME = "tier.same"
    TIER_FALLS = "tier.falls"
    TIER_FALLS_LATER = "tier.falls_later"


class Part(StrEnum):
    """What a sentence lists: `less` takes away, the others name what is added up."""

    COUPON_SHARE = "coupon"
    POINTS_SHARE = "points"
    CAMPAIGN_SHARE = "campaign"
    EXCLUSIVE_SHARE = "exclusive_discount"
    OTHER_SHARE = "other"
    MORE_SHARES = "more"
    ADJUSTED = "adjusted"
    REPRICED_LESS = "repriced_less"
    REPRICED_PLUS = "repriced_plus"
    GOODS = "goods"
    SHIPPING = "shipping"
    FEE = "fee"
    DEDUCTION = "deduction"
    DEDUCTION_RETURNED = "deduction_returned"
    OF_LINE = "of_line"
    INTEREST = "interest"
    OVERPAID = "overpaid"
    PAID_AFTER_ALL = "paid_after_all"
    NOT_PAID_YET = "not_paid_yet"
    OF_PARCEL = "of_parcel"


class Named(StrEnum):
    """What has an id in the books and a name among people."""

    LINE = "line"
    COUPON = "coupon"
    CAMPAIGN = "campaign"
    EXCLUSIVE_DISCOUNT = "exclusive_discount"
    REASON = "reason"


SUBJECTS = {
    Figure.LINE: Named.LINE,
    Figure.EXTRA: Named.LINE,
    Figure.COUPON: Named.COUPON,
    Figure.CAMPAIGN: Named.CAMPAIGN,
    Figure.EXCLUSIVE_DISCOUNT: Named.EXCLUSIVE_DISCOUNT,
    Figure.GIFT: Named.LINE,
}
"""What the subject of a figure is the id of, where it is one that people know by another name."""

ABOUT_PARTS = {
    Part.COUPON_SHARE: Named.COUPON,
    Part.CAMPAIGN_SHARE: Named.CAMPAIGN,
    Part.EXCLUSIVE_SHARE: Named.EXCLUSIVE_DISCOUNT,
    Part.OF_LINE: Named.LINE,
}
ABOUT_PHRASES = {
    Phrase.DEDUCTION_CAMPAIGN_REWARD: Named.CAMPAIGN,
    Phrase.DEDUCTION_GRANTED_COUPON: Named.COUPON,
    Phrase.DEDUCTION_MISSING_GIFT: Named.LINE,
    Phrase.SHIPPING_FIRST_UNITS: Named.REASON,
    Phrase.SHIPPING_NEVER: Named.REASON,
    Phrase.SHIPMENT_FIRST_UNITS: Named.REASON,
    Phrase.SHIPMENT_NEVER: Named.REASON,
}


@dataclass(frozen=True, slots=True)
class Input:
    """One number that went in; `unit` is a currency in minor units, `points`, `units`, `thousandths` or `bp`.

    An input with a `part` is listed in the sentence by the phrase of that name; `about` says what it belongs to,
    of thousandths in which unit.
    """

    name: str
    value: int
    unit: str
    part: Part | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """`formula` works `result` out of the inputs by their names, with + - * // min() max(); empty for what has none.

    `phrase` names the sentence, `about` is a word that it needs.
    """

    figure: Figure
    subject: str
    rule: int
    phrase: Phrase
    result: int
    unit: str
    formula: str = ""
    inputs: tuple[Input, ...] = ()
    about: str = ""

    @property
    def arithmetic(self) -> str:
        """The formula in figures: 60000 - 5000 - 250 = 54750."""
        values = {each.name: str(each.value) for each in self.inputs}
        worked = re.sub(r"[a-z_]\w*", lambda word: values.get(word[0], word[0]), self.formula)
        return f"{worked} = {self.result}" if worked else ""


def added_up(plus: Iterable[Input], less: Iterable[Input] = ()) -> str:
    """Write the formula that adds some inputs and takes others off."""
    return (" + ".join(each.name for each in plus) or "0") + "".join(f" - {each.name}" for each in less)
