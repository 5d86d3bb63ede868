# Written by `make client`; change the document, or the async half, instead.
"""Operations: gateways."""

from makewhole_client.aio.asking import AsyncAsks
from makewhole_client.calls import gateways as calls
from makewhole_client.models import GatewayAnswer, GatewayBody, GatewayList


class AsyncGatewaysCalls(AsyncAsks):
    async def put_gateway(self, gateway_id: str, body: GatewayBody) -> GatewayAnswer:
        """Tell an account at a payment provider, under the name that payments give in `gateway`."""
        return await self._ask(calls.put_gateway(gateway_id, body))

    async def get_gateway(self, gateway_id: str) -> GatewayAnswer:
        """Read an account, without its secrets."""
        return await self._ask(calls.get_gateway(gateway_id))

    async def list_gateways(
        self,
    ) -> GatewayList:
        """List the accounts, without their secrets, and which secrets an account of each adapter needs."""
        return await self._ask(calls.list_gateways())
