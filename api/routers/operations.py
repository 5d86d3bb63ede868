"""The audit trail, the sandbox gateway, and how the service is."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from api import problems
from api.access import In, MerchantOrOps, Ops
from api.described import described
from api.paths import ChargeRef
from api.routers.customers import Inbox, inbox
from api.schemas.common import Flag, Id, Time, Wire
from db import journal, messages
from gateways import sandbox, sandbox_carrier
from gateways.sandbox_carrier import CarrierTerms
from gateways.sandbox_moods import Behaviour

router = APIRouter()


class AuditEntry(Wire):
    sequence: int
    at: Time
    customer_id: str
    order_id: str | None
    refund_id: str | None
    action: str
    actor: str
    detail: dict[str, Any]
    previous_hash: str
    hash: str


class AuditTrail(Wire):
    items: list[AuditEntry]


class AuditVerification(Wire):
    """`broken_at` is the sequence number at which the chain does not fit."""

    intact: bool
    broken_at: int | None


class ChargeBody(Wire):
    behaviour: Behaviour


class ChargeAnswer(ChargeBody):
    charge_ref: str


class CarrierBody(Wire):
    pickup: Flag


@router.get("/v1/audit", tags=["operations"], **described("getAuditTrail"))
async def read_audit(house: In, caller: Ops, order_id: Id | None = None, customer_id: Id | None = None) -> AuditTrail:
    """Everything that happened to an order's or a customer's refunds, each entry chained to the one before."""
    if order_id is None and customer_id is None:
        raise problems.wrong_field("/order_id", "say whose trail: order_id, customer_id, or both")
    async with house.engine.begin() as connection:
        await journal.seal(connection, caller.merchant_id)
        trail = await journal.audit_trail(connection, caller.merchant_id, order_id, customer_id)
    return AuditTrail(
        items=[AuditEntry(**{name: getattr(row, name) for name in AuditEntry.model_fields}) for row in trail]
    )


@router.get("/v1/audit/verification", tags=["operations"], **described("verifyAuditTrail"))
async def verify_audit(house: In, caller: Ops) -> AuditVerification:
    """Recompute the whole chain of this merchant."""
    async with house.engine.begin() as connection:
        await journal.seal(connection, caller.merchant_id)
        broken_at = await journal.first_broken_link(connection, caller.merchant_id)
    return AuditVerification(intact=broken_at is None, broken_at=broken_at)


@router.get("/v1/inbox", tags=["operations"], **described("getOperationsInbox"))
async def read_operations_inbox(house: In, caller: Ops) -> Inbox:
    """What operations were told: overdue work, calls for help, appeals; the oldest first."""
    async with house.snapshots.connect() as connection:
        return await inbox(connection, caller.merchant_id, messages.OPERATIONS)


@router.put("/v1/sandbox/charges/{charge_ref}", tags=["sandbox"], **described("setChargeBehaviour", "not_found"))
async def tell_sandbox(charge_ref: ChargeRef, body: ChargeBody, house: In, caller: MerchantOrOps) -> ChargeAnswer:
    """Tell a charge of the sandbox gateway what to do when it is refunded."""
    async with house.engine.begin() as connection:
        try:
            await sandbox.behave(connection, caller.merchant_id, charge_ref, body.behaviour)
        except sandbox.ChargeNotFound as unknown:
            raise problems.not_found(f"charge {charge_ref!r}") from unknown
    return ChargeAnswer(charge_ref=charge_ref, behaviour=body.behaviour)


@router.put("/v1/sandbox/carrier", tags=["sandbox"], **described("setCarrierTerms"))
async def tell_sandbox_carrier(body: CarrierBody, house: In, caller: MerchantOrOps) -> CarrierBody:
    """Tell the sandbox carrier whether it collects returns from customers."""
    async with house.engine.begin() as connection:
        await sandbox_carrier.agree(connection, caller.merchant_id, CarrierTerms(body.pickup))
    return body


@router.get("/healthz", tags=["health"], **described("checkLiveness"))
async def is_alive() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/readyz", tags=["health"], **described("checkReadiness"))
async def is_ready(house: In, response: Response) -> dict[str, str]:
    """Tell whether Postgres and Temporal answer."""
    parts = {"postgres": "ok", "temporal": "ok"}
    try:
        async with house.snapshots.connect() as connection:
            await connection.execute(text("select 1"))
    except (SQLAlchemyError, OSError):
        parts["postgres"] = "no answer"
    try:
        await house.temporal.service_client.check_health(timeout=timedelta(seconds=2))
    except (RPCError, RuntimeError):
        parts["temporal"] = "no answer"
    if set(parts.values()) != {"ok"}:
        response.status_code = 503
    return parts
