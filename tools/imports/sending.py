"""Pushing what was read, as any caller does: the order, then its refunds, then its disputes. Twice changes nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from api.schemas.common import Wire
from api.schemas.disputes import DisputeBody
from api.schemas.external import ExternalRefundBody
from api.schemas.orders import OrderBody
from importers.outcome import ImportedOrder, Json, RefusedOrder
from tools.client import Api, Refused

AT_ONCE = 8


@dataclass(slots=True)
class Sent:
    """How many were taken, and which were not, by where they came from."""

    orders: int = 0
    refunds: int = 0
    disputes: int = 0
    refused: list[RefusedOrder] = field(default_factory=list)


async def send(api: Api, orders: Sequence[ImportedOrder]) -> Sent:
    """Push all, several orders at once; raises NotInTime and Broken of `tools.client`: then begin again."""
    sent = Sent()
    waiting = iter(orders)

    async def work_off() -> None:
        for order in waiting:
            await _send(api, order, sent)

    await asyncio.gather(*(work_off() for _ in range(AT_ONCE)))
    return sent


def check(orders: Sequence[ImportedOrder]) -> Sent:
    """Say what would be sent, and what the API would refuse by its form; nothing is sent."""
    sent = Sent()
    for order in orders:
        if (wrong := misfit(order)) is not None:
            sent.refused.append(wrong)
            continue
        sent.orders += 1
        sent.refunds += len(order.refunds)
        sent.disputes += len(order.disputes)
    return sent


def misfit(order: ImportedOrder) -> RefusedOrder | None:
    """Say which field does not fit our own schemas; None where all do."""
    parts: list[tuple[type[Wire], Json, str]] = [(OrderBody, order.body, order.path)]
    for at, body in enumerate(order.refunds):
        parts.append((ExternalRefundBody, body, f"{order.path}/external_refunds/{at}"))
    for at, body in enumerate(order.disputes):
        parts.append((DisputeBody, body, f"{order.path}/disputes/{at}"))
    for schema, body, path in parts:
        try:
            schema.model_validate(body)
        except ValidationError as wrong:
            first = wrong.errors()[0]
            place = getattr(first.get("ctx", {}).get("error"), "place", ())
            pointer = "/".join(str(part) for part in (*first["loc"], *place))
            return RefusedOrder(order.order_id, f"{path}/{pointer}", first["msg"].removeprefix("Value error, "))
    return None


async def _send(api: Api, order: ImportedOrder, sent: Sent) -> None:
    """A refund of an order that was not taken is not sent: it would be one of something unknown."""
    if (wrong := misfit(order)) is not None:
        sent.refused.append(wrong)
        return
    path = f"/v1/orders/{order.order_id}"
    try:
        await api.put(path, order.body)
    except Refused as refused:
        sent.refused.append(RefusedOrder(order.order_id, order.path, str(refused)))
        return
    sent.orders += 1
    sent.refunds += await _each(api, f"{path}/external-refunds", order, order.refunds, "external_id", sent)
    sent.disputes += await _each(api, f"{path}/disputes", order, order.disputes, "dispute_id", sent)


async def _each(api: Api, path: str, order: ImportedOrder, bodies: Sequence[Json], name: str, sent: Sent) -> int:
    taken = 0
    for body in bodies:
        try:
            await api.post(path, body)
            taken += 1
        except Refused as refused:
            where = f"{order.path} {name} {body[name]}"
            sent.refused.append(RefusedOrder(order.order_id, where, str(refused)))
    return taken
