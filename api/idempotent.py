"""`POST` under an Idempotency-Key: the same key and body answer the same, another body is refused."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import problems
from api.schemas.common import Wire
from db import idempotency
from db.api_keys import Caller
from db.idempotency import KeptAnswer, Key
from db.refunds import RefundNotFound
from service.refused import RequestRefused


class IdempotentRequest:
    """One POST request: who sent it, under which key, where to, and with which body."""

    def __init__(self, engine: AsyncEngine, caller: Caller, key: str | None, path: str, body: BaseModel) -> None:
        self._engine = engine
        self._key = Key(caller.merchant_id, caller.whose_keys, key) if key is not None else None
        of_order = f":{caller.only_order_id}" if caller.only_order_id is not None else ""
        who = f"{caller.role}:{caller.customer_id or caller.person}{of_order}:{path}"
        canonical = json.dumps(jsonable_encoder(_as_first_known(body)), sort_keys=True).encode()
        self._fingerprint = idempotency.fingerprint("POST", who, canonical)

    async def once(
        self, status_code: int | Callable[[], int], work: Callable[[AsyncConnection], Awaitable[BaseModel]]
    ) -> tuple[JSONResponse, bool]:
        """Do `work` in the transaction that remembers its answer; tell whether it was done now.

        The status may be asked for when the work is done.
        """
        async with self._engine.begin() as connection:
            known = await self._recall(connection)
            if known is not None:
                return _respond(known), False
            body = _wire(await work(connection))
            answer = KeptAnswer(status_code if isinstance(status_code, int) else status_code(), body)
            await self._keep(connection, answer)
        return _respond(answer), True

    async def around(self, status_code: int, work: Callable[[], Awaitable[BaseModel]]) -> JSONResponse:
        """Do `work` that is idempotent itself under this key, and remember its answer afterwards.

        What is refused leaves the key as it was: nothing was done under it. What is not decided keeps it.
        """
        async with self._engine.begin() as connection:
            known = await self._recall(connection)
        if known is not None:
            return _respond(known)
        try:
            answer = KeptAnswer(status_code, _wire(await work()))
        except (problems.ProblemRaised, RequestRefused, RefundNotFound) as refused:
            if not (isinstance(refused, problems.ProblemRaised) and refused.may_pass):
                await self._give_back()
            raise
        async with self._engine.begin() as connection:
            await self._keep(connection, answer)
        return _respond(answer)

    async def is_answered(self, reads: AsyncEngine) -> bool:
        """Whether its key has an answer already, so that nothing would be done anew."""
        if self._key is None:
            return False
        async with reads.connect() as connection:
            return await idempotency.is_answered(connection, self._key)

    async def _recall(self, connection: AsyncConnection) -> KeptAnswer | None:
        if self._key is None:
            return None
        return await idempotency.recall(connection, self._key, self._fingerprint)

    async def _keep(self, connection: AsyncConnection, answer: KeptAnswer) -> None:
        if self._key is not None:
            await idempotency.keep(connection, self._key, self._fingerprint, answer)

    async def _give_back(self) -> None:
        if self._key is not None:
            async with self._engine.begin() as connection:
                await idempotency.give_back(connection, self._key)


def _as_first_known(body: BaseModel) -> dict[str, Any]:
    """A body as an earlier version saw it: a key that it remembered is known again after an upgrade."""
    if not isinstance(body, Wire):
        return body.model_dump()
    said = body.model_dump(exclude=set(body.ADDED_LATER - body.model_fields_set))
    for name, value in body:
        if isinstance(value, list) and any(isinstance(each, Wire) and each.ADDED_LATER for each in value):
            said[name] = [_as_first_known(each) for each in value]
    return said | {name: was for name, was in body.EARLIER_DEFAULTS.items() if name not in body.model_fields_set}


def _wire(answer: BaseModel) -> Any:
    return answer.model_dump(mode="json", by_alias=True)


def _respond(answer: KeptAnswer) -> JSONResponse:
    return JSONResponse(answer.body, answer.status_code)
