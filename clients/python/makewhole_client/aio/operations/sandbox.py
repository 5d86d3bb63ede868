# Written by `make client`; change the document, or the async half, instead.
"""Operations: sandbox."""

from makewhole_client.aio.asking import AsyncAsks
from makewhole_client.calls import sandbox as calls
from makewhole_client.models import CarrierBody, ChargeAnswer, ChargeBody, MoveBody, TestClockAnswer, TestClockBody


class AsyncSandboxCalls(AsyncAsks):
    async def get_test_clock(
        self,
    ) -> TestClockAnswer:
        """Read what time it is for the merchant: everybody's time, and as much later as it was put forward."""
        return await self._ask(calls.get_test_clock())

    async def advance_test_clock(self, body: TestClockBody, *, idempotency_key: str | None = None) -> TestClockAnswer:
        """Put the merchant's clock forward: windows, deadlines, reminders and expiries come as if that time had
        passed."""
        return await self._ask(calls.advance_test_clock(body, idempotency_key=idempotency_key))

    async def set_charge_behaviour(self, charge_ref: str, body: ChargeBody) -> ChargeAnswer:
        """Tell a charge of the sandbox gateway what to do when it is refunded."""
        return await self._ask(calls.set_charge_behaviour(charge_ref, body))

    async def set_carrier_terms(self, body: CarrierBody) -> CarrierBody:
        """Tell the sandbox carrier whether it collects returns from customers, and whether it refuses labels."""
        return await self._ask(calls.set_carrier_terms(body))

    async def move_parcel(self, tracking_number: str, body: MoveBody) -> MoveBody:
        """Let a parcel with a label of the sandbox carrier come so far; the carrier tells that by webhook."""
        return await self._ask(calls.move_parcel(tracking_number, body))
