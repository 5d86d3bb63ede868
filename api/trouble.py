"""What an error of PostgreSQL or of Temporal means to the caller: the one place where it becomes an answer.

Only what can pass by itself is answered 503. PostgreSQL names every error by five characters (SQLSTATE), of which the
first two are its class: https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

import logging

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from psycopg import DataError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from temporalio.service import RPCError, RPCStatusCode

from api import problems
from api.heavy import TOO_HEAVY_HERE
from api.problems import ProblemRaised
from db.weights import TooHeavy

log = logging.getLogger("api")

_PASSES_BY_ITSELF = ("08", "25P03", "25P04", "40", "53", "55", "57", "58")
"""Connections, transactions that waited too long or met, resources, locks, time-outs, shut-downs, disks."""

_WAITED_TOO_LONG_FOR_A_LOCK = "55P03"

_IS_THERE_ALREADY = ("23505", "23P01")
_CAN_NOT_BE = ("22", "23")
_IS_TOO_LARGE = ("54",)

_NEVER_PASSES = (
    RPCStatusCode.INVALID_ARGUMENT,
    RPCStatusCode.PERMISSION_DENIED,
    RPCStatusCode.UNAUTHENTICATED,
    RPCStatusCode.UNIMPLEMENTED,
)


def install(app: FastAPI) -> None:
    @app.exception_handler(PoolTimeout)
    @app.exception_handler(DBAPIError)
    async def _database(_: Request, error: DBAPIError | PoolTimeout) -> JSONResponse:
        return problems.answer(of_database(error))

    @app.exception_handler(TooHeavy)
    async def _heavy(_: Request, __: TooHeavy) -> Response:
        return Response(status_code=TOO_HEAVY_HERE)

    @app.exception_handler(RPCError)
    async def _temporal(_: Request, error: RPCError) -> JSONResponse:
        return problems.answer(of_temporal(error))


def of_database(error: DBAPIError | PoolTimeout) -> ProblemRaised:
    """Return the answer for an error of the database, and log it without what the caller sent.

    `conflicting_state` where something of that name is there already, `validation_failed` for what the tables refuse,
    `body_too_large` for what they can't hold, `too_many_requests` where too many wait for one thing,
    `temporarily_unavailable` for what else can pass; else `internal_error`.
    """
    state = _state(error)
    cause = error.orig if isinstance(error, DBAPIError) else error
    if state.startswith(_IS_THERE_ALREADY):
        log.warning("something of that name is there already: %s", cause)
        return problems.conflicting_state("something of that name is there already: read it first, or use another id")
    if state.startswith(_CAN_NOT_BE):
        log.warning("refused by the tables: %s", cause)
        return problems.validation_failed("the books can't hold that: something in it contradicts itself or the rest")
    if state.startswith(_IS_TOO_LARGE):
        log.warning("too large for the tables: %s", cause)
        return problems.larger_than("one of the texts is larger than the books can hold: shorten it")
    if state == _WAITED_TOO_LONG_FOR_A_LOCK:
        return problems.too_many_requests("others work on the same thing now; try again in a moment")
    if state.startswith(_PASSES_BY_ITSELF):
        log.error("not available: %s", cause)
        return problems.unavailable()
    log.error("unexpected: %s", state, exc_info=error)
    return problems.unexpected()


def of_temporal(error: RPCError) -> ProblemRaised:
    """Return the answer for an error of Temporal: what it refuses for good is our mistake, all else can pass."""
    if error.status in _NEVER_PASSES:
        log.error("refused by Temporal", exc_info=error)
        return problems.unexpected()
    log.error("not available: %s", error)
    return problems.unavailable()


def _state(error: DBAPIError | PoolTimeout) -> str:
    """Name an error. What PostgreSQL never saw has no name: a lost connection, or a value the driver can't write."""
    if isinstance(error, PoolTimeout):
        return "53300"
    named = getattr(error.orig, "sqlstate", None)
    if named:
        return str(named)
    if error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError)):
        return "08000"
    return "22000" if isinstance(error.orig, DataError) else "XX000"
