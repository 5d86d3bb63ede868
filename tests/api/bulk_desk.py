"""Bulks of refunds as operations send, confirm and watch them."""

import asyncio
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import httpx

from db.api_keys import Role
from tests.shop import IN_TIME_S, Shop
from tools.client import Json

BULK = "/v1/refunds/bulk"


def a_refund(order_id: str, **fields: Any) -> Json:
    return {"order_id": order_id, "reason": "quality_issue", "kind": "refund_only", **fields}


def some_of(order_id: str, quantity: int, **fields: Any) -> Json:
    return a_refund(order_id, lines=[{"line_id": "l1", "quantity": quantity}], **fields)


def written(*lines: Json | str) -> bytes:
    """Write a file, a line each; text stands there as it is."""
    return b"".join((each if isinstance(each, str) else json.dumps(each)).encode() + b"\n" for each in lines)


@dataclass(frozen=True)
class BulkDesk:
    shop: Shop

    async def sent(self, *lines: Json | str, key: str | None = None, body: bytes | None = None) -> httpx.Response:
        headers = {"Content-Type": "application/jsonl"} | ({"Idempotency-Key": key} if key else {})
        content = written(*lines) if body is None else body
        return await self.shop.raw(Role.OPS, "POST", BULK, content=content, headers=headers)

    async def asked(self, *lines: Json | str) -> Json:
        answer = await self.sent(*lines)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    async def previewed(self, *lines: Json | str) -> Json:
        """Ask for refunds, and wait until each is previewed."""
        return await self.until(await self.asked(*lines), "awaiting_confirmation")

    async def confirmed(self, bulk: Json, **fields: Any) -> Json:
        answer = await self.confirm(bulk, **fields)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    async def confirm(self, bulk: Json, **fields: Any) -> httpx.Response:
        totals = [{"currency": each["currency"], "amount": each["amount"]} for each in bulk["totals"] or []]
        body = {"totals": totals, **fields}
        return await self.shop.raw(Role.OPS, "POST", f"/v1/bulk/{bulk['bulk_id']}/confirmation", json=body)

    async def stop(self, bulk: Json) -> httpx.Response:
        return await self.shop.raw(Role.OPS, "POST", f"/v1/bulk/{bulk['bulk_id']}/stop")

    async def read(self, bulk: Json, **query: Any) -> Json:
        return await self.shop.ops.get(f"/v1/bulk/{bulk['bulk_id']}", **query)

    async def until(self, bulk: Json, *statuses: str) -> Json:
        return await self._until(bulk, lambda now: now["status"] in statuses)

    async def until_paid(self, bulk: Json, count: int) -> Json:
        """Wait until so many of its refunds are complete."""
        return await self._until(bulk, lambda now: now["refunds"].get("completed", 0) >= count)

    async def until_begun(self, bulk: Json) -> Json:
        """Wait until some of it has begun."""
        return await self._until(bulk, lambda now: now["counts"]["begun"] > 0)

    async def _until(self, bulk: Json, is_so: Callable[[Json], bool]) -> Json:
        now: Json = {}
        pause_s = 0.1
        try:
            async with asyncio.timeout(IN_TIME_S):
                while True:
                    now = await self.read(bulk)
                    if is_so(now):
                        return now
                    await asyncio.sleep(pause_s)
                    pause_s = min(pause_s * 1.3, 0.5)
        except TimeoutError as late:
            raise AssertionError({name: now[name] for name in ("status", "counts", "refunds", "trouble")}) from late

    async def orders(self, names: Collection[str], **fields: Any) -> None:
        """Sell each to a customer of its own: whoever asks for very many refunds is looked at by a reviewer."""
        for name in names:
            await self.shop.order(name, customer_id=f"of-{name}", **fields)


def stands(bulk: Json) -> dict[int, str]:
    return {each["line"]: each["status"] for each in bulk["lines"]}


def why(bulk: Json) -> dict[int, str]:
    return {each["line"]: each["code"] for each in bulk["lines"] if each["code"]}
