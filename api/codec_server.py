"""`POST /codec/decode`: payloads of Temporal in clear, for operations of the merchant whose refunds they belong to.

The Temporal UI and CLI ask it what they show. It encrypts nothing: what people say there they say in clear, so
`/codec/encode`, which both ask before they send anything, hands back what it is given. It is no part of the published
document: its language is Temporal's.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from api import problems
from api.access import caller_of, refuse_others
from api.known_callers import KnownCallers
from api.shares import key_of
from db import refunds
from db.api_keys import Caller, Role
from db.whose import of_merchant
from temporal_client.decoding import DecodingRequest
from temporal_client.sealed_payloads import WorkflowPlace
from workflows.contract import refund_of, workflow_id

_HEADERS = ("authorization", "content-type", "x-api-key", "x-namespace")


@dataclass(frozen=True, slots=True)
class CodecServer:
    """keys: of payloads. namespace: where our workflows are. origins: the addresses of Temporal UIs."""

    keys: Mapping[str, bytes]
    namespace: str
    origins: Sequence[str]


def open_codec_server(app: FastAPI, server: CodecServer, callers: KnownCallers, reads: AsyncEngine) -> None:
    async def decode(request: Request) -> Response:
        caller, asked = await _who_asks(request, callers), await _read(request)
        ids = [refund_of(each.workflow_id) for each in asked.places]
        with of_merchant(caller.merchant_id):
            async with reads.connect() as connection:
                theirs = await refunds.of_merchant(connection, caller.merchant_id, ids)
        places = {WorkflowPlace(server.namespace, workflow_id(refund_id)) for refund_id in theirs}
        return Response(asked.answered(server.keys, places), media_type="application/json")

    async def encode(request: Request) -> Response:
        await _who_asks(request, callers)
        return Response((await _read(request)).as_it_is(), media_type="application/json")

    routes = [Route(f"/{each.__name__}", _refusing(each), methods=["POST"]) for each in (decode, encode)]
    app.mount("/codec", CORSMiddleware(Router(routes), server.origins, allow_methods=["POST"], allow_headers=_HEADERS))


def _refusing(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Answer what is refused here: further out the page that asked would not be let read it."""

    async def refusing(request: Request) -> Response:
        try:
            return await answer(request)
        except problems.ProblemRaised as refused:
            return problems.answer(refused)

    return refusing


async def _who_asks(request: Request, callers: KnownCallers) -> Caller:
    caller = await caller_of(callers, key_of(request.scope))
    refuse_others(caller, Role.OPS)
    return caller


async def _read(request: Request) -> DecodingRequest:
    try:
        return DecodingRequest.read(await request.body())
    except ValueError as wrong:
        raise problems.ProblemRaised(400, "malformed_request", str(wrong)) from wrong
