"""Customers, their points, coupons and campaigns."""

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.common import (
    MOST_MINOR,
    Currency,
    Flag,
    Id,
    Limit,
    Locale,
    Metadata,
    Minor,
    Name,
    Points,
    Text,
    Time,
    Wire,
)
from api.schemas.guests import Contact
from api.schemas.rights import RefundRights
from domain.campaigns.campaigns import CampaignKind
from domain.entitlements.coupons import CouponStatus
from domain.sale.orders import RewardKind

MOST_USES = 10**9


class CustomerBody(Wire):
    """A customer as the merchant knows them."""

    name: Name | None = Field(default=None, description="How they are called; null where nobody said.")
    email: Annotated[Text, Field(max_length=320)] | None = Field(
        default=None, description="Where e-mail goes; null where nobody said."
    )
    phone: Annotated[Text, Field(max_length=40)] | None = Field(
        default=None, description="Where text messages go; null where nobody said."
    )
    locale: Locale = Field(
        default="en", description="the language the customer is told in, as BCP 47 writes it; `zh_CN` is `zh-CN`"
    )
    registered_at: Time | None = Field(
        default=None, description="When they became a customer; the age of the account counts for risk (rule 34)."
    )
    metadata: Metadata = Field(
        default_factory=dict,
        description="The merchant's own keys and values; makewhole keeps them and reads nothing in them.",
    )
    guest_of: list[Contact] = Field(
        default_factory=list,
        max_length=20,
        description="E-mail addresses and phone numbers under which they bought as a guest: orders, refunds, points, "
        "coupons, messages and standing of that guest are theirs from here on, also what the guest buys later. What "
        "was given stays given, whether a later request names it or not.",
        examples=[["a@example.com"]],
    )


class PointsBalance(Wire):
    """`held` is about to be taken back by refunds in flight."""

    balance: int = Field(description="Whole points they have now, below zero where they owe some (rule 20).")
    held: int = Field(description="How many of them refunds under way are about to take back.")


class StoreCredit(Wire):
    """`balance` is in the currency of the customer's newest order; `balances` has them all."""

    balance: int = Field(description="In minor units of `currency`.")
    currency: str | None = Field(description="The currency of their newest order; null while there is none.")
    balances: dict[str, int] = Field(description="The credit in each currency, in minor units.")


class CouponUses(Wire):
    """How a customer uses a coupon that has several uses, or may be used by everybody."""

    uses: int = Field(description="How many of their orders use it now.")
    given_back: int = Field(
        description="How often it came back to them by refunds and was not used again: so often it is kept for them."
    )
    uses_left: int | None = Field(description="How often they can still use it; null: without a limit.")


class CouponAnswer(Wire):
    """A coupon, and how it stands."""

    coupon_id: str = Field(description="The coupon's name.")
    customer_id: str | None = Field(
        description="Whose it is; null: shop-wide, every customer may use it, or a guest's who has no account yet."
    )
    name: str = Field(description="What the customer knows it as.")
    amount: int | None = Field(description="What it takes off, in minor units; null where it is a percentage.")
    rate_bp: int | None = Field(description="What it takes off, in basis points; null where it is an amount.")
    max_amount: int | None = Field(
        description="The most that a percentage takes off, in minor units; null: without a cap."
    )
    currency: str = Field(description="The ISO 4217 currency of its amounts.")
    minimum_spend: int = Field(description="What the goods must come to for it, in minor units.")
    valid_from: Time | None = Field(description="From when it can be used; null: at once.")
    valid_until: Time | None = Field(description="Until when it can be used; null: without an end.")
    reusable_after_refund: bool = Field(
        description="Whether it comes back when everything it was used for is returned (rule 15)."
    )
    max_uses: int | None = Field(description="How many orders can use it in all; null: no limit was said.")
    max_uses_per_customer: int | None = Field(
        description="How many orders of one customer can use it; null: no limit was said."
    )
    uses: int = Field(description="How many orders use it now; what refunds gave back does not count.")
    uses_left: int | None = Field(
        description="How many more orders can use it, uses apart that are kept for whom they came back to; "
        "null: without a limit."
    )
    of_customer: CouponUses | None = Field(
        description="How this customer uses it, or whose it is; null of a shop-wide one that is read by itself."
    )
    status: CouponStatus = Field(
        description="How it stands now; among a customer's coupons, for them. `used`: no use is left."
    )
    held_by: str | None = Field(description="the refund that is about to take it back: don't let it be spent (rule 42)")


class StandingAnswer(Wire):
    """Where the customer stands in a campaign; `uses` is how many orders use it up.

    `qualified`: the threshold is met, the `first_purchase` offer is open, or uses of a `limited` one are left.
    """

    campaign_id: str = Field(description="The campaign.")
    name: str = Field(description="What the customer knows it as.")
    kind: CampaignKind = Field(description="What kind of campaign it is.")
    currency: str = Field(description="The ISO 4217 currency it is counted in.")
    spend: int = Field(description="What counts towards it now, in minor units.")
    qualified: bool = Field(
        description="Whether the threshold is met, the first purchase is still open, or uses are left."
    )
    rewards_held: int = Field(description="How many of its rewards they hold.")
    uses: int = Field(description="How many orders use it up.")


