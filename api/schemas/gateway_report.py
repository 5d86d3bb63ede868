"""How payouts fare at each gateway."""

from pydantic import Field

from api.schemas.common import Wire


class GatewayReportLine(Wire):
    """The payouts of one gateway."""

    gateway: str = Field(description="The gateway, as orders name it.")
    payouts: int = Field(description="How many payouts it had.")
    succeeded: int = Field(description="How many of them are paid.")
    undecided: int = Field(description="How many it has not decided about.")
    declined: int = Field(description="To how many it has said no at least once, whatever became of them.")


class GatewayReport(Wire):
    """Every gateway that had payouts."""

    items: list[GatewayReportLine] = Field(description="The gateways, by their names.")
