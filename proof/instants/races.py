"""Refunds brought to the brink, and two words to each of them in one instant."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from domain import clock
from proof.bench.statements import an_order
from proof.instants.aim import WITHIN_S, Aim
from proof.instants.judge import Answer, Pair, Race
from proof.instants.shops import Staff
from tools.client import Json, Refused

_IN_TIME_S = 120.0
_LOOK_S = 0.5
_DEADLINE = "PT8S"


@dataclass(frozen=True, slots=True)
class Brink:
    """One race that is about to be run: whose shop, which order, how far from the instant, and where that is."""

    staff: Staff
    number: int
    offset_s: float
    aim: Aim

    async def wait(self, instant: float) -> None:
        """Sleep until the word is to be said; `instant` is in seconds of this process's own time."""
        await asyncio.sleep(max(0.0, instant + self.aim.at_s + self.offset_s - time.monotonic()))


_BY_RULE: Json = {"auto_approve": {"max_amount": 10**12, "max_risk": 100}}

POLICIES: dict[Pair, Json] = {
    Pair.APPROVE_AND_CANCEL: {"auto_approve": {}},
    Pair.CANCEL_AND_PAYOUT: {"auto_approve": {}},
    Pair.SHIPMENT_AND_DEADLINE: {**_BY_RULE, "return_deadline": _DEADLINE},
    Pair.RECEIPT_AND_DEADLINE: {**_BY_RULE, "return_deadline": _DEADLINE},
}


async def approve_and_cancel(brink: Brink) -> Race:
    """Both are said at the same time."""
    refund, answers = await _approved_and_cancelled(brink)
    return _race(Pair.APPROVE_AND_CANCEL, brink, refund, answers)


async def cancel_and_payout(brink: Brink) -> Race:
    """The payout begins by itself, some time after the approval: when is found out by the races."""
    refund, answers = await _approved_and_cancelled(brink)
    brink.aim.note(came_first=answers["cancel"].is_yes)
    return _race(Pair.CANCEL_AND_PAYOUT, brink, refund, answers)


async def _approved_and_cancelled(brink: Brink) -> tuple[Json, dict[str, Answer]]:
    staff, refund = brink.staff, await _asked(brink, "refund_only", "changed_mind")
    await staff.merchant.wait_for(refund["refund_id"], {"in_review"}, within_s=_IN_TIME_S)
    instant = time.monotonic() + WITHIN_S

    async def cancel() -> Answer:
        await brink.wait(instant)
        return await _answer(staff.merchant.post(_at(refund, "cancel"), {"note": "changed my mind"}))

    async def approve() -> Answer:
        await asyncio.sleep(instant - time.monotonic())
        return await _answer(staff.reviewer.post(_at(refund, "review"), {"decision": "approve"}))

    approved, cancelled = await asyncio.gather(approve(), cancel())
    return refund, {"approve": approved, "cancel": cancelled}


async def shipment_and_deadline(brink: Brink) -> Race:
    refund = await _until_the_deadline(brink)
    body = {"carrier": "SF", "tracking_number": f"SF{brink.number}"}
    sent = await _answer(brink.staff.merchant.post(_at(refund, "shipment"), body))
    brink.aim.note(came_first=sent.is_yes)
    return _race(Pair.SHIPMENT_AND_DEADLINE, brink, refund, {"shipment": sent})


async def receipt_and_deadline(brink: Brink) -> Race:
    refund = await _until_the_deadline(brink)
    received = await _answer(brink.staff.warehouse.post(_at(refund, "receipt"), {}))
    brink.aim.note(came_first=received == Answer(True, "inspecting"))
    return _race(Pair.RECEIPT_AND_DEADLINE, brink, refund, {"receipt": received})


async def _until_the_deadline(brink: Brink) -> Json:
    """Ask for a return, and wait until its deadline is as near as it is to be; a slow machine may be past it."""
    staff, refund = brink.staff, await _asked(brink, "return")
    shown = await staff.merchant.wait_for(refund["refund_id"], {"awaiting_return", "expired"}, within_s=_IN_TIME_S)
    left = datetime.fromisoformat(shown["return"]["deliver_by"]) - clock.now()
    await brink.wait(time.monotonic() + left.total_seconds())
    return refund


async def _asked(brink: Brink, kind: str, reason: str = "quality_issue") -> Json:
    merchant, name = brink.staff.merchant, f"{brink.number}"
    await merchant.put(f"/v1/orders/o-{name}", an_order(f"c-{name}", f"ch-{brink.staff.name}-{name}"))
    body = {"order_id": f"o-{name}", "reason": reason, "kind": kind}
    return await merchant.post("/v1/refunds", body)


async def _answer(said: Awaitable[Json]) -> Answer:
    """The definite answer: what nobody knows is asked again under its key."""
    try:
        return Answer(True, str((await said)["status"]))
    except Refused as refused:
        return Answer(False, f"{refused.code}: {refused.detail}")


def _race(pair: Pair, brink: Brink, refund: Json, answers: dict[str, Answer]) -> Race:
    return Race(pair, refund["refund_id"], refund["total"], brink.offset_s, answers)


def _at(refund: Json, what: str) -> str:
    return f"/v1/refunds/{refund['refund_id']}/{what}"


RACES: dict[Pair, Callable[[Brink], Awaitable[Race]]] = {
    Pair.APPROVE_AND_CANCEL: approve_and_cancel,
    Pair.CANCEL_AND_PAYOUT: cancel_and_payout,
    Pair.SHIPMENT_AND_DEADLINE: shipment_and_deadline,
    Pair.RECEIPT_AND_DEADLINE: receipt_and_deadline,
}
