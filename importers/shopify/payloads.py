"""Payloads of Shopify as they come: wrapped, in lists, in several files; what belongs to one order is put together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from importers.documents import PlacedDocument
from importers.fields import Fields
from importers.outcome import ImportedOrder, Notes, Read, RefusedOrder, Unreadable
from importers.shopify.orders import Beside, read_order
from importers.tenders import Tenders

_WRAPPED = ("order", "orders", "refund", "refunds", "transaction", "transactions", "dispute", "disputes")
_ELSEWHERE = {
    **dict.fromkeys(("payout", "payouts"), "what Shopify pays out to the merchant is for reconciliation"),
    **dict.fromkeys(("gift_card", "gift_cards"), "a gift card is no order; an order paid with it says so"),
    **dict.fromkeys(("discount_code", "discount_codes", "price_rule", "price_rules"), "a discount is no order"),
    **dict.fromkeys(("customer", "customers"), "customers are pushed by PUT /v1/customers"),
}


@dataclass(slots=True)
class _Found:
    """Objects by what they are; those that belong to an order by its id."""

    orders: dict[str, Fields] = field(default_factory=dict)
    refunds: dict[str, list[Fields]] = field(default_factory=lambda: defaultdict(list))
    transactions: dict[str, list[Fields]] = field(default_factory=lambda: defaultdict(list))
    disputes: dict[str, list[Fields]] = field(default_factory=lambda: defaultdict(list))
    refused: list[RefusedOrder] = field(default_factory=list)


def read(documents: Iterable[PlacedDocument | Unreadable], tenders: Tenders) -> Read:
    """Read all orders; one that can't be expressed is refused as a whole and keeps no other back."""
    notes, found = Notes(), _Found()
    for document in documents:
        if isinstance(document, Unreadable):
            found.refused.append(RefusedOrder("", document.path, document.why))
            continue
        for path, value in _unwrapped(document.value, document.place, notes):
            try:
                _sort(Fields(value, path, notes), found)
            except Unreadable as wrong:
                found.refused.append(RefusedOrder("", wrong.path, wrong.why))
    orders = tuple(_orders(found, tenders))
    return Read(orders, (*found.refused, *_without_order(found)), notes)


def _orders(found: _Found, tenders: Tenders) -> Iterator[ImportedOrder]:
    for order_id, order in found.orders.items():
        beside = Beside(
            *(of.pop(order_id, []) for of in (found.refunds, found.transactions, found.disputes)),
        )
        try:
            yield read_order(order, beside, tenders)
        except Unreadable as wrong:
            found.refused.append(RefusedOrder(order_id, wrong.path, wrong.why))


def _without_order(found: _Found) -> Iterator[RefusedOrder]:
    """What belongs to an order that did not come; nothing of it is kept for later."""
    for kind in (found.refunds, found.transactions, found.disputes):
        for order_id, left in kind.items():
            for each in left:
                yield RefusedOrder(order_id, each.path, f"order {order_id} is not among the files")


def _unwrapped(value: object, path: str, notes: Notes) -> Iterator[tuple[str, object]]:
    if isinstance(value, list):
        for place, each in enumerate(value):
            yield from _unwrapped(each, f"{path}/{place}", notes)
        return
    if isinstance(value, Mapping):
        for name, why in _ELSEWHERE.items():
            if name in value and len(value) == 1:
                notes.ignored[f"/{name}"] = why
                return
        wrapped = [name for name in _WRAPPED if name in value]
        if wrapped and not any(name in value for name in ("id", "line_items", "refund_line_items")):
            for name in wrapped:
                yield from _unwrapped(value[name], f"{path}/{name}", notes)
            return
    yield path, value


def _sort(each: Fields, found: _Found) -> None:
    if each.has("source_type") or each.has("payout_status"):
        each.leave_rest("what Shopify pays out to the merchant is for reconciliation")
    elif "refund_line_items" in each or each.has("order_adjustments"):
        if not each.has("id"):
            raise Unreadable(each.path, "it was worked out and not made: a calculated refund moved no money")
        found.refunds[each.must("order_id")].append(each)
    elif each.has("initiated_at") and each.has("status"):
        if not each.has("order_id"):
            each.leave_rest("a dispute that names no order says nothing of one")
        else:
            found.disputes[each.must("order_id")].append(each)
    elif each.has("kind") and each.has("order_id"):
        found.transactions[each.must("order_id")].append(each)
    elif "line_items" in each or each.has("financial_status") or each.has("total_price"):
        _add_order(each, found)
    else:
        raise Unreadable(each.path, "nobody here knows what this is: no order, refund, transaction or dispute")


def _add_order(order: Fields, found: _Found) -> None:
    """Of two copies of an order the one that was changed later counts."""
    order_id = order.must("id")
    known = found.orders.get(order_id)
    changed_at, before = order.time("updated_at"), known.time("updated_at") if known else None
    if known is None or (changed_at and before and changed_at > before):
        found.orders[order_id] = order
