"""The sandbox's own clock and post office: pending refunds turn, and signed webhooks are delivered over HTTP."""

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Any

import httpx
from sqlalchemy import Executable, Row, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db.built import built_once
from gateways.sandbox import refunds
from gateways.sandbox.books import webhooks
from gateways.signatures import sign

log = logging.getLogger(__name__)

_TICK_S = 0.25
_AT_ONCE = 20
_NEXT_COPY_S = 1
_LONGEST_PAUSE_S = 30


class SandboxWebhookSender:
    """Delivers until it is told to stop; what is not accepted is sent again, at growing intervals, for ever."""

    def __init__(self, engine: AsyncEngine, http: httpx.AsyncClient, url: str, secret: str) -> None:
        self._engine = engine
        self._http = http
        self._url = url
        self._secret = secret

    async def run(self) -> None:
        while True:
            try:
                async with self._engine.begin() as books:
                    await refunds.turn_all_due(books)
                    due = await _take_due(books)
                await asyncio.gather(*(self._deliver(webhook) for webhook in due))
            except (SQLAlchemyError, OSError) as trouble:
                log.warning("the sandbox could not read its books, trying again: %s", trouble)
            await asyncio.sleep(_TICK_S)

    async def _deliver(self, webhook: Row[Any]) -> None:
        body = json.dumps(webhook.body)
        headers = {**sign(self._secret, webhook.webhook_id, body), "content-type": "application/json"}
        try:
            answer = await self._http.post(self._url, content=body, headers=headers)
        except httpx.TransportError as trouble:
            log.info("webhook %s was not delivered: %r", webhook.webhook_id, trouble)
            return
        if not answer.is_success:
            log.warning("webhook %s was answered %s: %s", webhook.webhook_id, answer.status_code, answer.text[:200])
            return
        delivered = update(webhooks).where(webhooks.c.webhook_id == webhook.webhook_id)
        next_copy = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, _NEXT_COPY_S)
        async with self._engine.begin() as books:
            await books.execute(delivered.values(copies=webhooks.c.copies - 1, attempts=0, due_at=next_copy))


async def _take_due(books: AsyncConnection) -> Sequence[Row[Any]]:
    """Take what is due, and put it off at once: if we die now, it is sent again later."""
    return (await _taken().on(books)).all()


@built_once
def _taken() -> Executable:
    due = select(webhooks.c.webhook_id).where(webhooks.c.copies > 0, webhooks.c.due_at <= func.now())
    due = due.order_by(webhooks.c.due_at).limit(_AT_ONCE).with_for_update(skip_locked=True)
    pause_s = func.least(func.pow(2, func.least(webhooks.c.attempts, 10)), _LONGEST_PAUSE_S)
    later = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, pause_s)
    taken = update(webhooks).where(webhooks.c.webhook_id.in_(due))
    return taken.values(attempts=webhooks.c.attempts + 1, due_at=later).returning(webhooks)
