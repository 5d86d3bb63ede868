"""What a merchant's own system is told, and what it answers: `docs/entitlements.openapi.json` is made of these models.

Requests and answers are signed alike, as Standard Webhooks says; an answer is signed under the id of its request.
"""

from dataclasses import asdict
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from domain import spelling
from domain.claims.stock import StockDisposition
from domain.entitlements.elsewhere import CouponMove, Instruction, LivesElsewhere

NEVER_TWICE = timedelta()
"""How long a request may be on its way before it is sent again, where it is done once however often it comes."""

MOST_EFFECTS = 50
"""No more sentences of one answer are kept."""

_Said = Annotated[str, AfterValidator(spelling.legible)]

_ID = "At most 64 of `0-9 A-Z a-z _ -`."


class Action(StrEnum):
    """What is asked for; the path says the same, but the signature does not cover it."""

    DO = "do"
    UNDO = "undo"
    LOOK_UP = "look_up"


PATHS = {Action.DO: "/do", Action.UNDO: "/undo", Action.LOOK_UP: "/look-up"}
"""Below the system's address."""


class State(StrEnum):
    """What has become of an instruction; one that was undone is never done again."""

    DONE = "done"
    UNDONE = "undone"
    UNKNOWN = "unknown"


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PointsMovedBody(_Told):
    """Whole points of one refund; undone, both move the other way."""

    kind: Literal[LivesElsewhere.POINTS] = Field(description="What lives in your system.")
    restored: int = Field(ge=0, description="Points that the order had spent and that the customer gets back.")
    taken: int = Field(ge=0, description="Points that the order had earned and that are taken off the balance.")


class CouponMovedBody(_Told):
    """One coupon."""

    coupon_id: str = Field(description="Your id of the coupon.")
    outcome: CouponMove = Field(
        description="`reinstated`: it can be used again, as no order uses it any more; of one with several uses one "
        "comes back. `residual`: a new one worth `amount`, under the same conditions. `revoked`: the order had granted "
        "it, and it can't be used any more."
    )
    amount: int = Field(ge=0, description="What a residual is worth, in minor units; else zero.")
    currency: str = Field(description="ISO 4217.")


class CouponsBody(_Told):
    """What becomes of coupons."""

    kind: Literal[LivesElsewhere.COUPONS] = Field(description="What lives in your system.")
    coupons: tuple[CouponMovedBody, ...] = Field(min_length=1, description="Each coupon once.")


class CampaignMovedBody(_Told):
    """A customer's standing in one campaign, as it is without this refund and with it; others may come between."""

    campaign_id: str = Field(description="Your id of the campaign.")
    spend_before: int = Field(description="What their orders came to for it, in minor units.")
    spend_after: int = Field(description="What they come to now: what is taken off is the difference.")
    qualified_before: bool = Field(description="Whether that was enough.")
    qualified_after: bool = Field(description="Whether it still is.")
    participation_restored: bool = Field(description="Whether they may take part again.")


class RewardTakenBody(_Told):
    """A reward that is no longer earned."""

    campaign_id: str = Field(description="Your id of the campaign that gave it.")
    reward: str = Field(description="`coupon`, `points` or `store_credit`.")
    taken: int = Field(ge=0, description="Points, or minor units of credit or of the coupon's worth, still there.")
    coupon_id: str | None = Field(description="Which coupon it was; null for what is none.")


class CampaignsBody(_Told):
    """What a refund does to a customer's campaigns."""

    kind: Literal[LivesElsewhere.CAMPAIGNS] = Field(description="What lives in your system.")
    currency: str = Field(description="ISO 4217, of every amount.")
    campaigns: tuple[CampaignMovedBody, ...] = Field(description="Each campaign that the order counts for.")
    rewards: tuple[RewardTakenBody, ...] = Field(description="Each reward that is taken back.")


class GiftCardBody(_Told):
    """What goes back to a gift card; it is money, and is never undone."""

    kind: Literal[LivesElsewhere.GIFT_CARDS] = Field(description="What lives in your system.")
    payment_id: str = Field(description="The payment of the order that the card made.")
    card: str = Field(description="What the order calls the card (`gateway_ref`).")
    amount: int = Field(ge=0, description="Minor units that are put back on it.")
    currency: str = Field(description="ISO 4217.")


