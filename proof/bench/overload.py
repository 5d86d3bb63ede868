"""`make overload`: more refunds than there is capacity for, of many merchants and of one; who waits how long?

Quiet: one merchant's refunds, one after another. Capacity: as many callers as keep the service busy. One: a merchant
sends single POSTs without a pause, while another's refunds go on one after another. All: twenty merchants send ten
times what was found to be the capacity. Every refund that was taken has to complete; what is refused has to say when to
come again. The last line is one JSON object; times in seconds.
"""

import argparse
import asyncio
import itertools
import json
import sys
import time
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from db.api_keys import Role
from db.engine import open_engine
from proof.bench.statements import an_order
from proof.merchants import new_merchant
from settings import StackSettings
from tools.client import Api, Json, open_http
from tools.fresh_home import fresh_home
from tools.stack.stack import Stack, StackDescription
from tools.stack.temporal_client import connect
from workflows.contract import workflow_id

_MERCHANTS = 20
_CALLERS = 12
_AT_ONCE = 60
_PUTS_AT_ONCE = 8
_WITHIN_S = 300.0
_SOFT = frozenset({429, 503})
_TAKEN = """
select count(*) as taken, count(completed_at) as completed,
  percentile_cont(0.5) within group (order by extract(epoch from completed_at - created_at)) as p50,
  percentile_cont(0.99) within group (order by extract(epoch from completed_at - created_at)) as p99
from refunds where merchant_id = any(:merchants) and status = 'completed'
"""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.bench overload")
    parser.add_argument("--seconds", type=int, default=60, help="how long each part lasts")
    wanted = parser.parse_args(arguments)
    with fresh_home(StackSettings.from_environment()) as settings, Stack(settings) as stack:
        figures = asyncio.run(_measure(stack.description, wanted.seconds))
    print(json.dumps(figures))
    return 1 if figures["lost"] or figures["wrong_answers"] else 0


@dataclass(slots=True)
class _Merchant:
    """Its orders are used once each; one whose refund was refused is used again."""

    merchant_id: str
    key: str
    http: httpx.AsyncClient
    orders: deque[str] = field(default_factory=deque)
    answers: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    taken: list[str] = field(default_factory=list)

    async def stock_up(self, orders: int) -> None:
        api, gate = Api(self.http, self.key, patience_s=_WITHIN_S), asyncio.Semaphore(_PUTS_AT_ONCE)

        async def put(order_id: str) -> None:
            async with gate:
                await api.put(f"/v1/orders/{order_id}", an_order(f"of-{order_id}", f"ch-{order_id}"))
            self.orders.append(order_id)

        first = len(self.orders) + len(self.taken)
        await asyncio.gather(*(put(f"o{first + number}") for number in range(orders)))

    async def ask_once(self) -> str | None:
        """Ask for a refund of the next order; return its id where it was taken."""
        if not self.orders:
            return None
        order_id = self.orders.popleft()
        body: Json = {"order_id": order_id, "reason": "quality_issue", "kind": "refund_only"}
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": order_id}
        try:
            answer = await self.http.post("/v1/refunds", json=body, headers=headers)
        except httpx.HTTPError as error:
            self.wrong[type(error).__name__] += 1
            return None
        self.answers[str(answer.status_code)] += 1
        if answer.status_code == 202:
            self.taken.append(answer.json()["refund_id"])
            return self.taken[-1]
        self.orders.append(order_id)
        if answer.status_code not in _SOFT or not answer.headers.get("Retry-After", "").isdecimal():
            self.wrong[f"{answer.status_code} {answer.text[:80]}"] += 1
        return None


