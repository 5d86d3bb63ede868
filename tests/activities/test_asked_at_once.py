"""Who is asked at once: no provider that many wait for, none that does not answer, and none past its rate cap."""

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.exceptions import ApplicationError

from temporal_client.asked_at_once import MOST_OF_ALL, MOST_OF_ONE, NOT_AT_ONCE, Waits, within
from temporal_client.task_queues import RateCaps, ServedQueues


async def always(provider: str) -> bool:
    return bool(provider)


async def never(provider: str) -> bool:
    return not provider


async def asked(waits: Waits, provider: str) -> bool:
    """Whether one more is let in; it is answered at once."""
    try:
        async with waits.waiting_for(provider):
            return True
    except ApplicationError as turned_away:
        assert turned_away.type == NOT_AT_ONCE and turned_away.non_retryable
        return False


async def test_one_that_does_not_answer_keeps_few_and_the_others_are_asked() -> None:
    waits = Waits(always)
    async with AsyncExitStack() as unanswered:
        for _ in range(MOST_OF_ONE):
            await unanswered.enter_async_context(waits.waiting_for("stripe"))

        assert not await asked(waits, "stripe")
        assert await asked(waits, "adyen")
    assert await asked(waits, "stripe")


async def test_all_together_leave_some_workflow_tasks_to_refunds_that_ask_nobody() -> None:
    waits, providers = Waits(always), ("stripe", "adyen", "paypal")
    async with AsyncExitStack() as unanswered:
        for place in range(MOST_OF_ALL):
            await unanswered.enter_async_context(waits.waiting_for(providers[place % len(providers)]))

        assert not await asked(waits, "alipay")


async def test_one_that_was_out_of_time_is_waited_for_by_one_until_it_answers() -> None:
    waits = Waits(always)
    with pytest.raises(asyncio.CancelledError):
        async with waits.waiting_for("stripe"):
            raise asyncio.CancelledError

    async with waits.waiting_for("stripe"):
        assert not await asked(waits, "stripe")
        assert await asked(waits, "adyen")

    async with waits.waiting_for("stripe"):
        assert await asked(waits, "stripe")


async def test_what_is_turned_away_by_the_cap_waits_for_nobody() -> None:
    waits = Waits(never)

    assert [await asked(waits, "stripe") for _ in range(MOST_OF_ALL + 1)] == [False] * (MOST_OF_ALL + 1)


async def test_all_workers_together_ask_at_once_as_often_as_half_of_the_cap(engine: AsyncEngine) -> None:
    provider = f"provider-{secrets.token_hex(6)}"
    workers = [within(RateCaps({provider: 0.006}), engine) for _ in range(2)]

    at_once = [await workers[place % 2](provider) for place in range(8)]

    assert at_once == [True, *[False] * 7], "half of 0.006 a second is one in 333 seconds"
    assert all([await workers[0](f"{provider}-without-a-cap") for _ in range(8)])


def test_a_cap_is_what_the_provider_says_where_nobody_says_something_else() -> None:
    caps = RateCaps.read(["wechat_pay=40.5", "sandbox=2"])

    assert caps.a_second == {"stripe": 25.0, "wechat_pay": 40.5, "sandbox": 2.0}
    assert (caps.half("stripe"), caps.half("adyen")) == (12.5, None)
    assert RateCaps.read(["stripe=none"]).half("stripe") is None


@pytest.mark.parametrize(
    "said", ["stripe=", "stripe=0", "stripe=nan", "stripe=many", "stripe=-1", "stripe=1e9", "bank=5"]
)
def test_a_cap_that_is_none_is_refused_by_its_name(said: str) -> None:
    with pytest.raises(ValueError, match="MAKEWHOLE_PAYOUTS_A_SECOND"):
        RateCaps.read([said])


@pytest.mark.parametrize(
    ("named", "is_for_refunds", "some"),
    [
        ([], True, "sandbox stripe adyen"),
        (["refunds"], True, ""),
        (["payouts"], False, "sandbox stripe adyen"),
        (["payouts-stripe"], False, "stripe"),
        (["refunds", "payouts-stripe"], True, "stripe"),
    ],
)
def test_a_worker_serves_what_it_is_told_to_and_else_everything(
    named: Sequence[str], is_for_refunds: bool, some: str
) -> None:
    served = ServedQueues.read(named)

    assert served.is_for_refunds == is_for_refunds
    assert set(some.split()) == set(served.providers) & {"sandbox", "stripe", "adyen"}
    assert ("refunds" in served.names) == is_for_refunds


def test_a_queue_that_nobody_has_is_refused_by_its_name() -> None:
    with pytest.raises(
        ValueError, match=r"MAKEWHOLE_TASK_QUEUES names payouts-bank: there is refunds, payouts, payouts-"
    ):
        ServedQueues.read(["payouts-bank", "refunds"])
