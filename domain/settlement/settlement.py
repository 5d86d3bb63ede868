"""One refund in figures: what was asked for, and what it comes to and gives back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.campaigns.campaigns import CampaignEffect, GrantedReward, RewardTakeBack
from domain.claims.claims import Claim
from domain.claims.extras import ExtraBack
from domain.claims.live_refunds import LiveRefund
from domain.claims.reasons import Reason
from domain.claims.shipping import ShippingBack
from domain.entitlements.coupons import CouponEffect, CouponOutcome, UsedCoupon
from domain.entitlements.elsewhere import Home, LivesElsewhere
from domain.entitlements.exclusive_discounts import ExclusiveEffect
from domain.entitlements.gifts import GiftEffect
from domain.entitlements.grants import Grant, GrantEffect, as_coupon, grants_taken, others_with
from domain.entitlements.points import PointsEffect
from domain.entitlements.tiers import TierEffect
from domain.explain.explanations import Explanation
from domain.money.amounts import Money
from domain.payout.choice import RefundTo
from domain.payout.external import ExternalPayout
from domain.payout.limits import PaymentAtProvider
from domain.payout.owed import Lessened, PaymentPart
from domain.payout.tenders import Tender
from domain.sale.shipments import Shipment
from domain.sale.units import Units
from domain.settlement.deductions import Deduction, DeductionKind
from domain.settlement.fees import Fee, FeeTerms


@dataclass(frozen=True, slots=True)
class Terms:
    """What was asked for beside the lines, and how the goods came back.

    `include_shipping` is the merchant's outright word, or None. `lesser` says how many units of which lines were
    accepted in a lesser condition, `agreed_fees` what the customer was quoted (None: this is the quote). `extras` is
    what was asked for outright of lines that are no units, `was_sent` says whether anything of the order had been sent
    when the refund was asked for, None: as it is now (rule 47). Reasons are what was said stands for (rule 55):
    `reason` for all lines but those in `line_reasons`, which have their own. `external` is what went back elsewhere
    already, None where makewhole pays (rule 51). `shipments` are the order's as they were known then, `shipping_amount`
    is what a merchant gives back of the shipping, None: as the policy says (rule 49). `refund_to` is where the customer
    wants the money, `agreed_bonus_bp` the rate on credit that they were quoted (None: this is the quote, rule 54).
    `beneficiary` is the customer who got it as a gift and has the credit; None: who bought it (rule 56).
    `paid_after_all`: it is for what was paid although earlier refunds had taken it off what was to be paid (rule 50),
    `paid_less`: for what returned units paid less for money that was given up after all (rules 5 and 52).
    `at_providers` is what was known then of those payments of which a provider limits the refunds (rule 11).
    """

    reason: Reason
    include_shipping: bool | None
    at: datetime
    goods_come_back: bool = False
    lesser: tuple[tuple[str, int], ...] = ()
    agreed_fees: FeeTerms | None = None
    line_reasons: tuple[tuple[str, Reason], ...] = ()
    extras: tuple[tuple[str, Money], ...] = ()
    was_sent: bool | None = None
    external: ExternalPayout | None = None
    shipments: tuple[Shipment, ...] = ()
    shipping_amount: Money | None = None
    refund_to: RefundTo = RefundTo.ORIGINAL
    agreed_bonus_bp: int | None = None
    beneficiary: str | None = None
    paid_after_all: bool = False
    paid_less: bool = False
    at_providers: tuple[PaymentAtProvider, ...] = ()

    def reasons_of(self, claims: Iterable[Claim]) -> list[Reason]:
        """Say for each claim what its reason stands for; where there is none, what that of the refund does."""
        own = dict(self.line_reasons)
        return [own.get(claim.line_id, self.reason) for claim in claims] or [self.reason]

    def chargeable(self, claims: Sequence[Claim]) -> tuple[Claim, ...]:
        """Pick the claims that are asked for because the customer changed their mind (rules 9 and 55)."""
        reasons = self.reasons_of(claims)
        return tuple(each for each, reason in zip(claims, reasons, strict=False) if not reason.is_merchants_fault)


@dataclass(frozen=True, slots=True)
class SettledEntitlements:
    """What the order used and granted that is not taken care of yet.

    `discounts_used_elsewhere` are those of its exclusive discounts that other orders of the customer use as well.
    `points_ran_out` says of each lot that the order earned how many of its points ended unspent; empty: of none.
    `credit_of_others` is what somebody else whom the order granted something has, less what other refunds hold.
    """

    coupons: tuple[UsedCoupon, ...] = ()
    grants: tuple[Grant, ...] = ()
    exclusive_discounts: tuple[str, ...] = ()
    discounts_used_elsewhere: tuple[str, ...] = ()
    points_ran_out: tuple[int, ...] = ()
    credit_of_others: tuple[tuple[str, Money], ...] = ()

    @property
    def others(self) -> tuple[str, ...]:
        """The customers, other than the refund's, who have something that the order granted."""
        return others_with(self.grants)


