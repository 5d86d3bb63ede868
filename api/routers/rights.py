"""Suspending a customer's right to ask for refunds, appealing against that, and giving it back (rule 34)."""

from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from api import evidence, problems, rights
from api.access import IdempotencyKey, MerchantOrCustomer, MerchantOrCustomerOrOps, Ops, ServicesDep
from api.described import described
from api.idempotent import IdempotentRequest
from api.paths import CustomerId
from api.schemas.rights import AppealBody, RightsAnswer, SuspensionBody
from db import policies
from db.api_keys import Caller
from db.pictures import UsedIn
from db.rights import Imposed
from domain import clock
from domain.durations import span
from domain.rights.suspensions import Suspension, SuspensionRule
from service import used_pictures
from service.refund_rights import Appeal

router = APIRouter(prefix="/v1/customers/{customer_id}", tags=["refund rights"])


@router.get("/suspension", **described("getSuspension", "not_found"))
async def read_rights(customer_id: CustomerId, services: ServicesDep, caller: MerchantOrCustomerOrOps) -> RightsAnswer:
    """Tell whether a customer may ask for refunds; customers see their own."""
    rights.check_own(caller, customer_id)
    async with services.snapshots.connect() as connection:
        await rights.refuse_unknown(connection, caller.merchant_id, customer_id)
        return await _answer(connection, caller, customer_id)


@router.post("/suspension", status_code=201, response_model=RightsAnswer, **described("suspendCustomer", "not_found"))
async def suspend_customer(
    customer_id: CustomerId,
    services: ServicesDep,
    caller: Ops,
    body: SuspensionBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Refuse a customer's new refunds for a while; the newest word counts, and the customer is told why."""
    said = body or SuspensionBody()

    async def suspend(connection: AsyncConnection) -> RightsAnswer:
        await rights.lock_known(connection, caller.merchant_id, customer_id)
        until = said.until or await _until(connection, caller.merchant_id)
        suspension = Suspension(SuspensionRule.OPERATIONS, said.why, until)
        await services.rights.suspend(connection, Imposed(caller.merchant_id, customer_id, caller.name), suspension)
        return await _answer(connection, caller, customer_id)

    path = f"/v1/customers/{customer_id}/suspension"
    answer, _ = await IdempotentRequest(services.engine, caller, idempotency_key, path, said).once(201, suspend)
    return answer


@router.delete("/suspension", **described("reinstateCustomer", "not_found"))
async def reinstate_customer(customer_id: CustomerId, services: ServicesDep, caller: Ops) -> RightsAnswer:
    """Give the right back, any number of times; refunds so far no longer count towards a suspension."""
    async with services.engine.begin() as connection:
        suspended = await rights.lock_known(connection, caller.merchant_id, customer_id)
        if suspended:
            await services.rights.reinstate(connection, suspended, caller.name)
        return await _answer(connection, caller, customer_id)


@router.post(
    "/appeal",
    status_code=201,
    response_model=RightsAnswer,
    **described("appealSuspension", "not_found", "conflicting_state"),
)
async def appeal(
    customer_id: CustomerId,
    body: AppealBody,
    services: ServicesDep,
    caller: MerchantOrCustomer,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Say what speaks against a suspension, once; operations read it in their inbox."""
    rights.check_own(caller, customer_id)
    evidence.check(services, body.evidence)

    async def submit(connection: AsyncConnection) -> RightsAnswer:
        suspended = await rights.lock_known(connection, caller.merchant_id, customer_id)
        if suspended is None:
            raise problems.conflicting_state(f"customer {customer_id!r} is not suspended")
        if suspended.appeal and suspended.appeal["note"] != body.note:
            raise problems.conflicting_state("there is an appeal against this suspension already")
        if not suspended.appeal:
            said = Appeal(caller.name, body.note, tuple(body.evidence))
            await services.rights.appeal(connection, suspended, said)
            await used_pictures.use(connection, caller, body.evidence, UsedIn(customer_id))
        return await _answer(connection, caller, customer_id)

    path = f"/v1/customers/{customer_id}/appeal"
    answer, _ = await IdempotentRequest(services.engine, caller, idempotency_key, path, body).once(201, submit)
    return answer


async def _until(connection: AsyncConnection, merchant_id: str) -> datetime:
    known = await policies.current(connection, merchant_id)
    return clock.now() + span(known.policy.suspension)


async def _answer(connection: AsyncConnection, caller: Caller, customer_id: str) -> RightsAnswer:
    refund_rights = await rights.of_customer(connection, caller.merchant_id, customer_id)
    return RightsAnswer(customer_id=customer_id, refund_rights=refund_rights)
