"""The order detail page: an order with what is left of it, and what became of all that the sale did."""

from typing import Literal, Self

from pydantic import Field, model_validator

from api.schemas.common import Time, Wire
from api.schemas.disputes import DisputeAnswer
from api.schemas.external import ExternalAnswer
from api.schemas.order_parts import LineBody
from api.schemas.orders import OrderBody
from api.schemas.quantities import SaidQuantity
from domain.sale.orders import RewardKind


class LineLeft(Wire):
    """What of a line can still be refunded."""

    line_id: str = Field(description="The line.")
    quantity: SaidQuantity = Field(
        description="How many units, or how much, is left; 0 for a fee or another line that has none."
    )
    amount: int = Field(description="How much money is left of it, in minor units of the order's currency.")


class OrderRefund(Wire):
    """A refund of the order."""

    refund_id: str = Field(description="The refund.")
    status: str = Field(description="Where it stands.")
    total: int = Field(
        description="What it pays back, in minor units of the order's currency; expected until it is settled."
    )
    external: ExternalAnswer | None = Field(
        default=None, description="That its money went back elsewhere (rule 51); null where makewhole pays."
    )


class OrderCoupon(Wire):
    """A coupon that the order used."""

    coupon_id: str = Field(description="The coupon.")
    status: str = Field(description="Its status now; `unknown` for a coupon that was never stored here.")


class OrderGrant(Wire):
    """What the order granted; `status` of a coupon as its own, of store credit `granted` or `withdrawn`."""

    kind: RewardKind = Field(description="What was granted.")
    coupon_id: str | None = Field(description="The coupon; null for credit.")
    amount: int | None = Field(description="The credit, in minor units of the order's currency; null for a coupon.")
    status: str = Field(description="A coupon's own status, or `granted` or `withdrawn` for credit.")


class OrderExclusiveDiscount(Wire):
    """An exclusive discount that the order used."""

    id: str = Field(description="The discount.")
    status: Literal["active", "used"] = Field(description="`used`, or `active` once it was given back.")


class OrderGift(Wire):
    """`left` units are still with the customer and may have to come back."""

    line_id: str = Field(description="The gift's line.")
    quantity: SaidQuantity = Field(description="How many units came with it.")
    left: SaidQuantity = Field(description="How many are still with the customer and may have to come back.")


class Entitlements(Wire):
    """What the sale did beside the money, and how it stands now."""

    coupons: list[OrderCoupon] = Field(description="Coupons it used.")
    grants: list[OrderGrant] = Field(description="What it granted.")
    exclusive_discounts: list[OrderExclusiveDiscount] = Field(description="Exclusive discounts it used.")
    gifts: list[OrderGift] = Field(description="Gifts that came with it.")
    points_spent: int = Field(description="Points that were spent on it.")
    points_restored: int = Field(description="How many of them came back so far.")
    points_earned: int = Field(description="Points it earned.")
    points_clawed_back: int = Field(description="How many of them were taken back so far.")


class LeftToCapture(Wire):
    """A payment that is not captured; refunds are never paid out of it."""

    payment_id: str = Field(description="The payment.")
    amount: int = Field(description="What refunds leave to capture of it, in minor units of the order's currency.")


Ignored = Literal["older_snapshot"]


class EarlierVersion(Wire):
    """A version of the order that a later one has replaced (rule 57)."""

    version: int = Field(description="Its number; the first is 1. `GET` with `version` reads it.")
    updated_at: Time | None = Field(description="When the merchant's system made it, as it said; null if it did not.")
    replaced_at: Time = Field(description="When the next version arrived.")


class OrderAnswer(OrderBody):
    """The order as pushed, with what is left of it; nothing is refundable before it is paid.

    An answer that would get too long has pages, joined by `next_lines`: lines come first, each with what is left of it
    and with its gift, then discounts, rewards, refunds and entitlements. Each of them is on one page.
    """

    lines: list[LineBody] = Field(description="What was sold; where there are very many, a page of them.")

    order_id: str = Field(description="The order's name.")
    version: int = Field(description="Which version of the order this is: each time it is sold differently counts.")
    earlier_versions: list[EarlierVersion] = Field(
        default_factory=list, description="The versions that others have replaced, the newest first, at most 100."
    )
    ignored: Ignored | None = Field(
        default=None, description="Why the snapshot just pushed changed nothing: it is older than what is known."
    )
    refundable: list[LineLeft] = Field(description="What is left to refund, line by line; empty before it is paid.")
    suggested_reasons: dict[str, list[str]] | None = Field(
        default=None,
        description="The merchant's own reasons that are suggested for the categories of its lines, by category; under "
        "the empty one those for every category (rule 55). Null in the answer to a `PUT`.",
    )
    owed_left: int = Field(
        default=0,
        description="What is still to be paid of it, after what refunds have taken off, in minor units of the order's "
        "currency (rule 50).",
    )
    paid_after_all: int = Field(
        default=0,
        description="What was paid although refunds had taken it off what was to be paid, and is still to come back, "
        "in minor units of the order's currency. A refund of its own for it is made with the snapshot that says so.",
    )
    to_capture: list[LeftToCapture] = Field(
        default_factory=list,
        description="For each payment that is not captured, what refunds leave to capture of it (rule 50).",
    )
    shipping_left: int = Field(description="Shipping that is left to refund, in minor units of the order's currency.")
    refunds: list[OrderRefund] = Field(description="Its refunds so far, the newest first.")
    disputes: list[DisputeAnswer] = Field(description="The disputes of its payments (rules 46 and 52).")
    entitlements: Entitlements = Field(description="What the sale did beside the money.")
    next_lines: str | None = Field(
        default=None, description="The cursor of the next page of lines and of the other lists; null where all is here."
    )

    @model_validator(mode="after")
    def _says_who_bought(self) -> Self:
        """A guest's order that was given to a customer shows both."""
        return self