@dataclass(frozen=True, slots=True)
class Settlement:
    """One refund in figures, whose `total` is never below zero.

    It is goods + extras + shipping + interest + overpaid + paid after all + deductions returned − fees − deductions −
    lessened.

    `deductions_returned` is what comes back of earlier refunds' deductions; `owed` of one is no longer owed (rule 45).
    `shipping_points` are those of the points restored that had paid for shipping.
    `shipping_parts` says what of the shipping is for which parcel, empty where they cost nothing by themselves.
    `owed_later` is what was still there when this was settled and was spent before it could be taken (rule 42).
    `lessened` is taken off what was not paid yet, `interest` comes back for the lines `at_fault`, and `overpaid` with
    the last unit (rule 50). `credit_bonus` is credit on top of `total`, for what goes to credit by choice (rule 54).
    `paid_after_all` is what earlier refunds had lessened and was paid all the same. `elsewhere` are the entitlements
    whose systems are told what follows.
    """

    claims: tuple[Claim, ...]
    shipping: Money
    shipping_tax: Money
    fees: tuple[Fee, ...]
    deductions: tuple[Deduction, ...]
    total: Money
    payouts: tuple[Tender, ...]
    points: PointsEffect
    coupons: tuple[CouponEffect, ...]
    grants: tuple[GrantEffect, ...]
    campaigns: tuple[CampaignEffect, ...]
    take_backs: tuple[RewardTakeBack, ...]
    exclusive_discounts: tuple[ExclusiveEffect, ...]
    gifts: tuple[GiftEffect, ...]
    tier: TierEffect | None
    completes_order: bool
    explanations: tuple[Explanation, ...] = ()
    deductions_returned: tuple[Deduction, ...] = ()
    owed_later: tuple[Deduction, ...] = ()
    extras: tuple[ExtraBack, ...] = ()
    shipping_points: int = 0
    shipping_parts: tuple[ShippingBack, ...] = ()
    lessened: Lessened | None = None
    interest: tuple[PaymentPart, ...] = ()
    overpaid: Money | None = None
    at_fault: tuple[str, ...] = ()
    credit_bonus: Money | None = None
    paid_after_all: Money | None = None
    elsewhere: tuple[Home, ...] = ()

    def system_of(self, kind: LivesElsewhere) -> str | None:
        """Name the merchant's system in which a kind of entitlements lives; None: it is in our books alone."""
        return next((each.system_id for each in self.elsewhere if each.kind is kind), None)

    @property
    def claims_of_units(self) -> tuple[Claim, ...]:
        return tuple(each for each in self.claims if not each.is_adjustment)

    @property
    def comes_to(self) -> Money:
        """What the customer gets by it: what is paid out, and what they no longer owe."""
        return self.total + self.lessened.total if self.lessened else self.total

    @property
    def interest_paid(self) -> Money:
        return Money.total((each.amount for each in self.interest), self.total.currency)

    @property
    def overpaid_back(self) -> Money:
        return self.overpaid or self.total.like(0)

    @property
    def credit_bonus_given(self) -> Money:
        return self.credit_bonus or self.total.like(0)

    @property
    def paid_after_all_back(self) -> Money:
        return self.paid_after_all or self.total.like(0)

    @property
    def goods(self) -> Money:
        return Money.total((claim.amount for claim in self.claims), self.total.currency)

    @property
    def extras_paid(self) -> Money:
        return Money.total((each.amount for each in self.extras), self.total.currency)

    @property
    def gifts_kept(self) -> tuple[tuple[str, Units], ...]:
        """The units of gifts that are the customer's for good from here on, by line."""
        return tuple((gift.line_id, gift.units) for gift in self.gifts if gift.stays_for_good)

    @property
    def residuals(self) -> tuple[tuple[str, Money], ...]:
        """What the new coupons are worth, by the coupon they stand for."""
        return tuple((each.coupon_id, each.amount) for each in self.coupons if each.outcome is CouponOutcome.RESIDUAL)

    def as_live(self, refund_id: str, claims: tuple[Claim, ...], payouts: tuple[tuple[str, Money], ...]) -> LiveRefund:
        """Return what this refund has taken of its order, for the refunds that come after it."""
        return LiveRefund(
            refund_id=refund_id,
            claims=claims,
            shipping=self.shipping,
            shipping_tax=self.shipping_tax,
            points_clawed_back=self.points.clawed_back,
            payouts=payouts,
            gifts_kept=self.gifts_kept,
            residuals=self.residuals,
            grants=grants_taken(self.grants, self.deductions, self.deductions_returned),
            extras=self.extras,
            shipping_points=self.shipping_points,
            lessened=self.lessened,
            interest=self.interest,
            overpaid=self.overpaid,
            at_fault=self.at_fault,
            shipping_parts=self.shipping_parts,
            paid_after_all=self.paid_after_all,
            converted=tuple(
                PaymentPart(each.payment.payment_id, each.converted)
                for each in self.payouts
                if each.converted is not None
            ),
        )

    def deduction_for(self, reward: GrantedReward) -> Deduction | None:
        """Return what was deducted, and is owed, for a campaign's reward that is no longer earned."""
        missing = [each.reward.reward_id for each in self.take_backs if each.missing]
        deducted = [each for each in self.deductions if each.kind is DeductionKind.CAMPAIGN_REWARD]
        return dict(zip(missing, deducted, strict=True)).get(reward.reward_id)

    @property
    def others(self) -> tuple[str, ...]:
        return others_with(each.grant for each in self.grants)

    @property
    def granted_coupons(self) -> tuple[CouponEffect, ...]:
        """What became of the coupons that the order granted its customer; those of others are not theirs to know."""
        return tuple(as_coupon(each) for each in self.grants if each.grant.is_coupon and not each.grant.customer_id)
