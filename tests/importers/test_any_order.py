"""What was imported comes to the same in whatever order it arrives, and however often (rules 51, 52 and 57)."""

import json
import random
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from importers.documents import read_lines
from importers.own import jsonl
from tests.rulebook.test_every_kind import KINDS, NAMES, POLICY, as_sold, everybodys_code, own_reasons
from tests.shop import Shop, a_line, a_payment, days_ago, open_shop
from tools.client import Json
from tools.imports.sending import send

SHOWN = ("lines", "payments", "discounts", "shipments", "shipping_left", "refundable", "owed", "points_earned")
ALSO_SHOWN = ("rewards", "metadata", "updated_at", "status", "guest")


def documents(shop: Shop, kind: str) -> list[Json]:
    """An order as it was sold and as it was changed, each seen twice, with what had happened to it by then."""
    name = NAMES[kind]
    first: Json = {"order_id": name, **as_sold(shop, kind, name), "updated_at": days_ago(9)}
    payments = [*first.get("payments", []), a_payment("p9", 7_00, f"ch-{name}-9")]
    lines = [*first["lines"], a_line("l9", unit_price=7_00)]
    later = {**first, "lines": lines, "payments": payments, "metadata": {"shop": "7"}, "updated_at": days_ago(8)}
    back: list[Json] = [
        {"external_id": f"{name}-{amount}", "amount": amount, "lines": [{"line_id": "l1", "amount": amount}]}
        | {"payment_id": "p1", "at": days_ago(3)}
        for amount in (3, 5)
    ]
    opened = {"dispute_id": f"dp-{name}", "payment_id": "p1", "status": "opened", "amount": 20, "at": days_ago(2)}
    won = {**opened, "status": "won", "at": days_ago(1)}
    return [
        {**first, "disputes": [opened]},
        {**first, "external_refunds": back[:1]},
        {**later, "external_refunds": back[1:]},
        {**later, "external_refunds": back, "disputes": [won]},
    ]


async def imported(shop: Shop, *found: Json) -> list[Any]:
    """Import lines as one file; returns what was refused."""
    read = jsonl.read(read_lines("orders.jsonl", "\n".join(json.dumps(each) for each in found)))
    assert read.refused == ()
    return (await send(shop.merchant, read.orders)).refused


async def state_of(shop: Shop, order_id: str) -> Json:
    order = await shop.merchant.get(f"/v1/orders/{order_id}")
    refunds = [await shop.until(each, "completed") for each in order["refunds"]]
    customer = order["customer_id"] and await shop.customer(order["customer_id"])
    return {
        **{name: order.get(name) for name in (*SHOWN, *ALSO_SHOWN)},
        "refunds": sorted((each["external"]["external_id"], each["total"]) for each in refunds),
        "disputes": [(each["dispute_id"], each["status"], each["holds_payment"]) for each in order["disputes"]],
        "points": customer and customer["points"],
    }


async def test_orders_of_every_kind_end_the_same_in_whatever_order_and_however_often_they_are_imported(
    http: httpx.AsyncClient, engine: AsyncEngine, temporal: Client
) -> None:
    in_order, shuffled = [await open_shop(http, engine, temporal) for _ in range(2)]
    for shop in (in_order, shuffled):
        await shop.policy(**POLICY)
        for prepare in (own_reasons, everybodys_code):
            await prepare(shop, {})
    chance = random.Random(15)
    again = [each for kind in KINDS for each in documents(shuffled, kind) * 2]
    chance.shuffle(again)

    refused = [await imported(in_order, *(documents(in_order, kind)[place] for kind in KINDS)) for place in range(4)]
    for place in range(3):
        await imported(shuffled, *again[place::3])

    assert not any(each.why.startswith("409") for round_ in refused for each in round_)
    states = [{kind: await state_of(shop, name) for kind, name in NAMES.items()} for shop in (in_order, shuffled)]
    assert states[0] == states[1]
    known = [each for each in states[0].values() if len(each["refunds"]) == 2 and each["disputes"]]
    assert len(known) >= 22
