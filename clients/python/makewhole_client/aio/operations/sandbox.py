# Written by `make client`; change the document, or the async half, instead.
"""Operations: sandbox."""

from makewhole_client.aio.asking import AsyncAsks
from makewhole_client.calls import sandbox as calls
from makewhole_client.models import CarrierBody, ChargeAnswer, ChargeBody, MoveBody


class AsyncSandboxCalls(AsyncAsks):
    async def set_charge_behaviour(self, charge_ref: str, body: ChargeBody) -> ChargeAnswer:
        """Tell a charge of the sandbox gateway what to do when it is refunded."""
        return await self._ask(calls.set_charge_behaviour(charge_ref, body))

    async def set_carrier_terms(self, body: CarrierBody) -> CarrierBody:
        """Tell the sandbox carrier whether it collects returns from customers, and whether it refuses labels."""
        return await self._ask(calls.set_carrier_terms(body))

    async def move_parcel(self, tracking_number: str, body: MoveBody) -> MoveBody:
        """Let a parcel with a label of the sandbox carrier come so far; the carrier tells that by webhook."""
        return await self._ask(calls.move_parcel(tracking_number, body))
