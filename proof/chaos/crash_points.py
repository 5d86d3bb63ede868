"""Points at which a worker kills itself on request: the last moment before a side effect, and the first one after.

A request is a file with the name of a point in it. The first worker that comes to that point takes the file away and
dies by SIGKILL, in the middle of whatever it was doing. Only the worker of `make chaos` does so
(`proof/chaos/worker.py`).
"""

import os
import re
import signal
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from gateways.ports import GatewayRefund, PaymentGateway, RefundInstruction, Reported

_CLAIMS = re.compile(r"INSERT INTO (words|steps) ")
"""Anywhere in a statement: a step is claimed in the one that locks its refund."""


class CrashPoint(StrEnum):
    """`claimed`: the row of a step or a word is written, not committed. `noted`: a word is committed.

    `booking`, `booked`: around any commit, of ours and of the sandbox's books. `asked`, `answered`: around a call to
    the gateway. `looking`, `looked`: the same for a look-up.
    """

    CLAIMED = "claimed"
    NOTED = "noted"
    BOOKING = "booking"
    BOOKED = "booked"
    ASKED = "asked"
    ANSWERED = "answered"
    LOOKING = "looking"
    LOOKED = "looked"


class CrashPoints:
    def __init__(self, request: Path) -> None:
        self._request = request

    def reach(self, point: CrashPoint) -> None:
        try:
            if self._request.read_text() != point:
                return
            self._request.rename(self._request.with_suffix(".taken"))
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, engine: AsyncEngine) -> None:
        """Reach the points of every transaction of an engine."""

        @event.listens_for(engine.sync_engine, "after_cursor_execute")
        def _after(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            claims = _CLAIMS.search(statement)
            if claims is None:
                return
            if claims[1] == "words":
                connection.info["has_word"] = True
            self.reach(CrashPoint.CLAIMED)

        @event.listens_for(engine.sync_engine, "commit")
        def _before_commit(connection: Any) -> None:
            connection.info["was_committed"] = True
            self.reach(CrashPoint.BOOKING)

        @event.listens_for(engine.sync_engine, "checkin")
        def _after_commit(_dbapi: Any, record: Any) -> None:
            has_word = record.info.pop("has_word", False)
            if record.info.pop("was_committed", False):
                if has_word:
                    self.reach(CrashPoint.NOTED)
                self.reach(CrashPoint.BOOKED)


class WatchedGateway:
    """A gateway whose callers may die before they ask and before they hear the answer."""

    def __init__(self, gateway: PaymentGateway, points: CrashPoints) -> None:
        self._gateway = gateway
        self._points = points

    async def refund(self, instruction: RefundInstruction) -> GatewayRefund:
        self._points.reach(CrashPoint.ASKED)
        try:
            return await self._gateway.refund(instruction)
        finally:
            self._points.reach(CrashPoint.ANSWERED)

    async def look_up(self, instruction: RefundInstruction) -> GatewayRefund | None:
        self._points.reach(CrashPoint.LOOKING)
        try:
            return await self._gateway.look_up(instruction)
        finally:
            self._points.reach(CrashPoint.LOOKED)

    async def refunds_of(self, merchant_id: str, charge_ref: str) -> Sequence[Reported]:
        return await self._gateway.refunds_of(merchant_id, charge_ref)

    async def report(self, merchant_id: str, since: datetime) -> Sequence[Reported]:
        return await self._gateway.report(merchant_id, since)
