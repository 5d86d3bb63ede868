"""How far an order is, and its parcels, from its fulfillments."""

from dataclasses import dataclass
from datetime import datetime

from importers.fields import Fields
from importers.outcome import Json
from importers.shopify import left_out


@dataclass(frozen=True, slots=True)
class Sent:
    """`status` as of an order that is paid; `delivered_at` once every parcel of a wholly sent order is there."""

    status: str
    delivered_at: datetime | None
    shipments: tuple[Json, ...]


def read_parcels(order: Fields, goods: dict[str, int]) -> Sent:
    """Read what was sent of these goods, by line; fulfillments that failed or were cancelled sent nothing."""
    shipments: list[Json] = []
    arrived: list[datetime | None] = []
    for each in order.objects("fulfillments"):
        lines = [_line(line) for line in each.objects("line_items")]
        status, delivery = each.text("status"), each.text("shipment_status")
        shipped_at, changed_at = each.time("created_at"), each.time("updated_at")
        name = each.must("id")
        each.close(left_out.FULFILLMENT)
        was_sent = status in ("success", "open", "pending", "")
        sent = [line for line in lines if was_sent and _take(goods, line)]
        if not sent:
            each.notes.ignored["/fulfillments/* that sent nothing"] = "it failed, or none of it is goods of the order"
            continue
        delivered_at = changed_at if delivery == "delivered" else None
        arrived.append(delivered_at)
        shipment: Json = {"shipment_id": name, "lines": sent}
        shipment |= {"shipped_at": shipped_at.isoformat()} if shipped_at else {}
        shipment |= {"delivered_at": delivered_at.isoformat()} if delivered_at else {}
        shipments.append(shipment)
    said = order.text("fulfillment_status")
    times = [at for at in arrived if at]
    if said == "fulfilled" and times and len(times) == len(arrived):
        return Sent("delivered", max(times), tuple(shipments))
    return Sent("shipped" if said in ("fulfilled", "partial") or shipments else "paid", None, tuple(shipments))


def _line(line: Fields) -> Json:
    read = {"line_id": line.must("id"), "quantity": line.count("quantity")}
    line.leave_rest("it repeats the line of the order")
    return read


def _take(goods: dict[str, int], line: Json) -> bool:
    """Take units out of what is not sent yet; what was taken off the order meanwhile is in no parcel."""
    left = goods.get(line["line_id"], 0)
    line["quantity"] = min(line["quantity"], left)
    goods[line["line_id"]] = left - line["quantity"]
    return bool(line["quantity"])
