"""Times that can't be: things that happened in the future, or in the wrong order. The field that says so is named."""

from datetime import datetime

from api import problems
from api.schemas.customers import CustomerBody
from api.schemas.orders import OrderBody
from service.moments import CLOCKS_MAY_DIFFER, refuse_future


def check_order(body: OrderBody) -> None:
    """Raise Problem (`validation_failed`) for a time of an order that can't be.

    Nothing has happened in the future; an order is placed before it is paid and delivered, and paid before delivered,
    unless it says what was owed: then it may be paid on delivery or later (rule 50).
    """
    refuse_future("/placed_at", body.placed_at, "an order can't have been placed in the future")
    refuse_future("/paid_at", body.paid_at, "an order can't have been paid in the future")
    refuse_future("/delivered_at", body.delivered_at, "leave it out until the order is delivered")
    refuse_future("/updated_at", body.updated_at, "an order can't have been changed in the future")
    _refuse_before("/paid_at", body.paid_at, "placed_at", body.placed_at)
    _refuse_before("/delivered_at", body.delivered_at, "placed_at", body.placed_at)
    if "owed" not in body.model_fields_set and not body.is_paid_later:
        _refuse_before("/delivered_at", body.delivered_at, "paid_at", body.paid_at)
    for place, shipment in enumerate(body.shipments):
        for name in ("shipped_at", "delivered_at", "lost_at"):
            moment = getattr(shipment, name)
            pointer = f"/shipments/{place}/{name}"
            refuse_future(pointer, moment, "leave it out until it has happened")
            _refuse_before(pointer, moment, "placed_at", body.placed_at)


def check_customer(body: CustomerBody) -> None:
    """Raise Problem (`validation_failed`) for a customer who registers in the future: the age of an account counts."""
    refuse_future("/registered_at", body.registered_at, "a customer can't have registered in the future")


def _refuse_before(pointer: str, moment: datetime | None, name: str, earlier: datetime | None) -> None:
    if moment is not None and earlier is not None and moment < earlier - CLOCKS_MAY_DIFFER:
        raise problems.wrong_field(pointer, f"it lies before {name}")
