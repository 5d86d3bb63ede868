"""Very many words to one refund: parcels of one unit each, some told of twice, and others that must be refused."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from proof.bench.statements import an_order
from proof.instants.shops import Staff, open_shop
from tools.client import Json, Refused
from workflows.contract import workflow_id

_IN_TIME_S = 600.0
_EVERY_TENTH = 10
_ASKED_AFTERWARDS = 20
_NOTED = "select kind, count(*) as times from words where refund_id = :refund and overruled is null group by kind"
_RECEIVED = "select sum(received) as received from refund_claims where refund_id = :refund"
_PRICE = 100


@dataclass(slots=True)
class Heard:
    """What became of so many words; `wrong` are sentences, none where all is well."""

    words: int
    repeated: int = 0
    refused: int = 0
    runs: int = 0
    longest_history: int = 0
    wrong: list[str] = field(default_factory=list)


async def say_many(
    http: httpx.AsyncClient, engine: AsyncEngine, temporal: Client, *, words: int, at_once: int
) -> Heard:
    """Tell one refund of so many parcels, then look at rows, histories, answers and money."""
    staff, heard, gate = await open_shop(http, engine), Heard(words), asyncio.Semaphore(at_once)
    refund = await _a_return(staff, words)
    parcels = [_tell(staff, refund, number, heard, gate) for number in range(words)]
    await asyncio.gather(*parcels, *(_refused(staff, refund, words, heard, gate) for _ in range(words // _EVERY_TENTH)))
    await _ask_afterwards(staff, temporal, refund, heard)
    await _compare_rows(engine, refund, heard)
    await _compare_histories(temporal, refund, heard)
    await staff.warehouse.post(_at(refund, "inspection"), {})
    done = await staff.merchant.wait_for(refund["refund_id"], {"completed"}, within_s=_IN_TIME_S)
    events = Counter(each["event"] for each in done["timeline"])
    if done["total"] != words * _PRICE or events["paid"] != 1:
        heard.wrong.append(f"{done['total']} paid for {words} units at {_PRICE}, {events['paid']} times")
    return heard


async def _a_return(staff: Staff, units: int) -> Json:
    await staff.ops.put("/v1/policy", {"auto_approve": {"max_amount": 10**12, "max_risk": 100}})
    order = an_order("c1", f"ch-{staff.name}")
    order["lines"][0] |= {"quantity": units, "unit_price": _PRICE}
    order["payments"][0]["amount"] = units * _PRICE
    await staff.merchant.put("/v1/orders/o1", order)
    body = {"order_id": "o1", "reason": "quality_issue", "kind": "return"}
    refund = await staff.merchant.post("/v1/refunds", body)
    return await staff.merchant.wait_for(refund["refund_id"], {"awaiting_return"}, within_s=_IN_TIME_S)


async def _tell(staff: Staff, refund: Json, number: int, heard: Heard, gate: asyncio.Semaphore) -> None:
    """Tell of one unit under a key of its own; of every tenth twice at the same time."""
    times = 2 if number % _EVERY_TENTH == 0 else 1
    heard.repeated += times - 1
    async with gate:
        said = [staff.warehouse.post(_at(refund, "receipt"), _units(1), key=f"parcel-{number}") for _ in range(times)]
        for answer in await asyncio.gather(*said, return_exceptions=True):
            if isinstance(answer, BaseException):
                heard.wrong.append(f"parcel {number} was answered {answer}")


async def _refused(staff: Staff, refund: Json, units: int, heard: Heard, gate: asyncio.Semaphore) -> None:
    """Tell of more than was ever asked for."""
    async with gate:
        try:
            await staff.warehouse.post(_at(refund, "receipt"), _units(units + 1))
            heard.wrong.append("more than was asked for was taken")
        except Refused:
            heard.refused += 1


async def _compare_rows(engine: AsyncEngine, refund: Json, heard: Heard) -> None:
    async with engine.connect() as books:
        of_refund = {"refund": refund["refund_id"]}
        noted = {row.kind: row.times for row in await books.execute(text(_NOTED), of_refund)}
        received = (await books.execute(text(_RECEIVED), of_refund)).scalar_one()
    if noted != {"receipt": heard.words} or received != heard.words:
        heard.wrong.append(f"{heard.words} words were taken; noted are {noted}, and received {received}")


async def _ask_afterwards(staff: Staff, temporal: Client, refund: Json, heard: Heard) -> None:
    """Say old words once more to the run that is there now, past the API, and something else under their keys."""
    handle = temporal.get_workflow_handle(workflow_id(refund["refund_id"]))
    for number in range(0, heard.words, max(1, heard.words // _ASKED_AFTERWARDS)):
        said = {"received": [["l1", 1]], "actor": "warehouse"}
        status = await handle.execute_update("receipt", said, id=f"receipt-parcel-{number}")
        if status != "inspecting":
            heard.wrong.append(f"parcel {number} was answered {status} when it was told of again")
        try:
            await staff.warehouse.post(_at(refund, "receipt"), _units(2), key=f"parcel-{number}")
            heard.wrong.append(f"something else was taken under the key of parcel {number}")
        except Refused as refused:
            if refused.code != "idempotency_key_reused":
                heard.wrong.append(f"something else under the key of parcel {number} was answered {refused}")


async def _compare_histories(temporal: Client, refund: Json, heard: Heard) -> None:
    """Each word is accepted once in the histories of all runs, and what is refused is in none of them."""
    accepted = 0
    id_ = workflow_id(refund["refund_id"])
    async for run in temporal.list_workflows(f"WorkflowId = '{id_}'"):
        handle = temporal.get_workflow_handle(id_, run_id=run.run_id)
        kinds = Counter([event.event_type async for event in handle.fetch_history_events()])
        accepted += kinds[EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED]
        if rejected := kinds[EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_REJECTED]:
            heard.wrong.append(f"{rejected} refused words are in the history of {run.run_id}")
        heard.runs += 1
        heard.longest_history = max(heard.longest_history, kinds.total())
    if accepted < heard.words:
        heard.wrong.append(f"{accepted} words were accepted of {heard.words}")


def _units(count: int) -> Json:
    return {"lines": [{"line_id": "l1", "quantity": count}]}


def _at(refund: Json, what: str) -> str:
    return f"/v1/refunds/{refund['refund_id']}/{what}"
