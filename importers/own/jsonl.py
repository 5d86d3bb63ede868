"""JSON Lines: in each line an order as `PUT /v1/orders/{order_id}` takes it, with its id, refunds and disputes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from importers.copies import put_together
from importers.documents import PlacedDocument
from importers.fields import Fields
from importers.outcome import ImportedOrder, Json, Notes, Read, RefusedOrder, Unreadable

_BESIDE = ("order_id", "external_refunds", "disputes")


def read(documents: Iterable[PlacedDocument | Unreadable]) -> Read:
    """Read all lines; a broken one keeps no other order back. Of one that comes in several the last change counts."""
    found: dict[str, list[ImportedOrder]] = defaultdict(list)
    broken: dict[str, Unreadable] = {}
    refused: list[RefusedOrder] = []
    for document in documents:
        if isinstance(document, Unreadable):
            refused.append(RefusedOrder("", document.path, document.why))
            continue
        try:
            order = _order(Fields(document.value, document.place, Notes()), document.value)
        except Unreadable as wrong:
            refused.append(RefusedOrder("", wrong.path, wrong.why))
            broken[_named(document.value)] = wrong
        else:
            found[order.order_id].append(order)
    orders, without = put_together(found, broken)
    return Read(tuple(orders), (*refused, *without), Notes())


def _named(value: object) -> str:
    return str(value.get("order_id", "")) if isinstance(value, Mapping) else ""


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
