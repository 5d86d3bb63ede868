"""The audit trail, the sandbox gateway, and how the service is."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from api import problems
from api.access import MerchantOrOps, Ops, Services, ServicesDep
from api.described import described
from api.paging import Cursor, Limit, page, place
from api.paths import ChargeRef, TrackingNumber
from api.routers.customers import Inbox, inbox
from api.schemas.common import Flag, Id, Text, Time, Wire
from db import journal, messages
from db.read_models import AuditRow
from db.whose import of_nobody
from domain.sale.guests import account
from gateways.ports import ParcelState
from gateways.sandbox import carrier, gateway
from gateways.sandbox.behaviours import Behaviour
from gateways.sandbox.carrier import CarrierTerms
from temporal_client import clocks

router = APIRouter()


class AuditEntry(Wire):
    """One entry of the audit trail (rule 39)."""

    sequence: int = Field(description="Its number in the merchant's chain.")
    at: Time = Field(description="When it happened.")
    customer_id: str | None = Field(
        description="Whom it is about; null for a guest, also one who has an account "
        "now, and where it is about no customer."
    )
    order_id: str | None = Field(description="The order; null where it is about none.")
    refund_id: str | None = Field(description="The refund; null where it is about none.")
    action: str = Field(description="What happened, as a stable word.")
    actor: str = Field(description="Who did it.")
    detail: dict[str, Any] = Field(description="The figures of it.")
    previous_hash: str = Field(description="The hash of the entry before, in hexadecimal.")
    hash: str = Field(description="The hash of this entry, in hexadecimal.")


class AuditTrail(Wire):
    """Entries of the audit trail."""

    items: list[AuditEntry] = Field(description="The entries, the oldest first.")
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class ChargeBody(Wire):
    """What a charge of the sandbox shall do."""

    behaviour: Behaviour = Field(description="What it does when it is refunded.")


class ChargeAnswer(ChargeBody):
    """What a charge of the sandbox does."""

    charge_ref: str = Field(description="The charge, as `gateway_ref` of a payment names it.")


class CarrierBody(Wire):
    """What the sandbox carrier offers."""

    pickup: Flag = Field(description="Whether it collects returns from customers.")
    refuses: Text = Field(
        default="", description="With which words it refuses labels from now on; left out or empty: it makes them."
    )


class MoveBody(Wire):
    """How far a parcel has come."""

    state: ParcelState = Field(description="How far.")


class Alive(Wire):
    """The process answers."""

    status: Literal["ok"] = Field(description="Always `ok`: who can't say it does not answer.")


class Ready(Wire):
    """Whether what the service needs answers."""

    postgres: Literal["ok", "no answer"] = Field(description="PostgreSQL.")
    temporal: Literal["ok", "no answer"] = Field(description="Temporal.")
    clocks: Literal["ok", "apart"] = Field(
        description="Whether this machine's clock is theirs, give or take ten minutes; `apart` is no "
        "reason to send requests elsewhere."
    )


@router.get("/v1/audit", tags=["operations"], **described("getAuditTrail"))
async def read_audit(
    services: ServicesDep,
    caller: Ops,
    order_id: Annotated[Id | None, Query(description="Only entries about this order.")] = None,
    customer_id: Annotated[Id | None, Query(description="Only entries about this customer.")] = None,
    cursor: Cursor = None,
    limit: Limit = 200,
) -> AuditTrail:
    """Everything that happened, or all that concerns an order or a customer; each entry is chained to the one before.

    Changes of policy, keys, accounts and endpoints are about neither: they are in the whole trail.
    """
    after = place(cursor)
    async with services.engine.begin() as connection:
        await journal.seal(connection, caller.merchant_id)
        trail = await journal.audit_trail(
            connection, caller.merchant_id, order_id, customer_id, after=after, limit=limit + 1
        )
    shown, more = page(trail, limit, lambda row: row.sequence, lambda row: len(str(row.detail)))
    entries = [_entry(row) for row in shown]
    return AuditTrail(items=entries, next=more)


def _entry(row: AuditRow) -> AuditEntry:
    said = {name: getattr(row, name) for name in AuditEntry.model_fields}
    return AuditEntry(**said | {"customer_id": account(row.customer_id) if row.customer_id else None})


@router.get("/v1/inbox", tags=["operations"], **described("getOperationsInbox"))
async def read_operations_inbox(services: ServicesDep, caller: Ops, cursor: Cursor = None, limit: Limit = 200) -> Inbox:
    """What operations were told: overdue work, calls for help, appeals; the oldest first."""
    async with services.snapshots.connect() as connection:
        return await inbox(connection, caller.merchant_id, messages.OPERATIONS, cursor, limit)


@router.put("/v1/sandbox/charges/{charge_ref}", tags=["sandbox"], **described("setChargeBehaviour", "not_found"))
async def tell_sandbox(
    charge_ref: ChargeRef, body: ChargeBody, services: ServicesDep, caller: MerchantOrOps
) -> ChargeAnswer:
    """Tell a charge of the sandbox gateway what to do when it is refunded."""
    async with services.engine.begin() as connection:
        try:
            await gateway.behave(connection, caller.merchant_id, charge_ref, body.behaviour)
        except gateway.ChargeNotFound as unknown:
            raise problems.not_found(f"charge {charge_ref!r}") from unknown
    return ChargeAnswer(charge_ref=charge_ref, behaviour=body.behaviour)


@router.put("/v1/sandbox/carrier", tags=["sandbox"], **described("setCarrierTerms"))
async def tell_sandbox_carrier(body: CarrierBody, services: ServicesDep, caller: MerchantOrOps) -> CarrierBody:
    """Tell the sandbox carrier whether it collects returns from customers, and whether it refuses labels."""
    async with services.engine.begin() as connection:
        await carrier.agree(connection, caller.merchant_id, CarrierTerms(body.pickup, body.refuses))
    return body


@router.put("/v1/sandbox/parcels/{tracking_number}", tags=["sandbox"], **described("moveParcel", "not_found"))
async def move_parcel(
    tracking_number: TrackingNumber, body: MoveBody, services: ServicesDep, caller: MerchantOrOps
) -> MoveBody:
    """Let a parcel with a label of the sandbox carrier come so far; the carrier tells that by webhook."""
    async with services.engine.begin() as connection:
        if not await carrier.move(connection, caller.merchant_id, tracking_number, body.state):
            raise problems.not_found(f"parcel {tracking_number!r}")
    return body


@router.get("/healthz", tags=["health"], **described("checkLiveness"))
async def is_alive() -> Alive:
    """Tell that the process answers; it asks nobody else."""
    return Alive(status="ok")


NOT_READY: dict[int | str, dict[str, Any]] = {503: {"description": "Something does not answer.", "model": Ready}}


@router.get("/readyz", tags=["health"], responses=NOT_READY, **described("checkReadiness"))
async def is_ready(services: ServicesDep, response: Response) -> Ready:
    """Tell whether Postgres and Temporal answer, and whether their clocks are this machine's."""
    postgres, temporal = await _postgres(services), await _temporal(services)
    if "no answer" in (postgres, temporal):
        response.status_code = 503
        return Ready(postgres=postgres, temporal=temporal, clocks="ok")
    return Ready(postgres=postgres, temporal=temporal, clocks=await _clocks(services))


async def _clocks(services: Services) -> Literal["ok", "apart"]:
    return "apart" if await clocks.apart(services.engine, services.temporal) else "ok"


async def _postgres(services: Services) -> Literal["ok", "no answer"]:
    try:
        with of_nobody():
            async with services.snapshots.connect() as connection:
                await connection.execute(text("select 1"))
    except (SQLAlchemyError, OSError):
        return "no answer"
    return "ok"


async def _temporal(services: Services) -> Literal["ok", "no answer"]:
    try:
        await services.temporal.service_client.check_health(timeout=timedelta(seconds=2))
    except (RPCError, RuntimeError):
        return "no answer"
    return "ok"