class StockLotBody(_Told):
    """Units of one line that become the same at the same place."""

    line_id: str = Field(description="Your id of the order's line.")
    sku: str = Field(description="What was sold.")
    quantity: str = Field(description="How many, as a decimal: `2`, or `0.4` of what is sold by a unit.")
    unit: str | None = Field(description="The unit, as `kg`; null for pieces.")
    disposition: StockDisposition = Field(
        description="`restock`: sold as new again. `damaged`: kept, and not sold as new. `discard`: gone."
    )
    location: str | None = Field(description="Where the warehouse has put them; null where it did not say.")
    word: str | None = Field(description="The warehouse's own word for what becomes of the line, where it said one.")


class StockBody(_Told):
    """What inspection accepted, told once a refund: where its payout fails later, the goods stay where they are.

    It is undone only where a person went on without knowing whether a do arrived; what is then done is another one.
    """

    kind: Literal[LivesElsewhere.STOCK] = Field(description="What lives in your system.")
    lots: tuple[StockLotBody, ...] = Field(min_length=1, description="Each accepted unit once.")


class LineBackBody(_Told):
    """Units of one line that the customer has not bought after all."""

    line_id: str = Field(description="Your id of the order's line.")
    sku: str = Field(description="What was sold.")
    quantity: str = Field(description="How many this refund takes back, as a decimal: `2`, or `0.4` of a unit.")
    in_all: str = Field(description="How many are back with it in all, counting the refunds that you were told before.")
    ordered: str = Field(description="How many the order had of it.")
    unit: str | None = Field(description="The unit, as `kg`; null for pieces.")


class PromotionsBody(_Told):
    """Units that are back: work out yourself what they had earned, used or been given, and take it back.

    Told once a refund, whether or not goods come back: where its payout fails later, it is paid in another way. It is
    undone only where a person went on without knowing whether a do arrived.
    """

    kind: Literal[LivesElsewhere.PROMOTIONS] = Field(description="What lives in your system.")
    lines: tuple[LineBackBody, ...] = Field(min_length=1, description="Each line once.")


EffectBody = Annotated[
    PointsMovedBody | CouponsBody | CampaignsBody | GiftCardBody | StockBody | PromotionsBody,
    Field(discriminator="kind"),
]


class InstructionBody(_Told):
    """One thing to do, undo or look up."""

    action: Action = Field(description="What is asked for: refuse one that is not its path's.")
    instruction_id: str = Field(description=f"Names the intent: one id is done once, however often it comes. {_ID}")
    merchant_id: str = Field(description="Whose refund it is.")
    refund_id: str = Field(description="makewhole's id of the refund.")
    order_id: str = Field(description="Your id of the order.")
    customer_id: str = Field(description="Your id of the customer.")
    effect: EffectBody = Field(description="What it comes to.")


class _Answered(BaseModel):
    """What we don't know in an answer is left aside."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class AnswerBody(_Answered):
    """What has become of an instruction."""

    instruction_id: str = Field(description="The request's, repeated.")
    state: State = Field(description="`done` to a do, `undone` to an undo, and to a look-up whichever it is.")
    reference: _Said = Field(default="", max_length=200, description="Your name of what you booked.")
    effects: tuple[Annotated[_Said, Field(max_length=200)], ...] = Field(
        default=(),
        max_length=MOST_EFFECTS,
        description="What came of it with you, a few words each: people read them in the refund's timeline.",
    )


class RefusalBody(_Answered):
    """A definite no: it is shown to a person, who may have it tried again, skip it, or do it by hand."""

    instruction_id: str = Field(description="The request's, repeated.")
    code: str = Field(min_length=1, max_length=100, description="A stable word: `undone` where an undo came before.")
    detail: str = Field(default="", max_length=300, description="A sentence for the merchant's operations.")


def request_body(action: Action, instruction: Instruction) -> bytes:
    return InstructionBody.model_validate({"action": action, **asdict(instruction)}).model_dump_json().encode()
