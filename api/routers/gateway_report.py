"""How payouts fare at each gateway, for operations and owners."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import OpsOrOwner, ServicesDep
from api.described import described
from api.schemas.common import Time
from api.schemas.gateway_report import GatewayReport, GatewayReportLine
from db import gateway_report

router = APIRouter(prefix="/v1/reports", tags=["reports"])


@router.get("/gateways", **described("reportGateways"))
async def report_gateways(
    services: ServicesDep,
    caller: OpsOrOwner,
    start: Annotated[Time, Query(alias="from", description="Payouts of which something became known from here on.")],
) -> GatewayReport:
    """Count how the payouts of a time fared at each gateway: paid, declined, still undecided."""
    async with services.snapshots.connect() as connection:
        found = await gateway_report.since(connection, caller.merchant_id, start)
    return GatewayReport(
        items=[
            GatewayReportLine(
                gateway=each.gateway,
                payouts=each.payouts,
                succeeded=each.succeeded,
                undecided=each.undecided,
                declined=each.declined,
            )
            for each in found
        ]
    )
