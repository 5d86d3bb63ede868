"""An order as who bought it may see it."""

from pydantic import Field

from api.schemas.common import Time, Wire
from api.schemas.order_answers import Entitlements
from api.schemas.quantities import SaidQuantity
from api.schemas.reasons import Names
from domain.claims.reasons import Reason
from domain.sale.orders import LineKind, OrderStatus, SoldForGood


class BoughtLineAnswer(Wire):
    """One line, and what of it can still come back."""

    line_id: str = Field(description="The line's name; a request for a refund names it.")
    name: str = Field(description="What the customer knows it as; the article's number where it has no name.")
    kind: LineKind = Field(description="What it is: goods, a service, a fee and so on.")
    quantity: SaidQuantity = Field(description="How many units were bought, or how much.")
    unit: str | None = Field(description="By what it was measured, as kg; null for units.")
    price: int = Field(description="What the line cost before discounts, in minor units of the order's currency.")
    gift: bool = Field(description="Whether it came with the goods for nothing or little.")
    not_returnable_because: SoldForGood | None = Field(
        description="Why it can't be returned for a change of mind; null where it can."
    )
    quantity_left: SaidQuantity = Field(description="How many units, or how much, can still be refunded.")
    amount_left: int = Field(description="How much money is left of it, in minor units of the order's currency.")
    suggested_reasons: list[str] = Field(description="The merchant's own reasons that are suggested for it.")


class PossibleReason(Wire):
    """One reason that can be given."""

    reason: str = Field(description="What a request names it by.")
    stands_for: Reason = Field(description="Which of the four it stands for.")
    name: Names | None = Field(description="What customers read; null for the four, which everybody knows.")


class KnownCoupon(Wire):
    """A coupon that the order used or granted."""

    coupon_id: str = Field(description="The coupon.")
    name: str = Field(description="What it is called.")
    valid_until: Time | None = Field(description="When it ends; null where it does not.")


class OrderPageAnswer(Wire):
    """What a customer reads of an order: what is left of it, and the state of every entitlement.

    Its refunds are listed by `GET /v1/refunds?order_id=`. An answer that would get too long has pages, joined by
    `next_lines`.
    """

    order_id: str = Field(description="The order.")
    customer_id: str | None = Field(description="Whose account it was bought with; null for a guest.")
    status: OrderStatus = Field(description="How far it is.")
    currency: str = Field(description="The ISO 4217 currency of every amount here.")
    time_zone: str = Field(description="Where the merchant is: by it days are told.")
    placed_at: Time = Field(description="When it was placed.")
    delivered_at: Time | None = Field(description="When it was delivered; null while it is not known.")
    lines: list[BoughtLineAnswer] = Field(description="What was bought; where there are very many, a page of them.")
    shipping: int = Field(description="What shipping cost, in minor units.")
    shipping_left: int = Field(description="What of that can still come back, in minor units.")
    paid: int = Field(description="What was paid for it altogether, in minor units.")
    reasons: list[PossibleReason] = Field(
        description="What can be given as a reason: the merchant's own, then the four."
    )
    coupons: list[KnownCoupon] = Field(description="The coupons of its entitlements that are known by name.")
    entitlements: Entitlements = Field(description="What came with the order, and what became of it.")
    next_lines: str | None = Field(description="The cursor of the next page; null where all is here.")


class PageLinkAnswer(Wire):
    """A link that lets one browser in, once."""

    url: str = Field(
        description="Where to send the customer's browser, below the address of the pages: it lets in whoever opens it "
        "first, so it belongs into a redirect and into no mail."
    )
    expires_at: Time = Field(description="Until when it can be opened.")
