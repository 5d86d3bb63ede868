"""All accounts of a merchant at payment providers, and what an account needs."""

from dataclasses import asdict

from fastapi import APIRouter

from api.access import Owner, ServicesDep
from api.described import described
from api.routers.gateways import answer_of
from api.schemas.gateways import AdapterAnswer, GatewayList, LimitsBody
from db import gateway_accounts
from gateways.registry import ADAPTERS

router = APIRouter(prefix="/v1/gateways", tags=["gateways"])


@router.get("", **described("listGateways"))
async def list_gateways(services: ServicesDep, caller: Owner) -> GatewayList:
    """List the accounts, without their secrets, and which secrets an account of each adapter needs."""
    async with services.snapshots.connect() as connection:
        names = await gateway_accounts.names(connection, caller.merchant_id)
        known = [await gateway_accounts.find(connection, caller.merchant_id, name) for name in names]
    return GatewayList(
        items=[answer_of(each) for each in known if each is not None],
        adapters=[
            AdapterAnswer(adapter=name, secrets=list(each.needs), limits=LimitsBody(**asdict(each.limits)))
            for name, each in ADAPTERS.items()
        ],
    )
