"""JSON Lines: in each line an order as `PUT /v1/orders/{order_id}` takes it, with its id, refunds and disputes."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from importers.documents import PlacedDocument
from importers.fields import Fields
from importers.outcome import ImportedOrder, Json, Notes, Read, RefusedOrder, Unreadable

_BESIDE = ("order_id", "external_refunds", "disputes")


def read(documents: Iterable[PlacedDocument | Unreadable]) -> Read:
    """Read all lines; a broken one keeps no other back, and of an order that comes twice both are refused."""
    orders: dict[str, ImportedOrder] = {}
    refused: list[RefusedOrder] = []
    for document in documents:
        if isinstance(document, Unreadable):
            refused.append(RefusedOrder("", document.path, document.why))
            continue
        try:
            order = _order(Fields(document.value, document.place, Notes()), document.value)
        except Unreadable as wrong:
            refused.append(RefusedOrder("", wrong.path, wrong.why))
            continue
        if order.order_id in orders:
            where = orders[order.order_id].path
            refused.append(RefusedOrder(order.order_id, order.path, f"the order came before, at {where}"))
            continue
        orders[order.order_id] = order
    return Read(tuple(orders.values()), tuple(refused), Notes())


def _order(line: Fields, value: object) -> ImportedOrder:
    assert isinstance(value, Mapping)
    for path, number in _broken_numbers(value, line.path):
        raise Unreadable(path, f"{number} is no amount here: amounts are whole minor units, rates and parts are text")
    body: Json = {str(name): each for name, each in value.items() if name not in _BESIDE}
    return ImportedOrder(
        line.must("order_id"),
        body,
        line.path,
        _bodies(line, "external_refunds"),
        _bodies(line, "disputes"),
    )


def _bodies(line: Fields, name: str) -> tuple[Json, ...]:
    said = line.raw(name)
    if said is None:
        return ()
    if not isinstance(said, list) or not all(isinstance(each, Mapping) for each in said):
        raise Unreadable(line.at(name), "here is a list of objects expected")
    return tuple(dict(each) for each in said)


def _broken_numbers(value: object, path: str) -> Iterator[tuple[str, Decimal]]:
    if isinstance(value, Decimal):
        yield path, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _broken_numbers(each, f"{path}/{name}")
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _broken_numbers(each, f"{path}/{place}")
