# Written by `make client`; change the document, or the async half, instead.
"""Operations: carriers."""

from makewhole_client.aio.asking import AsyncAsks
from makewhole_client.calls import carriers as calls
from makewhole_client.models import CarrierAccountAnswer, CarrierAccountBody


class AsyncCarriersCalls(AsyncAsks):
    async def put_carrier(self, carrier_id: str, body: CarrierAccountBody) -> CarrierAccountAnswer:
        """Tell an account at a carrier."""
        return await self._ask(calls.put_carrier(carrier_id, body))

    async def get_carrier(self, carrier_id: str) -> CarrierAccountAnswer:
        """Read an account, without its secrets."""
        return await self._ask(calls.get_carrier(carrier_id))
