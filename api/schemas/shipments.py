"""The parcels in which an order is sent."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from api.schemas.common import Checked, Id, Minor, Time, Wire, is_empty
from api.schemas.faults import FieldFault, refuse_twice
from api.schemas.order_parts import minor_or_none
from api.schemas.quantities import Quantity
from api.schemas.sizes import MOST_LINES
from domain.money.amounts import Money
from domain.sale.measures import Measure, as_said, count_of
from domain.sale.shipments import Shipment, ShippedLine

MOST_SHIPPED = MOST_LINES
"""So many lines the parcels of an order have together."""


class OrderShipmentLineBody(Wire):
    """Some units of a line."""

    line_id: Id = Field(description="The line of the order.")
    quantity: Quantity = Field(description="How many of its units, or how much of it, is in the parcel.")


class OrderShipmentBody(Wire):
    """One parcel."""

    shipment_id: Id = Field(description="The parcel's name, unique in its order.", examples=["s1"])
    lines: Annotated[list[OrderShipmentLineBody], Checked] = Field(
        min_length=1, max_length=MOST_LINES, description="What is in it."
    )
    shipped_at: Time | None = Field(
        default=None, description="When it was sent; null while it was not. Once known it stays known."
    )
    delivered_at: Time | None = Field(
        default=None, description="When it came; null for one that has not, or never did. Once known it stays known."
    )
    lost_at: Time | None = Field(
        default=None,
        exclude_if=is_empty,
        description="When it was known that it is lost on its way to the customer; left out for one that is not. Its "
        "units can't come back, and a refund for a `delivery_error` is for them first. Once known it stays known; with "
        "`delivered_at` it came after all.",
    )
    amount: Minor | None = Field(
        default=None,
        description="What of the order's shipping was paid for it, in minor units of the order's currency, tax "
        "included: it comes back with the parcel. Null for all: shipping comes back with the order, as without "
        "shipments.",
    )
    tax: Minor | None = Field(
        default=None,
        description="The tax inside it, in minor units of the order's currency. Null for all: split by `amount`.",
    )

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        refuse_twice("line_id of a shipment", [line.line_id for line in self.lines], "lines", each="line_id")
        if self.tax is not None and self.tax > (self.amount or 0):
            raise FieldFault("tax is the tax inside the amount of the shipment and can't exceed it", "tax")
        if self.shipped_at and self.delivered_at and self.delivered_at < self.shipped_at:
            raise FieldFault("a shipment is delivered after it was shipped", "delivered_at")
        if self.shipped_at and self.lost_at and self.lost_at < self.shipped_at:
            raise FieldFault("a shipment is lost after it was shipped", "lost_at")
        return self

    def to_domain(self, currency: str, measures: Mapping[str, Measure]) -> Shipment:
        """Count what is in it; raises ValueError for text where a line is not measured."""

        def money(amount: int | None) -> Money | None:
            return None if amount is None else Money(currency, amount)

        return Shipment(
            shipment_id=self.shipment_id,
            lines=tuple(
                ShippedLine(line.line_id, count_of(line.quantity, measures.get(line.line_id))) for line in self.lines
            ),
            shipped_at=self.shipped_at,
            delivered_at=self.delivered_at,
            amount=money(self.amount),
            tax=money(self.tax),
            lost_at=self.lost_at,
        )

    @staticmethod
    def of(shipment: Shipment, measures: Mapping[str, Measure]) -> "OrderShipmentBody":
        """Show a parcel as it was pushed."""
        return OrderShipmentBody.model_construct(
            shipment_id=shipment.shipment_id,
            lines=[
                OrderShipmentLineBody.model_construct(
                    line_id=line.line_id, quantity=as_said(line.quantity, measures.get(line.line_id))
                )
                for line in shipment.lines
            ],
            shipped_at=shipment.shipped_at,
            delivered_at=shipment.delivered_at,
            amount=minor_or_none(shipment.amount),
            tax=minor_or_none(shipment.tax),
            lost_at=shipment.lost_at,
        )
