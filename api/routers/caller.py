"""Who asks: what a key or a session stands for."""

from fastapi import APIRouter
from pydantic import Field

from api.access import AnyCaller, ServicesDep
from api.described import described
from api.schemas.common import TimeZone, Wire
from db import policies
from db.api_keys import Role
from domain.sale.guests import account

router = APIRouter(tags=["api keys"])


class CallerAnswer(Wire):
    """Whoever has the key of this request."""

    merchant_id: str = Field(description="Whose merchant's key it is.")
    role: Role = Field(description="What it may do.")
    name: str = Field(description="How timeline and audit trail call whoever has it.")
    person: str | None = Field(description="Who of the staff it is; null where nobody said.")
    customer_id: str | None = Field(description="Which customer it is; null for staff and guests.")
    time_zone: TimeZone = Field(description="Where the merchant is: days begin and end there.")


@router.get("/v1/caller", **described("getCaller"))
async def read_caller(services: ServicesDep, caller: AnyCaller) -> CallerAnswer:
    """Read who you are here, and what you may do."""
    async with services.snapshots.connect() as connection:
        policy = (await policies.current(connection, caller.merchant_id)).policy
    return CallerAnswer(
        merchant_id=caller.merchant_id,
        role=caller.role,
        name=caller.name,
        person=caller.person or None,
        customer_id=account(caller.customer_id) if caller.customer_id else None,
        time_zone=policy.time_zone,
    )
