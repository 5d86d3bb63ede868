"""The merchant's refund policy."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from api import problems
from api.access import Ops, ServicesDep
from api.described import described, json_schema
from api.schemas.policy import PolicyAnswer, PolicyBody
from api.schemas.what_if import WhatIfBody, WhatIfRefund, WhatIfSummary
from api.what_if import Batch, WorkedOut, what_if, work_out
from db import codec, entitlement_systems, journal, policies
from domain.audit_actions import AuditAction
from domain.policy import Policy
from gateways.entitlements.registry import SYSTEMS

router = APIRouter(prefix="/v1/policy", tags=["policy"])

ANSWER_LINES: dict[str, Any] = {
    "description": "JSON lines: refunds that would have come out differently, then the summary",
    "content": {"application/x-ndjson": {"schema": {"anyOf": [json_schema(WhatIfRefund), json_schema(WhatIfSummary)]}}},
}


@router.put("", **described("putPolicy", "conflicting_state"))
async def put_policy(body: PolicyBody, services: ServicesDep, caller: Ops) -> PolicyAnswer:
    """Set the policy; fields left out take their defaults.

    Refunds are settled by the policy in force then; their deadlines and review go by the version of the request.
    """
    async with services.engine.begin() as connection:
        await _refuse_unknown_systems(connection, caller.merchant_id, body)
        await policies.hold(connection, caller.merchant_id)
        known = await policies.current(connection, caller.merchant_id)
        if body.version not in (None, known.version):
            raise problems.conflicting_state(
                f"the policy's version is {known.version}, not {body.version}: read it first"
            )
        saved = await policies.save(connection, caller.merchant_id, body.to_domain())
        detail = {"version": saved.version, "changed": _changed(known.policy, saved.policy)}
        note = journal.Note(AuditAction.POLICY_CHANGED, f"policy version {saved.version}", caller.name, detail)
        await journal.record_of_merchant(connection, caller.merchant_id, note)
    return PolicyAnswer.of(saved.version, saved.policy)


async def _refuse_unknown_systems(connection: AsyncConnection, merchant_id: str, body: PolicyBody) -> None:
    if not body.entitlements_elsewhere:
        return
    known = await entitlement_systems.adapters(connection, merchant_id)
    there_is = f"there is {', '.join(known)}" if known else "there is none"
    wrong = {
        f"/entitlements_elsewhere/{kind}": f"no entitlement system is called {name!r}: {there_is}"
        for kind, name in body.entitlements_elsewhere.items()
        if name not in known
    }
    wrong |= {
        f"/entitlements_elsewhere/{kind}": f"no {kind} live in {name!r}: it is {known[name]}"
        for kind, name in body.entitlements_elsewhere.items()
        if name in known and kind not in SYSTEMS[known[name]].kinds
    }
    if wrong:
        raise problems.wrong_fields(wrong)


def _changed(before: Policy, after: Policy) -> dict[str, Any]:
    """What of a policy is another now, as it was and as it is."""
    was, becomes = codec.to_json(before), codec.to_json(after)
    return {name: [was[name], value] for name, value in becomes.items() if was[name] != value}


@router.get("", **described("getPolicy"))
async def get_policy(services: ServicesDep, caller: Ops) -> PolicyAnswer:
    """Read the policy in force."""
    async with services.snapshots.connect() as connection:
        known = await policies.current(connection, caller.merchant_id)
    return PolicyAnswer.of(known.version, known.policy)


@router.post(
    "/simulation", response_class=StreamingResponse, responses={200: ANSWER_LINES}, **described("simulatePolicy")
)
async def simulate_policy(body: WhatIfBody, services: ServicesDep, caller: Ops) -> StreamingResponse:
    """Work past refunds out again under a draft policy, with the functions that settled them; nothing is changed.

    The answer is streamed as JSON lines: one for each refund that would have come out differently, and a summary.
    """

    async def elsewhere(batch: Batch) -> WorkedOut:
        return await services.elsewhere(caller.merchant_id, work_out, batch)

    async def lines() -> AsyncIterator[str]:
        async with services.snapshots.connect() as connection:
            async for line in what_if(connection, caller.merchant_id, body, elsewhere):
                yield line

    async with services.snapshots.connect() as connection:  # once the answer has begun, no code can say that it is away
        await policies.current(connection, caller.merchant_id)
    return StreamingResponse(lines(), media_type="application/x-ndjson")
