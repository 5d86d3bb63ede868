"""What lives in another system of the merchant's, entitlements or stock, and what that is told of one refund."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from domain.claims.stock import StockDisposition


class LivesElsewhere(StrEnum):
    """What may live in another system than ours."""

    POINTS = "points"
    COUPONS = "coupons"
    CAMPAIGNS = "campaigns"
    GIFT_CARDS = "gift_cards"
    STOCK = "stock"
    PROMOTIONS = "promotions"


@dataclass(frozen=True, slots=True)
class Home:
    """Where one kind of entitlements lives: the merchant's name of the system."""

    kind: LivesElsewhere
    system_id: str


@dataclass(frozen=True, slots=True)
class PointsMoved:
    """`restored` come back to the customer and `taken` are taken off their balance: the two are netted (rule 20)."""

    restored: int
    taken: int
    kind: Literal[LivesElsewhere.POINTS] = LivesElsewhere.POINTS


class CouponMove(StrEnum):
    """`reinstated`: usable again; `residual`: a part, as a new coupon; `revoked`: of what it granted."""

    REINSTATED = "reinstated"
    RESIDUAL = "residual"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class CouponMoved:
    """`amount` is what a residual is worth, in minor units, else zero."""

    coupon_id: str
    outcome: CouponMove
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class CouponsMoved:
    coupons: tuple[CouponMoved, ...]
    kind: Literal[LivesElsewhere.COUPONS] = LivesElsewhere.COUPONS


@dataclass(frozen=True, slots=True)
class CampaignMoved:
    """What a customer's orders come to for a campaign, and whether that is enough, before the refund and after it."""

    campaign_id: str
    spend_before: int
    spend_after: int
    qualified_before: bool
    qualified_after: bool
    participation_restored: bool


@dataclass(frozen=True, slots=True)
class RewardTaken:
    """A reward that is no longer earned: `taken` are points, or minor units of credit or of the coupon's worth."""

    campaign_id: str
    reward: str
    taken: int
    coupon_id: str | None


@dataclass(frozen=True, slots=True)
class CampaignsMoved:
    currency: str
    campaigns: tuple[CampaignMoved, ...]
    rewards: tuple[RewardTaken, ...]
    kind: Literal[LivesElsewhere.CAMPAIGNS] = LivesElsewhere.CAMPAIGNS


@dataclass(frozen=True, slots=True)
class GiftCardMoved:
    """What goes back to a gift card that paid, in minor units; `card` is what the order calls it (`gateway_ref`)."""

    payment_id: str
    card: str
    amount: int
    currency: str
    kind: Literal[LivesElsewhere.GIFT_CARDS] = LivesElsewhere.GIFT_CARDS


@dataclass(frozen=True, slots=True)
class StockLot:
    """Accepted units of a line that become the same at the same place; `quantity` is a decimal, of `unit` or of pieces.

    `word` is the warehouse's own for what becomes of the line.
    """

    line_id: str
    sku: str
    quantity: str
    unit: str | None
    disposition: StockDisposition
    location: str | None
    word: str | None


@dataclass(frozen=True, slots=True)
class StockMoved:
    """What inspection accepted, each unit once; what it rejected goes back to the customer or is written off."""

    lots: tuple[StockLot, ...]
    kind: Literal[LivesElsewhere.STOCK] = LivesElsewhere.STOCK


@dataclass(frozen=True, slots=True)
class LineBack:
    """Units of a line whose sale is undone; decimals, of `unit` or of pieces.

    `quantity` are this refund's, `in_all` those of the refunds that were told before as well, of `ordered` ones.
    """

    line_id: str
    sku: str
    quantity: str
    in_all: str
    ordered: str
    unit: str | None


@dataclass(frozen=True, slots=True)
class UnitsBack:
    """What a refund takes back of its order, for who works out promotions by themselves of the units that are kept."""

    lines: tuple[LineBack, ...]
    kind: Literal[LivesElsewhere.PROMOTIONS] = LivesElsewhere.PROMOTIONS

    def after(self, told: Iterable["UnitsBack"]) -> "UnitsBack":
        """Count in what was told of the same order before."""
        before = [line for each in told for line in each.lines]
        return UnitsBack(tuple(replace(line, in_all=_in_all(line, before)) for line in self.lines))


def _in_all(line: LineBack, before: Iterable[LineBack]) -> str:
    earlier = (Decimal(each.quantity) for each in before if each.line_id == line.line_id)
    return str(sum(earlier, Decimal(line.quantity)))


Effect = PointsMoved | CouponsMoved | CampaignsMoved | GiftCardMoved | StockMoved | UnitsBack


@dataclass(frozen=True, slots=True)
class Instruction:
    """What a system does once, or undoes, however often it is told: `instruction_id` names the intent."""

    instruction_id: str
    merchant_id: str
    refund_id: str
    order_id: str
    customer_id: str
    effect: Effect


def homes(elsewhere: dict[LivesElsewhere, str]) -> tuple[Home, ...]:
    """Return what a policy says lives elsewhere, as a settlement keeps it: a refund under way goes on by it."""
    return tuple(Home(kind, elsewhere[kind]) for kind in LivesElsewhere if kind in elsewhere)


GATEWAY_PREFIX = "elsewhere:"
"""How payouts to gift cards that live elsewhere name their gateway: no account of a merchant's is called so."""


def gateway_of_cards(system_id: str | None) -> str:
    """Name the gateway of gift cards that no provider has: the system where they live, or none."""
    return f"{GATEWAY_PREFIX}{system_id}" if system_id else ""


def system_of_cards(gateway: str) -> str | None:
    """Name the system that a payout's gateway stands for; None where it is a gateway."""
    return gateway.removeprefix(GATEWAY_PREFIX) if gateway.startswith(GATEWAY_PREFIX) else None
