"""Payloads of WooCommerce as they come: alone, in lists, in several files; refunds are put to their orders."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from importers.copies import changed_last, the_one
from importers.documents import PlacedDocument
from importers.fields import Fields
from importers.outcome import ImportedOrder, Notes, Read, RefusedOrder, Unreadable
from importers.tenders import Tenders
from importers.woocommerce.orders import read_order
from importers.woocommerce.refunds import order_of


@dataclass(slots=True)
class _Found:
    orders: dict[str, list[Fields]] = field(default_factory=lambda: defaultdict(list))
    refunds: dict[str, list[Fields]] = field(default_factory=lambda: defaultdict(list))
    refused: list[RefusedOrder] = field(default_factory=list)


def read(documents: Iterable[PlacedDocument | Unreadable], tenders: Tenders) -> Read:
    """Read all orders; one that can't be expressed is refused as a whole and keeps no other back."""
    notes, found = Notes(), _Found()
    for document in documents:
        if isinstance(document, Unreadable):
            found.refused.append(RefusedOrder("", document.path, document.why))
            continue
        for path, value in _each(document.value, document.place):
            try:
                _sort(Fields(value, path, notes), found)
            except Unreadable as wrong:
                found.refused.append(RefusedOrder("", wrong.path, wrong.why))
    orders = tuple(_orders(found, tenders))
    return Read(orders, (*found.refused, *_without_order(found)), notes)


def _orders(found: _Found, tenders: Tenders) -> Iterator[ImportedOrder]:
    for order_id, copies in found.orders.items():
        refunds = found.refunds.pop(order_id, [])
        try:
            newest = changed_last(copies, "date_modified_gmt", "UTC")
            yield the_one([read_order(copy, refunds, tenders) for copy in newest], "date_modified_gmt")
        except Unreadable as wrong:
            found.refused.append(RefusedOrder(order_id, wrong.path, wrong.why))


def _without_order(found: _Found) -> Iterator[RefusedOrder]:
    for order_id, refunds in found.refunds.items():
        for refund in refunds:
            yield RefusedOrder(order_id, refund.path, f"order {order_id} is not among the files")


def _each(value: object, path: str) -> Iterator[tuple[str, object]]:
    if not isinstance(value, list):
        yield path, value
        return
    for place, each in enumerate(value):
        yield from _each(each, f"{path}/{place}")


def _sort(each: Fields, found: _Found) -> None:
    if each.has("discount_type"):
        each.leave_rest("a coupon is no order: coupons are pushed by PUT /v1/coupons")
    elif each.has("amount") and not each.has("status"):
        order_id = order_of(each)
        if not order_id:
            raise Unreadable(each.at("parent_id"), "it names no order, neither by parent_id nor by a link upwards")
        found.refunds[order_id].append(each)
    elif each.has("order_key") or "line_items" in each:
        found.orders[each.must("id")].append(each)
    else:
        raise Unreadable(each.path, "nobody here knows what this is: no order, refund or coupon")