class ExclusiveDiscountAnswer(Wire):
    """An exclusive discount that the customer used or got back."""

    id: str = Field(description="The discount.")
    status: Literal["active", "used"] = Field(description="`used`, or `active` once it was given back.")
    valid_until: Time | None = Field(description="Until when it can be used; null: without an end.")


class CustomerAnswer(CustomerBody):
    """A customer, and everything they have.

    An answer that would get too long has pages, joined by `next_lines`: coupons come first, then campaigns, then
    exclusive discounts. Each of them is on one page.
    """

    customer_id: str = Field(description="The customer's name at the merchant.")
    points: PointsBalance = Field(description="Their points.")
    store_credit: StoreCredit = Field(description="Their store credit.")
    owed: dict[str, int] = Field(description="what could not be deducted from refunds, by currency (rule 10)")
    coupons: list[CouponAnswer] = Field(
        description="Their own coupons, and those shop-wide ones that they used or got back."
    )
    campaigns: list[StandingAnswer] = Field(description="Where they stand in each campaign.")
    exclusive_discounts: list[ExclusiveDiscountAnswer] = Field(description="Their exclusive discounts.")
    tier: str | None = Field(description="Their tier; null where the policy has none.")
    refund_rights: RefundRights = Field(description="Whether they may ask for refunds.")
    next_lines: str | None = Field(
        default=None, description="The cursor of the next page of the lists; null where all is here."
    )


class PointsBody(Wire):
    """Points to add or to take."""

    points: Annotated[int, Field(strict=True, ge=-MOST_MINOR, le=MOST_MINOR)] = Field(
        description="Whole points; below zero takes some."
    )
    note: Text = Field(default="", description="Why, in the merchant's words.")
    expires_at: Time | None = Field(default=None, description="When added points expire. Left out: never.")


class PointsAnswer(Wire):
    """What a customer has after it."""

    customer_id: str = Field(description="The customer.")
    points: PointsBalance = Field(description="Their points.")


class CouponBody(Wire):
    """A coupon as the merchant issues it."""

    customer_id: Id | None = Field(
        default=None, description="Whose it is; it never changes. Left out: shop-wide, every customer may use it."
    )
    name: Name = Field(description="What the customer knows it as.")
    amount: Minor | None = Field(
        default=None, description="What it takes off, in minor units of `currency`. Either this or `rate_bp`."
    )
    rate_bp: Annotated[int, Field(strict=True, ge=1, le=10_000)] | None = Field(
        default=None, description="What it takes off, in basis points of the goods: 1,000 are 10 %."
    )
    max_amount: Annotated[int, Field(strict=True, ge=1, le=MOST_MINOR)] | None = Field(
        default=None, description="The most that `rate_bp` takes off, in minor units. Left out: without a cap."
    )
    max_uses: Annotated[int, Field(strict=True, ge=1, le=MOST_USES)] | None = Field(
        default=None,
        description="How many orders can use it in all. Left out: once, of a customer's coupon without "
        "`max_uses_per_customer`; else without a limit in all.",
    )
    max_uses_per_customer: Annotated[int, Field(strict=True, ge=1, le=MOST_USES)] | None = Field(
        default=None,
        description="How many orders of one customer can use it. Left out: once, of a customer's coupon without "
        "`max_uses`; else as often as `max_uses` allows.",
    )
    currency: Currency = Field(description="The ISO 4217 currency of its amounts.")
    minimum_spend: Minor = Field(default=0, description="What the goods must come to for it, in minor units.")
    valid_from: Time | None = Field(default=None, description="From when it can be used. Left out: at once.")
    valid_until: Time | None = Field(default=None, description="Until when it can be used. Left out: without an end.")
    reusable_after_refund: Flag = Field(
        default=True, description="Whether it comes back when everything it was used for is returned (rule 15)."
    )


class RewardBody(Wire):
    """`amount` in minor units, or whole points."""

    kind: RewardKind = Field(description="What it is.")
    amount: Points = Field(description="In minor units, or whole points.")


class CampaignBody(Wire):
    """A campaign (rule 21). Which fields belong to it depends on its kind."""

    name: Name = Field(description="What the customer knows it as.")
    kind: CampaignKind = Field(description="What kind of campaign it is.")
    starts_at: Time = Field(description="Orders paid from here on count.")
    ends_at: Time = Field(description="Orders paid until here count.")
    currency: Currency | None = Field(
        default=None, description="The ISO 4217 currency it is counted in. Left out: each currency for itself."
    )
    high_value: Flag = Field(
        default=False,
        description=("Whether a customer whose right to refund is suspended gets it back only afterwards (rule 25)."),
    )
    threshold: Minor | None = Field(
        default=None,
        description=(
            "The spend from which it rewards, in minor units. Only of `spend_threshold`, which must have one."
        ),
    )
    reward: RewardBody | None = Field(default=None, description="What it gives for that. Only of `spend_threshold`.")
    repeat: Flag = Field(default=False, description="Whether it rewards each time the threshold is reached.")
    discount: Minor | None = Field(
        default=None, description="What a first purchase gets off, in minor units. Only of `first_purchase`."
    )
    limit_per_customer: Limit | None = Field(
        default=None, description="How many orders of a customer may take part. Only of `limited`, which must have one."
    )
    restore_on_refund: Flag = Field(
        default=True, description="Whether a use comes back when its order is returned (rule 23)."
    )


class CampaignAnswer(CampaignBody):
    """A campaign as it is stored."""

    campaign_id: str = Field(description="The campaign's name.")
