"""What Talon.One answers, as its published client (`talon-one-sdk` 26.2) describes it; the rest is left aside."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

LINE_ATTRIBUTE = "line_id"
"""The attribute by which a cart item may say which line of our order it is."""


class _Answered(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class SessionState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    PARTIALLY_RETURNED = "partially_returned"
    CANCELLED = "cancelled"


class CartItem(_Answered):
    """`position` is where it is in the cart; left out, where it is in the list."""

    sku: str
    quantity: int
    returned_quantity: int | None = Field(default=None, alias="returnedQuantity")
    position: int | None = None
    attributes: dict[str, Any] | None = None

    @property
    def returned(self) -> int:
        return self.returned_quantity or 0

    @property
    def line_id(self) -> Any:
        return (self.attributes or {}).get(LINE_ATTRIBUTE)


class TalonOneSession(_Answered):
    integration_id: str = Field(alias="integrationId")
    state: SessionState
    cart_items: tuple[CartItem, ...] | None = Field(default=None, alias="cartItems")

    @property
    def items(self) -> dict[int, CartItem]:
        """Its cart items, by position."""
        listed = enumerate(self.cart_items or ())
        return {number if each.position is None else each.position: each for number, each in listed}


class SessionFound(_Answered):
    session: TalonOneSession = Field(alias="customerSession")


class ReturnedItem(_Answered):
    position: int
    quantity: int


class TalonOneReturn(_Answered):
    id: int
    items: tuple[ReturnedItem, ...] = Field(alias="returnedCartItems")
    session: str = Field(alias="sessionIntegrationId")


class TalonOneEffect(_Answered):
    """What a return has rolled back, or what applies from then on."""

    effect_type: str = Field(alias="effectType")
    props: Any = None

    @property
    def in_words(self) -> str:
        """Say it shortly: rollbackDiscount: 5 (5forALL)."""
        props = self.props if isinstance(self.props, dict) else {}
        value, name = props.get("value"), props.get("name")
        return self.effect_type + (f": {value}" if value is not None else "") + (f" ({name})" if name else "")


class TalonOneReturned(_Answered):
    """The session as it is after a return, if that is asked for, and what the return has done."""

    made: TalonOneReturn = Field(alias="return")
    session: TalonOneSession = Field(alias="customerSession")
    effects: tuple[TalonOneEffect, ...]


class TalonOneProblem(_Answered):
    title: str = ""
    details: str | None = None


class TalonOneError(_Answered):
    """An error has no stable word, a sentence alone."""

    message: str
    errors: tuple[TalonOneProblem, ...] | None = None

    @property
    def in_words(self) -> str:
        problems = (": ".join(filter(None, (each.title, each.details))) for each in self.errors or ())
        return ": ".join(filter(None, (self.message, "; ".join(problems))))
