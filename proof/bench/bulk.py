"""`make bulk LINES=10000`: many refunds by one file: previewed, confirmed, all of them completed, and others meanwhile.

Seconds from the upload to the preview, and from the confirmation until each line has begun and each refund is complete.
Meanwhile another merchant asks for one refund after the other: their medians before and while the bulk runs. A bulk
makes room for whoever is about, so with `--alone` nobody is. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from statistics import median, quantiles

import httpx

from db import api_keys
from db.api_keys import Role
from db.engine import open_engine
from proof.bench.completions import Completions
from proof.bench.statements import an_order
from settings import StackSettings
from tools.client import Api, Json, open_http
from tools.fresh_home import ANSWER_WITHIN_S, fresh_home, patient
from tools.stack.stack import Stack, StackDescription

_AT_ONCE = 16
_PATIENCE_S = 300.0
_WITHIN_S = 3_600.0
_LOOKS_EVERY_S = 0.5
_SINGLES_BEFORE = 30
_POLICY: Json = {"bulk_grace": "PT0S", "auto_approve": {"max_amount": 10**12, "max_risk": 100}}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.bench bulk")
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--alone", action="store_true", help="nobody else asks for anything")
    wanted = parser.parse_args(arguments)
    with fresh_home(patient(StackSettings.from_environment())) as settings, Stack(settings) as stack:
        figures = asyncio.run(_measure(stack.description, wanted.lines, is_alone=wanted.alone))
    print(json.dumps(figures))
    return 0 if figures["completed"] == wanted.lines else 1


async def _measure(stack: StackDescription, lines: int, *, is_alone: bool) -> Json:
    async with (
        open_http(stack.api_url, at_once=_AT_ONCE, answer_within_s=2 * ANSWER_WITHIN_S) as http,
        Completions(stack.owner_database_url) as completions,
    ):
        merchant, ops = (Api(http, key, patience_s=_PATIENCE_S) for key in (stack.keys.merchant, stack.keys.ops))
        other = await _another_merchant(stack, http, completions)
        await ops.put("/v1/policy", _POLICY)
        orders = [f"bulk-{number}" for number in range(lines)]
        await _sold(merchant, orders)
        if is_alone:
            return {"lines": lines, **await _run(http, stack.keys.ops, ops, orders)}
        before = [await other.refund_s() for _ in range(min(_SINGLES_BEFORE, lines))]
        asking = asyncio.create_task(other.asks_on())
        took = await _run(http, stack.keys.ops, ops, orders)
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
    return {"lines": lines, **took, "others_before_s": _spread(before), "others_meanwhile_s": _spread(other.took)}


class _Other:
    """Another merchant, who asks for one refund and waits for it, again and again."""

    def __init__(self, api: Api, completions: Completions) -> None:
        self._api = api
        self._completions = completions
        self._asked = 0
        self.took: list[float] = []

    async def refund_s(self) -> float:
        """Return how long one took, from its request until it was complete."""
        self._asked += 1
        order_id = f"single-{self._asked}"
        await self._api.put(f"/v1/orders/{order_id}", an_order(f"of-{order_id}", f"ch-{order_id}"))
        began = time.perf_counter()
        made = await self._api.post("/v1/refunds", _asked_for(order_id))
        await self._completions.wait_for(made["refund_id"])
        return time.perf_counter() - began

    async def asks_on(self) -> None:
        while True:
            self.took.append(await self.refund_s())


async def _another_merchant(stack: StackDescription, http: httpx.AsyncClient, completions: Completions) -> _Other:
    keys = {role: f"mk_{role}_{secrets.token_urlsafe(24)}" for role in (Role.MERCHANT, Role.OPS)}
    engine = open_engine(stack.owner_database_url, pool_size=1)
    async with engine.begin() as connection:
        for role, key in keys.items():
            await api_keys.remember(connection, key=key, merchant_id="another", role=role)
    await engine.dispose()
    await Api(http, keys[Role.OPS]).put("/v1/policy", _POLICY)
    return _Other(Api(http, keys[Role.MERCHANT], patience_s=_PATIENCE_S), completions)


async def _sold(merchant: Api, orders: list[str]) -> None:
    """Sell each to a customer of its own: whoever asks for very many refunds is looked at by a reviewer."""
    waiting = iter(orders)

    async def sell() -> None:
        for order_id in waiting:
            await merchant.put(f"/v1/orders/{order_id}", an_order(f"of-{order_id}", f"ch-{order_id}"))

    await asyncio.gather(*(sell() for _ in range(_AT_ONCE)))


async def _run(http: httpx.AsyncClient, key: str, ops: Api, orders: list[str]) -> Json:
    file = "".join(json.dumps(_asked_for(order_id)) + "\n" for order_id in orders)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/jsonl"}
    began = time.perf_counter()
    answer = await http.post("/v1/refunds/bulk", content=file, headers=headers)
    bulk_id = answer.raise_for_status().json()["bulk_id"]
    taken = time.perf_counter()
    bulk = await _until(ops, bulk_id, lambda now: now["status"] != "previewing")
    previewed = time.perf_counter()
    totals = [{"currency": each["currency"], "amount": each["amount"]} for each in bulk["totals"]]
    confirmed = time.perf_counter()
    await ops.post(f"/v1/bulk/{bulk_id}/confirmation", {"totals": totals})
    await _until(ops, bulk_id, lambda now: now["status"] == "completed")
    begun = time.perf_counter()
    done = await _until(ops, bulk_id, lambda now: now["refunds"].get("completed", 0) == now["counts"]["begun"])
    completed = time.perf_counter()
    return {
        "completed": done["refunds"].get("completed", 0),
        "uploaded_s": round(taken - began, 2),
        "previewed_s": round(previewed - began, 2),
        "begun_s": round(begun - confirmed, 2),
        "completed_s": round(completed - confirmed, 2),
        "completed_per_s": round(len(orders) / (completed - confirmed), 1),
    }


async def _until(ops: Api, bulk_id: str, is_so: Callable[[Json], bool]) -> Json:
    async with asyncio.timeout(_WITHIN_S):
        while True:
            bulk = await ops.get(f"/v1/bulk/{bulk_id}", limit=1)
            if is_so(bulk):
                return bulk
            await asyncio.sleep(_LOOKS_EVERY_S)


def _asked_for(order_id: str) -> Json:
    return {"order_id": order_id, "reason": "quality_issue", "kind": "refund_only"}


def _spread(took: list[float]) -> Json:
    """Return the median, what all but a twentieth stay below, and the most."""
    if len(took) < 2:
        return {"count": len(took)}
    figures = {"median": median(took), "p95": quantiles(took, n=20)[-1], "most": max(took)}
    return {"count": len(took), **{name: round(value, 3) for name, value in figures.items()}}
