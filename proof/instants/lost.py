"""How long a word waits whose worker died with the task in which it was heard, and that nobody says again."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from proof.bench.statements import an_order
from proof.chaos.crash_points import CrashPoint
from proof.chaos.killer import CRASH_AT
from proof.instants.shops import Staff, open_shop
from tools.client import Json
from tools.stack.stack import Stack
from tools.stack.temporal_client import connect
from workflows.contract import workflow_id

_IN_TIME_S = 300.0
_LOOK_EVERY_S = 0.1
_STATUS = "select status from refunds where refund_id = :refund"


@dataclass(frozen=True, slots=True)
class Wait:
    """How long until an approval was acted upon, in seconds. `with_servers`: Temporal and the API died as well, so that
    the word is in nobody's memory; else Temporal itself sends it to the next worker. `is_same_run`: nothing was
    replaced.
    """

    seconds: float
    with_servers: bool
    is_same_run: bool


async def lose_words(stack: Stack, http: httpx.AsyncClient, engine: AsyncEngine, *, times: int) -> list[Wait]:
    """Lose so many words one after the other; with the servers every second time."""
    staff = await open_shop(http, engine)
    await staff.ops.put("/v1/policy", {"auto_approve": {}})
    return [await _lose(stack, engine, staff, number) for number in range(times)]


async def _lose(stack: Stack, engine: AsyncEngine, staff: Staff, number: int) -> Wait:
    refund = await _in_review(staff, number)
    before = await _run(stack, refund)
    request = stack.home.path / CRASH_AT
    draft = request.with_suffix(".draft")
    draft.write_text(CrashPoint.NOTED)
    draft.rename(request)
    path = f"/v1/refunds/{refund['refund_id']}/review"
    saying = asyncio.create_task(staff.reviewer.post(path, {"decision": "approve"}))
    async with asyncio.timeout(_IN_TIME_S):
        while request.exists():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    began = time.monotonic()
    saying.cancel()  # nobody says it again
    with_servers = number % 2 == 1
    if with_servers:
        for part in ("api", "temporal"):
            await asyncio.to_thread(stack.kill, part)
    with suppress(asyncio.CancelledError):
        await saying
    await _until_acted_upon(engine, refund)
    waited = time.monotonic() - began
    return Wait(round(waited, 1), with_servers, await _run(stack, refund) == before)


async def _in_review(staff: Staff, number: int) -> Json:
    await staff.merchant.put(f"/v1/orders/o{number}", an_order(f"c{number}", f"ch-{staff.name}-{number}"))
    body = {"order_id": f"o{number}", "reason": "changed_mind", "kind": "return"}
    refund = await staff.merchant.post("/v1/refunds", body)
    return await staff.merchant.wait_for(refund["refund_id"], {"in_review"}, within_s=_IN_TIME_S)


async def _run(stack: Stack, refund: Json) -> str:
    temporal = await connect(stack.description)
    found = await temporal.get_workflow_handle(workflow_id(refund["refund_id"])).describe()
    return str(found.run_id)


async def _until_acted_upon(engine: AsyncEngine, refund: Json) -> None:
    """The approval is noted before; acting upon it is to issue the return."""
    async with asyncio.timeout(_IN_TIME_S):
        while True:
            async with engine.connect() as books:
                status = (await books.execute(text(_STATUS), {"refund": refund["refund_id"]})).scalar_one()
            if status == "awaiting_return":
                return
            await asyncio.sleep(_LOOK_EVERY_S)
