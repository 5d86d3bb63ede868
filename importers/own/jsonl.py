"""JSON Lines: in each line an order as `PUT /v1/orders/{order_id}` takes it, with its id, refunds and disputes."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

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
    orders: list[ImportedOrder] = []
    for order_id, copies in found.items():
        try:
            orders.append(_put_together(copies, broken.get(order_id)))
        except Unreadable as wrong:
            refused.append(RefusedOrder(order_id, wrong.path, wrong.why))
    return Read(tuple(orders), tuple(refused), Notes())


def _named(value: object) -> str:
    return str(value.get("order_id", "")) if isinstance(value, Mapping) else ""


def _put_together(copies: Sequence[ImportedOrder], broken: Unreadable | None) -> ImportedOrder:
    """What happened to an order is what any of its lines says, in whatever order they come; raises Unreadable.

    If one of them can't be read, a refund of it might be missing: the order is taken whole or not at all.
    """
    if broken is not None:
        raise Unreadable(copies[0].path, f"another line of this order can't be read: {broken}")
    return replace(
        _changed_last(copies),
        refunds=_each_once(refund for copy in copies for refund in copy.refunds),
        disputes=_each_once(dispute for copy in copies for dispute in copy.disputes),
    )


def _changed_last(copies: Sequence[ImportedOrder]) -> ImportedOrder:
    first = copies[0]
    if all(copy.body == first.body for copy in copies):
        return first
    times = [Fields(copy.body, copy.path, Notes()).time("updated_at") for copy in copies]
    last = max((time for time in times if time), default=None)
    newest = [copy for copy, time in zip(copies, times, strict=True) if time == last]
    if None in times or any(copy.body != newest[0].body for copy in newest):
        another = next(copy for copy in copies if copy.body != first.body)
        raise Unreadable(
            another.path, f"the order came before, at {first.path}, and differs: a newer updated_at says which counts"
        )
    return newest[0]


def _each_once(bodies: Iterable[Json]) -> tuple[Json, ...]:
    """Each body once, the oldest first."""
    once = {json.dumps(body, sort_keys=True): body for body in bodies}
    return tuple(sorted(once.values(), key=lambda body: (str(body.get("at")), json.dumps(body, sort_keys=True))))


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
