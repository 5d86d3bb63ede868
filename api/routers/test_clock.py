"""Test clocks: merchants who have only the sandbox let weeks pass in seconds (0107)."""

import math
from datetime import timedelta

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection

from api import problems
from api.access import IdempotencyKey, Owner, ServicesDep
from api.described import described
from api.idempotent import IdempotentRequest
from api.schemas.test_clock import TestClockAnswer, TestClockBody
from db import carrier_accounts, gateway_accounts, journal, merchant_time
from db.api_keys import Caller
from db.merchant_time import ClockStands
from domain.audit_actions import AuditAction
from domain.durations import span
from upkeep.test_clock import MerchantClock

_MOST_AT_ONCE = timedelta(days=366)
_MOST = timedelta(days=3_660)
_PART_OF_THE_TIME = 0.4
"""The rest is for the last step: what does not come to rest is waited for some seconds."""

router = APIRouter(prefix="/v1/test-clock", tags=["sandbox"])


@router.get("", **described("getTestClock"))
async def get_test_clock(services: ServicesDep, caller: Owner) -> TestClockAnswer:
    """Read what time it is for the merchant: everybody's time, and as much later as it was put forward."""
    return _answer(await MerchantClock(services.engine, services.temporal, caller.merchant_id).stands())


@router.post("/advance", **described("advanceTestClock", "test_clock_not_allowed", "limit_reached"))
async def advance_test_clock(
    body: TestClockBody, services: ServicesDep, caller: Owner, idempotency_key: IdempotencyKey = None
) -> TestClockAnswer:
    """Put the merchant's clock forward: windows, deadlines, reminders and expiries come as if that time had passed.

    It goes from one moment at which something is due to the next, and answers when all that is due is done. Only where
    MAKEWHOLE_TEST_CLOCKS allows it, and only for merchants without an account at a provider or carrier.
    """
    if not merchant_time.are_used():
        raise problems.test_clock_not_allowed("MAKEWHOLE_TEST_CLOCKS is not set here: it is everybody's time")
    by = span(body.by)
    if by > _MOST_AT_ONCE:
        raise problems.wrong_field("/by", f"at most {_MOST_AT_ONCE.days} days at once")

    async def send_on(connection: AsyncConnection) -> TestClockAnswer:
        await _refuse_real_accounts(connection, caller.merchant_id)
        await merchant_time.send_on(connection, caller.merchant_id, by)
        stands = await merchant_time.stands(connection, caller.merchant_id)
        if stands.goes_to > _MOST:
            raise problems.limit_reached(f"a clock is at most {_MOST.days} days ahead: try on with another merchant")
        await _note(connection, caller, stands, by)
        return _answer(stands)

    path = "/v1/test-clock/advance"
    await IdempotentRequest(services.engine, caller, idempotency_key, path, body).once(200, send_on)
    clock = MerchantClock(services.engine, services.temporal, caller.merchant_id)
    await clock.go_on(services.patience.request_s * _PART_OF_THE_TIME)
    return _answer(await clock.stands())


async def _refuse_real_accounts(connection: AsyncConnection, merchant_id: str) -> None:
    """Raise ProblemRaised where somebody outside has another time. Who adds an account meanwhile waits for the lock."""
    await gateway_accounts.hold(connection, merchant_id)
    await carrier_accounts.hold(connection, merchant_id)
    has_gateway = bool(await gateway_accounts.names(connection, merchant_id))
    if has_gateway or await carrier_accounts.count(connection, merchant_id):
        raise problems.test_clock_not_allowed(
            "this merchant has an account at a provider or carrier, whose time is everybody's: "
            "try things out with a merchant who has only the sandbox"
        )


async def _note(connection: AsyncConnection, caller: Caller, stands: ClockStands, by: timedelta) -> None:
    detail = {"by_s": by.total_seconds(), "from": stands.now.isoformat(), "to": (stands.now + stands.left).isoformat()}
    sentence = f"the test clock is put forward by {by}"
    note = journal.Note(AuditAction.TEST_CLOCK_ADVANCED, sentence, caller.name, detail)
    await journal.record_of_merchant(connection, caller.merchant_id, note)


def _answer(stands: ClockStands) -> TestClockAnswer:
    return TestClockAnswer(now=stands.now, ahead=_written(stands.ahead), left=_written(stands.left))


def _written(length: timedelta) -> str:
    return f"PT{math.ceil(length.total_seconds())}S"
