"""What callers do again and again at one side: they ask for refunds, for quotes, and look at what there is."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from proof.bench.beside import Running
from proof.bench.completions import Completions
from proof.bench.measuring import Scene, measure
from proof.bench.refunding import Refunding, Times
from proof.bench.wire import Wire
from tools.client import open_http
from tools.load import originals

ENDPOINT = "erp"
_CALLERS = 3
_LISTS = ("/v1/refunds", "/v1/orders", "/v1/customers")


_THANKS = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


@asynccontextmanager
async def system_of_the_merchant() -> AsyncIterator[str]:
    """Whoever takes events, and thanks for each; its address."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0]))
        writer.write(_THANKS)
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


class Looking:
    def __init__(self, running: Running, completions: Completions) -> None:
        self._running = running
        self._wire = Wire([running.api_url])
        self._refunding = Refunding(self._wire, running.keys, completions)

    async def open(self, system: str) -> None:
        """Have the policy and the campaigns of the year, and a system of the merchant's told of all from now on."""
        async with open_http(self._running.api_url) as http:
            await originals.open_shop(self._running.keys.staff(http))
        await self._wire.send("PUT", f"/v1/webhook-endpoints/{ENDPOINT}", self._running.keys.owner, {"url": system})

    async def play(self, refunds: int) -> None:
        scene = Scene("refunds, quotes and looks", _CALLERS, refunds, self._refunding.plain_orders, self._of_an_order)
        await measure(scene, below=self._running.number)

    async def _of_an_order(self, order_id: str) -> Times:
        """A customer asks what they would get, gets it, and everybody looks."""
        began, merchant, ops = time.perf_counter(), self._running.keys.merchant, self._running.keys.ops
        body = {"order_id": order_id, "reason": "quality_issue", "kind": "refund_only"}
        await self._wire.send("POST", "/v1/refunds/quote", merchant, body)
        done = await self._refunding.refund(order_id)
        paths = (
            f"/v1/refunds/{done.refund_id}",
            f"/v1/orders/{order_id}",
            f"/v1/customers/c-{order_id}/inbox",
            *_LISTS,
        )
        for path in paths:
            await self._wire.send("GET", path, merchant, {})
        for path in ("/v1/inbox", f"/v1/audit?order_id={order_id}"):
            await self._wire.send("GET", path, ops, {})
        return {"all": time.perf_counter() - began}
