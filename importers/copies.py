"""Copies of one order: the last change counts, and where nobody can say which that is, the order is refused (rule 57).

Two that changed at the same time, or of which one does not say when, are one order if they come to the same.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from importers.fields import Fields
from importers.outcome import ImportedOrder, Json, Notes, RefusedOrder, Unreadable


def changed_last(copies: Sequence[Fields], field: str, zone: str = "") -> list[Fields]:
    """Return those that changed last by what `field` says; all of them where one does not say it."""
    times = [copy.time(field, zone) for copy in copies]
    said = [time for time in times if time]
    if len(said) < len(times):
        return list(copies)
    return [copy for copy, time in zip(copies, times, strict=True) if time == max(said)]


def the_one(copies: Sequence[ImportedOrder], field: str) -> ImportedOrder:
    """Return what all copies say; raises Unreadable where two differ."""
    first = copies[0]
    for another in copies[1:]:
        if differing := list(_differing(first, another)):
            raise Unreadable(
                another.path,
                f"the order came before, at {first.path}, and differs in {', '.join(differing)}: "
                f"a newer {field} says which counts",
            )
    return first


def put_together(
    found: Mapping[str, Sequence[ImportedOrder]], broken: Mapping[str, Unreadable]
) -> tuple[list[ImportedOrder], list[RefusedOrder]]:
    """Put the copies of each order together, in whatever order they come, and say which orders that refuses.

    If one of its copies can't be read, a refund of it might be missing: an order is taken whole or not at all.
    """
    orders: list[ImportedOrder] = []
    refused: list[RefusedOrder] = []
    for order_id, copies in found.items():
        try:
            if order_id in broken:
                raise Unreadable(copies[0].path, f"another copy of this order can't be read: {broken[order_id]}")
            orders.append(_together(copies))
        except Unreadable as wrong:
            refused.append(RefusedOrder(order_id, wrong.path, wrong.why))
    return orders, refused


def _together(copies: Sequence[ImportedOrder]) -> ImportedOrder:
    """How the order was sold is what the last change says; what happened to it is what any copy says."""
    if len(copies) == 1:
        return copies[0]
    sold = [(Fields(copy.body, copy.path, Notes()), replace(copy, refunds=(), disputes=())) for copy in copies]
    last = changed_last([fields for fields, _ in sold], "updated_at")
    return replace(
        the_one([copy for fields, copy in sold if fields in last], "updated_at"),
        refunds=_each_once(refund for copy in copies for refund in copy.refunds),
        disputes=_each_once(dispute for copy in copies for dispute in copy.disputes),
    )


def _differing(one: ImportedOrder, another: ImportedOrder) -> Iterator[str]:
    names = dict.fromkeys((*one.body, *another.body))
    yield from (name for name in names if one.body.get(name) != another.body.get(name))
    if one.refunds != another.refunds:
        yield "refunds"
    if one.disputes != another.disputes:
        yield "disputes"


def _each_once(bodies: Iterable[Json]) -> tuple[Json, ...]:
    """Each body once, the oldest first."""
    once = {json.dumps(body, sort_keys=True): body for body in bodies}
    return tuple(sorted(once.values(), key=lambda body: (str(body.get("at")), json.dumps(body, sort_keys=True))))
