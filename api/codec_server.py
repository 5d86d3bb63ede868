"""`POST /codec/decode`: payloads of Temporal in clear, for operations of the merchant whose refunds they belong to.

The Temporal UI and CLI ask it what they show. It encrypts nothing: what people say there they say in clear, so
`/codec/encode`, which both ask before they send anything, hands back what it is given. It is no part of the published
document: its language is Temporal's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router

from api.known_callers import KnownCallers
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
        caller = await _who_asks(request, callers)
        if isinstance(caller, Response):
            return caller
        asked = await _read(request)
        if isinstance(asked, Response):
            return asked
        ids = [refund_of(each.workflow_id) for each in asked.places]
        with of_merchant(caller.merchant_id):
            async with reads.connect() as connection:
                theirs = await refunds.of_merchant(connection, caller.merchant_id, ids)
        places = {WorkflowPlace(server.namespace, workflow_id(refund_id)) for refund_id in theirs}
        return Response(asked.answered(server.keys, places), media_type="application/json")

    async def encode(request: Request) -> Response:
        caller = await _who_asks(request, callers)
        if isinstance(caller, Response):
            return caller
        asked = await _read(request)
        return asked if isinstance(asked, Response) else Response(asked.as_it_is(), media_type="application/json")

    routes = [Route("/decode", decode, methods=["POST"]), Route("/encode", encode, methods=["POST"])]
    app.mount("/codec", CORSMiddleware(Router(routes), server.origins, allow_methods=["POST"], allow_headers=_HEADERS))


async def _who_asks(request: Request, callers: KnownCallers) -> Caller | Response:
    scheme, _, said = request.headers.get("authorization", "").partition(" ")
    key = said if scheme.lower() == "bearer" else request.headers.get("x-api-key", "")
    caller = await callers.find(key) if key else None
    if caller is None:
        return _refused(401, "unauthenticated", "send a known API key as `Authorization: Bearer <key>`")
    if caller.role is not Role.OPS:
        return _refused(403, "forbidden", f"this is for {Role.OPS}; your key's role is {caller.role}")
    return caller


async def _read(request: Request) -> DecodingRequest | Response:
    try:
        return DecodingRequest.read(await request.body())
    except ValueError as wrong:
        return _refused(400, "malformed_request", str(wrong))


def _refused(status: int, code: str, detail: str) -> Response:
    said = {"type": "about:blank", "status": status, "code": code, "detail": detail}
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(said, status, headers, media_type="application/problem+json")
