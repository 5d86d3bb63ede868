"""What the provider does by itself, in the sandbox's books: exactly what the schedule says, when it says so."""

from typing import Any

from sqlalchemy import update

from gateways.sandbox.books import refunds
from proof.simulation.conformance.real import RealWorld
from proof.simulation.provider import ProviderRefund


async def decide(real: RealWorld, refund: ProviderRefund) -> None:
    """What was pending comes to an end, as in the model."""
    await _turn(real, refund)


async def take_back(real: RealWorld, refund: ProviderRefund) -> None:
    await _turn(real, refund)


async def _turn(real: RealWorld, refund: ProviderRefund) -> None:
    of_key: Any = (refunds.c.merchant_id == real.merchant_id) & (refunds.c.key == real.our_key(refund.key))
    async with real.engine.begin() as books:
        await books.execute(update(refunds).where(of_key).values(status=refund.status))
