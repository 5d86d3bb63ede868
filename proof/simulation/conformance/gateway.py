"""The sandbox's gateway for one schedule: attempts can stand still on their way to the provider, or back."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncEngine

from gateways.ports import Declined, GatewayRefund, RefundInstruction, Reported
from gateways.sandbox import gateway
from gateways.sandbox.behaviours import Behaviour
from gateways.sandbox.gateway import SandboxGateway


class Place(StrEnum):
    """Where an attempt stands still."""

    BEFORE_THE_PROVIDER = "before the provider"
    BEFORE_OUR_BOOKS = "before our books"


class NeverArrived(ConnectionError):
    """The request was lost on its way."""


@dataclass(slots=True)
class GatewayStanding:
    """An attempt that stands still at a place until it is let go, or never arrives."""

    place: Place
    is_there: asyncio.Event = field(default_factory=asyncio.Event)
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    is_lost: bool = False

    async def at(self, place: Place) -> None:
        if place is self.place:
            self.is_there.set()
            await self.goes_on.wait()
            if self.is_lost:
                raise NeverArrived(place)


STANDING: ContextVar[GatewayStanding | None] = ContextVar("standing", default=None)
"""How the attempt of this task stands still; most do not."""


class ScheduledGateway:
    """`declines_once`: the charges that pay after their first no."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._sandbox = SandboxGateway(engine)
        self.declines_once: set[tuple[str, str]] = set()

    async def refund(self, instruction: RefundInstruction) -> GatewayRefund:
        standing = STANDING.get()
        if standing is not None:
            await standing.at(Place.BEFORE_THE_PROVIDER)
        try:
            answer: GatewayRefund | Declined = await self._sandbox.refund(instruction)
        except Declined as declined:
            await self._pay_from_now_on(instruction)
            answer = declined
        if standing is not None:
            await standing.at(Place.BEFORE_OUR_BOOKS)
        if isinstance(answer, Declined):
            raise answer
        return answer

    async def look_up(self, instruction: RefundInstruction) -> GatewayRefund | None:
        return await self._sandbox.look_up(instruction)

    async def refunds_of(self, merchant_id: str, charge_ref: str) -> Sequence[Reported]:
        return await self._sandbox.refunds_of(merchant_id, charge_ref)

    async def report(self, merchant_id: str, since: datetime) -> Sequence[Reported]:
        return await self._sandbox.report(merchant_id, since)

    async def _pay_from_now_on(self, instruction: RefundInstruction) -> None:
        charge = instruction.merchant_id, instruction.charge_ref
        if charge in self.declines_once:
            self.declines_once.remove(charge)
            async with self._engine.begin() as books:
                await gateway.behave(books, *charge, Behaviour.SUCCEED)