async def _measure(stack: StackDescription, seconds: int) -> Json:
    engine = open_engine(stack.owner_database_url, pool_size=4)
    temporal = await connect(stack)
    async with open_http(stack.api_url, at_once=200, answer_within_s=60.0) as http:
        single, one, *many = [await _open(engine, http) for _ in range(2 + _MERCHANTS)]
        await single.stock_up(60 + 8 * seconds)
        quiet = await _one_by_one(single, temporal, until=time.monotonic() + seconds / 2)
        _tell("quiet", {"p50": median(quiet)})
        for each in many:
            await each.stock_up(4 * seconds)
        per_s = await _capacity(many, temporal, seconds / 2)
        _tell("capacity", {"per_s": per_s})

        await one.stock_up(round(per_s * (seconds + 30)))
        async with _flood(one, seconds):
            beside = await _one_by_one(single, temporal, until=time.monotonic() + seconds)
        of_one = await _settled(engine, [one])
        _tell("one", {"p50": median(beside), "answers": one.answers, "taken": of_one})

        for each in many:
            each.answers.clear()
        await _ten_times(many, 10 * per_s, seconds)
        of_all = await _settled(engine, many)
    everybody = [single, one, *many]
    of_everybody = await _settled(engine, everybody)
    await engine.dispose()
    return {
        "quiet_p50_s": round(median(quiet), 3),
        "beside_one_p50_s": round(median(beside), 3),
        "beside_one_p99_s": round(sorted(beside)[len(beside) * 99 // 100], 3),
        "beside_one_ratio": round(median(beside) / median(quiet), 2),
        "one_answers": dict(one.answers),
        "one_p99_s": of_one["p99"],
        "capacity_per_s": round(per_s, 2),
        "ten_times_answers": dict(sum((each.answers for each in many), Counter())),
        "ten_times_p99_s": of_all["p99"],
        "taken": of_everybody["taken"],
        "lost": of_everybody["taken"] - of_everybody["completed"],
        "wrong_answers": dict(sum((each.wrong for each in everybody), Counter())),
    }


def _tell(part: str, figures: Json) -> None:
    print(f"{part}: {json.dumps(figures)}", file=sys.stderr, flush=True)


async def _open(engine: AsyncEngine, http: httpx.AsyncClient) -> _Merchant:
    merchant_id, keys = await new_merchant(engine)
    return _Merchant(merchant_id, keys[Role.MERCHANT], http)


async def _one_by_one(merchant: _Merchant, temporal: Client, *, until: float) -> list[float]:
    """Ask for a refund, wait until it has completed, and so on; return how long each took, with its POST."""
    times = []
    while time.monotonic() < until:
        began = time.monotonic()
        refund_id = await merchant.ask_once()
        if refund_id is None:
            await asyncio.sleep(1.0)
            continue
        await temporal.get_workflow_handle(workflow_id(refund_id)).result()
        times.append(time.monotonic() - began)
    return times


async def _capacity(merchants: list[_Merchant], temporal: Client, seconds: float) -> float:
    """How many refunds a second complete while so many callers ask, each for the next when its last has completed."""
    began, until = time.monotonic(), time.monotonic() + seconds
    callers = (_one_by_one(merchants[number], temporal, until=until) for number in range(_CALLERS))
    done = await asyncio.gather(*callers)
    return sum(len(times) for times in done) / (time.monotonic() - began)


@asynccontextmanager
async def _flood(merchant: _Merchant, seconds: float) -> AsyncIterator[None]:
    """Send without a pause, so many at once, whatever is answered."""
    until = time.monotonic() + seconds

    async def send() -> None:
        while time.monotonic() < until:
            await merchant.ask_once()
            await asyncio.sleep(0.05)

    senders = [asyncio.create_task(send()) for _ in range(_AT_ONCE)]
    await asyncio.sleep(5.0)  # until it is a crowd
    yield
    await asyncio.gather(*senders)


async def _ten_times(merchants: list[_Merchant], per_s: float, seconds: float) -> None:
    """Send so many a second, each merchant in its turn, and wait for no answer before the next."""
    began, sent = time.monotonic(), set()
    for number, merchant in zip(itertools.count(), itertools.cycle(merchants)):
        due = began + number / per_s
        if due > began + seconds:
            break
        await asyncio.sleep(max(due - time.monotonic(), 0.0))
        sent.add(asyncio.create_task(merchant.ask_once()))
        sent = {each for each in sent if not each.done()}
    await asyncio.gather(*sent)


async def _settled(engine: AsyncEngine, merchants: list[_Merchant]) -> Json:
    """Wait until all that was taken is over; return how long that took from request to end, by PostgreSQL's clock."""
    ids, due = [each.merchant_id for each in merchants], sum(len(each.taken) for each in merchants)
    deadline = time.monotonic() + _WITHIN_S
    while True:
        async with engine.connect() as connection:
            row = (await connection.execute(text(_TAKEN), {"merchants": ids})).one()
        if row.completed >= due or time.monotonic() > deadline:
            return {"taken": due, "completed": row.completed, "p50": _short(row.p50), "p99": _short(row.p99)}
        await asyncio.sleep(1.0)


def _short(seconds: float | None) -> float | None:
    return None if seconds is None else round(float(seconds), 2)
