"""Payloads of Shopify as they come: wrapped, in lists, in several files; what belongs to one order is put together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from importers.copies import changed_last, the_one
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

    orders: dict[str, list[Fields]] = field(default_factory=lambda: defaultdict(list))
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
    for order_id, copies in found.orders.items():
        beside = Beside(
            *(of.pop(order_id, []) for of in (found.refunds, found.transactions, found.disputes)),
        )
        try:
            yield _order(copies, beside, tenders)
        except Unreadable as wrong:
            found.refused.append(RefusedOrder(order_id, wrong.path, wrong.why))


def _order(copies: Sequence[Fields], beside: Beside, tenders: Tenders) -> ImportedOrder:
    """Read the copies of an order that changed last, each with what any copy says of its money; raises Unreadable."""
    if len(copies) == 1:
        return read_order(copies[0], beside, tenders)
    newest = changed_last(copies, "updated_at")
    older = [copy for copy in copies if copy not in newest]
    told = Beside(
        refunds=_told(newest, older, "refunds", beside.refunds),
        transactions=_told(newest, older, "transactions", beside.transactions),
        disputes=beside.disputes,
    )
    return the_one([read_order(copy, told, tenders) for copy in newest], "updated_at")


def _told(newest: Sequence[Fields], older: Sequence[Fields], name: str, beside: Sequence[Fields]) -> list[Fields]:
    """What stands beside the order and in its copies; of what an older one repeats the newer word counts."""
    told = [*beside, *(each for copy in newest for each in copy.objects(name))]
    known = {each.text("id") for each in told}
    return told + [each for copy in older for each in copy.objects(name) if each.text("id") not in known]


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
        found.orders[each.must("id")].append(each)
    else:
        raise Unreadable(each.path, "nobody here knows what this is: no order, refund, transaction or dispute")
